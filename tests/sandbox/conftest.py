"""Sites on sockets, and the reference material that lies beside the checkout (never in it)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from eal_jira.sandbox import Served, Site, serve
from tests.sandbox.support import SHARED, Client

Connect = Callable[..., Client]


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"no reference material: {SHARED} is not here")
    return SHARED


@pytest.fixture(scope="session")
def aside() -> Iterator[Executor]:
    """Where servers are closed: a fifth of a second each, which no test needs to wait for."""
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.fixture
def connect(aside: Executor) -> Iterator[Connect]:
    """`connect(site, account="bot")`: the site on a socket, and a client for it. The same site is served once."""
    served: dict[int, Served] = {}
    clients: list[Client] = []

    def open_client(site: Site, account: str | None = "bot") -> Client:
        if id(site) not in served:
            served[id(site)] = serve(site)
        clients.append(Client(served[id(site)], account))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()
    for each in served.values():
        aside.submit(each.close)


@pytest.fixture(params=["cloud", "datacenter"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)

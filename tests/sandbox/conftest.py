"""Sites on sockets, and the reference material that lies beside the checkout (never in it)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
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


@pytest.fixture
def connect() -> Iterator[Connect]:
    """`connect(site, account="bot")`: the site on a socket, and a client for it. The same site is served once."""
    with ExitStack() as stack:
        served: dict[int, Served] = {}

        def open_client(site: Site, account: str | None = "bot") -> Client:
            if id(site) not in served:
                served[id(site)] = stack.enter_context(serve(site))
            client = Client(served[id(site)], account)
            stack.callback(client.close)
            return client

        yield open_client


@pytest.fixture(params=["cloud", "datacenter"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)

"""A sandbox site, and the daemon running beside it with its web server."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from eal_jira.adapters import Adapters
from eal_jira.assemble import assembled
from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import Cycle, run_cycle, run_nudged
from eal_jira.daemon.intake import Intake
from eal_jira.daemon.loop import Daemon
from eal_jira.daemon.web import WebServer, application, listening
from eal_jira.sandbox import Create, Move, Person, ProjectPlan, RequestEntry, Site, VirtualClock, serve
from eal_jira.settings import load_settings
from eal_jira.stages.house import House
from eal_jira.store import Store

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SECRET = "a secret of some length"
BOT = Person("eal-bot", "EAL bot", account_type="app")
STATUSES = (("Open", "new"), ("Doing", "indeterminate"), ("Review", "indeterminate"), ("Done", "done"))
GUIDELINE = """
[[guideline]]
id = "review-before-done"
title = "Work is reviewed before it is done"
purpose = "A second pair of eyes sees what the first can't"
source = "Bacchelli & Bird, 2013"
rule = { kind = "precedence", first = "Review", then = "Done" }
"""


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def event(*issue_ids: str, kind: str = "jira:issue_updated", **more: Any) -> bytes:
    """A delivery about these issues (one, or the two ends of a link)."""
    if len(issue_ids) == 2:
        ends = {"sourceIssueId": int(issue_ids[0]), "destinationIssueId": int(issue_ids[1])}
        return json.dumps({"webhookEvent": "issuelink_created", "issueLink": ends, **more}).encode()
    return json.dumps({"webhookEvent": kind, "issue": {"id": issue_ids[0]}, **more}).encode()


def post(url: str, body: bytes, headers: dict[str, str], path: str = "/webhooks/jira", method: str = "POST") -> int:
    """The status of the answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=15)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def chunked(body: bytes, headers: dict[str, str], size: int = 100) -> bytes:
    """A request whose body comes in pieces of no announced total."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    told = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return f"POST /webhooks/jira HTTP/1.1\r\nHost: x\r\n{head}Transfer-Encoding: chunked\r\n\r\n".encode() + told


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits for something to become true."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not so after {seconds} s")
        time.sleep(0.005)


@dataclass
class Running:
    """The daemon at work in a thread."""

    house: House
    daemon: Daemon
    url: str
    #: what the cycles did, the first one included; None for short ones that found nothing different
    cycles: list[Cycle | None]

    def deliver(self, body: bytes, identifier: str | None = None) -> int:
        """A genuine delivery."""
        given = {} if identifier is None else {"X-Atlassian-Webhook-Identifier": identifier}
        return post(self.url, body, signed(body) | given)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.house.store, query)

    def settled(self) -> None:
        """Waits until no nudge is waiting."""
        until(lambda: not self.rows("SELECT 1 FROM work WHERE stage IN ('nudge', 'reading')"))


@dataclass
class Bench:
    site: Site
    clock: VirtualClock
    url: str
    folder: Path
    store_url: str
    team: str

    def write_config(self) -> Path:
        user, token = self.site.credentials(BOT.account_id)
        (self.folder / "token").write_text(token)
        (self.folder / "hook").write_text(SECRET)
        (self.folder / "g.toml").write_text(GUIDELINE)
        config = self.folder / "eal-jira.toml"
        config.write_text(
            f"""
[tracker]
adapter = "jira"
url = "{self.url}"
{f'user = "{user}"' if user else ""}
token = {{ file = "{self.folder / "token"}" }}
learning_project = "EAL"
[store]
url = "{self.store_url}"
[web]
listen = "127.0.0.1:0"
webhook_secret = {{ file = "{self.folder / "hook"}" }}
[[teams]]
name = "Team"
guidelines = "g.toml"
since = 2025-01-01
retro = "0 0 1 1 *"
{self.team}
"""
        )
        return config

    @contextmanager
    def house(self) -> Iterator[House]:
        with assembled(load_settings(self.write_config())) as house:
            yield house

    @contextmanager
    def running(self, every: float = 3600.0) -> Iterator[Running]:
        """The first cycle is over when this begins; the next comes after `every` seconds."""
        with self.house() as house:
            approve_plans(house)
            cycles: list[Cycle | None] = []

            def noted(cycle: Callable[[House], Cycle | None]) -> Cycle | None:
                cycles.append(cycle(house))
                return cycles[-1]

            daemon = Daemon(lambda: noted(run_cycle), every, lambda: noted(run_nudged))
            with listening(house, daemon.wake) as server:
                assert server is not None
                thread = threading.Thread(target=daemon.run)
                thread.start()
                try:
                    until(lambda: cycles)
                    yield Running(house, daemon, server.url, cycles)
                finally:
                    daemon.stop()
                    thread.join(20)
                    assert not thread.is_alive()

    def make(self, number: int, project: str = "P") -> str:
        """An issue that somebody works on; its id."""
        key = f"{project}-{number}"
        made = self.site.perform(Create(self.clock.now(), "ann", key, "Story", f"Thing {number}", {}))
        self.site.perform(Move(self.clock.now() + timedelta(seconds=1), "ann", key, "Doing"))
        return str(made.id)

    def finish(self, number: int, project: str = "P") -> None:
        """Somebody finishes the issue without a review."""
        self.site.perform(Move(self.clock.now() + timedelta(seconds=2), "ann", f"{project}-{number}", "Done"))

    def tagged(self) -> set[str]:
        with self.site.lock:
            return {i.key for i in self.site.issues.values() if "eal-deviation" in i.fields.get("labels", ())}

    @contextmanager
    def requests(self) -> Iterator[list[RequestEntry]]:
        """The requests that arrive inside the block, filled in at its end."""
        before = len(self.site.requests)
        arrived: list[RequestEntry] = []
        yield arrived
        arrived.extend(self.site.requests[before:])


OpenBench = Callable[..., AbstractContextManager[Bench]]


@pytest.fixture
def bench(store_url: str, tmp_path: Path) -> OpenBench:
    @contextmanager
    def opened(flavour: Literal["cloud", "datacenter"] = "cloud", team: str = 'projects = ["P"]') -> Iterator[Bench]:
        clock = VirtualClock(NOW)
        site = Site(flavour=flavour, clock=clock)
        site.add_person(BOT)
        site.add_person(Person("ann", "Ann"))
        site.add_project(ProjectPlan("P", "Project", STATUSES))
        site.add_project(ProjectPlan("X", "Somebody else's", STATUSES))
        site.add_project(ProjectPlan("EAL", "Learning", (("Open", "new"), ("Approved", "done"))))
        with serve(site) as served:
            yield Bench(site, clock, served.url, tmp_path, store_url, team)

    return opened


# --- the web server alone --------------------------------------------------------------------------------------


class Door:
    """The web server on a store, and nothing behind it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.secret = SECRET
        self.woken = 0
        server = Intake("jira", Adapters.installed(), store, lambda: self.secret, self._wake)
        self.server = WebServer("127.0.0.1:0", application({"jira": server}))
        self.server.start()

    def _wake(self) -> None:
        self.woken += 1

    @property
    def url(self) -> str:
        return self.server.url

    def deliver(self, body: bytes, identifier: str | None = None) -> int:
        given = {} if identifier is None else {"X-Atlassian-Webhook-Identifier": identifier}
        return post(self.url, body, signed(body) | given)

    def raw(self, data: bytes, then: float = 0.0) -> int | None:
        """Bytes as they are; the status of the answer, None when the connection was dropped without one.

        Raises `TimeoutError` when neither happens.
        """
        with socket.create_connection(address(self.url), timeout=8) as connection:
            try:
                connection.sendall(data)
                time.sleep(then)
                answer = connection.recv(4096)
            except TimeoutError:
                raise
            except OSError:
                return None
        return int(answer.split()[1]) if answer else None


@pytest.fixture
def door(store: Store) -> Iterator[Door]:
    opened = Door(store)
    yield opened
    opened.server.stop()


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)

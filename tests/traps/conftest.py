"""What the twenty traps are set up with: a mirror and an outbox on a sandbox site where things go wrong on cue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest

from eal_jira.hookspecs import Connection
from eal_jira.mirror.pull import Progress, Puller, TeamScope
from eal_jira.mirror.reader import Pulled
from eal_jira.model import Change, Scope
from eal_jira.outbox.deliver import Delivered, Outbox
from eal_jira.outbox.intents import Intent, want
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Create, Edit, Move, Person, ProjectPlan
from eal_jira.sandbox.faults import Exchange, Fault, Instead
from eal_jira.store import facts, intents, issues, open_store
from eal_tracker_jira import cloud as cloud_module
from eal_tracker_jira import datacenter as datacenter_module
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker
from tests.daemon.conftest import bench as bench
from tests.mirror.conftest import ANN, NOW, STATUSES, Mirror

BOT = "bot"
SEARCH = ("/search", "/search/jql")
ONLY_CLOUD = pytest.mark.parametrize("trap", ["cloud"], indirect=True)
ONLY_DATA_CENTER = pytest.mark.parametrize("trap", ["datacenter"], indirect=True)
BOTH = pytest.mark.parametrize("flavour", ["cloud", "datacenter"])


class Upon:
    """When the `number`-th request to such a path arrives, something is done on the site; all requests pass."""

    def __init__(self, do: Callable[[], object], *ends: str, method: str = "", number: int = 1) -> None:
        self._do = do
        self._ends = ends
        self._method = method
        self._left = number

    def fault(self, exchange: Exchange) -> Fault | None:
        if exchange.path.endswith(self._ends) and self._method in ("", exchange.method):
            self._left -= 1
            if self._left == 0:
                self._do()
        return None


@dataclass
class Script:
    """Answers the n-th search of Jira Cloud with the n-th page of (ids, token); later ones pass."""

    pages: Sequence[tuple[Sequence[str], str | None]]
    asked: list[Exchange] = field(default_factory=list)

    def fault(self, exchange: Exchange) -> Fault | None:
        if not exchange.path.endswith("/search/jql"):
            return None
        self.asked.append(exchange)
        if len(self.asked) > len(self.pages):
            return None
        ids, token = self.pages[len(self.asked) - 1]
        body = {"issues": [{"id": id} for id in ids], **({"nextPageToken": token} if token else {"isLast": True})}
        return Instead(200, orjson.dumps(body), headers={"X-AAccountId": BOT})


@dataclass
class Trap(Mirror):
    """Everything goes out over one connection, so that what happens between two requests is told by their order."""

    options: Options = field(default_factory=lambda: Options(timeout=2, connections=1))
    sprints: bool = False

    def tracker(self) -> JiraTracker:
        user, token = self.site.credentials(BOT)
        return JiraTracker(Connection(self.url, user, lambda: token, {}), self.options, sleep=lambda _: None)

    def pull(self, meanwhile: Progress | None = None) -> Pulled:
        """With a fresh connection, as after a restart. `meanwhile` is called after each page."""
        tracker = self.tracker()
        try:
            teams = [TeamScope("Team", Scope(projects=self.projects), self.sprints)]
            return Puller(self.store, tracker, meanwhile).pull(tracker.whoami(), teams, [])
        finally:
            tracker.close()

    def deliver(self, *wishes: Intent) -> Delivered:
        """States these and delivers what may go out; with a fresh connection, as after a restart."""
        with self.store.write() as connection:
            for wish in wishes:
                want(connection, "Team", wish, self.now)
        tracker = self.tracker()
        try:
            return Outbox(self.store, tracker, {}).deliver(tracker.whoami().now)
        finally:
            tracker.close()

    @property
    def now(self) -> datetime:
        return self.site.clock.now()

    def set_clock(self, at: datetime) -> None:
        self.site.clock.set(at)  # type: ignore[attr-defined]

    def create_many(self, count: int, every: timedelta = timedelta(0), project: str = "P", **fields: Any) -> list[str]:
        """Keys from `project`-1 on."""
        keys = [f"{project}-{number}" for number in range(1, count + 1)]
        for key in keys:
            self.site.perform(Create(self.now, ANN, key, "Task", f"Thing {key}", fields))
            self.site.clock.advance(every)  # type: ignore[attr-defined]
        return keys

    def edit(self, key: str, name: str, value: object) -> None:
        self.site.perform(Edit(self.now, ANN, key, name, value))

    def move(self, key: str, status: str) -> None:
        self.site.perform(Move(self.now, ANN, key, status))

    def labels(self, key: str) -> tuple[str, ...]:
        """In the mirror."""
        issue = self.issue(key)
        assert issue is not None
        return issue.labels

    def changes(self, key: str) -> list[Change]:
        """In the mirror, oldest first."""
        issue = self.issue(key)
        assert issue is not None
        with self.store.read() as connection:
            return issues.changes(connection, [issue.id])[issue.id]

    def state(self, intent: Intent) -> str:
        with self.store.read() as connection:
            row = intents.get(connection, intent.key)
        assert row is not None
        return row.state

    def tickets(self) -> list[str]:
        return [issue.key for issue in self.site.issues.values() if issue.key.startswith("EAL-")]


@pytest.fixture(params=["cloud", "datacenter"])
def trap(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[Trap]:
    flavour: Literal["cloud", "datacenter"] = request.param
    site = Site(flavour=flavour, clock=VirtualClock(NOW))
    site.add_person(Person(BOT, "Bot"))
    site.add_person(Person(ANN, "Ann"))
    for key in ("P", "Q", "R", "DO", "EAL"):
        site.add_project(ProjectPlan(key, f"Project {key}", STATUSES))
    store = open_store(store_url, tmp_path)
    with store.write() as connection:
        facts.meet_team(connection, "Team", NOW)
        facts.approve_plan(connection, ["Team"], NOW)
    with serve(site, port=0) as served:
        yield Trap(site, served.url, store, tmp_path)
    store.close()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten, so that a test needs dozens of issues and not thousands."""
    monkeypatch.setattr(cloud_module, "SEARCH_PAGE", 15)
    monkeypatch.setattr(cloud_module, "BULK", 5)
    monkeypatch.setattr(cloud_module, "PAGE", 10)
    for name in ("SMALLEST", "FIRST", "LARGEST"):
        monkeypatch.setattr(datacenter_module, name, 10)

"""A mirror on a sandbox: pull as often as you like, look at what the mirror holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from eal_jira.hookspecs import Connection
from eal_jira.mirror.pull import Puller, TeamScope
from eal_jira.mirror.reader import Pulled
from eal_jira.model import Issue, Scope
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Create, Person, ProjectPlan
from eal_jira.store import Store, issues, open_store, work
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATUSES = (("Open", "new"), ("Doing", "indeterminate"), ("Done", "done"))
ANN = "ann"


@dataclass
class Mirror:
    site: Site
    url: str
    store: Store
    folder: Path
    projects: tuple[str, ...] = ("P", "Q")

    def tracker(self) -> JiraTracker:
        user, token = self.site.credentials("bot")
        return JiraTracker(Connection(self.url, user, lambda: token, {}), Options())

    def pull(self) -> Pulled:
        tracker = self.tracker()
        try:
            teams = [TeamScope("Team", Scope(projects=self.projects))]
            return Puller(self.store, tracker).pull(tracker.whoami(), teams, [])
        finally:
            tracker.close()

    def later(self, **by: float) -> None:
        self.site.clock.advance(timedelta(**by))  # type: ignore[attr-defined]

    def create(self, *keys: str) -> None:
        for key in keys:
            self.site.perform(Create(self.site.clock.now(), ANN, key, "Task", f"Thing {key}"))

    def issue(self, key: str) -> Issue | None:
        with self.store.read() as connection:
            return issues.issue_by_key(connection, key)

    def known(self) -> list[str]:
        """Keys of all issues in the mirror, gone or not."""
        with self.store.read() as connection:
            ids = [i for p in (*self.projects, "R") for i in issues.ids_in_project(connection, p)]
            return sorted(issues.keys(connection, ids).values())

    def vanished(self) -> dict[str, int]:
        with self.store.read() as connection:
            return issues.vanished(connection)

    def set_aside(self, kind: str) -> list[str]:
        with self.store.read() as connection:
            return [item.reason for item, _ in work.listed(connection) if item.kind == kind]


@pytest.fixture(params=["cloud", "datacenter"])
def mirror(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[Mirror]:
    flavour: Literal["cloud", "datacenter"] = request.param
    site = Site(flavour=flavour, clock=VirtualClock(NOW))
    site.add_person(Person("bot", "Bot"))
    site.add_person(Person(ANN, "Ann"))
    for key in ("P", "Q", "R"):
        site.add_project(ProjectPlan(key, f"Project {key}", STATUSES))
    store = open_store(store_url, tmp_path)
    with serve(site, port=0) as served:
        yield Mirror(site, served.url, store, tmp_path)
    store.close()

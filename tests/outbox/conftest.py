"""A sandbox site, a store beside it, and an outbox between them that begins anew with each delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from eal_jira.hookspecs import Connection
from eal_jira.outbox.bounds import Bounds
from eal_jira.outbox.deliver import Delivered, Outbox
from eal_jira.outbox.intents import Intent, Ticket, want
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Create, Person, ProjectPlan
from eal_jira.sandbox.faults import Exchange, Fault
from eal_jira.sandbox.flavour import Flavour
from eal_jira.store import Store, facts, intents, open_store
from eal_jira.store.intents import IntentRow
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICKET = Ticket("proposal/one", "EAL", "Task", "A proposal", "What would change", ("eal-proposal",))


class Once:
    """The first request that matches gets the fault."""

    def __init__(self, method: str, ending: str, fault: Fault) -> None:
        self._wanted = (method, ending)
        self._fault: Fault | None = fault

    def fault(self, exchange: Exchange) -> Fault | None:
        method, ending = self._wanted
        if self._fault is None or exchange.method != method or not exchange.path.endswith(ending):
            return None
        fault, self._fault = self._fault, None
        return fault


class Bench:
    def __init__(self, site: Site, url: str, store: Store) -> None:
        self.site, self.url, self.store = site, url, store
        self.bounds = Bounds()

    def wants(self, *wishes: Intent) -> None:
        with self.store.write() as connection:
            for wish in wishes:
                want(connection, "Team", wish, self.now)

    @property
    def now(self) -> datetime:
        return self.site.clock.now()

    def deliver(self) -> Delivered:
        """With a fresh connection each time, as after a restart."""
        with self.tracker() as tracker:
            return Outbox(self.store, tracker, {}, self.bounds).deliver(tracker.whoami().now)

    @contextmanager
    def tracker(self) -> Iterator[JiraTracker]:
        user, token = self.site.credentials("bot")
        tracker = JiraTracker(Connection(self.url, user, lambda: token, {}), Options(), sleep=lambda _: None)
        try:
            yield tracker
        finally:
            tracker.close()

    def later(self, by: timedelta) -> None:
        self.site.clock.advance(by)  # type: ignore[attr-defined]

    def state(self, intent: Intent) -> str:
        return self.row(intent).state

    def row(self, intent: Intent) -> IntentRow:
        with self.store.read() as connection:
            row = intents.get(connection, intent.key)
        assert row is not None
        return row

    def until_done(self, *wishes: Intent, every: timedelta = timedelta(minutes=1), most: int = 60) -> None:
        """Delivers again and again, the clock moving on."""
        for _ in range(most):
            self.deliver()
            if all(self.state(wish) == "done" for wish in wishes):
                return
            self.later(every)
        raise AssertionError({wish.key: self.state(wish) for wish in wishes})

    def tickets(self) -> list[str]:
        return [issue.key for issue in self.site.issues.values() if issue.key.startswith("EAL-")]


OpenBench = Callable[[Flavour], AbstractContextManager[Bench]]


@pytest.fixture
def open_bench(new_store_url: Callable[[], str]) -> OpenBench:
    @contextmanager
    def opened(flavour: Flavour) -> Iterator[Bench]:
        site = Site(flavour=flavour, clock=VirtualClock(NOW))
        for name in ("bot", "ann"):
            site.add_person(Person(name, name.title()))
        for key in ("P", "EAL"):
            site.add_project(ProjectPlan(key, f"Project {key}", (("Open", "new"), ("Done", "done"))))
        site.perform(Create(NOW, "ann", "P-1", "Task", "Something", {"labels": ["hers"]}))
        with serve(site, port=0) as served:
            bench = Bench(site, served.url, new_store(new_store_url()))
            yield bench
            bench.store.close()

    return opened


def new_store(url: str) -> Store:
    """Empty, with a team whose plan is approved."""
    store = open_store(url)
    with store.write() as connection:
        facts.meet_team(connection, "Team", NOW)
        facts.approve_plan(connection, ["Team"], NOW)
    return store


@pytest.fixture(params=["cloud", "datacenter"])
def bench(request: pytest.FixtureRequest, open_bench: OpenBench) -> Iterator[Bench]:
    with open_bench(request.param) as opened:
        yield opened

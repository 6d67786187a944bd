"""What keeping up costs, in requests, over 10,000 small issues (facts/reliability.md R4, R5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from eal_jira.hookspecs import Connection
from eal_jira.mirror import rereading
from eal_jira.mirror.pull import Puller, TeamScope
from eal_jira.mirror.reader import Pulled
from eal_jira.model import Scope
from eal_jira.sandbox import Edit, Person, Say, Site, VirtualClock, serve
from eal_jira.store import Store, open_store
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker

from .conftest import ANN

ISSUES = {"cloud": 10_000, "datacenter": 2000}
"""The promise is about 10,000; on Data Center an increment costs the same for fewer, which are sooner there."""
FIRST_DAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
STATUS = {"id": "1", "name": "Open", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}}


def records(count: int) -> Iterator[dict[str, Any]]:
    """The least that an issue is: two entries in its history, no comment; one created every three minutes."""
    for n in range(1, count + 1):
        created = FIRST_DAY + timedelta(minutes=3 * n)
        at = [(created + timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%S.000+0000") for s in (0, 50, 100)]
        summary = {"field": "summary", "fieldId": "summary", "fieldtype": "jira", "from": None, "to": None}
        entries = [
            {
                "id": str(n * 10 + h),
                "created": at[h],
                "items": [{**summary, "fromString": f"{h}", "toString": f"{h + 1}"}],
            }
            for h in (1, 2)
        ]
        yield {
            "id": str(10_000 + n),
            "key": f"P-{n}",
            "fields": {
                "summary": "3",
                "created": at[0],
                "updated": at[2],
                "status": STATUS,
                "issuetype": {"id": "1", "name": "Task"},
                "project": {"id": "77", "key": "P", "name": "Big"},
            },
            "changelog": {"startAt": 0, "maxResults": 2, "total": 2, "histories": entries},
        }


@dataclass
class Daemon:
    """What runs for days: one connection, one store, a pull now and then."""

    site: Site
    clock: VirtualClock
    store: Store
    tracker: JiraTracker

    def pull(self) -> Pulled:
        return Puller(self.store, self.tracker).pull(
            self.tracker.whoami(), [TeamScope("Team", Scope(projects=("P",)))], []
        )

    def pull_after(self, **time: float) -> Counter[str]:
        """The requests of a pull so much later."""
        self.clock.advance(timedelta(**time))
        before = len(self.site.requests)
        self.pull()
        return Counter(f"{r.method} {r.path.partition('/rest/api/')[2][2:]}" for r in self.site.requests[before:])

    def rest(self) -> None:
        """A day's duties done, and nothing new for longer than the overlap."""
        self.pull_after(hours=25)
        self.pull_after(minutes=20)


FEW_A_DAY = 10
"""Issues that are read again each day, where that is not the matter: the real number takes a while."""


@pytest.fixture(autouse=True)
def few_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereading, "A_DAY", FEW_A_DAY)
    monkeypatch.setattr(rereading, "UNFINISHED_A_DAY", FEW_A_DAY)


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def daemon(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    flavour: Literal["cloud", "datacenter"] = request.param
    count = ISSUES[flavour]
    clock = VirtualClock(FIRST_DAY + timedelta(minutes=3 * count, days=3))
    site = Site(flavour=flavour, clock=clock)
    site.add_person(Person("bot", "Bot"))
    site.add_person(Person(ANN, "Ann"))
    assert site.load(records(count)).issues == count
    store = open_store("sqlite:///mirror.db", tmp_path_factory.mktemp("large"))
    user, token = site.credentials("bot")
    with serve(site) as served:
        tracker = JiraTracker(Connection(served.url, user, lambda: token, {}), Options())
        there = Daemon(site, clock, store, tracker)
        assert there.pull().changed == count
        yield there
        tracker.close()
    store.close()


def test_an_idle_cycle_asks_two_things_and_writes_nothing(daemon: Daemon) -> None:
    """Who we are, and what has changed."""
    daemon.rest()
    written = len(daemon.site.journal)
    for _ in range(3):
        asked = daemon.pull_after(minutes=20)
        assert asked.pop("GET myself") == 1
        assert asked.total() == 1, asked
    assert len(daemon.site.journal) == written


def test_an_increment_in_which_twenty_of_ten_thousand_changed_takes_six_requests(daemon: Daemon) -> None:
    daemon.rest()
    count = len(daemon.site.issues)
    for n in range(20):
        daemon.clock.advance(timedelta(seconds=20))
        key, now = f"P-{n * count // 20 + 1}", daemon.clock.now()
        daemon.site.perform(Edit(now, ANN, key, "summary", f"Changed {now}"))
        daemon.site.perform(Say(now, ANN, key, "Done."))
    before = len(daemon.site.requests)
    assert daemon.pull().changed == 20
    asked = daemon.site.requests[before:]
    assert len(asked) <= 6, [(r.method, r.path) for r in asked]


def test_a_day_reads_again_what_the_constants_say_and_no_more(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """600 of 10,000 issues, 200 a pull: on Cloud two requests and one for each issue's remote links, on Data Center two
    for each issue."""
    daemon.rest()
    monkeypatch.undo()
    assert (rereading.A_DAY, rereading.A_PULL) == (600, 200)
    asked = [daemon.pull_after(hours=25), *(daemon.pull_after(minutes=20) for _ in range(3))]
    links = [sum(n for what, n in each.items() if what.endswith("/remotelink")) for each in asked]
    assert links == [200, 200, 200, 0]
    assert asked[3].total() == 2
    # the first of them takes the census, too, and learns the names of statuses and fields
    cloud = daemon.site.flavour == "cloud"
    assert [each.total() for each in asked[1:3]] == [2 + (2 if cloud else 200) + 200] * 2


def test_a_census_of_ten_thousand_takes_three_requests(daemon: Daemon) -> None:
    """On Cloud; Data Center gives a thousand ids at most (facts 1.6)."""
    daemon.rest()
    known = daemon.pull_after(hours=23)
    asked = daemon.pull_after(hours=2)
    # once a day the names of statuses and fields, too
    assert asked.pop("GET status") == asked.pop("GET field") == 1
    again = {what for what in asked if what.endswith("/remotelink") or re.fullmatch(r"GET issue/\d+", what)}
    assert len(again) == FEW_A_DAY * (1 if daemon.site.flavour == "cloud" else 2)
    for what in [*again, "POST issue/bulkfetch"]:
        del asked[what]
    listing = "POST search/jql" if daemon.site.flavour == "cloud" else "GET search"
    assert set(asked - known) == {listing}
    assert (asked - known)[listing] <= 3

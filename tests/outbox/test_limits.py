"""The outbox inside the tracker's limits: what a ban is about waits, all else goes out, nothing goes out twice."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eal_jira.errors import TryLater
from eal_jira.hookspecs import Connection
from eal_jira.outbox.deliver import Delivered, Outbox
from eal_jira.outbox.intents import Comment, Intent, Tag, Ticket, want
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Create, Person, ProjectPlan
from eal_jira.sandbox.faults import Exchange, Fault, Instead, Times
from eal_jira.store import Store, bans, facts, intents, open_store
from eal_jira.store.bans import StoredPatience
from eal_tracker_jira.limits import Limits
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUOTA, BURST, PER_ISSUE = "jira-quota-tenant-based", "jira-burst-based", "jira-per-issue-on-write"
REASONS = [QUOTA, "jira-quota-global-based", BURST, PER_ISSUE]
ISSUES = 12


class Bench:
    def __init__(self, site: Site, clock: VirtualClock, url: str, store_url: str, folder: Path) -> None:
        self.site, self.clock, self.url, self.folder = site, clock, url, folder
        self.store_url = store_url
        self.store = self.open()
        self.tracker = self.connect()
        with self.store.write() as connection:
            facts.meet_team(connection, "Team", NOW)
            facts.approve_plan(connection, ["Team"], NOW)

    def open(self) -> Store:
        return open_store(self.store_url, self.folder)

    def wants(self, *wishes: Intent) -> None:
        with self.store.write() as connection:
            for wish in wishes:
                want(connection, "Team", wish, self.clock.now())

    def restart(self) -> None:
        """The database opened anew, and a new connection."""
        self.close()
        self.store = self.open()
        self.tracker = self.connect()

    def close(self) -> None:
        self.tracker.close()
        self.store.close()

    def deliver(self) -> Delivered | None:
        """None when the tracker asks for patience before anything could be delivered."""
        try:
            return Outbox(self.store, self.tracker, {}).deliver(self.tracker.whoami().now)
        except TryLater:
            return None

    def connect(self) -> JiraTracker:
        user, token = self.site.credentials("bot")
        patience = StoredPatience(self.store, self.clock.now)
        limits = Limits(patience, self._wait, self.clock.now, lambda: self.clock.now().timestamp())
        connection = Connection(self.url, user, lambda: token, {}, patience)
        # one connection: what is under way already when a ban is met would look like a request inside it
        return JiraTracker(connection, Options(connections=1), self._wait, limits)

    def _wait(self, seconds: float) -> None:
        self.later(timedelta(seconds=seconds))

    def later(self, by: timedelta) -> None:
        self.clock.advance(by)

    def tag(self, number: int) -> Tag:
        said = {"schema": 1, "deviations": [{"what": "Why?"}]}
        return Tag(str(self.site.issue(f"P-{number}").id), ("eal-deviation",), (), said)

    def state(self, intent: Intent) -> str:
        with self.store.read() as connection:
            row = intents.get(connection, intent.key)
        assert row is not None
        return row.state

    def writes(self, kind: str) -> list[str]:
        """Keys of the issues on which the bot did this, in the order in which it did."""
        return [e.key for e in self.site.journal if e.actor == "bot" and e.kind == kind and e.via == "rest"]


@pytest.fixture(params=["cloud", "datacenter"])
def bench(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[Bench]:
    clock = VirtualClock(NOW)
    site = Site(flavour=request.param, clock=clock)
    for name in ("bot", "ann"):
        site.add_person(Person(name, name.title()))
    for key in ("P", "EAL"):
        site.add_project(ProjectPlan(key, f"Project {key}", (("Open", "new"), ("Done", "done"))))
    for number in range(1, ISSUES + 1):
        site.perform(Create(NOW, "ann", f"P-{number}", "Task", f"Thing {number}"))
    with serve(site, port=0) as served:
        opened = Bench(site, clock, served.url, store_url, tmp_path)
        yield opened
        opened.close()


TICKET = Ticket("proposal/one", "EAL", "Task", "A proposal", "What would change", ("eal-proposal",))


def busy(retry_after: str | None, reason: str) -> Instead:
    given = {"Retry-After": retry_after, "RateLimit-Reason": reason}
    return Instead(429, b"{}", headers={name: text for name, text in given.items() if text})


def once(method: str, pattern: str, what: Fault) -> Times:
    return Times(lambda e: e.method == method and re.search(pattern, e.path) is not None, what)


def test_a_ban_on_one_issue_postpones_that_issue_alone(bench: Bench) -> None:
    tags = [bench.tag(number) for number in range(1, ISSUES + 1)]
    bench.wants(*tags, TICKET)
    bench.site.faults = once("PUT", f"/issue/{bench.site.issue('P-3').id}", busy("120", PER_ISSUE))
    done = bench.deliver()
    assert done is not None
    assert (done.postponed, done.stopped) == (1, "")
    assert [bench.state(tag) for tag in tags] == ["done"] * 2 + ["waiting"] + ["done"] * (ISSUES - 3)
    assert bench.state(TICKET) == "done"
    asked = len(bench.site.requests)
    bench.later(timedelta(seconds=60))
    bench.deliver()
    assert not any(request.write for request in bench.site.requests[asked:])
    bench.later(timedelta(seconds=61))
    bench.deliver()
    assert bench.state(tags[2]) == "done"


def test_a_ban_on_an_endpoint_postpones_what_needs_it_and_the_rest_goes_out(bench: Bench) -> None:
    tags = [bench.tag(number) for number in range(1, ISSUES + 1)]
    note = Comment("decision/one", "Approved.", ticket=TICKET.marker)
    bench.wants(*tags, TICKET, note)
    bench.site.faults = once("PUT", r"/issue/\d+$", busy("120", BURST))
    done = bench.deliver()
    assert done is not None
    assert (done.postponed, done.stopped) == (ISSUES, "")
    assert {bench.state(tag) for tag in tags} == {"waiting"}
    assert (bench.state(TICKET), bench.state(note)) == ("done", "done")
    bench.later(timedelta(seconds=121))
    bench.deliver()
    assert {bench.state(tag) for tag in tags} == {"done"}


def test_a_quota_stops_everything_until_it_is_over_restarts_or_not(bench: Bench) -> None:
    bench.wants(*[bench.tag(number) for number in range(1, ISSUES + 1)], TICKET)
    bench.site.faults = once("PUT", r"/issue/\d+$", busy("3600", QUOTA))
    done = bench.deliver()
    assert done is not None
    assert "patience" in done.stopped
    asked = len(bench.site.requests)
    for _ in range(11):
        bench.later(timedelta(minutes=5))
        bench.restart()
        assert bench.deliver() is None
    assert len(bench.site.requests) == asked
    with bench.store.read() as connection:
        assert [ban.reason for ban in bans.active(connection, bench.clock.now())] == [QUOTA]
    bench.later(timedelta(minutes=6))
    bench.deliver()
    assert len(bench.writes("property")) == ISSUES + 1, "one for each tag and one for the ticket"


class Storm:
    """Refuses nine of ten requests, for any of the four reasons, and notes what came inside a ban it had named."""

    FORMS: tuple[str | None, ...] = ("1", "2", "7", "45", "0", None)

    def __init__(self, seed: int, ends: datetime) -> None:
        self._chance = random.Random(seed)
        self.ends = ends
        self._until: dict[str, datetime] = {}
        self.refused = 0
        self.early: list[str] = []

    def fault(self, exchange: Exchange) -> Fault | None:
        path = exchange.path.partition("/rest/api/")[2].partition("/")[2]
        endpoint = f"{exchange.method} {re.sub(r'/(?:[A-Z]+-)?[0-9]+|/(?:P|EAL)(?=/|$)', '/*', path)}"
        on = re.match(r"issue/(\d+)", path) if exchange.method in ("PUT", "POST", "DELETE") else None
        places = {"site": "", "endpoint": endpoint, **({"issue": on[1]} if on else {})}
        self.early += [f"{endpoint} at {exchange.at}" for p in places.values() if exchange.at < self._until.get(p, NOW)]
        if exchange.at >= self.ends or self._chance.random() > 0.9:
            return None
        self.refused += 1
        # a quota stops everything: were it as likely as the others, nothing else would be seen
        (reason,) = self._chance.choices(REASONS, [1, 1, 6, 6])
        form = self._chance.choice(self.FORMS)
        about = "site" if "quota" in reason else "issue" if on and reason == PER_ISSUE else "endpoint"
        self._until[places[about]] = exchange.at + timedelta(seconds=float(form or 2) or 1)
        return busy(form, reason)


def near(count: int, seconds: int, times: list[datetime]) -> bool:
    return any(b - a < timedelta(seconds=seconds) for a, b in zip(times, times[count:], strict=False))


@pytest.mark.parametrize("seed", range(2))
def test_an_hour_of_storm_loses_nothing_doubles_nothing_and_is_made_up_for_within_a_minute(
    bench: Bench, seed: int
) -> None:
    """R4: nine of ten requests refused, the program started anew every ten minutes."""
    storm = Storm(seed, NOW + timedelta(hours=1))
    bench.site.faults = storm
    tags = [bench.tag(number) for number in range(1, ISSUES + 1)]
    notes = [Comment(f"deviation/{n}", "What made that better?", issue_id=tags[n].issue_id) for n in range(ISSUES)]
    bench.wants(*tags, *notes, TICKET)
    restarts = [NOW + timedelta(minutes=minutes) for minutes in range(10, 60, 10)]
    while bench.clock.now() < storm.ends:
        bench.deliver()
        bench.later(timedelta(seconds=20))
        if restarts and bench.clock.now() > restarts[0]:
            restarts.pop(0)
            bench.restart()
    # the longest ban may have begun in the last second; from its end on, a minute
    bench.later(timedelta(seconds=45))
    for _ in range(4):
        bench.deliver()
        bench.later(timedelta(seconds=15))
    assert storm.refused > 100, f"seed {seed}"
    assert storm.early == [], f"seed {seed}"
    assert {bench.state(intent) for intent in (*tags, *notes, TICKET)} == {"done"}, f"seed {seed}"
    assert sorted(bench.writes("comment")) == sorted(f"P-{n}" for n in range(1, ISSUES + 1))
    assert len(bench.writes("create")) == 1
    for issue in bench.site.issues.values():
        times = [r.at for r in bench.site.requests if r.write and f"/issue/{issue.id}" in r.path]
        assert not near(20, 2, times)
        assert not near(100, 30, times)

"""Random histories: whatever people do to a site, and whatever goes wrong on the way, the mirror comes to equal it.

Each example is a site of its own, one in eight really served over HTTP and the others asked where they stand
(`tests.direct`), lived on for up to 25 steps: people create, edit, comment, log work, link, move, delete and rename,
permissions flip, the clock moves over hours and daylight saving, search is behind, requests fail, things change in the
middle of a pull. Then the faults end, a few days go by, and the database file is compared with the site's objects
(`truth`).

`HISTORIES` says how many examples, both flavours together; `make histories` runs 10,000. A failure prints the steps,
the seeds of its schedules among them; with `HISTORIES_SHRINK` set it looks for fewer steps first, for minutes.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import delete

from eal_jira.errors import EalError, NotAllowed
from eal_jira.hookspecs import Connection, PatienceInMemory
from eal_jira.mirror.pull import Puller, TeamScope
from eal_jira.model import Scope
from eal_jira.sandbox import Create, Edit, Move, Person, ProjectPlan, Say, Site, VirtualClock, serve
from eal_jira.sandbox.faults import Exchange, Fault
from eal_jira.sandbox.schedules import Mischance
from eal_jira.sandbox.state import Issue
from eal_jira.store import Store, open_store
from eal_jira.store.tables import metadata
from eal_tracker_jira.limits import Limits
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker
from tests.direct import reached

from .truth import Mirrored, differences, known_ids, truth

HISTORIES = int(os.environ.get("HISTORIES", "500"))
SHRINK = "HISTORIES_SHRINK" in os.environ
SETTINGS = settings(
    max_examples=max(1, HISTORIES // 2),
    stateful_step_count=25,
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if SHRINK else [])],
    suppress_health_check=list(HealthCheck),
)

STATUSES = (("Open", "new"), ("Doing", "indeterminate"), ("Done", "done"))
OURS, BESIDE = ("P", "Q"), "R"
"""Projects of the team, and one that issues can be moved to and come from."""

ZONES = (
    *("Etc/GMT+12", "Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Marquesas", "America/Anchorage"),
    *("America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "America/Halifax"),
    *("America/St_Johns", "America/Sao_Paulo", "America/Noronha", "Atlantic/Azores", "Europe/London"),
    *("Europe/Berlin", "Europe/Athens", "Europe/Istanbul", "Asia/Tehran", "Asia/Dubai", "Asia/Kabul"),
    *("Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok"),
    *("Asia/Shanghai", "Australia/Eucla", "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney"),
    *("Australia/Lord_Howe", "Pacific/Noumea", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Tongatapu"),
    "Pacific/Kiritimati",
)
"""One for each of the 38 offsets from UTC that are in use, with daylight saving where there is some."""

BEGINNINGS = (
    datetime(2026, 3, 2, 9, tzinfo=UTC),
    # the nights in which clocks change: North America, Europe, Lord Howe and New Zealand, and back again
    datetime(2026, 3, 8, 6, 50, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 50, tzinfo=UTC),
    datetime(2026, 4, 4, 14, 20, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 20, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 20, tzinfo=UTC),
)
SPANS = (
    *(timedelta(seconds=1), timedelta(seconds=40), timedelta(seconds=61), timedelta(minutes=5)),
    *(timedelta(minutes=12), timedelta(hours=1), timedelta(hours=13), timedelta(hours=25), timedelta(days=3)),
)
WORDS = st.sampled_from(["Pay by card", "Überweisung", "Search is slow", "x", "日本語 text", "a & b"])
PEOPLE = st.sampled_from(["ann", "ben"])
ISSUES = st.integers(0, 40)
TIMES = st.integers(1, 3)
SEEDS = st.integers(0, 2**32 - 1)

EDITS = st.one_of(
    st.tuples(st.just("summary"), WORDS),
    st.tuples(st.just("labels"), st.lists(st.sampled_from(["red", "green", "blue"]), max_size=3)),
    st.tuples(st.just("priority"), st.sampled_from(["High", "Low"])),
    st.tuples(st.just("assignee"), st.sampled_from(["ann", "ben", None])),
    st.tuples(st.just("Story Points"), st.sampled_from([1.0, 3.5, None])),
    st.tuples(st.just("Customer"), WORDS),
    st.tuples(st.just("components"), st.lists(st.sampled_from(["API", "UI"]), unique=True, max_size=2)),
)


def _whole_milliseconds(at: datetime) -> datetime:
    """As Jira keeps times."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class Meanwhile:
    """Something happens on the site when so many requests have come in."""

    def __init__(self, after: int, act: Callable[[], object]) -> None:
        self._left = after
        self._act = act

    def fault(self, _exchange: Exchange) -> Fault | None:
        self._left -= 1
        if self._left == 0:
            self._act()
        return None


class History(RuleBasedStateMachine):
    """One site and one mirror of it."""

    flavour = "cloud"
    #: one database for all examples, emptied before each: making one takes as long as two pulls
    store: Store
    file: Path

    @initialize(
        start=st.sampled_from(BEGINNINGS),
        zone=st.sampled_from(ZONES),
        site_zone=st.sampled_from(ZONES),
        rows=st.sampled_from([None, 1, 3]),
        unknown=st.sampled_from(["refuse", "empty"]),
        lag=st.sampled_from([0, 3, 10]),
        way=st.sampled_from(["direct"] * 7 + ["served"]),
    )
    def begin(
        self, start: datetime, zone: str, site_zone: str, rows: int | None, unknown: str, lag: int, way: str
    ) -> None:
        self.opened = ExitStack()
        self.clock = VirtualClock(start)
        site = self.site = Site(self.flavour, self.clock, time_zone=site_zone)  # type: ignore[arg-type]
        site.unknown_in_jql = unknown
        site.index_lag = timedelta(minutes=lag)
        # small enough that a handful of issues runs into every one of them
        site.limits.search_rows = rows
        site.limits.expanded_changelog, site.limits.embedded_comments, site.limits.changelog_page = 3, 2, 2
        site.limits.embedded_worklogs = 2
        site.add_person(Person("bot", "Bot", zone))
        site.add_person(Person("ann", "Ann"))
        site.add_person(Person("ben", "Ben"))
        for key in (*OURS, BESIDE):
            site.add_project(ProjectPlan(key, f"Project {key}", STATUSES, components=("API", "UI")))
        site.fields.add("Customer", "string", "com.atlassian.jira.plugin.system.customfieldtypes:textfield")
        self.board = site.add_board("Board", "P").id
        self.statuses, self.renamed = [name for name, _ in STATUSES], 0
        self.url = self._served() if way == "served" else self.opened.enter_context(reached(site))
        with self.store.write() as connection:
            for table in metadata.sorted_tables:
                connection.execute(delete(table))
        self.known: set[str] = set()
        #: whatever was out of sight for a while: only the daily nets are sure to bring it back
        self.issues_hidden: set[int] = set()
        self.projects_hidden: set[str] = set()
        #: issues that lost a link, or whose other end was deleted
        self.unlinked: set[int] = set()
        self.failed = False
        self.begun = True

    def _served(self) -> str:
        served = serve(self.site)
        # a tenth of a second that nobody needs to wait for
        self.opened.callback(lambda: threading.Thread(target=served.close).start())
        return served.url

    # --- what people do ---------------------------------------------------------------------------------------

    def pick(self, number: int) -> Issue | None:
        there = sorted(self.site.issues)
        return self.site.issues[there[number % len(there)]] if there else None

    @rule(project=st.sampled_from([*OURS, "P", BESIDE]), actor=PEOPLE, summary=WORDS, count=st.sampled_from([1, 2, 7]))
    def create(self, project: str, actor: str, summary: str, count: int) -> None:
        for _ in range(count):
            key = f"{project}-{self.site.project(project).next_number}"
            self.site.perform(Create(self.clock.now(), actor, key, "Task", summary))

    @rule(number=ISSUES, actor=PEOPLE, edit=EDITS)
    def edit(self, number: int, actor: str, edit: tuple[str, Any]) -> None:
        if issue := self.pick(number):
            self.site.perform(Edit(self.clock.now(), actor, issue.key, self._field(edit[0]), edit[1]))

    @rule(actor=PEOPLE, edit=EDITS, project=st.sampled_from(OURS))
    def edit_all_in_one_second(self, actor: str, edit: tuple[str, Any], project: str) -> None:
        for issue in list(self.site.issues.values()):
            if issue.key.startswith(f"{project}-"):
                self.site.perform(Edit(self.clock.now(), actor, issue.key, self._field(edit[0]), edit[1]))

    @rule(number=ISSUES, actor=PEOPLE, to=st.integers(0, 2))
    def transition(self, number: int, actor: str, to: int) -> None:
        if issue := self.pick(number):
            self.site.perform(Move(self.clock.now(), actor, issue.key, self.statuses[to]))

    @rule(number=ISSUES, actor=PEOPLE, text=WORDS, count=st.integers(1, 3))
    def comment(self, number: int, actor: str, text: str, count: int) -> None:
        if issue := self.pick(number):
            for _ in range(count):
                self.site.perform(Say(self.clock.now(), actor, issue.key, text))

    @rule(number=ISSUES, which=st.integers(0, 5), text=st.one_of(st.none(), WORDS))
    def edit_or_delete_a_comment(self, number: int, which: int, text: str | None) -> None:
        said = [(i, c) for i in self.site.issues.values() for c in i.comments]
        if said:
            issue, comment = said[(number + which) % len(said)]
            with self.site.lock:
                if text is None:
                    self.site.write("ann").delete_comment(issue, comment)
                else:
                    self.site.write("ann").edit_comment(issue, comment, text, {})

    @rule(number=ISSUES, actor=PEOPLE, seconds=st.sampled_from([60, 5400]), ago=st.sampled_from(SPANS), count=TIMES)
    def log_work(self, number: int, actor: str, seconds: int, ago: timedelta, count: int) -> None:
        if issue := self.pick(number):
            with self.site.lock:
                for _ in range(count):
                    self.site.write(actor).worklog(issue, seconds, _whole_milliseconds(self.clock.now() - ago))

    @rule(number=ISSUES, which=st.integers(0, 5), seconds=st.sampled_from([None, 120, 7200]))
    def edit_or_delete_a_worklog(self, number: int, which: int, seconds: int | None) -> None:
        logged = [(i, w) for i in self.site.issues.values() for w in i.worklogs]
        if logged:
            issue, entry = logged[(number + which) % len(logged)]
            with self.site.lock:
                if seconds is None:
                    self.site.write("ben").delete_worklog(issue, entry)
                else:
                    self.site.write("ben").edit_worklog(issue, entry, seconds, entry.started, None)

    @rule(number=ISSUES, project=st.sampled_from([*OURS, BESIDE]))
    def move_to_another_project(self, number: int, project: str) -> None:
        issue = self.pick(number)
        if issue and not issue.key.startswith(f"{project}-"):
            self.site.move_to(issue.key, project, "ann")

    @rule(number=ISSUES, count=st.sampled_from([1, 1, 4]))
    def delete(self, number: int, count: int) -> None:
        for _ in range(count):
            if issue := self.pick(number):
                ends = {end for id in issue.links for end in (self.site.links[id].outward, self.site.links[id].inward)}
                self.unlinked |= ends
                self.site.delete(issue.key, "ann")

    @rule(number=ISSUES, hidden=st.booleans(), count=st.sampled_from([1, 5]))
    def hide_or_show(self, number: int, hidden: bool, count: int) -> None:
        for n in range(count):
            if issue := self.pick(number + n):
                self.site.restrict(issue.key, ["ann"] if hidden else None)
                self.issues_hidden.add(issue.id)

    @rule(project=st.sampled_from(OURS), hidden=st.booleans())
    def hide_or_show_a_project(self, project: str, hidden: bool) -> None:
        self.projects_hidden.add(project)
        (self.site.revoke if hidden else self.site.grant)("bot", project, "BROWSE_PROJECTS")

    # --- what moves no issue's `updated` --------------------------------------------------------------------------

    @rule(number=ISSUES)
    def sprint(self, number: int) -> None:
        """Begins one, plans an issue for it, or closes the one that runs."""
        running = [s for s in self.site.sprints.values() if s.state == "active"]
        if not running:
            made = self.site.add_sprint(self.board, f"Sprint {len(self.site.sprints) + 1}")
            self.site.start_sprint(made.id)
        elif number % 2 and (issue := self.pick(number)):
            self.site.perform(Edit(self.clock.now(), "ann", issue.key, "Sprint", running[0].id))
        else:
            self.site.close_sprint(running[0].id)

    @rule(number=ISSUES, global_id=st.sampled_from(["a", "b", None]), title=WORDS, told=st.booleans())
    def link_to_a_page(self, number: int, global_id: str | None, title: str, told: bool) -> None:
        """Whoever uses the same global id again changes the link. Not even the history need tell of it."""
        if issue := self.pick(number):
            body = {"object": {"url": f"https://example.com/{number}", "title": title}}
            if number % 2:
                body |= {"relationship": "mentioned in", "application": {"name": "Wiki"}}
            with self.site.lock:
                self.site.write("ann").remote_link(issue, global_id, body, told=told)

    @rule(number=ISSUES, told=st.booleans())
    def unlink_a_page(self, number: int, told: bool) -> None:
        linked = [(i, r) for i in self.site.issues.values() for r in i.remote_links]
        if linked:
            issue, link = linked[number % len(linked)]
            with self.site.lock:
                self.site.write("ann").delete_remote_link(issue, link, told=told)
            self.unlinked.add(issue.id)

    @rule(one=ISSUES, other=ISSUES)
    def link_two_issues(self, one: int, other: int) -> None:
        ends = [self.pick(one), self.pick(other)]
        if ends[0] and ends[1] and ends[0] is not ends[1]:
            with self.site.lock:
                self.site.write("ann").link("10000", ends[0], ends[1])

    @rule(status=st.integers(0, 2), what=st.sampled_from(["status", "field", "person"]))
    def rename(self, status: int, what: str) -> None:
        self.renamed += 1
        if what == "status":
            self.site.rename_status(self.statuses[status], f"Status {self.renamed}")
            self.statuses[status] = f"Status {self.renamed}"
        elif what == "field":
            self.site.rename_field(self._customer, f"Customer {self.renamed}")
        else:
            self.site.rename_person("ann", f"Ann {self.renamed}")

    # --- time, and how the site is seen -------------------------------------------------------------------------

    @rule(by=st.sampled_from(SPANS))
    def later(self, by: timedelta) -> None:
        self.clock.advance(by)

    @rule(minutes=st.integers(0, 10))
    def search_is_behind(self, minutes: int) -> None:
        self.site.index_lag = timedelta(minutes=minutes)

    @rule(zone=st.sampled_from(ZONES))
    def another_time_zone(self, zone: str) -> None:
        self.site.people.accounts["bot"].time_zone = zone

    # --- pulling ------------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([0, 2, 5, 9]))
    def pull(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self._pull()

    @rule(number=ISSUES, edit=EDITS, minutes=st.sampled_from([2, 5, 9]))
    def edit_and_pull_soon(self, number: int, edit: tuple[str, Any], minutes: int) -> None:
        self.edit(number, "ann", edit)
        self.pull(minutes)

    @rule(seed=SEEDS)
    def pull_with_faults(self, seed: int) -> None:
        with Mischance(self.site, seed):
            self._pull(patience=0.3, may_fail=True)

    @rule(after=st.integers(1, 12), number=ISSUES, zone=st.sampled_from(ZONES), what=st.integers(0, 5))
    def pull_while_something_happens(self, after: int, number: int, zone: str, what: int) -> None:
        acts: list[Callable[[], object]] = [
            lambda: self.another_time_zone(zone),
            lambda: self.delete(number, 1),
            lambda: self.move_to_another_project(number, "Q"),
            lambda: self.edit_all_in_one_second("ann", ("summary", zone), "P"),
            lambda: self.create("P", "ann", zone, 2),
            lambda: self.clock.advance(timedelta(minutes=3)),
        ]
        self.site.faults = Meanwhile(after, acts[what])
        self._pull()
        self.site.faults = None

    @rule()
    def pull_without_a_valid_token(self) -> None:
        self.site.revoke_token("bot")
        with pytest.raises(NotAllowed):
            self._read(60.0)
        self.site.restore_token("bot")
        # and somebody logs in in a browser, before refused logins add up to a CAPTCHA
        self.site.people.accounts["bot"].failed_logins = 0

    def _pull(self, patience: float = 60.0, may_fail: bool = False) -> None:
        """A pull that meets faults, or a project that is hidden, may fail with an error of ours; no other may."""
        try:
            self._read(patience)
        except EalError:
            if not may_fail and not self._something_is_hidden():
                self.failed = True
                raise
        except BaseException:
            self.failed = True
            raise
        there = known_ids(self.file)
        assert self.known <= there, "nothing is ever erased"
        self.known = there

    def _read(self, timeout: float) -> None:
        user, token = self.site.credentials("bot")
        options = Options(timeout=timeout, connections=2)
        patience = PatienceInMemory()

        def wait(seconds: float) -> None:
            self._wait(timedelta(seconds=seconds))

        tracker = JiraTracker(
            Connection(self.url, user, lambda: token, {}, patience),
            options,
            wait,
            # bans end by the site's clock, on which everybody waits here
            Limits(patience, wait, self.clock.now),
        )
        try:
            teams = [TeamScope("Team", Scope(projects=OURS), sprints=True)]
            Puller(self.store, tracker).pull(tracker.whoami(), teams, [])
        finally:
            tracker.close()

    def _wait(self, span: timedelta) -> None:
        """Whoever waits for this site waits on its clock."""
        self.clock.advance(span)

    def _something_is_hidden(self) -> bool:
        bot = self.site.people.accounts["bot"]
        return not all(self.site.may(bot, "BROWSE_PROJECTS", self.site.project(p).id) for p in OURS)

    # --- the claim ----------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "begun"):
            return
        try:
            if not self.failed:
                self._settle_at_once()
                self._settle_in_days()
        finally:
            self.opened.close()

    def _settle_at_once(self) -> None:
        """The faults end and search catches up: one pull brings all that was in sight all along, without the daily
        nets beneath it."""
        for project in OURS:
            self.site.grant("bot", project, "BROWSE_PROJECTS")
        self.clock.advance(timedelta(minutes=11))
        self._pull()
        found = Mirrored(self.file)
        hidden = {i.id for i in self.site.issues.values() if self.site.projects[i.project].key in self.projects_hidden}
        seen = {i.id for i in self._there()} - hidden - self.issues_hidden
        # a link moves nothing by which a pull could know of it
        self._equal(found, seen - self._linked(), leave_out=("remote links",))
        self._equal(found, seen & self._linked(), leave_out=("remote links", "links", "history"))

    def _linked(self) -> set[int]:
        return {i.id for i in self.site.issues.values() if i.links or i.remote_links} | self.unlinked

    def _settle_in_days(self) -> None:
        """The last census is the second that lacks what is gone."""
        for _ in range(2):
            self.clock.advance(timedelta(hours=25))
            self._pull()
        self._compare()

    def _there(self) -> list[Issue]:
        bot = self.site.people.accounts["bot"]
        ours = {self.site.project(p).id for p in OURS}
        return [i for i in self.site.issues.values() if i.project in ours and self.site.sees(bot, i)]

    def _equal(self, found: Mirrored, ids: set[int], leave_out: Sequence[str] = ()) -> None:
        wrong = {}
        for id in ids:
            issue, seen = self.site.issues[id], found.issues.get(str(id))
            differing = (
                differences(self.site, truth(self.site, issue, found.key), seen, leave_out) if seen else "missing"
            )
            if differing or found.presence[str(id)] != "present":
                wrong[issue.key] = differing, found.presence.get(str(id))
        assert not wrong

    def _compare(self) -> None:
        found = Mirrored(self.file)
        there = {i.id for i in self._there()}
        self._equal(found, there)
        shown = {str(id) for id in there}
        # only a listing that lacks more than half of a project is doubted, and what it lacks then stays
        absent = {id for id in found.present(OURS) - shown if found.project[id] not in found.doubted}
        assert not absent, f"still shown as present: {absent}"
        for project in found.doubted:
            known = {id for id, key in found.project.items() if key == project and found.presence[id] != "gone"}
            assert len(known - shown) * 2 > len(known) > 5, f"{project} is doubted without a reason"
        assert found.statuses == {s.id: s.name for s in self.site.catalogue.statuses.values()}
        assert found.fields == {f.id: f.name for f in self.site.fields}
        assert found.sprints == {str(s.id): (s.name, s.state) for s in self.site.sprints.values()}

    @property
    def _customer(self) -> str:
        return max(f.id for f in self.site.fields if f.name.startswith("Customer"))

    def _field(self, name: str) -> str:
        return self._customer if name == "Customer" else name


class OnDataCenter(History):
    flavour = "datacenter"


def _memory() -> str | None:
    """Where files live in memory, if this machine has such a place: an example writes a hundred transactions."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@pytest.mark.parametrize("history", [History, OnDataCenter], ids=["cloud", "datacenter"])
@pytest.mark.timeout(0)
def test_the_mirror_equals_the_site_after_any_history(history: type[History]) -> None:
    with tempfile.TemporaryDirectory(prefix="histories-", dir=_memory()) as folder:
        history.file = Path(folder, "mirror.db")
        history.store = open_store("sqlite:///mirror.db", Path(folder))
        try:
            run_state_machine_as_test(history, settings=SETTINGS)
        finally:
            history.store.close()


def test_the_time_zones_cover_the_38_offsets_in_use() -> None:
    def standard(zone: str) -> timedelta | None:
        times = (datetime(2026, month, 1, tzinfo=ZoneInfo(zone)) for month in (1, 7))
        return min(at.utcoffset() or timedelta() for at in times)

    assert len({standard(zone) for zone in ZONES}) == 38
    changing = {z for z in ZONES if len({datetime(2026, m, 1, tzinfo=ZoneInfo(z)).utcoffset() for m in (1, 7)}) > 1}
    assert {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham"} <= changing

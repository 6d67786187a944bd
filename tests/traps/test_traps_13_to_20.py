"""The traps of writing and of staying out of trouble, 13 to 20 of the fact sheet on Jira."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import Cycle, run_cycle, run_nudged
from eal_jira.daemon.loop import Daemon
from eal_jira.documents import render
from eal_jira.documents.templates import Templates
from eal_jira.errors import TrackerUnreachable, TryLater
from eal_jira.hookspecs import Nudge
from eal_jira.outbox.intents import Comment, Tag, Ticket
from eal_jira.sandbox.faults import Fault, Instead, Reset, Silence, Times, on
from eal_jira.stages.house import House
from eal_jira.store import bans, deliveries, issues
from eal_tracker_jira import gateway as gateway_module
from eal_tracker_jira.options import Options
from tests.daemon.conftest import BOT, OpenBench, until
from tests.documents.contexts import CONTEXTS
from tests.documents.reading import Reading, read_adf, read_wiki

from .conftest import BOTH, SEARCH, Trap, Upon

TICKET = Ticket("proposal/one", "EAL", "Task", "A proposal", "What would change", ("eal-proposal",))
QUOTA = {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"}


@pytest.mark.parametrize("what", [Reset(after_effect=True), Instead(503, after_effect=True)], ids=["reset", "503"])
def test_trap_13_blind_retry_of_a_create(trap: Trap, what: Fault) -> None:
    """Jira makes the ticket, then the answer is lost."""
    trap.site.faults = Times(on("POST", "/issue"), what)
    trap.deliver(TICKET)
    assert (trap.state(TICKET), len(trap.tickets())) == ("unknown", 1)
    trap.deliver()
    assert (trap.state(TICKET), len(trap.tickets())) == ("done", 1)


def test_trap_14_search_to_see_whether_it_worked(trap: Trap) -> None:
    """The answer is lost, we start again, and search will not show the ticket for three minutes: keys are looked at."""
    trap.site.index_lag = timedelta(minutes=3)
    trap.site.faults = Times(on("POST", "/issue"), Reset(after_effect=True))
    trap.deliver(TICKET)
    trap.later(minutes=1)
    trap.deliver()
    assert (trap.state(TICKET), len(trap.tickets())) == ("done", 1)
    for _ in range(8):
        trap.later(minutes=2)
        trap.deliver(TICKET)
    assert len(trap.tickets()) == 1


def test_trap_15_writes_of_the_whole_set(trap: Trap) -> None:
    """A person adds a label after we have looked and before our edit arrives."""
    trap.create_many(1, labels=["hers"])
    issue = trap.site.issue("P-1")
    trap.site.faults = Upon(
        lambda: trap.edit("P-1", "labels", ["hers", "just-now"]), f"/issue/{issue.id}", method="PUT"
    )
    trap.deliver(Tag(str(issue.id), ("eal-deviation",), (), {"schema": 1, "deviations": []}))
    assert set(issue.fields["labels"]) == {"hers", "just-now", "eal-deviation"}


@contextmanager
def at_work(house: House, every: float) -> Iterator[tuple[Daemon, list[str]]]:
    """The daemon's loop without its web server, and the whole and short cycles that it began."""
    began: list[str] = []

    def whole() -> Cycle:
        began.append("whole")
        return run_cycle(house)

    def short() -> Cycle | None:
        began.append("short")
        return run_nudged(house)

    daemon = Daemon(whole, every, short)
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        yield daemon, began
    finally:
        daemon.stop()
        thread.join(20)


def name(house: House, issue_id: str, identifier: str) -> None:
    """What the web server does with a delivery about this issue."""
    with house.store.write() as connection:
        deliveries.receive(connection, "jira", [Nudge(identifier, "k", (issue_id,))], house.tracker.whoami().now)


@BOTH
def test_trap_16_a_ban_cut_short(bench: OpenBench, flavour: str) -> None:
    """Half an hour for the whole site: neither the next cycle nor a webhook knocks before it is over."""
    with bench(flavour) as b, b.house() as house:
        issue = b.make(1)
        name(house, issue, "before")
        b.site.faults = Times(lambda exchange: exchange.path.endswith(SEARCH), Instead(429, b"{}", headers=QUOTA))
        with at_work(house, every=0.05) as (daemon, began):
            until(lambda: any(entry.status == 429 for entry in b.site.requests))
            asked = len(b.site.requests)
            for _ in range(10):
                daemon.wake()
                time.sleep(0.05)
            assert (len(b.site.requests), began) == (asked, ["whole"])


@BOTH
def test_trap_16_every_worker_on_its_own(bench: OpenBench, flavour: str) -> None:
    """A write meets the ban, and the process ends: no other one asks for anything before it is over."""
    with bench(flavour) as b:
        with b.house() as house:
            approve_plans(house)
            b.make(1)
            b.finish(1)
            b.clock.advance(timedelta(minutes=1))
            b.site.faults = Times(lambda exchange: exchange.method == "PUT", Instead(429, b"{}", headers=QUOTA))
            assert run_cycle(house).delivered.stopped
        with b.house() as house:
            with b.requests() as asked, pytest.raises(TryLater) as raised:
                run_cycle(house)
            assert asked == []
            assert raised.value.wait is not None
            assert raised.value.wait > timedelta(minutes=30)
        with b.house() as house:
            # half an hour later; a ban counts by this machine's clock
            with house.store.write() as connection:
                for ban in bans.active(connection, datetime.now(UTC)):
                    bans.put(connection, replace(ban, until=datetime.now(UTC)))
            b.clock.advance(timedelta(seconds=1847))
            run_cycle(house)
            assert b.tagged() == {"P-1"}


@pytest.mark.timeout(12)
def test_trap_17_no_time_limit(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jira accepts the request and never answers: this cycle ends within the limit, and the next one runs."""
    monkeypatch.setattr(gateway_module, "ATTEMPTS", 1)
    trap.options = Options(timeout=1)
    trap.create_many(1)
    trap.site.faults = Times(lambda exchange: exchange.path.endswith(SEARCH), Silence())
    begin = time.monotonic()
    with pytest.raises(TrackerUnreachable, match="time limit"):
        trap.pull()
    assert time.monotonic() - begin < 4
    trap.pull()
    assert trap.known() == ["P-1"]


@BOTH
def test_trap_18_talking_to_myself(bench: OpenBench, flavour: str) -> None:
    """The daemon labels an issue and comments on it: neither polling nor webhooks about that lead to a write."""
    with bench(flavour, 'projects = ["P"]\ncomments = true') as b, b.house() as house:
        approve_plans(house)
        issue = b.make(1)
        b.finish(1)
        b.clock.advance(timedelta(minutes=1))
        run_cycle(house)
        ours = [entry.kind for entry in b.site.journal if entry.actor == BOT.account_id]
        assert sorted(ours) == ["comment", "edit", "property"]
        with b.requests() as later:
            # our own writes come back as deliveries: what they changed is read, and that is the end of it
            for number in range(3):
                name(house, issue, f"echo {number}")
                run_nudged(house)
            name(house, issue, "one more")
            assert run_nudged(house) is None
            for _ in range(2):
                b.clock.advance(timedelta(minutes=1))
                run_cycle(house)
        assert not any(entry.write for entry in later)


def test_trap_19_words_from_elsewhere(trap: Trap) -> None:
    """A project called DO, a field that exists twice and one that is renamed, a sprint that looks like syntax, and
    addresses that lead elsewhere: what is read and written goes by ids."""
    trap.projects, trap.sprints = ("DO",), True
    trap.site.base_url = "https://gateway.invalid/ex/jira/1"
    number = "com.atlassian.jira.plugin.system.customfieldtypes:float"
    points = next(f.id for f in trap.site.fields if f.name == "Story Points")
    other = trap.site.fields.add("Story Points", "number", number)
    effort = trap.site.fields.add("Effort", "number", number)
    board = trap.site.add_board("Team", "DO")
    trap.site.add_sprint(board.id, "Sprint 1")
    sprint = trap.site.add_sprint(board.id, "Sprint 2], name=Sprint 1,id=99", goal="id=98,")
    values: dict[str, Any] = {points: 5, effort.id: 8, "sprint": sprint.id}
    trap.create_many(1, project="DO", **values)
    trap.site.rename_field(effort.id, "Story Points")
    trap.pull()
    issue = trap.issue("DO-1")
    assert issue is not None
    assert (issue.points, issue.sprints) == (5, (str(sprint.id),))
    trap.later(hours=1)
    trap.edit("DO-1", "labels", ["hers"])
    trap.pull()
    assert trap.labels("DO-1") == ("hers",)
    with trap.store.read() as connection:
        words = issues.vocabulary(connection).fields
    assert [words[id].name for id in (points, other.id, effort.id)] == ["Story Points"] * 3
    trap.deliver(Tag(issue.id, ("eal-deviation",), (), {"schema": 1, "deviations": []}))
    assert set(trap.site.issue("DO-1").fields["labels"]) == {"hers", "eal-deviation"}


def test_trap_20_foreign_text_as_markup_and_without_end(trap: Trap) -> None:
    """A comment and a ticket of ours repeat what somebody wrote: it stays text, and says where it was cut."""
    hostile = "{html}[~accountid:x]!http://t/x.png!| [x](http://t) *y* `z` " + "a word and | " * 3_500

    def saying(words: str) -> str:
        return Templates().render("deviation_comment.md", CONTEXTS["deviation_comment.md"](lambda _: words))

    trap.create_many(1)
    comment = Comment("deviation/one", saying(hostile), issue_id=str(trap.site.issue("P-1").id))
    ticket = Ticket("proposal/one", "EAL", "Task", hostile, saying(hostile))
    trap.deliver(comment, ticket)
    assert (trap.state(comment), trap.state(ticket)) == ("done", "done")
    made = trap.site.issue(trap.tickets()[0]).fields
    assert (len(made["summary"]), made["summary"][-1]) == (255, "…")
    read: Callable[[Any], Reading] = read_adf
    plainly: Any = render(saying("Plain"), "adf")
    if trap.site.flavour == "datacenter":
        read, plainly = read_wiki, render(saying("Plain"), "wiki")
    plain, _ = read(plainly)
    for written in (trap.site.issue("P-1").comments[0].body, made["description"]):
        form, words = read(written)
        assert form == plain
        assert hostile[:200] in words
        assert "(cut)" in words

"""From a webhook to a tag: what nudges cost, what they can't do, and that every loss of one heals by polling."""

from __future__ import annotations

import json
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle, run_nudged
from eal_jira.daemon import loop
from eal_jira.errors import TrackerUnreachable
from eal_jira.hookspecs import Delivery, Nudge
from eal_jira.model import IssuePage
from eal_jira.sandbox import Create, Mischief, Move
from eal_jira.sandbox.faults import Instead, Times, on
from eal_jira.stages.house import House
from eal_jira.stages.pull import nudged
from eal_jira.store import Store, deliveries
from eal_tracker_jira.nudges import read_nudge

from .conftest import SECRET, Bench, OpenBench, address, event, post, rows, signed, until

both = pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
_numbers = count()

WORK = "SELECT stage, issue_id FROM work ORDER BY stage, issue_id"
MIRROR = "SELECT i.key, s.name FROM issues i JOIN statuses s ON s.id = i.status"


def name(house: House, *issue_ids: str) -> None:
    """What the web server does with deliveries about these issues."""
    nudges = [Nudge(f"delivery {next(_numbers)}", "k", (issue_id,)) for issue_id in issue_ids]
    with house.store.write() as connection:
        deliveries.receive(connection, "jira", nudges, datetime.now(UTC))


def truth(b: Bench, project: str = "P") -> dict[str, str]:
    """Key → name of the status, as the site has it."""
    words = b.site.catalogue.statuses
    found = (issue for issue in b.site.issues.values() if issue.key.startswith(f"{project}-"))
    return {issue.key: words[issue.fields["status"]].name for issue in found}


def mirror(house: House, project: str = "P") -> dict[str, str]:
    return {key: status for key, status in rows(house.store, MIRROR) if key.startswith(f"{project}-")}


def quiet(b: Bench, seconds: float = 0.4) -> None:
    """Waits until nobody has asked the site for anything for a while."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < seconds:
        if len(b.site.requests) != seen:
            seen, since = len(b.site.requests), time.monotonic()
        time.sleep(0.02)


# --- quick ------------------------------------------------------------------------------------------------------


@both
def test_a_webhook_leads_to_a_tag_within_a_second(bench: OpenBench, flavour: str) -> None:
    """From the moment somebody finishes an issue without a review to the label that asks about it: median below 1 s."""
    took, tries = [], range(1, 16 if flavour == "cloud" else 6)
    with bench(flavour) as b:
        for number in tries:
            b.make(number)
        with b.running() as daemon, b.site.add_webhook(f"{daemon.url}/webhooks/jira", SECRET) as webhook:
            for number in tries:
                begin = time.monotonic()
                b.finish(number)
                until(lambda key=f"P-{number}": key in b.tagged())
                took.append(time.monotonic() - begin)
            webhook.wait()
            assert {sent.status for sent in webhook.sent} == {202}
    print(f"{flavour}: median {statistics.median(took):.3f} s, longest {max(took):.3f} s")  # noqa: T201
    assert statistics.median(took) < 1.0


# --- cheap ------------------------------------------------------------------------------------------------------


def test_a_hundred_nudges_for_one_issue_become_one_reading(bench: OpenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "GATHER", 2.5)  # longer than the hundred take to arrive, here and on a busy machine
    with bench() as b:
        issue = b.make(1)
        with b.running() as daemon:
            b.finish(1)
            with b.requests() as asked, ThreadPoolExecutor(8) as pool:
                told = pool.map(lambda n: daemon.deliver(event(issue), f"id-{n}"), range(100))
                assert set(told) == {202}
                until(lambda: "P-1" in b.tagged())
            assert len(daemon.rows("SELECT 1 FROM deliveries")) == 100
    assert sum(entry.path.endswith("/issue/bulkfetch") for entry in asked) == 1


@both
def test_nudges_cost_one_question_who_we_are_and_one_reading_per_hundred(bench: OpenBench, flavour: str) -> None:
    with bench(flavour) as b:
        ids = [b.make(number) for number in range(1, 251)]
        with b.house() as house:
            run_cycle(house)
            name(house, *ids, *ids)
            with b.requests() as asked:
                assert run_nudged(house) is None
    readings = 3 if flavour == "cloud" else 250
    assert len(asked) <= 1 + readings
    assert not any(entry.write for entry in asked)


@both
def test_a_nudge_about_links_brings_the_remote_ones_too(bench: OpenBench, flavour: str) -> None:
    """Nothing else tells of these: neither the issue's history nor its time has changed. One of another kind that
    finds nothing new asks for no links: our own writes cost a reading and no more."""
    with bench(flavour) as b:
        one, two = b.make(1), b.make(2)
        with b.house() as house:
            run_cycle(house)
            body = {"object": {"url": "https://example.com/1", "title": "One"}}
            b.site.write("eal-bot").remote_link(b.site.issue("P-1"), "g", body, told=False)
            name(house, one)
            assert run_nudged(house) is None
            before = len(b.site.requests)
            headers = {key.lower(): value for key, value in signed(event(one, two)).items()}
            nudge = read_nudge(Delivery(headers, event(one, two)), SECRET.encode())
            with house.store.write() as connection:
                deliveries.receive(connection, "jira", [nudge], datetime.now(UTC))
            cycle = run_nudged(house)
            assert cycle is not None
            assert cycle.pulled.changed == 1
            assert sum(r.path.endswith("/remotelink") for r in b.site.requests[before:]) == 2
            assert rows(house.store, "SELECT issue_id, title FROM remote_links") == [(one, "One")]


def test_without_a_nudge_nothing_is_asked(bench: OpenBench) -> None:
    with bench() as b, b.house() as house:
        run_cycle(house)
        with b.requests() as asked:
            assert run_nudged(house) is None
    assert asked == []


def test_a_nudge_does_not_look_at_whole_teams(bench: OpenBench) -> None:
    """Practices and retros wait for the next whole cycle, which still knows that there is news."""
    with bench() as b:
        issue = b.make(1)
        with b.house() as house:
            run_cycle(house)
            b.finish(1)
            name(house, issue)
            done = run_nudged(house)
            assert done is not None
            assert (done.pulled.changed, done.checked.opened) == (1, 1)
            assert rows(house.store, "SELECT stale FROM teams") == [(1,)]


# --- careful ----------------------------------------------------------------------------------------------------


def test_a_nudge_that_comes_while_its_issue_is_read_is_not_lost(
    bench: OpenBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our reading and our writing it down, somebody changes the issue once more, and the tracker says so."""
    with bench() as b:
        issue = b.make(1)
        with b.house() as house:
            run_cycle(house)
            read = house.tracker.read

            def read_then_change(ids: list[str]) -> IssuePage:
                page = read(ids)
                b.site.perform(Move(b.clock.now() + timedelta(seconds=9), "ann", "P-1", "Review"))
                name(house, issue)
                return page

            b.finish(1)
            name(house, issue)
            with monkeypatch.context() as meanwhile:
                meanwhile.setattr(house.tracker, "read", read_then_change)
                run_nudged(house)
            assert mirror(house) == {"P-1": "Done"}
            assert nudged(house)
            run_nudged(house)
            assert mirror(house) == {"P-1": "Review"}
            assert not nudged(house)


def test_nudges_outlive_a_failed_reading(bench: OpenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_ids: list[str]) -> IssuePage:
        raise TrackerUnreachable("The tracker is away.")

    with bench() as b:
        issue = b.make(1)
        with b.house() as house:
            run_cycle(house)
            b.finish(1)
            name(house, issue)
            with monkeypatch.context() as outage:
                outage.setattr(house.tracker, "read", away)
                with pytest.raises(TrackerUnreachable):
                    run_nudged(house)
            assert rows(house.store, WORK) == [("reading", issue)]
        with b.house() as again:
            assert nudged(again)
            run_nudged(again)
            assert rows(again.store, WORK) == []
            assert mirror(again) == truth(b)


def test_a_nudge_that_the_tracker_refuses_does_not_stop_the_polling(bench: OpenBench) -> None:
    with bench() as b:
        issue = b.make(1)
        with b.house() as house:
            run_cycle(house)
            b.finish(1)
            name(house, issue)
            nonsense = Instead(400, b'{"errorMessages":["No."],"errors":{}}')
            b.site.faults = Times(on("POST", "/issue/bulkfetch"), nonsense)
            assert run_cycle(house).checked.opened == 1
            assert rows(house.store, WORK) == []
            assert mirror(house) == truth(b)


def test_a_whole_cycle_also_follows_the_nudges(bench: OpenBench) -> None:
    """The search index has not caught up with the change: only the nudge can tell of it now."""
    with bench() as b:
        issue = b.make(1)
        with b.house() as house:
            run_cycle(house)
            b.clock.advance(timedelta(hours=1))
            run_cycle(house)
            b.site.index_lag = timedelta(minutes=5)
            b.finish(1)
            run_cycle(house)
            assert mirror(house) == {"P-1": "Doing"}
            name(house, issue)
            assert run_cycle(house).pulled.changed == 1
            assert mirror(house) == {"P-1": "Done"}
            assert not nudged(house)


def test_an_issue_in_nobodys_scope_is_not_stored(bench: OpenBench) -> None:
    with bench() as b:
        b.make(1)
        strange = b.make(1, "X")
        with b.house() as house:
            run_cycle(house)
            ticket = str(b.site.perform(Create(b.clock.now(), "ann", "EAL-1", "Task", "A ticket", {})).id)
            name(house, strange, ticket, "987654321")
            done = run_nudged(house)
            assert done is not None
            assert done.pulled.changed == 1
            assert mirror(house, "X") == {}
            assert mirror(house, "EAL") == truth(b, "EAL") == {"EAL-1": "Open"}
            assert rows(house.store, WORK) == []


QUERY = """jql = 'project = X AND summary ~ "Thing"'"""


@both
def test_a_team_that_is_a_query_gets_its_members_and_nobody_else(bench: OpenBench, flavour: str) -> None:
    """A new issue that the query holds comes in with the nudge that names it, in one more request; others don't."""
    with bench(flavour, team=QUERY) as b:
        member = b.make(1, "X")
        with b.house() as house:
            run_cycle(house)
            assert mirror(house, "X") == {"X-1": "Doing"}
            newcomer = b.make(2, "X")
            stranger = str(b.site.perform(Create(b.clock.now(), "ann", "X-3", "Story", "Another matter", {})).id)
            b.finish(1, "X")
            name(house, member, newcomer, stranger)
            with b.requests() as asked:
                run_nudged(house)
            assert sum("/search" in entry.path for entry in asked) == 1
            assert mirror(house, "X") == {"X-1": "Done", "X-2": "Doing"}
            b.clock.advance(timedelta(minutes=1))
            run_cycle(house)
            assert mirror(house, "X") == {"X-1": "Done", "X-2": "Doing"}


def test_a_member_that_is_known_costs_no_question(bench: OpenBench) -> None:
    with bench(team=QUERY) as b:
        member = b.make(1, "X")
        with b.house() as house:
            run_cycle(house)
            b.finish(1, "X")
            name(house, member)
            with b.requests() as asked:
                run_nudged(house)
            assert not any("/search" in entry.path for entry in asked)


def test_a_newcomer_is_found_though_search_does_not_know_it_yet(bench: OpenBench) -> None:
    """Cloud's search can be made to look at the issue itself (facts 1.2); Data Center's catches up by the next pass."""
    with bench("cloud", team=QUERY) as b:
        b.make(1, "X")
        b.clock.advance(timedelta(hours=1))
        with b.house() as house:
            run_cycle(house)
            b.site.index_lag = timedelta(minutes=5)
            newcomer = b.make(2, "X")
            name(house, newcomer)
            run_nudged(house)
            assert mirror(house, "X") == {"X-1": "Doing", "X-2": "Doing"}


@both
def test_more_than_fifty_newcomers_come_in_and_one_that_vanishes_meanwhile_stops_none(
    bench: OpenBench, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query that names an id which has gone is refused as a whole."""
    with bench(flavour, team=QUERY) as b, b.house() as house:
        run_cycle(house)
        named = [b.make(number, "X") for number in range(1, 61)]
        read = house.tracker.read

        def read_then_delete(ids: list[str]) -> IssuePage:
            page = read(ids)
            b.site.delete("X-7", "ann")
            return page

        name(house, *named)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(house.tracker, "read", read_then_delete)
            run_nudged(house)
        assert set(mirror(house, "X")) == {f"X-{number}" for number in range(1, 61) if number != 7}


@both
def test_a_new_issue_of_a_board_is_tagged_by_its_webhook_alone(bench: OpenBench, flavour: str) -> None:
    with bench(flavour) as b:
        board = b.site.add_board("Board", "X").id
    with bench(flavour, team=f"board = {board}") as b:
        assert b.site.add_board("Board", "X").id == board
        with b.running() as daemon, b.site.add_webhook(f"{daemon.url}/webhooks/jira", SECRET) as webhook:
            b.make(1, "X")
            b.finish(1, "X")
            until(lambda: "X-1" in b.tagged())
            webhook.wait()
            quiet(b)
            assert len(daemon.rows("SELECT 1 FROM members")) == 1


def test_a_nudge_deletes_nothing(bench: OpenBench) -> None:
    """What was deleted, hidden or moved away looks the same: it is left to the census, as it was."""
    with bench() as b:
        deleted, hidden, moved = (b.make(number) for number in (1, 2, 3))
        foreign = b.make(1, "X")
        with b.house() as house:
            run_cycle(house)
            before = mirror(house)
            b.site.delete("P-1", "ann")
            b.site.delete("X-1", "ann")
            b.site.restrict("P-2", ["ann"])
            b.site.move_to("P-3", "X", "ann")
            name(house, deleted, hidden, moved, foreign)
            assert run_nudged(house) is None
            assert mirror(house) == before
            assert rows(house.store, WORK) == [("census", id) for id in sorted((deleted, hidden, moved))]


# --- sound --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_lost_doubled_and_mixed_up_deliveries_heal_by_polling(bench: OpenBench, seed: int) -> None:
    """A third is lost, a third comes twice, in any order: after the next whole cycle the mirror is right (R5b)."""
    mischief = Mischief(drop=0.3, duplicate=0.3, shuffle=10, seed=seed)
    with bench() as b:
        for number in range(1, 21):
            b.make(number)
        with b.running() as daemon:
            with b.site.add_webhook(f"{daemon.url}/webhooks/jira", SECRET, mischief=mischief) as webhook:
                for number in range(1, 21):
                    for status in ("Review", "Doing", "Done")[: 1 + number % 3]:
                        b.clock.advance(timedelta(seconds=1))
                        b.site.perform(Move(b.clock.now(), "ann", f"P-{number}", status))
                b.site.delete("P-20", "ann")
                webhook.wait()
                quiet(b)
            lost = [sent for sent in webhook.sent if sent.attempts == 0]
            assert lost
            assert len({sent.identifier for sent in webhook.sent}) < len(webhook.sent)
            told = mirror(daemon.house)
            assert told != truth(b)
            b.clock.advance(timedelta(minutes=1))
            run_cycle(daemon.house)
            # the deleted one is a matter for the census
            assert mirror(daemon.house) == {**truth(b), "P-20": told["P-20"]}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sets(st.sampled_from("1234"), max_size=3)), max_size=25),
    st.lists(st.integers(1, 9), max_size=25),
    st.randoms(use_true_random=False),
)
def test_order_repetition_and_grouping_of_deliveries_make_no_difference(
    store: Store, told: list[tuple[int, set[str]]], sizes: list[int], dice: random.Random
) -> None:
    """Each identifier counts once, with what its first delivery names; what is to be read is all of that."""
    adapter = f"a{next(_numbers)}"
    first = {f"id-{identifier}": ids for identifier, ids in reversed(told)}
    stream = [Nudge(f"id-{i}", "k", tuple(sorted(first[f"id-{i}"]))) for i, _ in told]
    dice.shuffle(stream)
    with store.write() as connection:
        while stream:
            size = sizes.pop() if sizes else 1
            deliveries.receive(connection, adapter, stream[:size], datetime.now(UTC))
            del stream[:size]
        assert deliveries.begin_reading(connection) == sorted(set().union(*first.values()) if first else set())
        connection.exec_driver_sql("DELETE FROM work")


@both
def test_trap_18_we_do_not_answer_ourselves(bench: OpenBench, flavour: str) -> None:
    """Our label, property and comment come back as webhooks: they cost readings, and not one write."""
    with bench(flavour, 'projects = ["P"]\ncomments = true') as b:
        issue = b.make(1)
        with b.running() as daemon, b.site.add_webhook(f"{daemon.url}/webhooks/jira", SECRET) as webhook:
            b.finish(1)
            until(lambda: any(entry.kind == "comment" for entry in b.site.journal))
            webhook.wait()
            quiet(b)
            ours = [entry.kind for entry in b.site.journal if entry.actor == "eal-bot"]
            assert sorted(ours) == ["comment", "edit", "property"]
            echoes = [sent.event for sent in webhook.sent]
            assert echoes.count("jira:issue_updated") == 3  # hers, our label, our comment
            assert {"issue_property_set", "comment_created"} <= set(echoes)
            # everything is known by now: one more echo is one reading, and nothing runs after it
            cycles = len(daemon.cycles)
            with b.requests() as asked:
                assert daemon.deliver(event(issue), "one more") == 202
                until(lambda: len(daemon.cycles) > cycles)
            assert daemon.cycles[-1] is None
            assert not any(entry.write for entry in asked)
            assert len(asked) <= 3  # who we are, the issue, the markers of our comments
            assert len(daemon.rows("SELECT 1 FROM deviations")) == 1


# --- the command ----------------------------------------------------------------------------------------------------


def eal_jira(*args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "eal_jira", *args]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def test_the_daemon_listens_wakes_and_stops_within_ten_seconds(bench: OpenBench) -> None:
    """SIGTERM while a sender dawdles and another connection idles: a clean end, code 0."""
    with bench() as b:
        issue = b.make(1)
        with b.house() as house:
            approve_plans(house)
        config = b.write_config()
        config.write_text(config.read_text() + "\n[run]\nevery = 3600\n")
        running = eal_jira("run", "--config", str(config))
        try:
            assert running.stderr is not None
            told = (json.loads(line) for line in running.stderr)
            url = next(line["url"] for line in told if line["event"] == "listening for webhooks")
            assert next(told)["event"] == "cycle done"
            b.finish(1)
            body = event(issue)
            assert post(url, body, signed(body)) == 202
            until(lambda: "P-1" in b.tagged())
            with (
                socket.create_connection(address(url)),
                socket.create_connection(address(url)) as dawdling,
            ):
                dawdling.sendall(b"POST /webhooks/jira HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1")
                time.sleep(0.2)
                begin = time.monotonic()
                running.send_signal(signal.SIGTERM)
                assert running.wait(15) == 0
                assert time.monotonic() - begin < 10
            ending = [line["event"] for line in told]
            assert "stopped" in ending
            assert not any("exception" in event.lower() for event in ending)
        finally:
            running.kill()
            running.communicate()


def test_the_daemon_does_not_start_without_its_secret(bench: OpenBench) -> None:
    with bench() as b:
        config = b.write_config()
        config.write_text(config.read_text().replace("webhook_secret", "# webhook_secret"))
        refused = eal_jira("run", "--config", str(config))
        _, told = refused.communicate(timeout=30)
        assert refused.returncode == 78
        assert "web.webhook_secret is not." in told
        assert "Traceback" not in told
        assert b.site.requests == []

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.learning.measures import Measures, measure
from eal_jira.model import Event, Trace
from tests.learning.builders import (
    BLOCKED,
    CLOSED,
    DAY,
    DOING,
    DONE,
    HOUR,
    MONDAY,
    OPEN,
    ORDER,
    READY,
    REVIEW,
    VOCABULARY,
    walk,
)

NOW = MONDAY + 1000 * HOUR
WAITING = frozenset({BLOCKED})


def measured(trace: Trace, waiting: frozenset[str] = WAITING) -> Measures:
    return measure(trace, VOCABULARY, ORDER, NOW, waiting)


def test_a_plain_run_is_timed_from_its_first_work_to_its_done() -> None:
    m = measured(walk((0, OPEN), (10, DOING), (30, BLOCKED), (36, DOING), (40, REVIEW), (50, DONE)))
    assert (m.started, m.finished) == (MONDAY + 10 * HOUR, MONDAY + 50 * HOUR)
    assert (m.lead_time, m.cycle_time) == (50 * HOUR, 40 * HOUR)
    assert m.time_per_status == {OPEN: 10 * HOUR, DOING: 24 * HOUR, BLOCKED: 6 * HOUR, REVIEW: 10 * HOUR}
    assert m.waiting_time == 6 * HOUR
    assert m.flow_efficiency == pytest.approx(34 / 40)
    assert m.age_at_leaving == {DOING: 30 * HOUR, BLOCKED: 26 * HOUR, REVIEW: 40 * HOUR}
    assert (m.rework, m.reopenings, m.handoffs, m.censored) == (0, 0, 0, False)


def test_a_reopened_issue_runs_from_its_first_start_to_its_last_done() -> None:
    m = measured(walk((0, OPEN), (1, DOING), (5, DONE), (25, DOING), (28, DONE)))
    assert m.cycle_time == 27 * HOUR
    assert (m.reopenings, m.rework, m.returns) == (1, 0, 1)
    assert m.time_per_status[DONE] == 20 * HOUR, (
        "the rest before the reopening counts, the time since the finish doesn't"
    )
    assert m.waiting_time == 20 * HOUR


def test_an_issue_that_is_open_again_is_unfinished_and_as_old_as_its_first_start() -> None:
    m = measured(walk((0, OPEN), (1, DOING), (5, DONE), (25, OPEN)))
    assert m.censored
    assert m.finished is None
    assert m.cycle_time == 999 * HOUR
    assert m.lead_time == 1000 * HOUR


def test_closing_what_is_done_already_does_not_move_the_finish() -> None:
    m = measured(walk((0, OPEN), (1, DOING), (5, DONE), (341, CLOSED)))
    assert m.finished == MONDAY + 5 * HOUR
    assert m.cycle_time == 4 * HOUR
    assert m.reopenings == 0
    assert DONE not in m.time_per_status


def test_an_issue_created_in_the_middle_starts_at_its_creation() -> None:
    m = measured(walk((0, REVIEW), (3, DONE)))
    assert m.started == MONDAY
    assert m.cycle_time == m.lead_time == 3 * HOUR


def test_an_issue_that_skips_to_review_starts_there() -> None:
    m = measured(walk((0, OPEN), (7, REVIEW), (9, DONE)))
    assert m.started == MONDAY + 7 * HOUR
    assert m.cycle_time == 2 * HOUR
    assert m.rework == 0


def test_straight_to_done_has_a_lead_time_and_no_cycle_time() -> None:
    m = measured(walk((0, OPEN), (8, DONE)))
    assert m.started is None
    assert m.cycle_time is None
    assert m.flow_efficiency is None
    assert (m.lead_time, m.waiting_time) == (8 * HOUR, timedelta())


def test_an_issue_created_done_took_no_time() -> None:
    m = measured(walk((0, DONE)))
    assert m.finished == MONDAY
    assert m.lead_time == timedelta()
    assert m.time_per_status == {}


def test_a_move_backward_is_rework_and_a_move_by_way_of_a_waiting_status_is_not() -> None:
    back = measured(walk((0, DOING), (1, REVIEW), (2, DOING), (3, REVIEW), (4, READY), (5, DOING), (6, DONE)))
    assert back.rework == 2
    waited = measured(walk((0, DOING), (1, REVIEW), (2, BLOCKED), (3, DOING), (4, REVIEW), (5, DONE)))
    assert waited.rework == 0
    assert measured(walk((0, DOING), (1, REVIEW), (2, BLOCKED), (3, DONE)), waiting=frozenset()).rework == 1


def test_planning_among_to_do_statuses_is_no_rework() -> None:
    assert measured(walk((0, OPEN), (1, READY), (2, OPEN), (3, READY), (4, DOING), (5, DONE))).rework == 0


def test_a_status_outside_the_usual_order_makes_no_move_backward() -> None:
    m = measure(walk((0, DOING), (1, REVIEW), (2, DOING), (3, DONE)), VOCABULARY, (OPEN, DOING, DONE), NOW)
    assert m.rework == 0


def test_several_moves_in_one_second_are_all_seen_and_take_no_time() -> None:
    m = measured(walk((0, OPEN), (4, DOING), (4, REVIEW), (4, DOING), (4, DONE)))
    assert m.started == m.finished == MONDAY + 4 * HOUR
    assert m.cycle_time == timedelta()
    assert m.rework == 1
    assert m.time_per_status == {OPEN: 4 * HOUR, DOING: timedelta(), REVIEW: timedelta()}
    assert m.flow_efficiency is None


def test_work_put_back_waits() -> None:
    m = measured(walk((0, OPEN), (1, DOING), (3, READY), (10, DOING), (11, DONE)))
    assert m.waiting_time == 7 * HOUR
    assert m.flow_efficiency == pytest.approx(0.3)


def test_flow_efficiency_is_unknown_while_no_waiting_status_is_named() -> None:
    m = measured(walk((0, DOING), (1, BLOCKED), (2, DONE)), waiting=frozenset())
    assert m.flow_efficiency is None


def test_a_handoff_is_counted_between_two_people_only() -> None:
    hands = [(0, None, "a"), (1, "a", "b"), (2, "b", None), (3, None, "b"), (4, "b", None), (5, None, "c")]
    assert measured(walk((0, DOING), (6, DONE), hands=hands)).handoffs == 2


def test_a_change_of_hands_after_the_finish_is_not_counted() -> None:
    assert measured(walk((0, DOING), (6, DONE), hands=[(0, None, "a"), (7, "a", "b")])).handoffs == 0


def test_a_status_that_the_tracker_forgot_neither_starts_nor_finishes_anything() -> None:
    m = measured(walk((0, OPEN), (1, "gone"), (3, DOING), (6, DONE)))
    assert m.started == MONDAY + 3 * HOUR
    assert m.time_per_status["gone"] == 2 * HOUR


def test_an_event_newer_than_now_takes_the_clock_with_it() -> None:
    m = measure(walk((0, OPEN), (5, DOING)), VOCABULARY, ORDER, MONDAY + 2 * HOUR)
    assert m.cycle_time == timedelta()
    assert m.lead_time == 5 * HOUR


def test_measures_survive_the_store() -> None:
    m = measured(walk((0, OPEN), (1.25, DOING), (5, DONE), (25, DOING), (28, BLOCKED)))
    assert Measures.from_json(m.to_json()) == m


walks = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(ORDER)), min_size=1, max_size=12).map(
    lambda steps: walk(*((sum(gap for gap, _ in steps[: i + 1]) - steps[0][0], s) for i, (_, s) in enumerate(steps)))
)


@given(walks, st.sampled_from([frozenset[str](), WAITING]))
def test_every_hour_until_the_clock_ends_is_counted_exactly_once(trace: Trace, waiting: frozenset[str]) -> None:
    m = measured(trace, waiting)
    assert sum(m.time_per_status.values(), timedelta()) == m.lead_time
    assert timedelta() <= m.waiting_time <= (m.cycle_time or timedelta()) <= m.lead_time
    assert m.censored == (trace.stays[-1].status not in {DONE, CLOSED})
    assert all(age <= (m.cycle_time or timedelta()) for age in m.age_at_leaving.values())


@given(walks)
def test_the_measures_of_a_finished_issue_never_change_again(trace: Trace) -> None:
    sooner = measure(trace, VOCABULARY, ORDER, NOW, WAITING)
    later = measure(trace, VOCABULARY, ORDER, NOW + 30 * DAY, WAITING)
    assert sooner.censored or later == sooner


# --- blocked time, escaped bugs, names ------------------------------------------------------------------------

FLAG = "flagged"


def flagged(trace: Trace, *changes: tuple[float, str | None, str | None], now_up: bool = False) -> Trace:
    """The trace with changes of a flag, at so many hours."""
    told = [*trace.events]
    told += [Event(0, MONDAY + hours * HOUR, FLAG, before, after, None) for hours, before, after in changes]
    told.sort(key=lambda event: event.at)
    events = tuple(replace(event, seq=seq) for seq, event in enumerate(told))
    return Trace(replace(trace.issue, fields={FLAG: "Impediment"} if now_up else {}), events, trace.stays)


def blocked(trace: Trace, now: datetime = NOW) -> timedelta | None:
    return measure(trace, VOCABULARY, ORDER, now, blocked=frozenset({BLOCKED}), flags=frozenset({FLAG})).blocked_time


def test_blocked_time_is_the_time_in_a_blocked_status_within_the_cycle() -> None:
    assert blocked(walk((0, OPEN), (10, DOING), (30, BLOCKED), (36, DOING), (50, DONE))) == 6 * HOUR
    assert blocked(walk((0, BLOCKED), (4, DOING), (5, DONE))) == 4 * HOUR
    assert blocked(walk((0, OPEN), (3, DONE))) == timedelta()


def test_a_flag_blocks_while_it_is_up() -> None:
    plain = walk((0, OPEN), (10, DOING), (50, DONE))
    assert blocked(flagged(plain, (20, None, "Impediment"), (25, "Impediment", None))) == 5 * HOUR
    assert blocked(flagged(plain, (45, None, "Impediment"), now_up=True)) == 5 * HOUR, "to the finish, not beyond"
    assert blocked(flagged(plain, (2, None, "Impediment"), (12, "Impediment", None))) == 2 * HOUR, "from the start on"
    assert blocked(flagged(plain, (15, "Impediment", None))) == 5 * HOUR, "it was up before its first change"
    assert blocked(flagged(plain, now_up=True)) == 40 * HOUR, "created with it"
    again = flagged(plain, (20, None, "Impediment"), (22, "Impediment", "Other"), (25, "Other", None))
    assert blocked(again) == 5 * HOUR, "another word on the flag doesn't take it down"


def test_an_hour_that_is_blocked_twice_counts_once() -> None:
    trace = walk((0, DOING), (10, BLOCKED), (20, DOING), (40, DONE))
    assert blocked(flagged(trace, (5, None, "Impediment"), (15, "Impediment", None))) == 15 * HOUR


def test_what_is_blocked_today_has_been_so_until_now() -> None:
    assert blocked(walk((0, DOING), (10, BLOCKED)), MONDAY + 12 * HOUR) == 2 * HOUR


def test_blocked_time_is_unknown_where_the_team_names_nothing_that_blocks() -> None:
    assert measured(walk((0, DOING), (1, BLOCKED), (2, DONE))).blocked_time is None


def test_a_bug_has_escaped_when_it_was_made_after_the_finish() -> None:
    trace = walk((0, OPEN), (10, DOING), (50, DONE))
    bugs = [MONDAY + hours * HOUR for hours in (20, 50, 51, 900)]
    assert measure(trace, VOCABULARY, ORDER, NOW, bugs=bugs).escaped_bugs == 2
    assert measure(walk((0, DOING)), VOCABULARY, ORDER, NOW, bugs=bugs).escaped_bugs == 0, "unfinished: all were caught"


def test_renaming_statuses_changes_no_measure() -> None:
    trace = walk((0, OPEN), (10, DOING), (30, BLOCKED), (36, REVIEW), (40, DOING), (50, DONE), (60, DOING))
    renamed = replace(
        VOCABULARY, statuses={i: replace(s, name=f"New name of {s.name}") for i, s in VOCABULARY.statuses.items()}
    )
    before, after = (measure(trace, words, ORDER, NOW, WAITING, blocked=WAITING) for words in (VOCABULARY, renamed))
    assert before == after


def test_measures_that_were_stored_before_there_was_blocked_time_can_still_be_read() -> None:
    body = measured(walk((0, DOING), (1, DONE))).to_json()
    del body["blocked_time"], body["escaped_bugs"]
    assert Measures.from_json(body).blocked_time is None


def test_every_measure_of_one_issue_worked_out_by_hand() -> None:
    """docs/measures.md tells this issue: created Monday 9:00, with everything that can happen to one."""
    trace = walk(
        (0, OPEN),
        (10, DOING),
        (20, REVIEW),
        (24, DOING),
        (30, BLOCKED),
        (36, DOING),
        (50, DONE),
        (60, DOING),
        (70, DONE),
    )
    m = measure(trace, VOCABULARY, ORDER, NOW, WAITING, blocked=WAITING, bugs=[MONDAY + 69 * HOUR, MONDAY + 71 * HOUR])
    assert (m.lead_time, m.cycle_time) == (70 * HOUR, 60 * HOUR)
    assert m.time_per_status == {
        OPEN: 10 * HOUR,
        DOING: 40 * HOUR,
        REVIEW: 4 * HOUR,
        BLOCKED: 6 * HOUR,
        DONE: 10 * HOUR,
    }
    assert (m.waiting_time, m.blocked_time) == (16 * HOUR, 6 * HOUR)
    assert m.flow_efficiency == pytest.approx(44 / 60)
    assert (m.rework, m.reopenings, m.escaped_bugs) == (1, 1, 1)

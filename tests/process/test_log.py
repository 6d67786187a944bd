"""Changes become a trace, in whatever order they came; histories that contradict themselves are told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.model import Actor, Change, Issue, Stay
from eal_jira.process.log import BrokenTrace, build_trace, up_to
from tests.process.building import BLOCKED, DOING, DONE, HOUR, MONDAY, OPEN, activities, edit, histories, issue, move


def test_the_creation_comes_first_and_carries_the_initial_status() -> None:
    trace = build_trace(issue(DONE), [move(1, MONDAY + HOUR, OPEN, DOING), move(2, MONDAY + 2 * HOUR, DOING, DONE)])
    assert activities(trace) == [("created", None, OPEN), ("status", OPEN, DOING), ("status", DOING, DONE)]
    assert trace.events[0].actor == "ann"
    assert trace.stays == (
        Stay(OPEN, MONDAY, MONDAY + HOUR),
        Stay(DOING, MONDAY + HOUR, MONDAY + 2 * HOUR),
        Stay(DONE, MONDAY + 2 * HOUR, None),
    )


def test_an_issue_that_never_moved_was_created_where_it_is() -> None:
    trace = build_trace(issue(DOING), [])
    assert activities(trace) == [("created", None, DOING)]
    assert trace.stays == (Stay(DOING, MONDAY, None),)


def test_moves_go_along_with_stays_one_to_one() -> None:
    changes = [edit(1, MONDAY, "labels", None, "x"), move(2, MONDAY + HOUR, OPEN, DOING)]
    trace = build_trace(issue(DOING), changes)
    assert [(m.to, m.at) for m in trace.moves] == [(stay.status, stay.entered) for stay in trace.stays]


def test_an_assignee_is_told_by_id_and_never_by_name() -> None:
    change = Change("1", 0, MONDAY, None, "assignee", None, "Ann Archer", "p7", "Ben Baker")
    assert activities(build_trace(issue(assignee=Actor("p7")), [change]))[1] == ("assignee", None, "p7")


def test_other_fields_are_told_by_text() -> None:
    change = Change("1", 0, MONDAY, None, "priority", "3", "Medium", "1", "")
    assert activities(build_trace(issue(), [change]))[1] == ("priority", "Medium", "1")


def test_history_ids_are_compared_as_numbers_within_one_moment() -> None:
    late, early = move(1000, MONDAY, DOING, DONE), move(999, MONDAY, OPEN, DOING)
    assert activities(build_trace(issue(DONE), [late, early]))[1:] == [("status", OPEN, DOING), ("status", DOING, DONE)]


def test_several_fields_of_one_history_entry_keep_their_places() -> None:
    back, forth = move(7, MONDAY, DOING, OPEN, position=1), move(7, MONDAY, OPEN, DOING, position=0)
    assert activities(build_trace(issue(OPEN), [back, forth]))[1:] == [("status", OPEN, DOING), ("status", DOING, OPEN)]


def test_a_change_to_the_same_status_is_no_event() -> None:
    trace = build_trace(issue(DOING), [move(1, MONDAY, OPEN, DOING), move(2, MONDAY + HOUR, DOING, DOING)])
    assert len(trace.moves) == 2
    assert trace.stays[-1] == Stay(DOING, MONDAY, None)


def test_a_history_older_than_the_issue_begins_with_the_history() -> None:
    """Imported issues are created after much of their history."""
    trace = build_trace(issue(DOING), [move(1, MONDAY - HOUR, OPEN, DOING)])
    assert [event.at for event in trace.events] == [MONDAY - HOUR, MONDAY - HOUR]


def test_a_renamed_status_is_the_same_status() -> None:
    changes = [
        move(1, MONDAY, OPEN, DOING, to_text="Doing"),
        move(2, MONDAY + HOUR, DOING, DONE, from_text="In Progress"),
    ]
    assert len(build_trace(issue(DONE), changes).moves) == 3


def test_where_ids_are_missing_names_stand_in() -> None:
    changes = [
        move(1, MONDAY, OPEN, DOING, to_id=None),
        move(2, MONDAY + HOUR, DOING, DONE, from_id=None),
    ]
    assert [m.to for m in build_trace(issue(DONE), changes).moves] == [OPEN, "In Progress", DONE]
    other = replace(changes[1], from_text="Blocked")
    with pytest.raises(BrokenTrace):
        build_trace(issue(DONE), [changes[0], other])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            [move(1, MONDAY, OPEN, DOING), move(2, MONDAY + HOUR, BLOCKED, DONE)],
            'on 2026-03-02 10:00:00 UTC it was moved away from "Blocked", but it was in "In Progress"',
        ),
        (
            [move(1, MONDAY, OPEN, DOING)],
            'it ends in "In Progress", but the issue is in a status with the id "5"',
        ),
        (
            [move(1, MONDAY, OPEN, BLOCKED), move(2, MONDAY + HOUR, DOING, DOING), move(3, MONDAY, BLOCKED, DONE)],
            'moved away from "In Progress"',
        ),
        (
            [move(1, MONDAY, OPEN, DONE, to_id=None, to_text=None)],
            "does not say to which status it was moved on 2026-03-02 09:00:00 UTC",
        ),
        (
            [move(1, MONDAY, OPEN, DONE, from_id=None, from_text="")],
            "does not say from which status",
        ),
    ],
)
def test_a_history_that_contradicts_itself_is_refused_with_the_place(changes: list[Change], told: str) -> None:
    with pytest.raises(BrokenTrace) as caught:
        build_trace(issue(DONE), changes)
    assert told in caught.value.reason
    assert "PAY-12" in caught.value.reason


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_changes_arrive_does_not_matter(history: tuple[Issue, list[Change]], random: object) -> None:
    one, changes = history
    shuffled = list(changes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert build_trace(one, shuffled) == build_trace(one, changes)


@given(histories())
def test_stays_follow_each_other_without_gap_from_creation_to_now(history: tuple[Issue, list[Change]]) -> None:
    trace = build_trace(*history)
    assert trace.stays[0].entered == trace.events[0].at
    assert trace.stays[-1].left is None
    assert trace.stays[-1].status == trace.issue.status
    for stay, following in zip(trace.stays, trace.stays[1:], strict=False):
        assert stay.left == following.entered >= stay.entered
        assert stay.status != following.status
    assert [event.seq for event in trace.events] == list(range(len(trace.events)))
    assert all(a.at <= b.at for a, b in zip(trace.events, trace.events[1:], strict=False))


@given(histories(), st.data())
def test_a_lost_move_is_noticed(history: tuple[Issue, list[Change]], data: st.DataObject) -> None:
    """Any but the first: without that one, the issue may as well have been created where the second one starts."""
    one, changes = history
    real = [c for c in changes if c.field == "status" and c.from_id != c.to_id]
    if len(real) < 2:
        return
    lost = data.draw(st.sampled_from(real[1:]))
    with pytest.raises(BrokenTrace):
        build_trace(one, [c for c in changes if c is not lost])


def test_a_time_between_two_seconds_counts() -> None:
    changes = [
        move(9, MONDAY + timedelta(milliseconds=2), DOING, DONE),
        move(10, MONDAY + timedelta(milliseconds=1), OPEN, DOING),
    ]
    assert build_trace(issue(DONE), changes).issue.status == DONE


# --- as it was ------------------------------------------------------------------------------------------------


@given(histories(), st.integers(0, 60 * 24 * 40))
def test_up_to_a_moment_it_is_the_trace_that_was_there_then(history: tuple[Issue, list[Change]], minutes: int) -> None:
    now, changes = history
    moment = MONDAY + timedelta(minutes=minutes, seconds=1)
    before = [change for change in changes if change.at < moment]
    cut = up_to(build_trace(now, changes), moment)
    then = build_trace(replace(now, status=cut.stays[-1].status), before)
    assert (cut.events, cut.stays, cut.moves) == (then.events, then.stays, then.moves)
    assert cut.issue.status == then.issue.status


def test_up_to_a_moment_a_flag_that_was_put_up_later_is_down() -> None:
    flagged = build_trace(
        issue(fields={"flag": "Impediment", "tier": "gold"}),
        [edit(1, MONDAY + HOUR, "tier", "silver", "gold"), edit(2, MONDAY + 3 * HOUR, "flag", None, "Impediment")],
    )
    then = up_to(flagged, MONDAY + 2 * HOUR)
    assert (then.issue.fields["flag"], then.issue.fields["tier"]) == (None, "gold")
    assert up_to(flagged, MONDAY + HOUR).issue.fields["tier"] == "silver"
    assert up_to(flagged, MONDAY + 4 * HOUR) is flagged

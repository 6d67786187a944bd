"""Habits learnt from a history: what is a habit, with which support, and what is too thin to be one."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.model import Actor, Trace
from eal_jira.process.discover import Habits, Learnt, Thresholds, learn
from eal_jira.process.discover.draft import draft
from eal_jira.process.discover.habits import identifier, natural
from eal_jira.process.discover.times import quantile
from eal_jira.process.discover.wip import levels, usual_level
from eal_jira.process.guidelines import parse_guidelines
from eal_jira.process.log import build_trace
from tests.process import test_real_history as real
from tests.process.building import (
    BLOCKED,
    DOING,
    DONE,
    HOUR,
    MONDAY,
    OPEN,
    REVIEW,
    VOCABULARY,
    context,
    edit,
    histories,
    issue,
    move,
    walk,
)

TODAY = date(2026, 6, 1)


def team(*shapes: tuple[int, Sequence[str]], **values: Any) -> list[Trace]:
    """So many issues of each shape, one after the other."""
    numbered = [shape for count, shape in shapes for _ in range(count)]
    return [walk(*shape, id=str(n), key=f"PAY-{n}", **values) for n, shape in enumerate(numbered, start=1)]


def one(habits: Habits, id_: str) -> Learnt:
    (found,) = [learnt for learnt in habits.learnt if learnt.id == id_]
    return found


def ids(habits: Habits) -> set[str]:
    return {learnt.id for learnt in habits.learnt}


# --- the usual path -------------------------------------------------------------------------------------------


def test_the_usual_path_are_the_steps_that_many_issues_took_and_the_others_are_counter_examples() -> None:
    path = one(learn(team((30, (OPEN, DOING, REVIEW, DONE)), (2, (OPEN, DONE))), context()), "learnt-usual-path")
    assert path.rule == {
        "kind": "allowed_transitions",
        "from": {"Open": ["In Progress"], "In Progress": ["In Review"], "In Review": ["Done"]},
    }
    assert (path.followed, path.of) == (90, 92)
    assert [(c.what, c.count, c.issues) for c in path.counter_examples] == [("Open → Done", 2, ("PAY-31", "PAY-32"))]
    assert path.notes["Open"] == "30 of 32 steps out of Open"


def test_one_issue_that_goes_in_circles_makes_no_habit() -> None:
    circles = (OPEN, *(BLOCKED, OPEN) * 9, DOING, DONE)
    path = one(learn(team((30, (OPEN, DOING, DONE)), (1, circles)), context()), "learnt-usual-path")
    assert "Blocked" not in str(path.rule)
    assert {c.what for c in path.counter_examples} == {"Open → Blocked", "Blocked → Open"}


def test_a_step_that_is_rare_among_very_many_is_no_habit() -> None:
    shapes = (2_000, (OPEN, DOING, DONE)), (9, (OPEN, DONE))
    assert one(learn(team(*shapes), context()), "learnt-usual-path").rule["from"] == {
        "Open": ["In Progress"],
        "In Progress": ["Done"],
    }


def test_two_statuses_of_one_name_are_one_in_the_draft() -> None:
    words = replace(VOCABULARY, statuses={**VOCABULARY.statuses, "50": replace(VOCABULARY.statuses[DONE], id="50")})
    given_ = team((4, (OPEN, DOING, DONE)), (4, (OPEN, DOING, "50")))
    path = one(learn(given_, context(vocabulary=words)), "learnt-usual-path")
    assert path.rule["from"] == {"Open": ["In Progress"], "In Progress": ["Done"]}


def test_a_status_that_the_tracker_forgot_is_left_out_so_that_the_draft_loads() -> None:
    habits = learn(team((30, (OPEN, "gone", DOING, DONE))), context())
    assert one(habits, "learnt-usual-path").rule["from"] == {"In Progress": ["Done"]}
    assert _loads(habits)


# --- fields, times, hands, work in progress -------------------------------------------------------------------


def filled(number: int, *, tier: datetime | None, at_creation: bool = False) -> Trace:
    """Open → In Progress (after 2 hours) → Done (after 4), the tier filled in at some time, or not."""
    changes = [move(2, MONDAY + 2 * HOUR, OPEN, DOING), move(4, MONDAY + 4 * HOUR, DOING, DONE)]
    if tier is not None:
        changes.append(edit(1, tier, "tier", None, "gold"))
    fields = {"tier": "gold"} if tier or at_creation else {}
    return build_trace(issue(DONE, id=str(number), key=f"PAY-{number}", fields=fields), changes)


def test_a_field_is_told_where_it_first_becomes_usual() -> None:
    traces = [filled(n, tier=MONDAY + (HOUR if n != 7 else 3 * HOUR)) for n in range(1, 31)]
    habits = learn(traces, context())
    fields = one(habits, "learnt-fields-in-progress")
    assert fields.rule == {"kind": "required_fields", "status": "In Progress", "fields": ["Customer Tier"]}
    assert (fields.followed, fields.of) == (29, 30)
    assert [c.issues for c in fields.counter_examples] == [("PAY-7",)]
    assert "learnt-fields-done" not in ids(habits)


def test_a_field_that_comes_later_is_told_later() -> None:
    traces = [filled(n, tier=MONDAY + (HOUR if n % 2 else 3 * HOUR)) for n in range(1, 31)]
    assert one(learn(traces, context()), "learnt-fields-done").rule["fields"] == ["Customer Tier"]


def test_a_field_that_is_there_from_the_start_is_no_habit_of_anybody() -> None:
    traces = [filled(n, tier=None, at_creation=True) for n in range(1, 31)]
    habits = learn(traces, context())
    assert not any(learnt.id.startswith("learnt-fields") for learnt in habits.learnt)
    assert any(sentence.startswith("Usual fields:") for sentence in habits.left_out)


def test_a_limit_covers_85_of_100_stays_in_working_time() -> None:
    """In Review for 1, 2, … 100 working hours of eight a day: 85 working hours are 11 days (10.6, rounded up)."""
    traces = []
    for n in range(1, 101):
        days, hours = divmod(n, 8)
        left = MONDAY + timedelta(days=days // 5 * 7 + days % 5, hours=hours)
        left = left if hours else left - timedelta(hours=16 if days % 5 else 64)
        changes = [move(1, MONDAY, OPEN, REVIEW), move(2, left, REVIEW, DONE)]
        traces.append(build_trace(issue(DONE, id=str(n), key=f"PAY-{n}"), changes))
    limit = one(learn(traces, context()), "learnt-time-in-review")
    assert limit.rule == {"kind": "time_limit", "status": "In Review", "at_most": "11 working days"}
    assert (limit.followed, limit.of) == (88, 100)


def test_what_is_stuck_makes_the_usual_time_longer_and_not_shorter() -> None:
    """20 ended stays of 1 … 20 hours, and 20 that still go on after 100: half of all end within 20 hours."""
    ended = [(f"E-{n}", n * HOUR, True) for n in range(1, 21)]
    stuck = [(f"S-{n}", 100 * HOUR, False) for n in range(20)]
    assert quantile(ended, 0.85) == 17 * HOUR
    assert quantile([*ended, *stuck], 0.5) == 20 * HOUR
    assert quantile([*ended, *stuck], 0.85) is None


def test_stays_that_cannot_be_told_yet_are_left_out_and_said() -> None:
    going_on = team((21, (OPEN, REVIEW, DONE)), (30, (OPEN, REVIEW)))
    habits = learn(going_on, context())
    assert "learnt-time-in-review" not in ids(habits)
    assert any("still go on" in sentence for sentence in habits.left_out)


def test_two_people_are_learnt_where_the_steps_are_usually_shared_and_nobody_is_named() -> None:
    shared = team((38, (OPEN, DOING, REVIEW, DONE)), actors=("ann", "ben"))
    alone = [walk(OPEN, DOING, REVIEW, DONE, id=str(n), key=f"PAY-{n}", actors=("cleo",)) for n in (50, 51)]
    habits = learn([*shared, *alone], context())
    hands = one(habits, "learnt-two-people-in-review-done")
    assert hands.rule == {"kind": "different_people", "first": "In Review", "then": "Done"}
    assert (hands.followed, hands.of) == (38, 40)
    text = draft(habits, TODAY)
    assert not any(name in text for name in ("ann", "ben", "cleo"))


def test_steps_of_unknown_people_say_nothing() -> None:
    traces = team((30, (OPEN, DOING, REVIEW, DONE)), actors=("ann",))
    nobody = [
        build_trace(t.issue, [move(e.seq, e.at, e.from_ or "", e.to or "", None) for e in t.moves[1:]]) for t in traces
    ]
    assert any("it is not known who took them" in sentence for sentence in learn(nobody, context()).left_out)


def test_work_in_progress_is_weighed_by_time() -> None:
    """Three issues, an hour apart, each an hour and a half in review: 1, 2, 1, 2, 1 at once, half an hour each."""
    traces = [
        build_trace(
            issue(DONE, id=str(n)),
            [
                move(1, MONDAY + n * HOUR, OPEN, REVIEW),
                move(2, MONDAY + (n + 1.5) * HOUR, REVIEW, DONE),
            ],
        )
        for n in (1, 2, 3)
    ]
    held = levels(traces, "in review", context())
    assert [level for _, _, level in held] == [0, 1, 2, 1, 2, 1]
    assert sum((end - begin for begin, end, _ in held), timedelta()) == 4.5 * HOUR
    assert usual_level(held, 0.7) == 1
    assert usual_level(held, 0.85) == 2


def test_without_the_rule_kind_work_in_progress_is_left_out_and_said() -> None:
    from eal_jira.process.rules import rule_kinds

    habits = learn(team((30, (OPEN, DOING, DONE))), context())
    if "wip_limit" in rule_kinds:
        assert one(habits, "learnt-wip-in-progress").rule["statuses"] == ["In Progress"]
    else:
        assert any("wip_limit is not installed" in sentence for sentence in habits.left_out)


# --- the draft ------------------------------------------------------------------------------------------------


def _loads(habits: Habits) -> bool:
    parsed = parse_guidelines(draft(habits, TODAY), "draft.toml", UTC)
    return not parsed.problems and len(parsed.versions) == len(habits.learnt)


def test_a_sparse_history_gives_less_and_says_so() -> None:
    habits = learn(team((3, (OPEN, DOING, DONE))), context())
    assert habits.learnt == ()
    assert len(habits.left_out) == 5
    text = draft(habits, TODAY)
    assert "# Not learnt:" in text
    assert tomllib.loads(text) == {}
    assert learn([], context()).first is None
    assert tomllib.loads(draft(learn([], context()), TODAY)) == {}


def test_the_draft_holds_no_past_work_against_anybody() -> None:
    habits = learn(team((30, (OPEN, DOING, REVIEW, DONE))), context())
    versions = parse_guidelines(draft(habits, TODAY), "draft.toml", UTC).versions
    assert versions
    assert all(version.in_force_from == datetime(2026, 6, 1, tzinfo=UTC) for version in versions)
    assert all("Usual so far" in version.why for version in versions)


@given(st.lists(histories(), max_size=12), st.randoms())
def test_any_history_gives_a_draft_that_loads_and_does_not_depend_on_the_order(
    given_: list[Any], dice: random.Random
) -> None:
    traces = [
        build_trace(replace(one_, id=str(n), key=f"PAY-{n}\n[[guideline]]"), changes)
        for n, (one_, changes) in enumerate(given_)
    ]
    few = Thresholds(step_times=1, step_issues=1, least_issues=1)
    habits = learn(traces, context(), few)
    assert _loads(habits)
    mixed = list(traces)
    dice.shuffle(mixed)
    assert learn(mixed, context(), few) == habits


def test_names_in_any_script_make_ids_that_load() -> None:
    assert identifier("learnt-time", "In Review (2)") == "learnt-time-in-review-2"
    assert len(identifier("learnt-time", "x" * 200)) <= 80
    words = replace(
        VOCABULARY,
        statuses={
            **VOCABULARY.statuses,
            REVIEW: replace(VOCABULARY.statuses[REVIEW], name="审查"),
            DOING: replace(VOCABULARY.statuses[DOING], name="进行中"),
        },
    )
    habits = learn(team((30, (OPEN, DOING, REVIEW, DONE))), context(vocabulary=words))
    assert _loads(habits)
    assert {"learnt-time", "learnt-time-2"} <= ids(habits)


def test_issue_keys_come_as_people_count() -> None:
    assert natural(["PAY-10", "PAY-9", "APP-2", "PAY-10"]) == ("APP-2", "PAY-9", "PAY-10")


# --- a real team ----------------------------------------------------------------------------------------------

real_data = pytest.mark.skipif(not real.AEA.exists(), reason="../shared, the real data, is not beside this checkout")


def _steps(habits: Habits) -> set[tuple[str, str]]:
    rows = one(habits, "learnt-usual-path").rule["from"]
    assert isinstance(rows, dict)
    return {(left, reached) for left, row in rows.items() for reached in row}


def _drawn() -> set[tuple[str, str]]:
    rule = real.workflow()
    rows = rule["from"]
    assert isinstance(rows, dict)
    return {(left, to) for left, row in rows.items() for to in [*row, real.BLOCKED] if left != to}


def _judged(learnt: set[tuple[str, str]]) -> tuple[float, float]:
    """Precision against the team's own diagram; recall over the steps that were walked at least five times."""
    often = {step for step, count in real.observed().items() if count >= 5}
    return len(learnt & _drawn()) / len(learnt), len(learnt & often) / len(often)


@real_data
def test_the_path_learnt_from_a_real_team_is_the_one_it_drew() -> None:
    habits = learn(real.traces(), context(datetime(2025, 12, 8, tzinfo=UTC), vocabulary=real.vocabulary()))
    precision, recall = _judged(_steps(habits))
    assert precision >= 0.95
    assert recall >= 0.95
    parsed = parse_guidelines(draft(habits, TODAY), "draft.toml", UTC)
    assert parsed.problems == ()
    assert parsed.unknown_names(real.vocabulary()) == ()


@real_data
def test_it_still_is_when_one_issue_in_twenty_takes_a_step_that_nobody_drew() -> None:
    """Noise: a wrong turn from anywhere to anywhere and back on the way, so all of it is outside of the diagram."""
    dice = random.Random(7)
    names = sorted(real.vocabulary().statuses)
    noisy = []
    for trace in real.traces():
        if dice.random() < 0.05 and len(trace.stays) > 2:
            at = dice.randrange(1, len(trace.events))
            before, after = trace.events[:at], trace.events[at:]
            here = next(e.to for e in reversed(before) if e in trace.moves)
            wrong = dice.choice([s for s in names if s != here])
            there = replace(after[0], activity="status", from_=here, to=wrong)
            back = replace(after[0], activity="status", from_=wrong, to=here)
            trace = Trace(trace.issue, (*before, there, back, *after), trace.stays)
        noisy.append(trace)
    habits = learn(noisy, context(datetime(2025, 12, 8, tzinfo=UTC), vocabulary=real.vocabulary()))
    precision, recall = _judged(_steps(habits))
    assert precision >= 0.95
    assert recall >= 0.95


def test_actors_are_compared_and_never_kept() -> None:
    habits = learn(team((30, (OPEN, DOING, REVIEW, DONE)), actors=(Actor("a" * 20), Actor("b" * 20))), context())
    assert "a" * 20 not in str(habits)

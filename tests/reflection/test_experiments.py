"""What people say and do on experiment tickets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from eal_jira.learning.plans import Plan
from eal_jira.model import Actor, Category, Change, Comment
from eal_jira.reflection.experiments import Stop, beyond, commands, quiet, stop_of, wants_start
from eal_jira.settings import ExperimentsPart

US = (Actor("us"),)
BEGUN = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
CATEGORIES = {"1": Category.TODO, "2": Category.DOING, "3": Category.DONE, "4": Category.DONE}


def said(text: str, hours: float = 1, who: str = "ann", marker: str | None = None) -> Comment:
    at = BEGUN + hours * HOUR
    return Comment(f"{hours}{text[:5]}", at, at, Actor(who), text, marker)


def moved(to: str, hours: float = 2, who: str = "ann", before: str = "1") -> Change:
    return Change("1", 0, BEGUN + hours * HOUR, Actor(who), "status", before, None, to, None)


def stopped(*comments: Comment, moves: tuple[Change, ...] = ()) -> Stop | None:
    return stop_of(moves, comments, lambda status: CATEGORIES.get(status or ""), US, BEGUN)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("eal start", [("start", "")]),
        ("  EAL: Start.", [("start", "")]),
        ("@eal, stop: too slow", [("stop", "too slow")]),
        ("eal stop too slow\nsorry", [("stop", "too slow")]),
        ("Hello\neal experiment: Small batches\nScope: label x", [("experiment", "Small batches")]),
        ("We would like the real stop", []),
        ("eal stopped working", []),
        ("please eal stop", []),
        ("", []),
    ],
)
def test_a_command_is_a_line_that_begins_with_our_name(text: str, found: list[tuple[str, str]]) -> None:
    assert [(command.what, command.text) for command in commands([said(text)], US)] == found


def test_what_we_write_ourselves_asks_for_nothing_and_a_person_under_our_account_does() -> None:
    assert not wants_start([said("eal start", who="us", marker="m")], US)
    assert wants_start([said("eal start", who="us")], US)
    assert wants_start([said("eal start", marker="m")], US), "a marker that somebody else copied is no mark of ours"


def test_nothing_stops_it_but_a_person() -> None:
    assert stopped(said("This is going well.")) is None
    assert stopped(moves=(moved("3", who="us"),)) is None
    assert stopped(moves=(moved("2"),)) is None
    assert stopped(moves=(moved("4", before="3"),)) is None, "it was done already"
    assert stopped(moves=(moved("3", hours=-1),)) is None, "that was before it began"
    assert stopped(said("eal stop: no", hours=-1)) is None


def test_the_reason_of_a_move_stands_shortly_before_it_or_any_time_after() -> None:
    move = (moved("3", hours=50),)
    assert stopped(moves=move) == Stop(BEGUN + 50 * HOUR, "")
    assert stopped(said("An old remark.", hours=20), moves=move) == Stop(BEGUN + 50 * HOUR, "")
    assert stopped(said("Too slow.", hours=49), moves=move) == Stop(BEGUN + 50 * HOUR, "Too slow.")
    assert stopped(said("Too slow.", hours=500), moves=move) == Stop(BEGUN + 50 * HOUR, "Too slow.")
    assert stopped(said("Why?", hours=51, who="us", marker="m"), moves=move) == Stop(BEGUN + 50 * HOUR, "")


def test_a_command_brings_its_reason_on_its_line_or_below() -> None:
    assert stopped(said("eal stop: too slow")) == Stop(BEGUN + HOUR, "too slow")
    assert stopped(said("eal stop\ntoo slow,\nfar too slow")) == Stop(BEGUN + HOUR, "too slow, far too slow")
    assert stopped(said("eal stop"), said("Too slow.", hours=3)) == Stop(BEGUN + HOUR, "Too slow.")


@pytest.mark.parametrize(
    ("running", "last", "weeks", "told"),
    [(0, 7, 8, None), (0, 8, 8, 8), (0, 30, 8, 30), (1, 30, 8, None), (0, None, 8, 40), (0, None, 41, None)],
)
def test_a_team_that_has_tried_nothing_for_long_is_told_how_long(
    running: int, last: int | None, weeks: int, told: int | None
) -> None:
    now = BEGUN + 40 * WEEK
    assert quiet(running, None if last is None else now - last * WEEK, BEGUN, now, weeks) == told


@pytest.mark.parametrize(
    ("size", "ends", "mandatory", "asks"),
    [
        (60, None, False, ""),
        (61, None, False, "60 issues"),
        (40, date(2030, 1, 1), False, ""),
        (None, date(2026, 4, 1), False, ""),
        (None, date(2026, 4, 4), False, "92 days"),
        (1, None, True, "mandatory"),
    ],
)
def test_a_small_step_is_few_issues_or_a_near_end_and_never_a_mandatory_guideline(
    size: int | None, ends: date | None, mandatory: bool, asks: str
) -> None:
    plan = Plan(title="x", hypothesis="x", team="x", guideline="x", label="x", size=size, ends=ends)
    why = beyond(plan, mandatory, date(2026, 1, 1), ExperimentsPart())
    assert asks in why
    assert bool(why) is bool(asks)

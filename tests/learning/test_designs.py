"""What is fixed when an experiment begins, and how its issues count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bench.designed import World, claims, states
from eal_jira.learning.designs import AFTERWARDS, USUAL_CAP, Design, designed, judged, labelled_in_time, observed
from eal_jira.learning.measures import Measures
from eal_jira.learning.plans import Plan
from eal_jira.learning.trials import State
from eal_jira.model import Event, Trace
from tests.learning.builders import DAY, HOUR, MONDAY, done, walk

PLAN = Plan(title="t", hypothesis="h", team="Mobile", guideline="g", guards=("reopenings",), label="x")


def past(*groups: tuple[int, str, float, str]) -> list[Measures]:
    return [
        done(n, float(1 + n % 10), type=kind, points=points, priority=priority)
        for count, kind, points, priority in groups
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("history", "strata"),
    [
        (past((40, "Story", 2, "High"), (40, "Story", 8, "Low")), ("type", "size", "priority")),
        (past(*[(8, "Story", p, q) for p in (2, 8) for q in ("High", "Low", "Medium")]), ("type", "size")),
        (past(*[(4, "Story", p, q) for p in (2, 8) for q in ("High", "Low", "Medium")]), ("type",)),
        ([], ("type", "size", "priority")),
    ],
)
def test_as_much_is_held_equal_as_the_teams_history_can_fill(history: list[Measures], strata: tuple[str, ...]) -> None:
    if history:
        assert designed(PLAN, history, MONDAY, 5).strata == strata
    else:
        assert designed(PLAN, history, MONDAY, 5).cap == USUAL_CAP


def test_the_cap_is_what_nine_in_ten_issues_took_and_the_window_goes_beyond_it() -> None:
    design = designed(PLAN, [done(n, float(n)) for n in range(1, 102)], MONDAY, 5)
    assert design.cap == pytest.approx(91)
    assert design.window == design.cap + AFTERWARDS
    assert Design.from_json(design.to_json()) == design


def labelled(*changes: tuple[float, str, str]) -> Trace:
    trace = walk((0, "1"), (1, "3"), (10, "6"))
    events = [*trace.events]
    events += [Event(0, MONDAY + hours * HOUR, "labels", before, after, None) for hours, before, after in changes]
    events.sort(key=lambda event: event.at)
    last = changes[-1][2].split() if changes else []
    return Trace(replace(trace.issue, labels=tuple(last)), tuple(events), trace.stays)


def test_a_label_counts_when_it_stood_there_before_the_finish() -> None:
    finish = MONDAY + 10 * HOUR
    assert labelled_in_time(labelled((2, "", "x")), "x", finish)
    assert labelled_in_time(labelled((2, "", "a x"), (3, "a x", "a")), "x", finish), "taken off again: it still counts"
    assert labelled_in_time(labelled((3, "x", "")), "x", finish), "created with it"
    assert not labelled_in_time(labelled((11, "", "x")), "x", finish)
    assert not labelled_in_time(labelled((10, "", "x")), "x", finish)
    assert not labelled_in_time(labelled((2, "", "xy")), "x", finish)
    assert labelled_in_time(labelled((11, "", "x")), "x", None), "it is unfinished"
    bare = labelled()
    assert labelled_in_time(replace_labels(bare, ("x",)), "x", finish)
    assert not labelled_in_time(bare, "x", finish)


def replace_labels(trace: Trace, labels: tuple[str, ...]) -> Trace:
    return Trace(replace(trace.issue, labels=labels), trace.events, trace.stays)


def test_a_length_is_known_when_it_is_over_and_all_else_when_the_window_is() -> None:
    design = replace(designed(PLAN, [], MONDAY, 5), cap=10.0, window=17.0)
    finished = done(1, 2, finished=MONDAY, reopenings=1)
    open_long = replace(done(2, 30, finished=None), started=MONDAY - 30 * DAY)
    open_short = replace(done(3, 3, finished=None), started=MONDAY - 3 * DAY)

    def values(days: float) -> dict[str, list[float | None]]:
        seen = observed(design, [finished, open_long, open_short], [], MONDAY + days * DAY)
        return {name: [each.value for each in some] for name, some in seen.items()}

    assert values(0)["cycle_time"] == [2.0, 10.0, None]
    assert values(0)["reopenings"] == [None, 0.0, None]
    assert values(7)["cycle_time"] == [2.0, 10.0, 10.0]
    assert values(15)["reopenings"] == [1.0, 0.0, 0.0]


def test_nothing_works_before_its_guards_were_watched_for_long_enough() -> None:
    """Everything that makes the main measure better in these data makes the work come back, a week later."""
    dice = np.random.default_rng(3)
    design = replace(designed(PLAN, [], MONDAY, 5), cap=10.0, window=17.0, strata=("type",))
    sides: tuple[list[Measures], list[Measures]] = ([], [])
    for n in range(120):
        trial = n % 3 == 0
        begun = MONDAY + n * 4 * HOUR
        took = timedelta(days=float(dice.uniform(0.5, 1) if trial else dice.uniform(3, 6)))
        came_back = 2 if trial else 0
        made = done(n, took / DAY, finished=begun + took, reopenings=came_back)
        sides[0 if trial else 1].append(replace(made, started=begun))
    states = []
    for day in range(60):
        now = MONDAY + timedelta(days=20 + day)
        seen = observed(design, *sides, now)
        states.append(judged(design, seen, key="k", ended=False).state)
    assert State.WORKS not in states
    assert states[-1] is State.DOES_NOT
    alone = replace(design, plan=replace(PLAN, guards=()))
    assert judged(alone, observed(alone, *sides, MONDAY + 21 * DAY), key="k", ended=False).state is State.WORKS


def test_whole_experiments_without_an_effect_hardly_ever_work_whatever_the_strata_and_guards() -> None:
    # a fast look at what `make bench` measures with thousands of experiments
    assert claims(World(looks=6), runs=40) <= 0.05
    chosen = {design.strata for design, _ in states(World(looks=1), np.random.default_rng(2))}
    assert chosen == {("type", "size")}, "finer ones would leave too few in each"


def test_a_guard_that_gets_worse_keeps_a_faster_way_from_working() -> None:
    faster = World(factor=1 / 3, looks=4)
    assert claims(faster, runs=12) >= 0.8
    assert claims(replace(faster, returns=2.5), runs=12) <= 0.5

"""The DECLARE kinds against pm4py, verdict by verdict: random traces and a real team's history.

Where the two differ, the difference stands in `EXPLAINED` with its reason, and shows nowhere else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from eal_jira.model import Category, Event, Issue, Status, Stay, Trace, Vocabulary
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import OFFICE_HOURS
from eal_jira.process.rules import Rule, parse_rule, rule_kinds
from eal_jira.process.versions import ALWAYS
from tests.oracles.asking import needs_pm4py, pm4py_says
from tests.process import test_real_history as real

DECLARE = ("precedence", "response", "succession", "not_coexistence", "absence")
KINDS = [kind for kind in DECLARE if kind in rule_kinds]

STATUSES = ("Open", "Assigned", "In Progress", "Blocked", "In Review", "Done")
VOCABULARY = Vocabulary(
    {name: Status(name, name, Category.DONE if name == "Done" else Category.DOING) for name in STATUSES}, {}
)
NOW = datetime(2026, 6, 1, tzinfo=UTC)

Constraint = tuple[str, ...]
"""A kind and one or two statuses, as pm4py is asked for it."""


def unfinished(trace: Sequence[str], ended: frozenset[str]) -> bool:
    return trace[-1] not in ended


EXPLAINED: Mapping[str, Callable[[Sequence[str], frozenset[str]], bool]] = {
    # pm4py takes a trace for finished where it ends. Of an issue under way nobody knows yet whether the response comes.
    "response": unfinished,
    "succession": unfinished,
}
"""For which traces (and statuses that end the work) our verdict of a kind may be another one than pm4py's."""


def rule(constraint: Constraint) -> Rule:
    """Our rule for it; a kind's first required options are its statuses, in DECLARE's order."""
    kind, *statuses = constraint
    options: dict[str, Any] = {"kind": kind}
    required = [info.alias or name for name, info in rule_kinds[kind].model_fields.items() if info.is_required()]
    if len(required) == len(statuses):
        options |= dict(zip(required, statuses, strict=True))
    else:  # a kind that takes its statuses as one list
        (only,) = required
        options[only] = statuses
    return parse_rule(options)


def constraints(statuses: Sequence[str]) -> list[Constraint]:
    pairs = [(kind, a, b) for kind in KINDS if kind != "absence" for a, b in permutations(statuses, 2)]
    return [*pairs, *(("absence", status) for status in statuses)]


def trace_of(number: int, path: Sequence[str], begin: datetime) -> Trace:
    moments = [begin + timedelta(minutes=minute) for minute in range(len(path))]
    events = tuple(
        Event(seq, at, "status" if seq else "created", path[seq - 1] if seq else None, status, None)
        for seq, (at, status) in enumerate(zip(moments, path, strict=True))
    )
    stays = tuple(Stay(s, at, left) for s, at, left in zip(path, moments, [*moments[1:], None], strict=True))
    issue = Issue(str(number), f"R-{number}", "R", "Task", path[-1], "", begin, moments[-1])
    return Trace(issue, events, stays)


def random_paths(count: int, seed: int) -> Iterator[list[str]]:
    """Paths of 1 to 14 statuses; in a history no status follows itself."""
    dice = random.Random(seed)
    for _ in range(count):
        path = [dice.choice(STATUSES)]
        while len(path) < dice.randint(1, 14):
            path.append(dice.choice([status for status in STATUSES if status != path[-1]]))
        yield path


def compared(
    traces: Sequence[Trace],
    paths: Sequence[Sequence[str]],
    asked: Sequence[Constraint],
    context: JudgeContext,
    ended: frozenset[str],
) -> tuple[int, int]:
    """(verdicts, explained differences). Any other difference fails, with the trace and both verdicts."""
    theirs = [set(map(tuple, said)) for said in pm4py_says("declare", traces=paths, constraints=asked)]
    assert len(theirs) == len(traces)
    rules = [(constraint, rule(constraint)) for constraint in asked]
    different = 0
    for trace, path, departs in zip(traces, paths, theirs, strict=True):
        for constraint, ours in rules:
            found = next(ours.check(trace, context), None) is not None
            if found != (constraint in departs):
                explained = EXPLAINED.get(constraint[0])
                assert explained is not None, (constraint, path, found)
                assert explained(path, ended), (constraint, path, found)
                assert not found, "ours may only be the milder verdict"
                different += 1
    return len(traces) * len(rules), different


@needs_pm4py
def test_on_ten_thousand_random_traces_every_verdict_is_pm4pys_or_explained() -> None:
    paths = list(random_paths(10_000, seed=11))
    traces = [trace_of(number, path, NOW - timedelta(days=30)) for number, path in enumerate(paths)]
    context = JudgeContext(VOCABULARY, OFFICE_HOURS, NOW, "Random", ALWAYS)
    verdicts, different = compared(traces, paths, constraints(STATUSES), context, frozenset({"Done"}))
    assert verdicts == 10_000 * len(constraints(STATUSES))
    assert different == 0 or {"response", "succession"} & set(KINDS)


@needs_pm4py
@pytest.mark.skipif(not real.AEA.exists(), reason="../shared, the real data, is not beside this checkout")
def test_on_a_real_teams_history_every_verdict_is_pm4pys_or_explained() -> None:
    words = real.vocabulary()
    traces = real.traces()
    paths = [[words.status_name(move.to) for move in trace.moves] for trace in traces]
    ended = frozenset(s.name for s in words.statuses.values() if s.category is Category.DONE)
    statuses = sorted({status for path in paths for status in path})
    context = JudgeContext(words, OFFICE_HOURS, datetime(2026, 1, 1, tzinfo=UTC), "AEA", ALWAYS)
    verdicts, _ = compared(traces, paths, constraints(statuses), context, ended)
    assert verdicts == len(traces) * len(constraints(statuses)) > 250_000


@needs_pm4py
@pytest.mark.skipif(not real.AEA.exists(), reason="../shared, the real data, is not beside this checkout")
def test_the_steps_of_a_real_team_are_those_that_pm4py_and_the_datas_authors_count() -> None:
    words = real.vocabulary()
    paths = [[words.status_name(move.to) for move in trace.moves] for trace in real.traces()]
    counted = {(left, reached): count for left, reached, count in pm4py_says("steps", traces=paths)}
    assert counted == real.observed()


def test_every_declare_kind_that_is_built_is_asked_about() -> None:
    assert {"precedence", "absence"} <= set(KINDS)
    assert Path(__file__).with_name("pm4py_says.py").read_text(encoding="utf-8").count("noncoexistence") == 1
    for constraint in constraints(STATUSES[:2]):
        assert list(rule(constraint).statuses())

"""Usual work in progress: how many issues a status usually holds at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from eal_jira.model import Category, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.discover.habits import Learnt, LeftOut, Thresholds, identifier, unique
from eal_jira.process.flow import status_order
from eal_jira.process.rules import BadRule, parse_rule, rule_kinds

KIND = "wip_limit"
Level = tuple[datetime, datetime, int]
"""From one moment to the next, so many issues."""


def usual_wip(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Iterator[Learnt | LeftOut]:
    """For each status of work under way, the number of issues that it held at most for the stated share of the time.

    Time counts from the first to the last move of the team's history, day and night; what is left there when the
    history ends stays in.
    """
    yield from unique(_usual_wip(traces, context, thresholds))


def _usual_wip(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Iterator[Learnt | LeftOut]:
    if KIND not in rule_kinds:
        yield LeftOut(f"Work in progress: the rule kind {KIND} is not installed here.")
        return
    names = context.names
    learnt = False
    for status in status_order(traces, context.vocabulary):
        known = context.vocabulary.statuses.get(status)
        if known is None or known.category is not Category.DOING or names.identity(status) != status:
            continue
        visited = sum(any(names.keys[s.status] == names.keys[status] for s in trace.stays) for trace in traces)
        if visited < thresholds.least_issues:
            continue
        held = levels(traces, names.keys[status], context)
        whole = sum((end - begin for begin, end, _ in held), timedelta())
        if not whole:
            continue
        limit = usual_level(held, thresholds.percentile)
        rule = {"kind": KIND, "statuses": [known.name], "at_most": max(1, limit)}
        try:
            parse_rule(rule)
        except BadRule as bad:
            yield LeftOut(f"Work in progress in {known.name}: usually at most {limit} at once. ({bad.happened})")
            continue
        within = sum((end - begin for begin, end, level in held if level <= max(1, limit)), timedelta())
        hour = timedelta(hours=1)
        learnt = True
        yield Learnt(
            id=identifier("learnt-wip", known.name),
            title=f"How much is usually under way in {known.name}",
            purpose="What is started is finished before more is started",
            rule=rule,
            followed=round(within / hour),
            of=round(whole / hour),
            cases=f"hours of the history of {known.name}",
        )
    if not learnt:
        yield LeftOut(f"Work in progress: no status of work under way was visited by {thresholds.least_issues} issues.")


def levels(traces: Sequence[Trace], key: str, context: JudgeContext) -> list[Level]:
    """How many issues were in a status, from the first move of the history to its last, change by change."""
    steps: list[tuple[datetime, int]] = []
    ends = [moment for trace in traces for moment in (trace.moves[0].at, trace.moves[-1].at)]
    for trace in traces:
        for stay in trace.stays:
            if context.names.keys[stay.status] == key:
                steps.append((stay.entered, 1))
                if stay.left is not None:
                    steps.append((stay.left, -1))
    steps += [(min(ends), 0), (max(ends), 0)]
    now, found = 0, []
    moments = [(at, sum(by for _, by in group)) for at, group in groupby(sorted(steps), key=lambda step: step[0])]
    for (begin, by), (end, _) in pairwise(moments):
        now += by
        found.append((begin, end, now))
    return found


def usual_level(held: Sequence[Level], share: float) -> int:
    """The level that was not exceeded for this share of the time."""
    whole = sum((end - begin for begin, end, _ in held), timedelta())
    passed = timedelta()
    for begin, end, level in sorted(held, key=lambda level: level[2]):
        passed += end - begin
        if passed >= share * whole:
            return level
    return max((level for _, _, level in held), default=0)

"""Usual times: how long issues usually stay in a status, in working time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import ceil

from eal_jira.model import Category, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.discover.habits import CounterExample, Learnt, LeftOut, Thresholds, identifier, natural, unique
from eal_jira.process.durations import Duration
from eal_jira.process.flow import status_order

Stays = list[tuple[str, timedelta, bool]]
"""(issue key, working time, whether it has ended) of all stays in one status."""


def usual_times(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Iterator[Learnt | LeftOut]:
    """For each status of work under way, a limit that covers the stated share of its stays.

    A stay that still goes on is a time of at least so long: it counts as such (Kaplan & Meier, 1958), so that what is
    stuck today doesn't make the usual time look shorter.
    """
    yield from unique(_usual_times(traces, context, thresholds))


def _usual_times(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Iterator[Learnt | LeftOut]:
    names = context.names
    learnt = False
    for status in status_order(traces, context.vocabulary):
        known = context.vocabulary.statuses.get(status)
        if known is None or known.category is not Category.DOING or names.identity(status) != status:
            continue
        stays = _stays(traces, names.keys[status], context)
        if len({key for key, _, ended in stays if ended}) < thresholds.least_issues:
            continue
        usual = quantile(stays, thresholds.percentile)
        if usual is None:
            yield LeftOut(
                f"The usual time in {known.name}: too many stays still go on to tell how long "
                f"{thresholds.percentile:.0%} of them take."
            )
            continue
        learnt = True
        limit = _rounded(usual, context)
        length = limit.length(context.calendar)
        longer = [key for key, took, _ in stays if took > length]
        yield Learnt(
            id=identifier("learnt-time", known.name),
            title=f"How long work usually is in {known.name}",
            purpose="Work that waits longer than usual is seen while there is time to help it along",
            rule={"kind": "time_limit", "status": known.name, "at_most": str(limit)},
            followed=len(stays) - len(longer),
            of=len(stays),
            cases=f"stays in {known.name}",
            counter_examples=(CounterExample(f"longer than {limit}", len(longer), natural(longer)),) if longer else (),
        )
    if not learnt:
        yield LeftOut(
            f"Usual times: no status of work under way has ended stays of at least {thresholds.least_issues} issues."
        )


def _stays(traces: Sequence[Trace], key: str, context: JudgeContext) -> Stays:
    keys, elapsed = context.names.keys, context.calendar.elapsed
    return [
        (trace.issue.key, elapsed(stay.entered, stay.left or max(context.now, stay.entered)), stay.left is not None)
        for trace in traces
        for stay in trace.stays
        if keys[stay.status] == key
    ]


def quantile(stays: Stays, share: float) -> timedelta | None:
    """The time within which this share of the stays ends, by Kaplan and Meier; None when the data don't reach it."""
    lasting, under_way = 1.0, len(stays)
    passing, ending = Counter(took for _, took, _ in stays), Counter(took for _, took, ended in stays if ended)
    for took in sorted(passing):
        lasting *= 1 - ending[took] / under_way
        under_way -= passing[took]
        if lasting <= 1 - share + 1e-12:
            return took
    return None


def _rounded(usual: timedelta, context: JudgeContext) -> Duration:
    """Up to whole working hours within a day, to whole working days beyond."""
    day = context.calendar.day_length
    if usual < day:
        return Duration(max(1, ceil(usual / timedelta(hours=1))), "hour", True)
    return Duration(ceil(usual / day), "day", True)

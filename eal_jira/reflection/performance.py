"""The ledger of performance: how the work flowed in a period, for the organisation that wants it done.

It is made of measures of issues and of nothing else. What a team learns (`learned`) never enters it, so nobody does
better here by departing, asking or trying less; import-linter keeps the two modules apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import fmean, quantiles

from eal_jira.documents.words import duration, number, percent
from eal_jira.learning.measures import Measures
from eal_jira.learning.team_flow import in_progress
from eal_jira.model import Figure, Vocabulary
from eal_jira.reflection.charts import (
    ageing_wip,
    cumulative_flow,
    cycle_time_scatter,
    how_many_by_when,
    throughput_run,
    time_per_status,
)
from eal_jira.reflection.periods import Period

HISTORY = timedelta(days=91)
"""The charts look back so far before the period's end: enough for percentiles, and still the same process."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What came out, and how we worked, side by side; texts. An outcome without a process figure can't be made."""

    outcome: str
    outcome_value: str
    process: str
    process_value: str

    def __post_init__(self) -> None:
        if not (self.process and self.process_value):
            raise ValueError(f"the outcome figure {self.outcome!r} stands without a process figure")


@dataclass(frozen=True, slots=True)
class Work:
    """What the ledger is made of."""

    measures: Sequence[Measures]
    #: the team's usual order of statuses (ids)
    order: Sequence[str]
    vocabulary: Vocabulary
    #: issue id → address
    urls: Mapping[str, str]
    zone: tzinfo
    min_group: int
    #: when guidelines changed
    changes: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Performance:
    finished: int
    under_way: int
    flow: tuple[Pair, ...]
    figures: tuple[Figure, ...]


def begin(period: Period, zone: tzinfo) -> datetime:
    """Where the charts begin: on the wall clock, so that a change of clocks cuts no day in two."""
    return (period.end.astimezone(zone) - HISTORY).astimezone(UTC)


def performance(period: Period, work: Work, *, png: bool) -> Performance:
    finished = [m for m in work.measures if m.finished and period.start <= m.finished < period.end]
    start = begin(period, work.zone)
    recent = [
        m for m in work.measures if m.created < period.end and (m.finished is None or start <= m.finished < period.end)
    ]
    under_way = in_progress(work.measures, period.end)
    return Performance(
        len(finished),
        under_way,
        tuple(_flow(finished, period, under_way, work)),
        _figures(period, finished, recent, work, png=png),
    )


def _flow(finished: Sequence[Measures], period: Period, under_way: int, work: Work) -> Iterable[Pair]:
    least = work.min_group
    times = [m.cycle_time.total_seconds() for m in finished if m.cycle_time is not None]
    if len(times) < least:
        return
    cuts = quantiles(times, n=100, method="inclusive")
    at_start = in_progress(work.measures, period.start)
    yield Pair(
        "Finished",
        number(len(finished)),
        "Under way at the end (at the beginning)",
        f"{_few(under_way, least)} ({_few(at_start, least)})",
    )
    yield Pair(
        "Half took at most",
        duration(timedelta(seconds=cuts[49])),
        "Steps back per finished issue",
        number(fmean(m.returns for m in finished), 2),
    )
    efficiencies = [m.flow_efficiency for m in finished if m.flow_efficiency is not None]
    if len(efficiencies) >= least:
        process = ("Share of that time not spent waiting", percent(fmean(efficiencies)))
    else:
        process = ("Changes of hands per finished issue", number(fmean(m.handoffs for m in finished), 2))
    yield Pair("85 of 100 took at most", duration(timedelta(seconds=cuts[84])), *process)
    blocked = [m.blocked_time.total_seconds() for m in finished if m.blocked_time is not None]
    if len(blocked) >= least:
        yield Pair(
            "Bugs linked later per finished issue",
            number(fmean(m.escaped_bugs for m in finished), 2),
            "Time blocked per finished issue",
            duration(timedelta(seconds=fmean(blocked))),
        )


def _few(count: int, least: int) -> str:
    return f"fewer than {least}" if 0 < count < least else number(count)


def _figures(
    period: Period, finished: Sequence[Measures], recent: Sequence[Measures], work: Work, *, png: bool
) -> tuple[Figure, ...]:
    start, end, zone, least = begin(period, work.zone), period.end, work.zone, work.min_group
    known = [m.created for m in work.measures]
    # where the history is shorter, the days before it are no days without work
    start = max([start, *([min(known)] if known else [])])
    return (
        cycle_time_scatter(recent, zone=zone, urls=work.urls, min_group=least, png=png),
        ageing_wip(recent, work.order, work.vocabulary, urls=work.urls, min_group=least, png=png),
        cumulative_flow(work.measures, start, end, zone=zone, min_group=least, png=png),
        throughput_run(work.measures, start, end, zone=zone, min_group=least, png=png),
        time_per_status(finished, work.order, work.vocabulary, min_group=least, png=png),
        how_many_by_when(work.measures, start, end, zone=zone, changes=work.changes, min_group=least, png=png),
    )

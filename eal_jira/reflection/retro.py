"""The retro of one team and period as values; the template ``retro.md`` turns it into a document.

Each outcome figure stands beside a process figure, because process data get the same attention as outcome data. No
figure rests on fewer than `min_group` issues: where there are fewer, the text says so instead of a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from statistics import fmean, quantiles

from eal_jira.documents.words import duration, number, percent
from eal_jira.learning.evidence import Verdict
from eal_jira.learning.measures import Measures
from eal_jira.learning.practices import Practice
from eal_jira.model import Deviation, Figure, Vocabulary
from eal_jira.process.versions import GuidelineVersion
from eal_jira.reflection.charts import GuidelineCount, ageing_wip, cycle_time_scatter, deviations_per_guideline
from eal_jira.reflection.periods import Period

HISTORY = timedelta(days=91)
"""The charts look back so far before the period's end: enough for percentiles, and still the same process."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What came out, and how we worked, side by side; texts."""

    outcome: str
    outcome_value: str
    process: str
    process_value: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """A proposal as its team should know it."""

    guideline: str
    signature: str
    title: str
    key: str
    url: str
    #: "open", "approved", "tried first", "declined" or "overtaken"
    state: str
    made: datetime
    decided: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A practice that showed in the period."""

    guideline: str
    practice: Practice
    proposal: Outlook | None


@dataclass(frozen=True, slots=True)
class Other:
    """Departures from one guideline that are too few in each way to say more of."""

    guideline: str
    issues: int


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Answered:
    title: str
    state: str
    key: str
    url: str
    day: date


@dataclass(frozen=True, slots=True)
class Waiting:
    title: str
    key: str
    url: str
    since: date


@dataclass(frozen=True, slots=True)
class About:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Retro:
    """What the template gets, under these names."""

    team: str
    #: its words: "1–31 March 2026", or the sprint's name
    period: str
    first_day: date
    last_day: date
    data_until: datetime
    #: what the team set out to do; "" where nobody wrote it down
    goal: str
    finished: int
    unfinished: int
    min_group: int
    flow: tuple[Pair, ...]
    figures: tuple[Chart, ...]
    departures: tuple[Seen, ...]
    others: tuple[Other, ...]
    decisions: tuple[Answered, ...]
    waiting: tuple[Waiting, ...]
    questions: tuple[str, ...]
    about: tuple[About, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What a retro is made of: everything the team has, to be cut to the period here."""

    measures: Sequence[Measures]
    deviations: Sequence[Deviation]
    #: ids of the issues that each guideline (id) was about
    about: Mapping[str, frozenset[str]]
    guidelines: Sequence[GuidelineVersion]
    practices: Sequence[Practice]
    proposals: Sequence[Outlook]
    #: the team's usual order of statuses (ids)
    order: Sequence[str]
    vocabulary: Vocabulary
    #: issue key → address
    urls: Mapping[str, str]
    zone: tzinfo
    min_group: int


def build(team: str, period: Period, material: Material, now: datetime) -> tuple[Retro, tuple[Figure, ...]]:
    """The retro of `period` and its charts; the same material gives the same retro. `now`: when the data was read."""
    finished = [m for m in material.measures if m.finished and period.start <= m.finished < period.end]
    recent = [
        m
        for m in material.measures
        if m.created < period.end and (m.finished is None or period.end - HISTORY <= m.finished < period.end)
    ]
    under_way = [m for m in recent if m.censored and m.started is not None]
    within = [d for d in material.deviations if period.start <= d.at < period.end]
    seen = tuple(_seen(within, material))
    figures = _figures(period, recent, within, material)
    day = _Days(material.zone)
    retro = Retro(
        team=team,
        period=period.title,
        first_day=day.of(period.start),
        last_day=day.last(period.end),
        data_until=now.astimezone(material.zone),
        goal=period.goal,
        finished=len(finished),
        unfinished=len(under_way),
        min_group=material.min_group,
        flow=tuple(_flow(finished, under_way, material.min_group)),
        figures=tuple(Chart(figure.name, figure.title) for figure in figures),
        departures=seen,
        others=tuple(_others(within, seen, material)),
        decisions=tuple(
            Answered(p.title, p.state, p.key, p.url, day.of(p.decided))
            for p in material.proposals
            if p.decided is not None and period.start <= p.decided < period.end
        ),
        waiting=tuple(Waiting(p.title, p.key, p.url, day.of(p.made)) for p in material.proposals if p.state == "open"),
        questions=tuple(_questions(finished, seen, material.min_group)),
        about=tuple(_about(period, material)),
    )
    return retro, figures


@dataclass(frozen=True, slots=True)
class _Days:
    zone: tzinfo

    def of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def last(self, end: datetime) -> date:
        """The last day of a period whose end does not belong to it."""
        return self.of(end - timedelta(microseconds=1))


def _flow(finished: Sequence[Measures], under_way: Sequence[Measures], min_group: int) -> Iterable[Pair]:
    times = [m.cycle_time.total_seconds() for m in finished if m.cycle_time is not None]
    if len(times) < min_group:
        return
    cuts = quantiles(times, n=100, method="inclusive")
    yield Pair("Finished", number(len(finished)), "Under way at the end", number(len(under_way)))
    yield Pair(
        "Half took at most",
        duration(timedelta(seconds=cuts[49])),
        "Steps back per finished issue",
        number(fmean(m.returns for m in finished), 2),
    )
    efficiencies = [m.flow_efficiency for m in finished if m.flow_efficiency is not None]
    if len(efficiencies) >= min_group:
        process = ("Share of that time not spent waiting", percent(fmean(efficiencies)))
    else:
        process = ("Changes of hands per finished issue", number(fmean(m.handoffs for m in finished), 2))
    yield Pair("85 of 100 took at most", duration(timedelta(seconds=cuts[84])), *process)


def _figures(
    period: Period, recent: Sequence[Measures], within: Sequence[Deviation], material: Material
) -> tuple[Figure, ...]:
    alive = {m.issue_id for m in recent if m.finished is None or m.finished >= period.start}
    counts = []
    for version in material.guidelines:
        departed = {d.issue_id for d in within if d.guideline == version.guideline}
        about = (material.about.get(version.guideline, frozenset()) & alive) | departed
        counts.append(GuidelineCount(version.guideline, version.title, len(about), len(departed)))
    least = material.min_group
    return (
        cycle_time_scatter(recent, zone=material.zone, urls=material.urls, min_group=least, png=False),
        ageing_wip(recent, material.order, material.vocabulary, urls=material.urls, min_group=least, png=False),
        deviations_per_guideline(counts, min_group=least, png=False),
    )


def _seen(within: Sequence[Deviation], material: Material) -> Iterable[Seen]:
    shown = {(d.guideline, d.signature) for d in within}
    rank = {Verdict.BETTER: 0, Verdict.WORSE: 1, Verdict.CANNOT_TELL: 2}
    for practice in sorted(material.practices, key=lambda p: (rank[p.verdict], p.guideline, p.signature)):
        if (practice.guideline, practice.signature) in shown:
            about_it = [p for p in material.proposals if (p.guideline, p.signature) == _way(practice)]
            yield Seen(practice.title, practice, about_it[-1] if about_it else None)


def _way(practice: Practice) -> tuple[str, str]:
    return practice.guideline, practice.signature


def _others(within: Sequence[Deviation], seen: Sequence[Seen], material: Material) -> Iterable[Other]:
    told = {_way(each.practice) for each in seen}
    for version in material.guidelines:
        issues = {
            d.issue_id for d in within if d.guideline == version.guideline and (d.guideline, d.signature) not in told
        }
        if len(issues) >= material.min_group:
            yield Other(version.title, len(issues))


def _questions(finished: Sequence[Measures], seen: Sequence[Seen], min_group: int) -> Iterable[str]:
    """A few open questions from this period's own data; none is about a person."""
    for each in seen:
        if each.practice.verdict is Verdict.WORSE:
            yield f"“{each.practice.label}” did not help. What led us there, and what would have helped?"
        elif each.practice.verdict is Verdict.BETTER:
            yield f"“{each.practice.label}” went well. Where would it not work?"
    returned = sum(m.returns > 0 for m in finished)
    if returned >= min_group:
        yield f"{returned} finished issues came back at least once. What did we learn only then?"


def _about(period: Period, material: Material) -> Iterable[About]:
    hour = "%Y-%m-%d %H:%M %Z"
    start, end = period.start.astimezone(material.zone), period.end.astimezone(material.zone)
    yield About("Period", f"{start:{hour}} up to, not including, {end:{hour}}")
    yield About("Time", "elapsed days, nights and weekends included, from the first start to the last finish")
    yield About("Charts", f"issues finished in the {HISTORY.days} days before the period's end, and those still open")
    yield About("Practices", "compared over all that is known, within type, priority and size; corrected together")
    words = ", ".join(f"{v.guideline} v{v.version}" for v in material.guidelines)
    yield About("Guidelines in force", words or "none")

"""The retro of one team and period as values; the template ``retro.md`` turns it into a document.

Two ledgers stand side by side and never feed each other: `performance` (how the work flowed) and `learned` (what was
departed from, tried and wondered at). Each outcome figure stands beside a process figure, because process data get the
same attention as outcome data. No figure rests on fewer than `min_group` issues: where there are fewer, the text says
so instead of a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

import numpy as np

from eal_jira.documents.words import number
from eal_jira.learning.evidence import Verdict
from eal_jira.learning.measures import Measures
from eal_jira.model import Deviation, Figure, Vocabulary
from eal_jira.process.versions import GuidelineVersion
from eal_jira.reflection.follow import Action, Followed, Known, Said, last_actions, said_not_done
from eal_jira.reflection.learned import Asked, Learned, Other, Outlook, Process, Seen, Surprise, Tried, learned
from eal_jira.reflection.performance import HISTORY, Pair, Work, performance
from eal_jira.reflection.periods import Period
from eal_jira.reflection.useful import Useful, useful

MOST_QUESTIONS = 4
#: so many finished issues make "unusually long" mean something
ENOUGH = 20


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
    answer: str


@dataclass(frozen=True, slots=True)
class Waiting:
    title: str
    key: str
    url: str
    since: date
    days: int


@dataclass(frozen=True, slots=True)
class About:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Time:
    """Time for reflection, in hours."""

    planned: float
    used: float
    #: what was planned for the period before, where that was more; None otherwise
    cut_from: float | None = None

    @property
    def said(self) -> str:
        used = f"{number(self.used)} of {number(self.planned)} planned hours were used for reflection"
        if self.used == 0:
            used = f"none of {number(self.planned)} planned hours were logged as used for reflection"
        if self.cut_from is not None:
            return f"{used}; {number(self.cut_from)} hours were planned for the time before"
        return used


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
    learning_figures: tuple[Chart, ...]
    departures: tuple[Seen, ...]
    others: tuple[Other, ...]
    experiments: tuple[Tried, ...]
    #: for how many weeks nothing has been tried on purpose, where that is long
    stillness: int | None
    surprises: tuple[Surprise, ...]
    asked: Asked | None
    decisions: tuple[Answered, ...]
    waiting: tuple[Waiting, ...]
    actions: tuple[Followed, ...]
    said: tuple[Said, ...]
    questions: tuple[str, ...]
    #: the manager's open question, "" where none came
    manager_question: str
    #: None: no time is planned for reflection
    reflection: Time | None
    #: whose turn it is to host the talk, a role; "" where the team names none
    host: str
    useful: tuple[Useful, ...]
    about: tuple[About, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What a retro is made of: everything the team has, to be cut to the period here."""

    measures: Sequence[Measures]
    deviations: Sequence[Deviation]
    #: ids of the issues that each guideline (id) was about
    about: Mapping[str, frozenset[str]]
    guidelines: Sequence[GuidelineVersion]
    known: Sequence[Known]
    proposals: Sequence[Outlook]
    #: the team's usual order of statuses (ids)
    order: Sequence[str]
    vocabulary: Vocabulary
    #: issue id → address
    urls: Mapping[str, str]
    zone: tzinfo
    min_group: int
    experiments: Sequence[Tried] = ()
    stillness: int | None = None
    asked: Asked | None = None
    actions: Sequence[Action] = ()
    #: what people wrote for this period: its goal, the manager's question
    goal: str = ""
    manager_question: str = ""
    reflection: Time | None = None
    host: str = ""
    #: what the team has learnt, all of it
    useful: Sequence[Useful] = ()
    #: when a guideline's version came in force that was not the first
    changes: Sequence[datetime] = ()
    #: what somebody noted as a surprise, and when
    noted: Sequence[tuple[datetime, Surprise]] = ()


def build(
    team: str, period: Period, material: Material, now: datetime, *, png: bool = False
) -> tuple[Retro, tuple[Figure, ...]]:
    """The retro of `period` and its charts; the same material gives the same retro. `now`: when the data was read."""
    done = performance(
        period,
        Work(
            material.measures,
            material.order,
            material.vocabulary,
            material.urls,
            material.zone,
            material.min_group,
            material.changes,
        ),
        png=png,
    )
    learnt = learned(period, _process(period, material), png=png)
    day = _Days(material.zone)
    returned = sum(m.returns > 0 for m in _finished(material.measures, period))
    retro = Retro(
        team=team,
        period=period.title,
        first_day=day.of(period.start),
        last_day=day.of(period.last),
        data_until=min(now, period.end).astimezone(material.zone),
        goal=period.goal or material.goal,
        finished=done.finished,
        unfinished=done.under_way,
        min_group=material.min_group,
        flow=done.flow,
        figures=tuple(Chart(figure.name, figure.title) for figure in done.figures),
        learning_figures=tuple(Chart(figure.name, figure.title) for figure in learnt.figures),
        departures=learnt.departures,
        others=learnt.others,
        experiments=learnt.experiments,
        stillness=material.stillness,
        surprises=learnt.surprises,
        asked=learnt.asked,
        decisions=tuple(
            Answered(p.title, p.state, p.key, p.url, day.of(p.decided), p.answer)
            for p in material.proposals
            if p.decided is not None and period.start <= p.decided < period.end
        ),
        waiting=tuple(
            Waiting(p.title, p.key, p.url, day.of(p.made), max(0, (period.end - p.made).days))
            for p in material.proposals
            if p.state == "open"
        ),
        actions=tuple(last_actions(material.actions, period, material.zone)),
        said=tuple(
            said_not_done(
                material.actions, material.known, material.proposals, material.experiments, period.end, material.zone
            )
        ),
        questions=tuple(_questions(learnt, returned, material.min_group))[:MOST_QUESTIONS],
        manager_question=material.manager_question,
        reflection=material.reflection,
        host=material.host,
        useful=useful(material.useful, period),
        about=tuple(_about(period, material)),
    )
    return retro, (*done.figures, *learnt.figures)


@dataclass(frozen=True, slots=True)
class _Days:
    zone: tzinfo

    def of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def _finished(measures: Sequence[Measures], period: Period) -> list[Measures]:
    return [m for m in measures if m.finished and period.start <= m.finished < period.end]


def _process(period: Period, material: Material) -> Process:
    alive = frozenset(
        m.issue_id
        for m in material.measures
        if m.created < period.end and (m.finished is None or period.start <= m.finished < period.end)
    )
    return Process(
        deviations=material.deviations,
        about=material.about,
        alive=alive,
        unusual=_unusual(period, material),
        guidelines=material.guidelines,
        practices=[each.practice for each in material.known],
        proposals=material.proposals,
        experiments=material.experiments,
        noted=[surprise for at, surprise in material.noted if period.start <= at < period.end],
        asked=material.asked,
        zone=material.zone,
        min_group=material.min_group,
    )


def _unusual(period: Period, material: Material) -> dict[str, tuple[str, str]]:
    """Issues that took longer than 95 of 100 that were finished in the quarter before the period."""
    before = [
        m.cycle_time.total_seconds()
        for m in material.measures
        if m.finished and m.cycle_time is not None and period.start - HISTORY <= m.finished < period.start
    ]
    if len(before) < max(ENOUGH, material.min_group):
        return {}
    limit = float(np.quantile(before, 0.95, method="inverted_cdf"))
    return {
        m.issue_id: (m.key, material.urls.get(m.issue_id, ""))
        for m in _finished(material.measures, period)
        if m.cycle_time is not None and m.cycle_time.total_seconds() > limit
    }


def _questions(learnt: Learned, returned: int, min_group: int) -> Iterable[str]:
    """A few open questions from this period's own data; none is about a person."""
    for each in learnt.departures:
        if each.practice.verdict is Verdict.WORSE:
            yield f"“{each.practice.label}” did not help. What led us there, and what would have helped?"
        elif each.practice.verdict is Verdict.BETTER:
            yield f"“{each.practice.label}” went well. Where would it not work?"
    if returned >= min_group:
        yield f"{returned} finished issues came back at least once. What did we learn only then?"
    if learnt.surprises:
        yield "What surprised us, and what did we believe before?"


def _about(period: Period, material: Material) -> Iterable[About]:
    hour = "%Y-%m-%d %H:%M %Z"
    start, end = period.start.astimezone(material.zone), period.end.astimezone(material.zone)
    yield About("Period", f"{start:{hour}} up to, not including, {end:{hour}}")
    yield About("Time", "elapsed days, nights and weekends included, from the first start to the last finish")
    yield About("Charts", f"issues finished in the {HISTORY.days} days before the period's end, and those still open")
    yield About("Practices", "compared over all that is known, within type, priority and size; corrected together")
    words = ", ".join(f"{v.guideline} v{v.version}" for v in material.guidelines)
    yield About("Guidelines in force", words or "none")

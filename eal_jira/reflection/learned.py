"""The ledger of learning: what a team departed from, tried, wondered at and asked for. It belongs to the team.

No figure of `performance` enters it, and nothing of it enters a figure there. What came of a way of working was found
out before (practices, experiments); here it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.practices import Practice
from eal_jira.model import Deviation, Figure
from eal_jira.process.versions import GuidelineVersion
from eal_jira.reflection.charts import GuidelineCount, Trial, deviations_per_guideline, experiment_chart
from eal_jira.reflection.periods import Period

MOST_SURPRISES = 5


@dataclass(frozen=True, slots=True)
class Outlook:
    """A proposal as its team should know it."""

    guideline: str
    #: the `subject` of the practice that it is about, or what else made it
    subject: str
    title: str
    key: str
    url: str
    #: "open", "approved", "tried first", "declined" or "overtaken"
    state: str
    made: datetime
    decided: datetime | None
    #: what the manager wrote to it, "" where nothing
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """An experiment as its team should know it."""

    title: str
    hypothesis: str
    #: "gathering", "works", "doesn't", "no difference shown" or "stopped"
    state: str
    began: datetime
    ended: datetime | None
    sentences: tuple[str, ...]
    key: str = ""
    url: str = ""
    guideline: str = ""
    #: what its chart is made of; None: no chart
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions to the bot in the period, how many found an answer, and what was asked about."""

    questions: int
    answered: int
    topics: tuple[str, ...] = ()


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
class Surprise:
    text: str
    #: issues to look at: key, url
    issues: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """What the ledger is made of."""

    deviations: Sequence[Deviation]
    #: ids of the issues that each guideline (id) was about
    about: Mapping[str, frozenset[str]]
    #: issues that lived in the period, and of them those that took far longer than usual: id → (key, url)
    alive: frozenset[str]
    unusual: Mapping[str, tuple[str, str]]
    guidelines: Sequence[GuidelineVersion]
    practices: Sequence[Practice]
    proposals: Sequence[Outlook]
    experiments: Sequence[Tried]
    #: what somebody has noted as a surprise in the period
    noted: Sequence[Surprise]
    asked: Asked | None
    zone: tzinfo
    min_group: int


@dataclass(frozen=True, slots=True)
class Learned:
    departures: tuple[Seen, ...]
    others: tuple[Other, ...]
    experiments: tuple[Tried, ...]
    surprises: tuple[Surprise, ...]
    #: None: fewer than `min_group` questions, or nobody counts them
    asked: Asked | None
    figures: tuple[Figure, ...]


def learned(period: Period, process: Process, *, png: bool) -> Learned:
    within = [d for d in process.deviations if period.start <= d.at < period.end]
    seen = tuple(_seen(within, process))
    experiments = tuple(
        e
        for e in sorted(process.experiments, key=lambda e: (e.began, e.title))
        if e.began < period.end and (e.ended is None or e.ended >= period.start)
    )
    asked = process.asked
    return Learned(
        seen,
        tuple(_others(within, seen, process)),
        experiments,
        tuple(_surprises(within, period, process)),
        asked if asked is not None and asked.questions >= process.min_group else None,
        (_departures(within, process, png=png), *_trials(experiments, process, png=png)),
    )


def _departures(within: Sequence[Deviation], process: Process, *, png: bool) -> Figure:
    counts = []
    for version in process.guidelines:
        departed = {d.issue_id for d in within if d.guideline == version.guideline}
        about = (process.about.get(version.guideline, frozenset()) & process.alive) | departed
        counts.append(GuidelineCount(version.guideline, version.title, len(about), len(departed)))
    return deviations_per_guideline(counts, min_group=process.min_group, png=png)


def _trials(experiments: Sequence[Tried], process: Process, *, png: bool) -> Iterable[Figure]:
    for number, experiment in enumerate(experiments, start=1):
        if experiment.trial is not None:
            yield experiment_chart(
                experiment.trial, name=f"experiment-{number}", zone=process.zone, min_group=process.min_group, png=png
            )


def _seen(within: Sequence[Deviation], process: Process) -> Iterable[Seen]:
    shown = {(d.guideline, d.signature) for d in within}
    rank = {Verdict.BETTER: 0, Verdict.WORSE: 1, Verdict.CANNOT_TELL: 2}
    for practice in sorted(process.practices, key=lambda p: (rank[p.verdict], p.guideline, p.signature)):
        if (practice.guideline, practice.signature) in shown:
            about_it = [p for p in process.proposals if is_about(p, practice)]
            yield Seen(practice.title, practice, about_it[-1] if about_it else None)


def is_about(proposal: Outlook, practice: Practice) -> bool:
    """The same signature under other conditions is another practice."""
    return (proposal.guideline, proposal.subject) == (practice.guideline, practice.subject)


def way(practice: Practice) -> tuple[str, str]:
    return practice.guideline, practice.signature


def _others(within: Sequence[Deviation], seen: Sequence[Seen], process: Process) -> Iterable[Other]:
    told = {way(each.practice) for each in seen}
    for version in process.guidelines:
        issues = {
            d.issue_id for d in within if d.guideline == version.guideline and (d.guideline, d.signature) not in told
        }
        if len(issues) >= process.min_group:
            yield Other(version.title, len(issues))


def _surprises(within: Sequence[Deviation], period: Period, process: Process) -> Iterable[Surprise]:
    """What people noted, and what nobody could expect from the time before; ways only where enough issues went them."""
    yield from process.noted
    known = {(d.guideline, d.signature) for d in process.deviations if d.at < period.start}
    new: dict[tuple[str, str], set[str]] = {}
    labels: dict[tuple[str, str], str] = {}
    for d in within:
        if (d.guideline, d.signature) not in known:
            new.setdefault((d.guideline, d.signature), set()).add(d.issue_id)
            labels[d.guideline, d.signature] = d.label
    # before the first deviation there is nothing that a way could be new against
    for each in sorted(new) if known else ():
        if len(new[each]) >= process.min_group:
            yield Surprise(f"“{labels[each]}” was seen for the first time, in {len(new[each])} issues.")
    if process.unusual:
        found = sorted(process.unusual.values())[:MOST_SURPRISES]
        yield Surprise("These took longer than 95 of 100 issues that were finished before:", tuple(found))

"""What managers get: what waits for their answer, with its evidence, and questions worth asking.

Teams stand in the order of their names, and no number of one is laid beside another's. No person appears, no single
deviation, and nothing that rests on fewer than `min_group` issues.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eal_jira.learning.practices import Practice
from eal_jira.reflection.learned import Outlook, Tried

LATE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal with what it rests on and the change as people read it."""

    outlook: Outlook
    practice: Practice
    change: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open:
    title: str
    key: str
    url: str
    days: int
    late: bool
    change: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Running:
    title: str
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TeamPart:
    team: str
    waiting: tuple[Open, ...]
    experiments: tuple[Running, ...]
    questions: tuple[str, ...]
    #: the team's next retro has no question from a manager yet
    question_missing: bool


@dataclass(frozen=True, slots=True)
class Material:
    team: str
    candidates: Sequence[Candidate]
    experiments: Sequence[Tried]
    question: str
    min_group: int


def digest(teams: Sequence[Material], now: datetime) -> tuple[TeamPart, ...]:
    return tuple(_part(material, now) for material in sorted(teams, key=lambda m: m.team.casefold()))


def _part(material: Material, now: datetime) -> TeamPart:
    waiting = tuple(_waiting(material, now))
    running = tuple(
        Running(e.title, e.state, e.sentences[0] if e.sentences else "")
        for e in material.experiments
        if e.ended is None
    )
    return TeamPart(
        material.team, waiting, running, tuple(_questions(waiting, running)), question_missing=not material.question
    )


def _waiting(material: Material, now: datetime) -> Iterable[Open]:
    """Those that wait longest first."""
    for each in sorted(material.candidates, key=lambda c: (c.outlook.made, c.outlook.key)):
        proposal, practice = each.outlook, each.practice
        if proposal.state != "open" or min(len(practice.trial), len(practice.comparison)) < material.min_group:
            continue
        waited = now - proposal.made
        yield Open(
            proposal.title,
            proposal.key,
            proposal.url,
            waited.days,
            waited > LATE,
            each.change,
            practice.sentences,
        )


def _questions(waiting: Sequence[Open], running: Sequence[Running]) -> Iterable[str]:
    """Open ones, with no answer in them."""
    if waiting:
        yield "What did you see in the work that made you go another way, and where would it not help?"
    if any(each.late for each in waiting):
        yield "What is the waiting costing you?"
    if running:
        yield "What would make you stop the experiment early?"
    else:
        yield "What small thing would you like to try, and what keeps you from it?"

"""A learning: something known with its evidence, and where it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.keepable import Keepable
from eal_jira.learning.practices import Practice
from eal_jira.process.grades import Grade
from eal_jira.process.names import folded

OUTCOMES = {
    Verdict.BETTER: "works",
    Verdict.WORSE: "does not work",
    Verdict.CANNOT_TELL: "cannot tell yet",
}


@dataclass(frozen=True, slots=True)
class Learning(Keepable):
    #: one sentence: the way of working
    what: str
    #: "works", "does not work", "no difference shown", "approved", "declined", …
    outcome: str
    #: how well founded it is, by DESIGN's grades
    grade: Grade
    #: where it was seen: field (type, points, component, priority) → values; empty: wherever the guideline applies
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: the numbers in words, the reason of a decision
    sentences: tuple[str, ...] = ()


def of_practice(practice: Practice) -> Learning:
    """What a practice teaches: observed, never tested."""
    numbers = tuple(evidence.sentence for evidence in practice.evidence.values())
    what = f"{practice.label}, departing from “{practice.title}”"
    return Learning(what, OUTCOMES[practice.verdict], Grade.OBSERVED, practice.condition, numbers)


def of_decision(
    title: str, change: Sequence[str], outcome: str, reason: str, grade: Grade, where: Mapping[str, Sequence[str]]
) -> Learning:
    """What was decided about a change of a guideline, and why."""
    what = f"{title}: {'; '.join(change)}"
    held = {name: tuple(values) for name, values in where.items()}
    return Learning(what, outcome, grade, held, (f"Why: {reason}",) if reason else ())


def matches(learning: Learning, team: str, guideline: str, words: Iterable[str]) -> bool:
    """Whether every word stands somewhere in it: what, outcome, grade, place, team, sentences."""
    places = [f"{name} {value}" for name, values in learning.where.items() for value in values]
    said = [learning.what, learning.outcome, learning.grade, team, guideline, *places, *learning.sentences]
    text = folded(" ".join(said))
    return all(folded(word) in text for word in words)

"""What a way of working is judged by, and in which stratum an issue is compared: like with like only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from eal_jira.learning.evidence import Direction, Sample
from eal_jira.learning.measures import Measures
from eal_jira.learning.wording import Phrase

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A number that every finished issue has, and which direction of it is better."""

    name: str
    title: str
    unit: str
    better: Direction
    phrase: Phrase
    #: the number; None for an issue that has none
    value: Callable[[Measures], float | None]


def _cycle_days(measures: Measures) -> float | None:
    return None if measures.cycle_time is None else measures.cycle_time / DAY


def _returns(measures: Measures) -> float:
    return float(measures.returns)


CYCLE_TIME = Outcome(
    "cycle_time", "Cycle time", "days", "lower", Phrase("finished sooner", "finished later"), _cycle_days
)
RETURNS = Outcome(
    "returns",
    "Rework and reopenings",
    "times",
    "lower",
    Phrase("came back less often", "came back more often"),
    _returns,
)
OUTCOMES = (CYCLE_TIME, RETURNS)


def stratum(measures: Measures) -> tuple[str, str, str]:
    """(type, priority, size band): only issues that agree in all three are compared with each other."""
    return measures.type, measures.priority or "", size_band(measures.points)


def size_band(points: float | None) -> str:
    """Sizes within a factor of two share a band (1 | 2, 3 | 4 … 7 | 8 …), whatever scale the team estimates in.

    Unestimated issues form a band of their own: they are compared with unestimated ones.
    """
    if points is None:
        return ""
    if points <= 0:
        return "0"
    low = math.floor(math.log2(points))
    return f"{2.0**low:g} to under {2.0 ** (low + 1):g}"


def samples(issues: Iterable[Measures], outcome: Outcome) -> list[Sample]:
    """The finished issues that have the outcome, each in its stratum."""
    return [
        Sample(value, stratum(issue))
        for issue in issues
        if not issue.censored and (value := outcome.value(issue)) is not None
    ]


def held_equal(issues: Iterable[Measures]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What `stratum` holds equal among these issues, and what nobody held equal: (held, not held), in plain words."""
    known = [(issue.priority is not None, issue.points is not None) for issue in issues]
    held, not_held = ["type"], []
    for name, column in (("priority", 0), ("size", 1)):
        if all(row[column] for row in known):
            held.append(name)
        elif any(row[column] for row in known):
            held.append(f"{name} where it is known")
        else:
            not_held.append(name)
    return tuple(held), (*not_held, "component", "period")

"""The numbers that an experiment can be judged by, and when each of them is known.

- *Cycle time* is known when the issue is finished; cut off at the experiment's cap (see `trials.capped`).
- All others are counted over the same *window* for every issue, so many days from its start, finished or not: an issue
  that was finished yesterday has had no time yet to be reopened. They are known when the window is over.

Once known, a number is written down and stays: an issue that is reopened a month later changes no result by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from eal_jira.learning.evidence import Direction
from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import CYCLE_TIME, RETURNS, Outcome
from eal_jira.learning.trials import capped
from eal_jira.learning.wording import Phrase

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """A number of an issue, for experiments."""

    title: str
    unit: str
    better: Direction
    phrase: Phrase
    number: Callable[[Measures], float | None]
    #: it is over when the issue is finished; otherwise it is counted over a window
    length: bool = False

    def known(self, measures: Measures, now: datetime, cap: float, window: float) -> float | None:
        """The number as it counts, None while nobody can know it. `cap` and `window` in days."""
        if measures.started is None:
            return None
        age = (now - measures.started) / DAY
        if self.length:
            return capped(None if measures.censored else self.number(measures), age, cap)
        return self.number(measures) if age >= window else None


def _days(span: timedelta | None) -> float | None:
    return None if span is None else span / DAY


def _of(outcome: Outcome, *, length: bool = False) -> Measured:
    return Measured(outcome.title, outcome.unit, outcome.better, outcome.phrase, outcome.value, length)


def _count(title: str, number: Callable[[Measures], float | None], less: str, more: str) -> Measured:
    return Measured(title, "times", "lower", Phrase(less, more), number)


MEASURED: Mapping[str, Measured] = MappingProxyType(
    {
        "cycle_time": _of(CYCLE_TIME, length=True),
        "returns": _of(RETURNS),
        "rework": _count("Rework", lambda m: float(m.rework), "went back less often", "went back more often"),
        "reopenings": _count(
            "Reopenings", lambda m: float(m.reopenings), "was reopened less often", "was reopened more often"
        ),
        "escaped_bugs": _count(
            "Escaped bugs", lambda m: float(m.escaped_bugs), "let fewer bugs escape", "let more bugs escape"
        ),
        "handoffs": _count(
            "Handoffs", lambda m: float(m.handoffs), "changed hands less often", "changed hands more often"
        ),
        "waiting_time": Measured(
            "Waiting time", "days", "lower", Phrase("waited less", "waited longer"), lambda m: _days(m.waiting_time)
        ),
        "blocked_time": Measured(
            "Blocked time",
            "days",
            "lower",
            Phrase("was blocked for less time", "was blocked for longer"),
            lambda m: _days(m.blocked_time),
        ),
        "flow_efficiency": Measured(
            "Flow efficiency",
            "share",
            "higher",
            Phrase("flowed better", "flowed worse"),
            lambda m: m.flow_efficiency,
        ),
    }
)

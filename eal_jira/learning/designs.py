"""What is fixed when an experiment begins, and the issues of either side as its evidence counts them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low

import numpy as np

from eal_jira.learning.conclusions import Result, conclude
from eal_jira.learning.keepable import Keepable
from eal_jira.learning.measured import DAY, MEASURED
from eal_jira.learning.measures import Measures
from eal_jira.learning.plans import Plan
from eal_jira.learning.trials import BATCH, Observation, weigh
from eal_jira.model import Trace

USUAL_CAP = 30.0
"""Days, where the team has too little history to fix a cap by it."""

CAP_AT = 0.9
"""Share of the team's earlier issues that took no longer than the cap."""

AFTERWARDS = 7.0
"""Days that the window of counted measures goes beyond the cap, so that what comes back is seen."""

FINEST = (("type", "size", "priority"), ("type", "size"), ("type",))


@dataclass(frozen=True, slots=True)
class Design(Keepable):
    """A plan with everything that could still be chosen, chosen before the first number was seen."""

    plan: Plan
    begun: datetime
    #: days at which a length is cut off
    cap: float
    #: days over which everything else is counted
    window: float
    #: what is held equal: some of "type", "size", "priority"
    strata: tuple[str, ...]
    #: sizes up to this one are "usual", others "large"; None where nothing is estimated
    usual_size: float | None

    def stratum(self, issue: Measures) -> tuple[str, ...]:
        return _stratum(issue, self.strata, self.usual_size)

    @property
    def measures(self) -> tuple[str, ...]:
        """The main one first."""
        return (self.plan.measure, *self.plan.guards)


def designed(plan: Plan, past: Sequence[Measures], begun: datetime, min_group: int) -> Design:
    """`past`: the team's earlier issues of the kind that the guideline is about.

    As much is held equal as leaves at least half of them in strata that can fill a batch: finer strata would compare
    better and say nothing.
    """
    took = [issue.cycle_time / DAY for issue in past if not issue.censored and issue.cycle_time is not None]
    cap = float(np.quantile(took, CAP_AT)) if len(took) >= max(min_group, 2) else USUAL_CAP
    sizes = [issue.points for issue in past if issue.points is not None]
    usual = median_low(sizes) if sizes else None
    strata = next((names for names in FINEST if _fills(past, names, usual)), FINEST[-1])
    return Design(plan, begun, cap, cap + AFTERWARDS, strata, usual)


def _fills(past: Sequence[Measures], names: Sequence[str], usual: float | None) -> bool:
    strata = Counter(_stratum(issue, names, usual) for issue in past)
    return sum(count for count in strata.values() if count >= BATCH) * 2 >= max(1, len(past))


def _stratum(issue: Measures, names: Sequence[str], usual: float | None) -> tuple[str, ...]:
    values = {
        "type": issue.type,
        "size": "" if issue.points is None or usual is None else "usual" if issue.points <= usual else "large",
        "priority": issue.priority or "",
    }
    return tuple(values[name] for name in names)


def labelled_in_time(trace: Trace, label: str, finished: datetime | None) -> bool:
    """Whether the label stood on the issue before it was finished: put there afterwards, it chooses by the outcome."""
    changes = [event for event in trace.events if event.activity == "labels"]
    if not changes:
        return label in trace.issue.labels
    if label in (changes[0].from_ or "").split():
        return True
    return any(label in (e.to or "").split() and (finished is None or e.at < finished) for e in changes)


@dataclass(frozen=True, slots=True)
class Sides:
    """The issues of an experiment at a moment, by measure: all that take part, known or not."""

    observations: Mapping[str, tuple[Observation, ...]]
    #: with a label that came too late
    late: int = 0


def observed(
    design: Design, trial: Iterable[Measures], comparison: Iterable[Measures], now: datetime
) -> Mapping[str, tuple[Observation, ...]]:
    """Each issue of either side as its measures stand, those that have no such number left out."""
    sides = [(issue, True) for issue in trial] + [(issue, False) for issue in comparison]
    found: dict[str, tuple[Observation, ...]] = {}
    for name in design.measures:
        number = MEASURED[name]
        found[name] = tuple(
            Observation(
                issue.issue_id,
                issue.started,
                is_trial,
                design.stratum(issue),
                number.known(issue, now, design.cap, design.window),
            )
            for issue, is_trial in sides
            if issue.started is not None and number.number(issue) is not None
        )
    return found


def judged(
    design: Design,
    observations: Mapping[str, Sequence[Observation]],
    *,
    key: str,
    ended: bool,
    stopped: str | None = None,
    min_group: int = 5,
) -> Result:
    """What the experiment says. `ended`: no further issue joins."""
    evidence = {
        name: weigh(
            observations.get(name, ()),
            design.plan.better if name == design.plan.measure else MEASURED[name].better,
            name=f"{key} {name}",
            same_period=design.plan.comparison == "same period",
            ended=ended,
            phrase=MEASURED[name].phrase,
            min_group=min_group,
        )
        for name in design.measures
    }
    main = evidence.pop(design.plan.measure)
    titles = {MEASURED[name].title.lower(): guard for name, guard in evidence.items()}
    return conclude(
        main, titles, ended=ended, stopped=stopped, smallest_effect=design.plan.smallest_effect,
        unit=design.plan.measured.unit,
    )  # fmt: skip

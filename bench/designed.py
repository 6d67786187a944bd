"""How often does a whole experiment claim an effect that isn't there: strata chosen by the team's past, guards on, and
looks while issues are unfinished?

    python -m bench.designed [--runs 2000]

Exit code 1 when a promise is not kept. Where `bench.honesty` holds the test alone against worlds, this one goes the way
that an experiment goes: a design from the past, numbers known when they can be known, a state at every look; the first
"works" would have ended it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from eal_jira.learning.designs import Design, designed, judged, observed
from eal_jira.learning.measures import Measures
from eal_jira.learning.plans import Plan
from eal_jira.learning.trials import State

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
EVERY = 0.25
"""Days between the beginnings of two issues."""
TYPES = (("Story", 0.7, 1.0), ("Bug", 0.2, 0.4), ("Task", 0.1, 3.0))
"""Name, share, and factor on how long such issues take."""
SIZES = (1.0, 2.0, 3.0, 5.0, 8.0)
PRIORITIES = ("Medium", "High", "Low")
PLAN = Plan(
    title="x", hypothesis="x", team="x", guideline="x", guards=("returns", "handoffs"), label="x", size=40,
)  # fmt: skip
ALARMS = 0.05


@dataclass(frozen=True, slots=True)
class World:
    past: int = 120
    trial: int = 40
    comparison: int = 150
    #: factor on the trial's median
    factor: float = 1.0
    #: how often a trial issue comes back; the others do 0.4 times
    returns: float = 0.4
    #: log of how much longer issues take at the end than at the begin, both groups alike
    drift: float = 0.0
    looks: int = 12


def issues(world: World, dice: np.random.Generator) -> tuple[list[Measures], list[bool]]:
    """In the order of their beginnings, as they are once everything is known; and which of them are on trial."""
    count = world.past + world.trial + world.comparison
    trial = np.zeros(count, dtype=bool)
    trial[world.past + dice.choice(world.trial + world.comparison, world.trial, replace=False)] = True
    kinds = dice.choice(len(TYPES), count, p=[share for _, share, _ in TYPES])
    points = dice.choice(SIZES, count)
    drift = np.exp(world.drift * np.arange(count) / count)
    days = np.exp(dice.normal(0, 0.9, count)) * np.sqrt(points) * drift * np.where(trial, world.factor, 1.0)
    returns = dice.poisson(np.where(trial, world.returns, 0.4))
    handoffs = dice.poisson(1.0, count)
    priorities = dice.choice(PRIORITIES, count, p=[0.6, 0.3, 0.1])
    found = []
    for n in range(count):
        kind, _, factor = TYPES[kinds[n]]
        started = BEGIN + EVERY * (n - world.past) * DAY
        took = float(days[n] * factor) * DAY
        found.append(
            Measures(
                f"{n}", f"P-{n}", kind, str(priorities[n]), float(points[n]), (), (), "done", started, started,
                started + took, took, took, {}, {}, timedelta(), None, int(returns[n]), 0, int(handoffs[n]),
            )
        )  # fmt: skip
    return found, [bool(t) for t in trial]


def at(issue: Measures, now: datetime) -> Measures:
    """As it is known at that moment."""
    assert issue.started is not None  # noqa: S101 - each is begun
    if issue.finished is not None and issue.finished <= now:
        return issue
    age = now - issue.started
    return replace(issue, finished=None, lead_time=age, cycle_time=age)


def states(world: World, dice: np.random.Generator) -> Iterator[tuple[Design, State]]:
    """What the experiment says at each look; the last one comes when everything is known."""
    every, trial = issues(world, dice)
    design = designed(PLAN, [at(issue, BEGIN) for issue in every[: world.past]], BEGIN, 5)
    name = str(dice.integers(1 << 62))
    length = EVERY * (world.trial + world.comparison)
    moments = [BEGIN + length * (n + 1) / world.looks * DAY for n in range(world.looks)] + [BEGIN + 400 * DAY]
    for now in moments:
        begun = [(at(i, now), t) for i, t in zip(every, trial, strict=True) if i.started and BEGIN <= i.started <= now]
        sides: Sequence[list[Measures]] = [[i for i, on_trial in begun if on_trial is side] for side in (True, False)]
        seen = observed(design, sides[0], sides[1], now)
        yield design, judged(design, seen, key=name, ended=now == moments[-1]).state


def claims(world: World, runs: int, seed: int = 1) -> float:
    """The share of the experiments that say at any look that the new way works, before they say that it doesn't."""
    dice = np.random.default_rng(seed)
    told = 0
    for _ in range(runs):
        first = next((state for _, state in states(world, dice) if state is not State.GATHERING), None)
        told += first is State.WORKS
    return told / runs


HONEST = {
    "unequal strata, unfinished, guards": World(),
    "the same with a drift": World(drift=-1.0),
    "a short past, few issues": World(past=20, trial=15, comparison=60),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    kept = True
    print(f"No effect: share of {options.runs} experiments that claim one (promised: at most {ALARMS:.0%})")  # noqa: T201
    for name, world in HONEST.items():
        began = time.monotonic()
        share = claims(world, options.runs)
        kept &= share <= ALARMS
        print(f"  {name:36}{share:7.2%}   {time.monotonic() - began:5.0f} s", flush=True)  # noqa: T201
    runs = max(1, options.runs // 10)
    for name, world in (
        ("a third of the median", World(factor=1 / 3)),
        ("the same, and it comes back", World(factor=1 / 3, returns=2.5)),
    ):
        print(f"  {name:36}{claims(world, runs):7.2%}   of {runs} say that it works", flush=True)  # noqa: T201
    print("All promises kept." if kept else "A promise is not kept.")  # noqa: T201
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

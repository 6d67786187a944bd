"""How often does an experiment claim an effect that isn't there, and how soon does it find one that is?

    python -m bench.honesty [--runs 2000] [--only WORDS]

Exit code 1 when a promise is not kept.

Each run is a whole experiment looked at every day: since evidence that was ever enough stays found, one reading at the
end tells whether any look would have claimed something.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from eal_jira.learning.trials import Observation, State, TrialEvidence, capped, weigh

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
EVERY = 0.25
"""Days between the beginnings of two issues."""


@dataclass(frozen=True, slots=True)
class World:
    """How issues come about. Times in days."""

    trial: int = 30
    comparison: int = 150
    #: factor on the trial's median
    factor: float = 1.0
    #: shares of the strata; stratum k takes e^k times as long
    strata: tuple[float, ...] = (1.0,)
    #: "lognormal", "heavy" (Pareto, infinite mean) or "ties" (whole days, mostly one)
    tails: str = "lognormal"
    #: log of how much longer issues take at the end of the period than at its begin, both groups alike
    drift: float = 0.0
    #: the last look comes when the last issue begins, so that many are unfinished
    unfinished: bool = False
    #: comparison issues are worked on beside the trial issues
    same_period: bool = True


def observations(world: World, dice: np.random.Generator) -> Iterator[Observation]:
    count = world.trial + world.comparison
    if world.same_period:
        trial = np.zeros(count, dtype=bool)
        trial[dice.choice(count, world.trial, replace=False)] = True
    else:
        trial = np.arange(count) >= world.comparison
    place = np.arange(count) / count
    strata = dice.choice(len(world.strata), count, p=world.strata)
    match world.tails:
        case "heavy":
            spread = dice.pareto(0.8, count) + 1
        case "ties":
            spread = np.ceil(dice.exponential(0.7, count))
        case _:
            spread = np.exp(dice.normal(0, 0.9, count))
    days = spread * np.exp(strata + world.drift * place) * np.where(trial, world.factor, 1.0)
    if world.tails == "ties":
        days = np.ceil(days)
    cap = float(np.quantile(days, 0.9))
    begun = EVERY * np.arange(count)
    for n in range(count):
        value = float(days[n])
        if world.unfinished:
            age = float(begun[-1] - begun[n])
            known = capped(value if value <= age else None, age, cap)
        else:
            known = value
        moment = BEGIN + timedelta(days=float(begun[n]))
        yield Observation(f"{n}", moment, bool(trial[n]), (str(strata[n]),), known)


def experiment(world: World, dice: np.random.Generator) -> TrialEvidence:
    seen = list(observations(world, dice))
    name = str(dice.integers(1 << 62))
    return weigh(seen, "lower", name=name, same_period=world.same_period, ended=True)


def false_alarms(world: World, runs: int, seed: int = 1) -> float:
    """The share of the experiments that claim that the new way works, although nothing differs."""
    dice = np.random.default_rng(seed)
    return sum(experiment(world, dice).verdict is State.WORKS for _ in range(runs)) / runs


def found_after(world: World, runs: int, seed: int = 1) -> list[float]:
    """After how many trial issues it was found, by run; infinite where it was not."""
    dice = np.random.default_rng(seed)
    return [experiment(world, dice).better_after or float("inf") for _ in range(runs)]


UNEQUAL = (0.7, 0.2, 0.1)
HONEST = {
    "8 against 30": World(8, 30),
    "60 against 30": World(60, 30),
    "8 against 300": World(8, 300),
    "60 against 300": World(60, 300),
    "ties": World(40, 150, tails="ties"),
    "heavy tails": World(40, 150, tails="heavy"),
    "three strata, unequal": World(40, 150, strata=UNEQUAL),
    "unfinished issues": World(40, 150, unfinished=True),
    "drift downwards": World(60, 300, drift=-1.0),
    "drift upwards": World(60, 300, drift=1.0),
    "drift, three strata, ties": World(60, 150, strata=UNEQUAL, tails="ties", drift=-1.0),
    "all at once": World(60, 300, strata=UNEQUAL, tails="heavy", drift=-1.0, unfinished=True),
    "all older, no drift": World(60, 150, same_period=False),
}
HALF = World(150, 150, factor=0.5, same_period=False)
POWER = {
    "half the median, 150 older": HALF,
    "a third off, 150 older": replace(HALF, trial=300, factor=2 / 3),
    "half the median, same period": replace(HALF, comparison=375, same_period=True),
    "a third off, same period": replace(HALF, trial=300, comparison=750, factor=2 / 3, same_period=True),
}


HALVED, THIRD = (22, 75), (80, None)
PROMISED = {
    "half the median, 150 older": HALVED,
    "a third off, 150 older": THIRD,
    "half the median, same period": HALVED,
    "a third off, same period": THIRD,
}
"""At most so many trial issues until half of the runs, and 95 % of them, have found it."""
ALARMS = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--only", default="", help="settings whose name holds this")
    options = parser.parse_args()
    runs, kept = options.runs, True
    print(f"No effect: share of {runs} experiments that claim one (promised: at most {ALARMS:.0%})")  # noqa: T201
    for name, world in HONEST.items():
        if options.only in name:
            began = time.monotonic()
            share = false_alarms(world, runs)
            kept &= share <= ALARMS
            print(f"  {name:30}{share:7.2%}   {time.monotonic() - began:5.0f} s", flush=True)  # noqa: T201
    if options.only in "older, with drift":
        share = false_alarms(World(60, 150, drift=-1.0, same_period=False), runs)
        print(f"  {'older, with drift':30}{share:7.2%}   no promise: the result says what it can't separate")  # noqa: T201
    print(f"An effect: trial issues until half of {runs} experiments, and 95 % of them, have found it")  # noqa: T201
    for name, world in POWER.items():
        if options.only in name:
            began = time.monotonic()
            half, most = np.percentile(found_after(world, runs), [50, 95], method="inverted_cdf")
            limits = PROMISED.get(name, (None, None))
            kept &= all(limit is None or found <= limit for found, limit in zip((half, most), limits, strict=True))
            told = ", ".join(
                f"{share} ≤ {limit}" for share, limit in zip(("half", "95 %"), limits, strict=True) if limit
            )
            print(f"  {name:30}{half:7.0f}{most:8.0f}   {time.monotonic() - began:5.0f} s   {told}", flush=True)  # noqa: T201
    print("All promises kept." if kept else "A promise is not kept.")  # noqa: T201
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""How many issues will be finished by when: the days of the past, drawn again many times (Monte Carlo).

Each run draws as many days from the sample as lie ahead and adds up what was finished on them. The sample is every day
of the window, those without any finish included. It says what happens if the work goes on as in the window, and
nothing about work that goes another way. The seed is fixed: the same days give the same forecast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

import numpy as np

from eal_jira.learning.measures import Measures

RUNS = 10_000
SEED = 7
CERTAINTIES = (95, 85, 70, 50)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the runs came to for one number of days ahead."""

    days: int
    until: date
    #: certainty in per cent → at least so many are finished
    at_least: dict[int, int]
    #: number of issues → in how many runs
    runs: dict[int, int]


def per_day(issues: Iterable[Measures], first: date, last: date, zone: tzinfo) -> list[int]:
    """Issues finished on each day from `first` to `last`, both included, on the clock of `zone`."""
    counts = [0] * ((last - first).days + 1)
    for issue in issues:
        if issue.finished is not None:
            place = (issue.finished.astimezone(zone).date() - first).days
            if 0 <= place < len(counts):
                counts[place] += 1
    return counts


def forecast(sample: Sequence[int], today: date, ahead: Sequence[int], *, runs: int = RUNS) -> tuple[Forecast, ...]:
    """For each number of days ahead of `today`; the longest way is drawn once, shorter ones are its beginning."""
    if not sample or not ahead:
        return ()
    dice = np.random.default_rng(SEED)
    drawn = dice.choice(np.asarray(sample, dtype=np.int64), size=(runs, max(ahead))).cumsum(axis=1)
    found = []
    for days in ahead:
        totals = drawn[:, days - 1]
        at_least = {
            certainty: int(np.quantile(totals, 1 - certainty / 100, method="inverted_cdf")) for certainty in CERTAINTIES
        }
        values, counts = np.unique(totals, return_counts=True)
        found.append(
            Forecast(
                days, today + timedelta(days=days), at_least, dict(zip(values.tolist(), counts.tolist(), strict=True))
            )
        )
    return tuple(found)

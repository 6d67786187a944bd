"""How strongly do trial issues speak against "no difference", however often somebody looks?

A conformal test martingale (Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random World*, 2nd ed. 2022, ch. 8).
Issues come in an order that has nothing to do with their values. Each trial issue gets its randomised rank among the
issues of its bag that came before it, as a number between 0 and 1. If trial and comparison issues don't differ, these
numbers are independent and uniform, whatever the distribution, ties and tails. So nobody can win by betting against
it: the expected wealth of a bettor who began with 1 stays 1, and the chance that it *ever* reaches 20 is at most 1 in
20 (Ville's inequality). Looking early or daily spoils nothing.

The bets are an even mixture of the power densities κp^(κ−1), 0 < κ < 1 (Vovk, "Testing randomness online", Statistical
Science 36, 2021), which grow when the ranks are low.

What joined the bag stays in it: ranking every trial issue within one fixed comparison set looks alike and is not,
since the set's own luck is then betted on again and again (7 to 10 % false alarms where 5 % were promised).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Floats = npt.NDArray[np.float64]

ENOUGH = 20.0
"""Wealth that counts as evidence: under no difference it is reached in at most 5 of 100 experiments."""

_KAPPA = np.linspace(0.005, 0.995, 100)
_SMALLEST = 1e-300
_MOST = 690.0
"""Logarithm of a wealth beyond which nobody counts on: it stays a number that can be kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One issue in the order in which it is counted; lower values are better."""

    value: float
    trial: bool
    #: only issues of one bag are ranked among each other
    bag: Hashable
    #: decides between equal values: uniform between 0 and 1, and drawn without looking at the value
    lot: float


def ranks(entries: Iterable[Entry]) -> Floats:
    """The randomised rank of each trial issue, from 0 (best) to 1, in the order of the entries."""
    bags: dict[Hashable, list[float]] = defaultdict(list)
    found = []
    for entry in entries:
        bag = bags[entry.bag]
        if entry.trial:
            below = bisect_left(bag, entry.value)
            even = bisect_right(bag, entry.value) - below
            found.append((below + entry.lot * (even + 1)) / (len(bag) + 1))
        insort(bag, entry.value)
    return np.asarray(found, dtype=np.float64)


def wealth(found: Floats) -> Floats:
    """What a bettor on low ranks owns after each trial issue, having begun with 1."""
    if not len(found):
        return np.empty(0)
    log_sums = np.cumsum(np.log(np.maximum(found, _SMALLEST)))[:, None]
    count = np.arange(1, len(found) + 1)[:, None]
    each = special.logsumexp(count * np.log(_KAPPA) + (_KAPPA - 1) * log_sums, axis=1) - np.log(len(_KAPPA))
    owned: Floats = np.exp(np.minimum(each, _MOST))
    return owned


def reached(owned: Sequence[float] | Floats, enough: float = ENOUGH) -> int | None:
    """After how many trial issues the wealth first was `enough`; None when it never was."""
    hits = np.flatnonzero(np.asarray(owned) >= enough)
    return int(hits[0]) + 1 if len(hits) else None


def issues_needed(effect: float, enough: float = ENOUGH) -> int | None:
    """About how many trial issues evidence takes, when a trial issue does better with probability `effect`.

    For values that are normal on some scale, the one group shifted against the other; about half of the experiments
    take fewer. None where there is no effect in the direction of the bets, or one so small that nobody would wait.
    """
    if effect <= 0.5:
        return None
    shift = float(np.sqrt(2) * stats.norm.ppf(min(effect, 1 - 1e-9)))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    log_rank = float(np.sum(weights * stats.norm.logcdf(nodes - shift)) / np.sum(weights))
    growth = -np.log(-log_rank) - 1 - log_rank
    if growth < 1e-3:
        return None
    plain = np.log(enough) / growth
    # the mixture pays for not knowing the best bet (about half a logarithm of the number of issues), and the bag is
    # finite; the last half is what both took in simulation
    return int(np.ceil((np.log(enough) + 0.5 * np.log(max(plain, 1.0)) + 0.5) / growth))

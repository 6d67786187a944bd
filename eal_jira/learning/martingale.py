"""How strongly do trial issues speak against "no difference", however often somebody looks?

A conformal test martingale (Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random World*, 2nd ed. 2022, ch. 8).
Issues come in an order that has nothing to do with their values. Each trial issue gets its randomised rank among the
issues of its bag that came before it, as a number between 0 and 1. If trial and comparison issues don't differ, these
numbers are independent and uniform, whatever the distribution, ties and tails. So nobody can win by betting against
it: the expected wealth of a bettor who began with 1 stays 1, and the chance that it *ever* reaches 20 is at most 1 in
20 (Ville's inequality). Looking early or daily spoils nothing.

The bets are densities on the ranks that grow when these are low, half of the stake on either kind. Power densities
κp^(κ−1) (Vovk, "Testing randomness online", Statistical Science 36, 2021) look at the lowest ranks and suit heavy
tails. Normal shifts φ(z−δ)/φ(z), with z the normal quantile of 1−p, look at all ranks. They are the best bet there is
where times are log-normal and shifted, and need a third fewer issues there. Any density is a fair bet, whatever the
data.

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

_KAPPA = np.linspace(0.3, 0.9, 50)
_DELTA = np.linspace(0.2, 1.0, 50)
"""From a shift that takes hundreds of issues to one that takes a handful."""
_SMALLEST = 1e-12
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
    inner = np.clip(found, _SMALLEST, 1 - _SMALLEST)
    count = np.arange(1, len(found) + 1)[:, None]
    powers = count * np.log(_KAPPA) + (_KAPPA - 1) * np.cumsum(np.log(inner))[:, None]
    shifts = _DELTA * np.cumsum(-special.ndtri(inner))[:, None] - count * _DELTA**2 / 2
    bets = np.hstack([powers, shifts])
    each = special.logsumexp(bets, axis=1) - np.log(bets.shape[1])
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
    growth = shift**2 / 2
    if growth < 1e-3:
        return None
    plain = np.log(enough) / growth
    # the mixture pays for not knowing the best bet (about half a logarithm of the number of issues), and the bag is
    # finite, a batch of the same period more so; the last half is what both took in simulation
    return int(np.ceil((np.log(enough) + 0.5 * np.log(max(plain, 1.0)) + 0.5) / growth))

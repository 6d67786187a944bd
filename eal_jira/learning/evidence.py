"""Two groups of issues compared: does a trial issue do better, how sure is that, and in which words do we say it.

- *Effect*: the probability that a trial issue does better than a comparison issue of its own stratum, ties counting
  half (the Mann–Whitney parameter). Strata of m trial and n comparison issues weigh mn/(m+n), the weights of van
  Elteren (1960): every stratum counts by how much it can tell. A stratum with one side empty tells nothing and is left
  out, and how many issues that leaves out is said.
- *Interval*: the score-type interval of Newcombe (2006, Statistics in Medicine 25:559–573, method 5), its variances
  added up over the strata with those weights and corrected for ties as in the rank-sum test. At ½ that variance is
  exactly the rank-sum test's, so interval and test speak with one voice.
- *p-value*: the labels are shuffled within strata, two-sided; drawn until 100 shuffles lie as far out as the data or
  9,999 are drawn, which keeps the level exact (Besag & Clifford 1991, Biometrika 78:301–304). The dice are seeded by
  the ranks: the same data, in any order and any unit, give the same number.
- *Medians*: each stratum weighted as in the effect, so that both medians speak of the same mix of issues.

With fewer than `min_group` comparable issues on either side there is no figure at all and the verdict is "cannot tell".
What is compared here is observed, not drawn by lot: a difference is an association.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from eal_jira.learning.keepable import Keepable
from eal_jira.learning.wording import Phrase, as_told, comparisons, often_even, percent

Direction = Literal["lower", "higher"]
Floats = npt.NDArray[np.float64]

ENOUGH_AS_FAR = 100
DRAWS = 9_999
BATCH = 1_000


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Sample:
    """One finished issue: its number, and the stratum in which it may be compared."""

    value: float
    stratum: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a sample's value is a finite number, not {self.value}")


@dataclass(frozen=True, slots=True)
class Evidence(Keepable):
    """What a comparison says. The numbers are None when there are too few issues for any figure."""

    verdict: Verdict
    #: for the team, with the numbers in it
    sentence: str
    phrase: Phrase
    #: the p-value at or under which a difference is called one; the interval covers 1 − level
    level: float
    #: comparable issues, on which every number rests
    n_trial: int
    n_comparison: int
    #: issues whose stratum has no counterpart on the other side
    outside_trial: int
    outside_comparison: int
    #: probability that a trial issue does better, ties half; `low` to `high` is its interval
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    #: share of the comparisons in which the trial issue did better, and worse; the rest were even
    ahead: float | None = None
    behind: float | None = None
    median_trial: float | None = None
    median_comparison: float | None = None
    p_value: float | None = None
    #: after correction for everything tested at the same time, where there was more than this one
    p_corrected: float | None = None

    def corrected(self, p: float) -> Evidence:
        """The same evidence when this question was one of many and `p` is its corrected p-value."""
        return _conclude(replace(self, p_corrected=p))


class _Stratum(NamedTuple):
    """One stratum, lower being better: m sorted trial values, n sorted comparison values, its share of the weight."""

    trial: Floats
    comparison: Floats
    weight: float

    @property
    def pairs(self) -> int:
        return len(self.trial) * len(self.comparison)

    @property
    def ranks(self) -> Floats:
        """Midranks, the trial's first."""
        return np.asarray(stats.rankdata(np.concatenate([self.trial, self.comparison])), dtype=np.float64)


class Effect(NamedTuple):
    """How two groups differ, in numbers; see the module's text for the methods."""

    #: probability that a trial issue does better, ties half; `low` to `high` is its interval
    effect: float
    low: float
    high: float
    #: share of the comparisons in which the trial issue did better, and worse; the rest were even
    ahead: float
    behind: float
    median_trial: float
    median_comparison: float


class Matched:
    """Two groups, matched by stratum."""

    def __init__(self, trial: Sequence[Sample], comparison: Sequence[Sample], better: Direction) -> None:
        self._sign = -1.0 if better == "higher" else 1.0
        self._strata = _strata(trial, comparison, self._sign)
        #: comparable issues, on which every number rests
        self.n_trial = sum(len(stratum.trial) for stratum in self._strata)
        self.n_comparison = sum(len(stratum.comparison) for stratum in self._strata)

    def effect(self, level: float) -> Effect:
        """Needs at least one comparable issue on either side."""
        strata, sign = self._strata, self._sign
        # sorted values: searchsorted counts, for each trial issue, the comparison issues below it and not above it
        ahead = sum(
            s.weight * float(np.sum(len(s.comparison) - np.searchsorted(s.comparison, s.trial, "right"))) / s.pairs
            for s in strata
        )
        behind = sum(s.weight * float(np.sum(np.searchsorted(s.comparison, s.trial, "left"))) / s.pairs for s in strata)
        effect = min(1.0, max(0.0, (1 + ahead - behind) / 2))
        low, high = _interval(effect, strata, level)
        return Effect(
            effect=effect,
            low=low,
            high=high,
            ahead=ahead,
            behind=behind,
            median_trial=_median([(sign * s.trial, s.weight) for s in strata]),
            median_comparison=_median([(sign * s.comparison, s.weight) for s in strata]),
        )

    def p_value(self) -> float:
        return _p_value(self._strata)


def compare(
    trial: Sequence[Sample],
    comparison: Sequence[Sample],
    better: Direction = "lower",
    *,
    phrase: Phrase | None = None,
    min_group: int = 5,
    level: float = 0.05,
) -> Evidence:
    """What `trial` says against `comparison`; see the module's text for the methods."""
    matched = Matched(trial, comparison, better)
    n_trial, n_comparison = matched.n_trial, matched.n_comparison
    nothing_yet = Evidence(
        verdict=Verdict.CANNOT_TELL,
        sentence=f"Too few comparable issues to tell yet: at least {min_group} on each side are needed.",
        phrase=phrase or Phrase(),
        level=level,
        n_trial=n_trial,
        n_comparison=n_comparison,
        outside_trial=len(trial) - n_trial,
        outside_comparison=len(comparison) - n_comparison,
    )
    if min(n_trial, n_comparison) < min_group:
        return nothing_yet
    return _conclude(replace(nothing_yet, **matched.effect(level)._asdict(), p_value=matched.p_value()))


def _strata(trial: Sequence[Sample], comparison: Sequence[Sample], sign: float) -> list[_Stratum]:
    """The strata that both sides share, in the order of their names, weights adding up to 1."""
    sides: dict[tuple[str, ...], tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for side, group in enumerate((trial, comparison)):
        for sample in group:
            sides[sample.stratum][side].append(sign * sample.value)
    shared = [(np.sort(ours), np.sort(theirs)) for _, (ours, theirs) in sorted(sides.items()) if ours and theirs]
    weights = [len(ours) * len(theirs) / (len(ours) + len(theirs)) for ours, theirs in shared]
    return [
        _Stratum(ours, theirs, weight / sum(weights)) for (ours, theirs), weight in zip(shared, weights, strict=True)
    ]


def _interval(effect: float, strata: Sequence[_Stratum], level: float) -> tuple[float, float]:
    """Every probability that lies within z standard errors of `effect`, the error taken at that probability."""
    z = float(stats.norm.isf(level / 2))
    ties = [float(stats.tiecorrect(s.ranks)) for s in strata]
    if not any(ties):  # nothing differs anywhere: the uncorrected, wider variance, as no width would claim certainty
        ties = [1.0] * len(strata)
    shares = [s.weight**2 * tie / s.pairs for s, tie in zip(strata, ties, strict=True)]
    once = sum(shares)
    often = sum(share * (len(s.ranks) / 2 - 1) for share, s in zip(shares, strata, strict=True))

    def beyond(p: float) -> float:
        variance = p * (1 - p) * (once + often * ((1 - p) / (2 - p) + p / (1 + p)))
        return (effect - p) ** 2 - z**2 * variance

    # At effect 0 or 1 the outer limit is that end; a hair inside of it the inner limit is bracketed.
    inside = min(max(effect, 1e-9), 1 - 1e-9)
    low = float(optimize.brentq(beyond, 0.0, inside)) if effect > 0 else 0.0
    high = float(optimize.brentq(beyond, inside, 1.0)) if effect < 1 else 1.0
    return low, high


def _p_value(strata: Sequence[_Stratum]) -> float:
    """How often a split by lot within the strata lies at least as far from "no difference" as the split we have."""
    # Summed over a side, these scores give ±(effect − ½); the smaller side is drawn, as that is less work.
    scores = [s.weight / s.pairs * (s.ranks - (len(s.ranks) + 1) / 2) for s in strata]
    observed = abs(sum(float(score[: len(s.trial)].sum()) for score, s in zip(scores, strata, strict=True)))
    as_far = observed - 1e-12
    seed = hashlib.sha256(b"".join(s.ranks.astype("<f8").tobytes() + bytes([0]) for s in strata)).digest()
    dice = np.random.default_rng(int.from_bytes(seed[:8], "little"))
    found = drawn = 0
    while drawn < DRAWS:
        batch = min(BATCH, DRAWS - drawn)
        shuffled = np.zeros(batch)
        for score, s in zip(scores, strata, strict=True):
            fewer = min(len(s.trial), len(s.comparison))
            lots = dice.random((batch, len(score))).argpartition(fewer - 1, axis=1)[:, :fewer]
            side = 1.0 if fewer == len(s.trial) else -1.0
            shuffled += side * score[lots].sum(axis=1)
        hits = np.flatnonzero(np.abs(shuffled) >= as_far)
        if found + len(hits) >= ENOUGH_AS_FAR:
            return ENOUGH_AS_FAR / (drawn + int(hits[ENOUGH_AS_FAR - found - 1]) + 1)
        found += len(hits)
        drawn += batch
    return (found + 1) / (DRAWS + 1)


def _median(groups: Sequence[tuple[Floats, float]]) -> float:
    """The weighted median of groups of values, each group sharing its weight; of two middle ones the lower."""
    values = np.concatenate([values for values, _ in groups])
    weights = np.concatenate([np.full(len(values), weight / len(values)) for values, weight in groups])
    # divided by one of them, equal weights are exactly 1 and add up without rounding
    return float(np.quantile(values, 0.5, weights=weights / weights[0], method="inverted_cdf"))


def _conclude(evidence: Evidence) -> Evidence:
    """Verdict and sentence that follow from the numbers; without numbers they stay as they are."""
    e = evidence
    p = e.p_value if e.p_corrected is None else e.p_corrected
    if p is None or e.effect is None or e.low is None or e.high is None or e.ahead is None or e.behind is None:
        return e
    verdict = Verdict.CANNOT_TELL
    if p <= e.level:
        # Correction and rounding of the dice may let test and interval differ at the edge: then we can't tell either.
        verdict = Verdict.BETTER if e.low > 0.5 else Verdict.WORSE if e.high < 0.5 else Verdict.CANNOT_TELL
    return replace(e, verdict=verdict, sentence=_sentence(verdict, e, e.effect, e.low, e.high, e.ahead, e.behind))


def _sentence(
    verdict: Verdict, e: Evidence, effect: float, low: float, high: float, ahead: float, behind: float
) -> str:
    said = comparisons(effect, ahead, behind, e.phrase)
    counted = " counting even ones half" if often_even(ahead, behind) else ""
    effect, low, high = as_told(effect, low, high, ahead, behind)
    numbers = (
        f"{percent(effect)}{counted}, {percent(1 - e.level)} interval {percent(low)} to {percent(high)};"
        f" {e.n_trial} issues against {e.n_comparison}"
    )
    tail = "; chance alone could explain this, so we cannot tell yet." if verdict is Verdict.CANNOT_TELL else "."
    return f"{said} ({numbers}){tail}"

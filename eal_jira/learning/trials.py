"""The evidence of a running experiment so far, measure by measure; `conclusions` says what follows from it.

- *Order.* Issues count in the order in which they were begun, and only up to the first whose outcome is not known yet:
  nobody gets ahead by being quick. An unfinished issue is known as soon as it is older than the *cap* (a length fixed
  when the experiment begins); then it counts as having taken the cap, as do finished ones that took longer
  (`capped`). So unfinished issues are handled, not dropped, and both groups alike.
- *Same period.* Where comparison issues are worked on beside the trial issues, issues of a stratum are gathered into
  batches of neighbours in time, and ranks are taken within a batch. A drift that touches both groups then moves them
  together and is no evidence. A batch counts when it is full: `BATCH` comparison issues and a trial issue.
- *Before and after.* Where all comparison issues are older, one bag a stratum holds them all. Whatever else changed in
  between is in the difference as well; the sentence says so.
- *Evidence* is the wealth of `martingale`, in both directions; 20 is enough. Ranks that tie are parted by a lot drawn
  from the names of experiment and issue: the same data give the same answer.
- *Interval* of the effect, good at every look: an asymptotic confidence sequence (Waudby-Smith and others,
  "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52, 2024), narrowest
  near `NARROWEST` trial issues.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from scipy import stats

from eal_jira.learning.evidence import Direction, Matched, Sample
from eal_jira.learning.keepable import Keepable
from eal_jira.learning.martingale import Entry, issues_needed, ranks, reached, wealth
from eal_jira.learning.wording import Phrase

BATCH = 20
"""Comparison issues in a batch of the same period: fewer make ranks coarse, more let a drift in."""

NARROWEST = 30
LEVEL = 0.05


class State(StrEnum):
    """DESIGN 6."""

    GATHERING = "gathering"
    WORKS = "works"
    DOES_NOT = "doesn't"
    NO_DIFFERENCE = "no difference shown"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Observation:
    """One issue that takes part, on either side."""

    issue_id: str
    begun: datetime
    trial: bool
    stratum: tuple[str, ...]
    #: None while it is not known; see `capped`
    value: float | None


def capped(value: float | None, age: float, cap: float) -> float | None:
    """The value of a length that is cut off at `cap`: of a finished issue `value`, of an unfinished one its age.

    All three in the same unit. None: younger than the cap and unfinished, so nobody knows yet.
    """
    if value is not None:
        return min(value, cap)
    return cap if age >= cap else None


@dataclass(frozen=True, slots=True)
class TrialEvidence(Keepable):
    """What one measure says. The numbers are None while there are too few issues for any figure."""

    #: the wealth at its highest: against "no difference" because the trial does better, and because it does worse
    e_better: float
    e_worse: float
    #: after how many trial issues it was enough; None: it was not
    better_after: int | None
    worse_after: int | None
    #: issues that count by now, and those whose turn hasn't come
    n_trial: int
    n_comparison: int
    waiting_trial: int
    #: comparison issues come from the same period
    same_period: bool
    #: how many more trial issues it takes if things go on like this, about; None: can't be said
    more_needed: int | None
    phrase: Phrase = field(default_factory=Phrase)
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    ahead: float | None = None
    behind: float | None = None
    median_trial: float | None = None
    median_comparison: float | None = None

    @property
    def verdict(self) -> State:
        """By this measure alone; `GATHERING` while neither direction has evidence."""
        if self.better_after is not None and (self.worse_after is None or self.better_after <= self.worse_after):
            return State.WORKS
        return State.GATHERING if self.worse_after is None else State.DOES_NOT


def weigh(
    observations: Iterable[Observation],
    better: Direction,
    *,
    name: str,
    same_period: bool,
    ended: bool = False,
    phrase: Phrase | None = None,
    min_group: int = 5,
) -> TrialEvidence:
    """The evidence of one measure. `name`: of experiment and measure, for the lots. `ended`: no further issues join."""
    ordered = sorted(observations, key=lambda seen: (seen.begun, seen.issue_id))
    known = _known(ordered)
    counted = _batches(known, closing=ended and len(known) == len(ordered)) if same_period else _one_bag(known)
    sign = -1.0 if better == "higher" else 1.0
    entries = [
        Entry(sign * value, seen.trial, bag, _lot(name, seen.issue_id))
        for bag, seen in counted
        if (value := seen.value) is not None
    ]
    found = ranks(entries)
    up, down = wealth(found), wealth(1 - found)
    ours = [Sample(seen.value, seen.stratum) for _, seen in counted if seen.trial and seen.value is not None]
    theirs = [Sample(seen.value, seen.stratum) for _, seen in counted if not seen.trial and seen.value is not None]
    matched = Matched(ours, theirs, better)
    evidence = TrialEvidence(
        e_better=float(up.max(initial=1.0)),
        e_worse=float(down.max(initial=1.0)),
        better_after=reached(up),
        worse_after=reached(down),
        n_trial=matched.n_trial,
        n_comparison=matched.n_comparison,
        waiting_trial=sum(seen.trial for seen in ordered) - len(ours),
        same_period=same_period,
        more_needed=None,
        phrase=phrase or Phrase(),
    )
    if min(matched.n_trial, matched.n_comparison) < min_group:
        # so few are no group: however clear it is, nothing is said of them
        return replace(evidence, better_after=None, worse_after=None)
    effect = matched.effect(_level_at_every_look(matched.n_trial))
    needed = issues_needed(max(effect.effect, 1 - effect.effect))
    return replace(
        evidence, **effect._asdict(), more_needed=None if needed is None else max(1, needed - matched.n_trial)
    )


# --- the order in which issues count ----------------------------------------------------------------------------


def _known(ordered: Sequence[Observation]) -> Sequence[Observation]:
    unknown = next((place for place, seen in enumerate(ordered) if seen.value is None), len(ordered))
    return ordered[:unknown]


Counted = list[tuple[Hashable, Observation]]


def _one_bag(known: Sequence[Observation]) -> Counted:
    """A bag for each stratum, comparison issues first: they are all older, or taken to be."""
    return [(seen.stratum, seen) for seen in sorted(known, key=lambda seen: seen.trial)]


def _batches(known: Sequence[Observation], *, closing: bool) -> Counted:
    """Full batches of each stratum, in the order in which they filled; the open rest too when nothing more will come.

    Which issues share a batch, and when it is full, follows from groups and times alone, never from values.
    """
    gathered: dict[tuple[str, ...], list[Observation]] = defaultdict(list)
    number: dict[tuple[str, ...], int] = defaultdict(int)
    counted: Counted = []

    def count(stratum: tuple[str, ...]) -> None:
        bag = (stratum, number[stratum])
        counted.extend((bag, seen) for seen in sorted(gathered[stratum], key=lambda seen: seen.trial))
        gathered[stratum] = []
        number[stratum] += 1

    for seen in known:
        batch = gathered[seen.stratum]
        batch.append(seen)
        trial = sum(each.trial for each in batch)
        if trial and len(batch) - trial >= BATCH:
            count(seen.stratum)
    if closing:
        for stratum in list(gathered):
            count(stratum)
    return counted


def _lot(name: str, issue_id: str) -> float:
    digest = hashlib.sha256(f"{name}\x1f{issue_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _level_at_every_look(n: int) -> float:
    """The level of an ordinary interval that is as wide as the one that holds at every look together."""
    tuned = (-2 * math.log(LEVEL) + math.log(-2 * math.log(LEVEL)) + 1) / NARROWEST
    grown = n * tuned + 1
    z = math.sqrt(2 * grown / (n * tuned) * math.log(math.sqrt(grown) / LEVEL))
    return float(2 * stats.norm.sf(z))

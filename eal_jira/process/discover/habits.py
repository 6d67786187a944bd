"""What every learner takes and gives: thresholds, a learnt guideline with its evidence, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from eal_jira.process.names import folded


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on something is a habit. Stated in every draft."""

    #: a step counts as usual when it was taken at least so many times …
    step_times: int = 5
    #: … by at least so many issues …
    step_issues: int = 3
    #: … and makes up at least this share of the steps out of its status
    step_share: float = 0.005
    #: fields, times and hands are learnt only from at least so many issues
    least_issues: int = 20
    #: a field is usual in a status when this share of the issues brought it along …
    field_share: float = 0.95
    #: … and at most this share of all issues had it from the start
    field_at_creation: float = 0.8
    #: a limit covers this share of the stays: the usual service level expectation (Kanban Guide, 2020)
    percentile: float = 0.85
    #: two steps are usually taken by two people when this share of them were
    hands_share: float = 0.9


@dataclass(frozen=True, slots=True)
class CounterExample:
    """One way in which the history departs from what was learnt."""

    what: str
    count: int
    #: all the issues, in natural order
    issues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learnt:
    """One guideline of the draft."""

    id: str
    title: str
    purpose: str
    #: as it stands in a guideline file
    rule: Mapping[str, object]
    #: so many of `of` cases follow it
    followed: int
    of: int
    #: what was counted: "steps", "arrivals in Done", …
    cases: str
    counter_examples: tuple[CounterExample, ...] = ()
    #: support of single lines of the rule, by their key in its `from` table
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def support(self) -> str:
        share = f"{100 * self.followed / self.of:.1f} %" if self.of else "none"
        return f"{self.followed} of {self.of} {self.cases} ({share})"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why something was not learnt."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Habits:
    team: str
    issues: int
    #: the first and last moment of the history; None without any issue
    first: datetime | None
    last: datetime | None
    thresholds: Thresholds
    learnt: tuple[Learnt, ...]
    #: a sentence each: what the history is too thin for
    left_out: tuple[str, ...]


def identifier(prefix: str, *names: str) -> str:
    """A guideline id out of names: lower case, digits and dashes, at most 80 characters."""
    words = "-".join([prefix, *names])
    plain = re.sub(r"[^a-z0-9]+", "-", folded(words)).strip("-")
    return plain[:80].rstrip("-")


def unique(learnt: Iterable[Learnt | LeftOut]) -> Iterable[Learnt | LeftOut]:
    """Names in other scripts can leave the same id twice; the later ones get a number."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    for part in learnt:
        if isinstance(part, LeftOut):
            yield part
            continue
        seen[part.id] = seen.get(part.id, 0) + 1
        yield part if seen[part.id] == 1 else replace(part, id=f"{part.id[:76]}-{seen[part.id]}")


def natural(keys: Iterable[str]) -> tuple[str, ...]:
    """Issue keys without repetition, PAY-9 before PAY-10."""

    def order(key: str) -> tuple[str, int, str]:
        head, _, number = key.rpartition("-")
        return head, int(number) if number.isdigit() else 0, key

    return tuple(sorted(set(keys), key=order))

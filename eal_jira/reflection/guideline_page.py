"""What stands on the page of a team's guidelines: purpose, reasons, past cases, history. Nobody is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.practices import Practice
from eal_jira.process.applies import phrase
from eal_jira.process.differences import difference
from eal_jira.process.rules import parse_rule
from eal_jira.process.versions import ALWAYS, IMPORTED, GuidelineVersion, in_force

Seen = Mapping[str, Sequence[tuple[str, int]]]
"""Guideline → ways in which work departed from it, with the number of issues."""


@dataclass(frozen=True, slots=True)
class Stillness:
    """When something last stirred, and how long it may be still before people are told: where nothing new is tried any
    more, decline follows (the mission, 2.36)."""

    #: guideline → the last departure, experiment or proposal
    stirred: Mapping[str, datetime]
    #: since when anybody has been looking
    begun: datetime
    after: timedelta

    def since(self, version: GuidelineVersion, now: datetime) -> datetime | None:
        """Since when the guideline has been quiet; None: it is not."""
        moments = (self.stirred.get(version.guideline), version.in_force_from, self.begun)
        last = max(at for at in moments if at is not None)
        return last if now - last >= self.after else None


def page(
    versions: Sequence[GuidelineVersion],
    now: datetime,
    zone: tzinfo,
    seen: Seen,
    practices: Sequence[Practice],
    min_group: int,
    stillness: Stillness,
) -> dict[str, Any]:
    """What the template needs; the same guidelines and cases give the same."""
    current = in_force(versions, now)
    ids = {version.guideline for version in current}
    ended = [v for v in versions if v.retired and v.in_force_until is None and v.guideline not in ids]
    return {
        "guidelines": [
            {
                **_guideline(v, versions, zone, seen, practices, min_group),
                "quiet": None if (at := stillness.since(v, now)) is None else at.astimezone(zone).date(),
            }
            for v in current
        ],
        "changes": [_changes(versions, now.astimezone(zone).date(), zone, back) for back in (0, 1)],
        "retired": [{"title": v.title, "since": v.in_force_from.astimezone(zone).date()} for v in ended],
        "min_group": min_group,
    }


def often_enough(seen: Seen, guideline: str, min_group: int) -> list[dict[str, Any]]:
    """The ways that enough issues went, the most frequent first."""
    told = [(label, issues) for label, issues in seen.get(guideline, ()) if issues >= min_group]
    return [{"label": label, "issues": issues} for label, issues in sorted(told, key=lambda way: (-way[1], way[0]))]


def asked(version: GuidelineVersion) -> str:
    """What a version asks, in a sentence."""
    return "" if version.rule is None else parse_rule(version.rule).describe()


def _changes(versions: Sequence[GuidelineVersion], today: date, zone: tzinfo, back: int) -> int:
    """How many versions came in this quarter of the year, or so many before it; a first version changes nothing."""
    quarter = today.year * 4 + (today.month - 1) // 3 - back
    days = [v.in_force_from.astimezone(zone).date() for v in versions if v.version > 1]
    return sum(day.year * 4 + (day.month - 1) // 3 == quarter for day in days)


def _guideline(
    version: GuidelineVersion,
    versions: Sequence[GuidelineVersion],
    zone: tzinfo,
    seen: Seen,
    practices: Sequence[Practice],
    min_group: int,
) -> dict[str, Any]:
    history = [v for v in versions if v.guideline == version.guideline and v.version <= version.version]
    told = [p for p in practices if p.guideline == version.guideline and p.verdict is not Verdict.CANNOT_TELL]
    return {
        "version": version,
        "rule": asked(version) if version.checked else "",
        "grade": str(version.grade),
        "applies": phrase(version.applies_to),
        "holds": phrase(version.holds_when),
        "exceptions": [phrase(table) for table in version.except_],
        "seen": often_enough(seen, version.guideline, min_group),
        "practices": [
            {"label": p.label, "verdict": str(p.verdict), "sentences": p.sentences}
            for p in told
            if len(p.trial) >= min_group
        ],
        "history": [
            {
                "version": after.version,
                "since": after.in_force_from.astimezone(zone).date(),
                "origin": "" if after.origin == IMPORTED else after.origin,
                "lines": difference(before, after),
                "old_way": after.old_way,
            }
            for before, after in reversed(list(pairwise(history)))
        ]
        + [_first(history[0], zone)],
    }


def _first(version: GuidelineVersion, zone: tzinfo) -> dict[str, Any]:
    since = None if version.in_force_from == ALWAYS else version.in_force_from.astimezone(zone).date()
    return {"version": version.version, "since": since, "origin": "", "lines": (), "old_way": ""}

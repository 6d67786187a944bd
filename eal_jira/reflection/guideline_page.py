"""What stands on the page of a team's guidelines: purpose, reasons, past cases, history. Nobody is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
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


def page(
    versions: Sequence[GuidelineVersion],
    now: datetime,
    zone: tzinfo,
    seen: Seen,
    practices: Sequence[Practice],
    min_group: int,
) -> dict[str, Any]:
    """What the template needs; the same guidelines and cases give the same."""
    current = in_force(versions, now)
    ids = {version.guideline for version in current}
    ended = [v for v in versions if v.rule is None and v.in_force_until is None and v.guideline not in ids]
    return {
        "guidelines": [_guideline(v, versions, zone, seen, practices, min_group) for v in current],
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
            }
            for before, after in reversed(list(pairwise(history)))
        ]
        + [_first(history[0], zone)],
    }


def _first(version: GuidelineVersion, zone: tzinfo) -> dict[str, Any]:
    since = None if version.in_force_from == ALWAYS else version.in_force_from.astimezone(zone).date()
    return {"version": version.version, "since": since, "origin": "", "lines": ()}

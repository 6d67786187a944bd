"""The plan of the experiment that finds out on purpose what was only seen, or only hoped for, so far."""

from __future__ import annotations

import hashlib

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.outcomes import OUTCOMES
from eal_jira.learning.plans import Plan
from eal_jira.learning.practices import Practice
from eal_jira.process.applies import phrase

SIZE = 40
"""Trial issues: a halved median is found with half of them, a third off with a little more."""


def plan_for(team: str, practice: Practice, origin: str) -> Plan:
    """What a practice asks: done so on purpose, does it still go better? Ready to start."""
    better = [o for o in OUTCOMES if o.name in practice.evidence and _is_better(practice, o.name)]
    measure = better[0] if better else OUTCOMES[0]
    where = f" ({phrase(practice.condition)})" if practice.condition else ""
    return Plan(
        title=f"{team}: try “{practice.label}” on purpose",
        hypothesis=(
            f"Work that departs from “{practice.title}” in this way ({practice.label}){where} {measure.phrase.better}."
        ),
        team=team,
        guideline=practice.guideline,
        measure=measure.name,
        better=measure.better,
        guards=tuple(o.name for o in OUTCOMES if o.name != measure.name and o.name in practice.evidence),
        label=label_for(origin),
        size=SIZE,
        origin=origin,
    )


def plan_of_idea(team: str, guideline: str, title: str, change: str, origin: str) -> Plan:
    """What a suggestion asks that nobody has numbers for yet."""
    measure, *guards = OUTCOMES
    return Plan(
        title=f"{team}: try a change of “{title}”",
        hypothesis=f"With the change ({change}) the work {measure.phrase.better}.",
        team=team,
        guideline=guideline,
        measure=measure.name,
        better=measure.better,
        guards=tuple(guard.name for guard in guards),
        label=label_for(origin),
        size=SIZE,
        origin=origin,
    )


def label_for(origin: str) -> str:
    """What people put on the issues that take part."""
    return f"try-{hashlib.sha256(origin.encode()).hexdigest()[:6]}"


def _is_better(practice: Practice, outcome: str) -> bool:
    return practice.evidence[outcome].verdict is Verdict.BETTER

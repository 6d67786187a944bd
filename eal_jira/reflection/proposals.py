"""From a practice that does better to a change of the guideline, as small as it can be said; and when it is time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.practices import Practice
from eal_jira.model import Trace
from eal_jira.process.applies import normal
from eal_jira.process.context import JudgeContext
from eal_jira.process.differences import difference
from eal_jira.process.rules import parse_rule
from eal_jira.process.versions import GuidelineVersion
from eal_jira.settings import PracticesPart
from eal_jira.store.learning import PracticeRow, ProposalRow

FINAL = ("approved", "declined", "withdrawn", "overtaken")


@dataclass(frozen=True, slots=True)
class Change:
    """The guideline as it would be, and what would be different, a line each."""

    version: GuidelineVersion
    lines: tuple[str, ...]


def change_for(practice: Practice, version: GuidelineVersion, context: JudgeContext, traces: Sequence[Trace]) -> Change:
    """The smallest change of `version` by which the practice would follow it; `traces` are the practice's issues."""
    return change_of(practice.signature, practice.condition, version, context, traces, narrow=bool(practice.where))


def change_of(
    signature: str,
    condition: Mapping[str, Sequence[str]],
    version: GuidelineVersion,
    context: JudgeContext,
    traces: Sequence[Trace],
    *,
    narrow: bool = False,
) -> Change:
    """The rule itself is moved where it can say so (a transition added, a limit moved); else an exception is added
    where the departure was seen; one that was seen everywhere asks whether the guideline still helps.

    `narrow`: it helps in one place only, and is never more than an exception there.
    """
    relaxed = None if narrow else parse_rule(version.rule or {}).relaxed(signature, context, traces)
    if relaxed is not None:
        new = replace(version, rule=relaxed.plain())
    elif condition:
        new = replace(version, except_=(*version.except_, normal(condition)))
    else:
        new = replace(version, rule=None, retired=True)
    return Change(new, difference(version, new))


class Step(StrEnum):
    """What a practice asks for now."""

    PROPOSE = "propose"
    PROBE = "probe"
    RENEW = "renew"


def told_to_managers(row: PracticeRow, part: PracticesPart, now: datetime) -> bool:
    """The team sees it first: managers do when it was shared, or after some days."""
    return row.shared is not None or now - row.first_seen >= timedelta(days=part.team_first)


def next_step(
    practice: Practice,
    shared: bool,
    version: GuidelineVersion | None,
    known: Iterable[ProposalRow],
    propose_from: float,
) -> tuple[Step, ProposalRow | None] | None:
    """What to do about a practice, and with which proposal of it. `known`: the team's proposals, `version`: the one of
    its guideline that is in force."""
    of_guideline = [row for row in known if row.guideline == practice.guideline]
    same = [
        row
        for row in of_guideline
        if row.signature == practice.subject and row.base_version == practice.version and row.evidence is not None
    ]
    living = next((row for row in same if row.state not in FINAL), None)
    if living is not None:
        # better or not: whoever decides is to know of it
        return (Step.RENEW, living) if _newer(practice, living) else None
    if practice.verdict is not Verdict.BETTER or not practice.told or not shared:
        return None
    if version is None or version.version != practice.version or version.mandatory:
        return None
    if any(row.state not in FINAL for row in of_guideline):
        # two changes of one text can't both be decided: the other one first
        return None
    if not all(_newer(practice, row) for row in same):
        return None
    return (Step.PROPOSE, None) if practice.strength >= propose_from else (Step.PROBE, None)


def _newer(practice: Practice, row: ProposalRow) -> bool:
    """Whether this is another look than the one that the proposal tells of."""
    return row.evidence is not None and practice.look > int(row.evidence.get("look", 1))

"""From a practice that does better to a change of the guideline, as small as it can be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eal_jira.learning.practices import Practice
from eal_jira.model import Trace
from eal_jira.process.applies import normal
from eal_jira.process.context import JudgeContext
from eal_jira.process.differences import difference
from eal_jira.process.rules import parse_rule
from eal_jira.process.versions import GuidelineVersion


@dataclass(frozen=True, slots=True)
class Change:
    """The guideline as it would be, and what would be different, a line each."""

    version: GuidelineVersion
    lines: tuple[str, ...]


def change_for(practice: Practice, version: GuidelineVersion, context: JudgeContext, traces: Sequence[Trace]) -> Change:
    """The smallest change of `version` by which the practice would follow it; `traces` are the practice's issues.

    The rule itself is moved where it can say so (a transition added, a limit moved); else an exception is added where
    the practice was seen; a practice that was seen everywhere asks whether the guideline still helps.
    """
    relaxed = parse_rule(version.rule or {}).relaxed(practice.signature, context, traces)
    if relaxed is not None:
        new = replace(version, rule=relaxed.plain())
    elif practice.condition:
        new = replace(version, except_=(*version.except_, normal(practice.condition)))
    else:
        new = replace(version, rule=None, retired=True)
    return Change(new, difference(version, new))

"""Two guidelines that no issue could follow both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from eal_jira.process.names import folded
from eal_jira.process.rules import Rule, parse_rule
from eal_jira.process.rules.absence import Absence
from eal_jira.process.rules.not_coexistence import NotCoexistence
from eal_jira.process.rules.precedence import Precedence
from eal_jira.process.rules.response import Response
from eal_jira.process.rules.succession import Succession
from eal_jira.process.versions import GuidelineVersion

_NEVER = datetime.max.replace(tzinfo=UTC)


def contradictions(versions: Sequence[GuidelineVersion]) -> Iterator[tuple[GuidelineVersion, GuidelineVersion, str]]:
    """Each version with an earlier listed one that it can't go together with, and why.

    Only versions of the same issues that are in force at the same time are held against each other. What has been
    found not to go together with an earlier one is out of the way of those after it.
    """
    kept: list[tuple[GuidelineVersion, Rule]] = []
    out: set[str] = set()
    for later in versions:
        if later.rule is None or later.guideline in out:
            continue
        rule = parse_rule(later.rule)
        for earlier, other in kept:
            if earlier.guideline in out or earlier.guideline == later.guideline or not _meet(earlier, later):
                continue
            if why := _why(other, rule) or _why(rule, other):
                out.add(later.guideline)
                yield later, earlier, why
                break
        else:
            kept.append((later, rule))


def _meet(one: GuidelineVersion, other: GuidelineVersion) -> bool:
    same = (one.applies_to, one.holds_when, one.except_) == (other.applies_to, other.holds_when, other.except_)
    begin = max(one.in_force_from, other.in_force_from)
    end = min(one.in_force_until or _NEVER, other.in_force_until or _NEVER)
    return same and begin < end


def _why(one: Rule, other: Rule) -> str:
    """Why nobody can follow both, "" when somebody can."""
    asks = isinstance(one, Precedence | Response | Succession)
    if asks and isinstance(other, type(one)) and _pair(one) == _pair(other)[::-1]:
        return "it asks for the same two statuses in the opposite order"
    if asks and isinstance(other, NotCoexistence) and set(_pair(one)) == set(_pair(other)):
        return "one asks for both statuses and the other for only one of them"
    if (
        asks
        and isinstance(other, Absence)
        and other.from_ is None
        and other.at_most == 0
        and folded(other.status) in _pair(one)
    ):
        return "one asks for a status that the other rules out"
    return ""


def _pair(rule: Rule) -> tuple[str, ...]:
    return tuple(map(folded, rule.statuses()))

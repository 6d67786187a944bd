"""The judge: a trace and guideline versions become deviations, by the rule of the day.

Every version's rule runs over the whole trace, and a finding counts when it happened while that version was in force.
So a rule that came later never judges what was done before it, and work in progress meets each version in its time.

A `Judge` is made once per cycle and team and then used for any number of traces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from eal_jira.model import Deviation, Event, Finding, Issue, Trace
from eal_jira.process.applies import Condition, any_matching, phrase
from eal_jira.process.context import JudgeContext
from eal_jira.process.guidelines import check_names
from eal_jira.process.problems import Problem
from eal_jira.process.rules import BadRule, Rule, parse_rule
from eal_jira.process.versions import GuidelineVersion, timeline

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Verdict:
    #: in the order in which they happened
    deviations: tuple[Deviation, ...]
    #: the next moment at which the verdict can change although nothing happens; None: never
    due: datetime | None
    #: the guideline versions, as (id, number), that were about this issue while it was under way, departed from or not
    applied: tuple[tuple[str, int], ...]
    #: guideline versions that couldn't be used, for no trace of this judge
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one guideline version means for one issue."""

    guideline: str
    version: int
    #: a sentence
    text: str
    deviations: tuple[Deviation, ...] = ()


class Judge:
    """A team's guideline versions, made ready for a context. Versions that can't be used are in `problems`."""

    def __init__(self, versions: Iterable[GuidelineVersion], context: JudgeContext) -> None:
        self._context = context
        self._versions = timeline(versions)
        self._checks: list[_Check] = []
        self._unusable: dict[tuple[str, int], Problem] = {}
        problems: list[Problem] = []
        for version in self._versions:
            if version.rule is None or (version.in_force_until or _NEVER) <= context.since:
                continue
            found = _problems(version, context)
            if found:
                self._unusable[version.guideline, version.version] = found[0]
                problems.extend(found)
            else:
                self._checks.append(_Check(version, context))
        self.problems = tuple(problems)

    def __call__(self, trace: Trace) -> Verdict:
        """What stands for this issue. The same trace, versions and context give the same verdict, key by key."""
        found: list[Deviation] = []
        applied: list[tuple[str, int]] = []
        due = _NEVER
        for check in self._checks:
            if not check.is_about(trace.issue):
                continue
            if check.meets(trace, self._context):
                applied.append((check.version.guideline, check.version.version))
            found.extend(check.deviations(trace, self._context))
            due = min(due, check.due(trace, self._context))
        found.sort(key=lambda deviation: (deviation.at, deviation.guideline, deviation.key))
        return Verdict(tuple(found), None if due == _NEVER else due, tuple(applied), self.problems)

    def explain(self, trace: Trace) -> tuple[Explanation, ...]:
        """For every version, why this issue is tagged by it or why it isn't."""
        checks = {(check.version.guideline, check.version.version): check for check in self._checks}
        return tuple(
            self._explain(version, checks.get((version.guideline, version.version)), trace)
            for version in self._versions
        )

    def _explain(self, version: GuidelineVersion, check: _Check | None, trace: Trace) -> Explanation:
        def told(text: str, deviations: tuple[Deviation, ...] = ()) -> Explanation:
            return Explanation(version.guideline, version.version, text, deviations)

        if version.rule is None:
            return told(f"It has been retired since {version.in_force_from:%Y-%m-%d}.")
        if check is None:
            problem = self._unusable.get((version.guideline, version.version))
            if problem is not None:
                return told(f"It can't be checked: {problem.what} {problem.remedy}")
            return told(f"It was replaced before {self._context.since:%Y-%m-%d}, from when on deviations count.")
        if reason := check.not_about(trace.issue):
            return told(f"It is not about this issue: {reason}.")
        if deviations := tuple(check.deviations(trace, self._context)):
            return told(" ".join(deviation.sentence for deviation in deviations), deviations)
        rule = check.rule.describe()
        if elsewhere := [finding.at for finding in check.rule.check(trace, self._context)]:
            return told(
                f"{rule} The issue departed from that on {elsewhere[0]:%Y-%m-%d %H:%M} UTC, when this version did not "
                f"count: it counts from {check.begin:%Y-%m-%d %H:%M} UTC{check.until_words}."
            )
        return told(f"{rule} The issue follows that.")


def judge(trace: Trace, versions: Iterable[GuidelineVersion], context: JudgeContext) -> Verdict:
    """One trace by these versions; for many traces make one `Judge`."""
    return Judge(versions, context)(trace)


class _Check:
    """One version, ready to run."""

    def __init__(self, version: GuidelineVersion, context: JudgeContext) -> None:
        self.version = version
        self.rule: Rule = parse_rule(version.rule or {})
        #: from when on its findings count
        self.begin = max(version.in_force_from, context.since)
        self.end = version.in_force_until or _NEVER
        self._applies = Condition(version.applies_to, context)
        self._except = [Condition(table, context) for table in version.except_]
        #: most kinds never change their mind by the clock alone
        self._timed = type(self.rule).due is not Rule.due

    @property
    def until_words(self) -> str:
        return "" if self.end == _NEVER else f" until {self.end:%Y-%m-%d %H:%M} UTC"

    def is_about(self, issue: Issue) -> bool:
        return self._applies.matches(issue) and not (self._except and any_matching(self._except, issue))

    def not_about(self, issue: Issue) -> str:
        if reason := self._applies.mismatch(issue):
            return reason
        excepted = any_matching(self._except, issue)
        return f"{phrase(excepted.table)} is excepted" if excepted else ""

    def meets(self, trace: Trace, context: JudgeContext) -> bool:
        """Whether this version was in force while the issue was under way: from its creation to its end, or to now."""
        last = trace.stays[-1]
        ended = last.entered if context.names.keys[last.status] in context.names.done else context.now
        return trace.events[0].at < self.end and self.begin <= ended

    def deviations(self, trace: Trace, context: JudgeContext) -> Iterator[Deviation]:
        seen: dict[str, int] = {}
        for finding in self.rule.check(trace, context):
            if not self.begin <= finding.at < self.end:
                continue
            key = self._key(trace, finding, context.team)
            seen[key] = seen.get(key, 0) + 1
            yield Deviation(
                # the same step twice within one instant: both are kept apart by their order
                key=key if seen[key] == 1 else f"{key}-{seen[key]}",
                team=context.team,
                issue_id=trace.issue.id,
                guideline=self.version.guideline,
                version=self.version.version,
                at=finding.at,
                events=finding.events,
                signature=finding.signature,
                label=finding.label,
                sentence=finding.sentence,
            )

    def due(self, trace: Trace, context: JudgeContext) -> datetime:
        moment = self.rule.due(trace, context) if self._timed else None
        return moment if moment is not None and self.begin <= moment < self.end else _NEVER

    def _key(self, trace: Trace, finding: Finding, team: str) -> str:
        """Stable as long as the deviation is the same one, whatever else is learnt about the issue's history.

        The decisive event is named by what it is, not by its place in the trace, which an older event that arrives
        late would shift.
        """
        decisive: Event = trace.events[finding.events[-1]]
        parts = (
            team,
            trace.issue.id,
            self.version.guideline,
            self.version.version,
            finding.signature,
            decisive.at.isoformat(),
            decisive.activity,
            decisive.to,
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _problems(version: GuidelineVersion, context: JudgeContext) -> list[Problem]:
    try:
        return check_names(version, context.vocabulary)
    except BadRule as bad:  # a kind whose plugin is gone, or options it no longer takes
        place = f"version {version.version}"
        return [Problem(place, None, version.guideline, ".".join(m.path), m.what, m.remedy) for m in bad.mistakes]

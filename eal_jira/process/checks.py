"""One guideline version, made ready to be held against many traces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from eal_jira.model import Deviation, Event, Finding, Interval, Trace
from eal_jira.process.among import Among
from eal_jira.process.applies import Scope
from eal_jira.process.context import JudgeContext
from eal_jira.process.rules import CrossRule, Rule, parse_rule
from eal_jira.process.versions import GuidelineVersion

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when the findings of a version count."""

    begin: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.begin <= at < self.end


class Check:
    """One version, ready to run."""

    def __init__(self, version: GuidelineVersion, context: JudgeContext) -> None:
        self.version = version
        self.name = (version.guideline, version.version)
        self.rule: Rule = parse_rule(version.rule or {})
        self.scope = Scope(version.applies_to, version.holds_when, version.except_, context)
        self.window = Window(max(version.in_force_from, context.since), version.in_force_until or NEVER)
        #: most kinds never change their mind by the clock alone
        self.timed = type(self.rule).due is not Rule.due
        self.by_order = self.rule.BY_ORDER
        self._context = context
        self._key_begins = hashlib.sha256(json.dumps((context.team, *self.name)).encode())

    def findings(self, trace: Trace, among: Among | None = None) -> Iterator[Finding]:
        """What the rule finds, whenever it was and whatever the guideline is about."""
        if among is not None and isinstance(self.rule, CrossRule):
            return self.rule.check_among(trace, self._context, among)
        return self.rule.check(trace, self._context)

    def intervals(self, trace: Trace) -> Iterator[Interval]:
        """What the issue adds to what others are judged by."""
        if not isinstance(self.rule, CrossRule):
            return
        for interval in self.rule.intervals(trace, self._context):
            if not self.rule.OF_ITS_OWN or self.scope.held(trace, interval.entered):
                yield interval

    def deviations(
        self, trace: Trace, window: Window, among: Among | None = None, *, always: bool = False
    ) -> Iterator[Deviation]:
        """With `always`, the guideline is known to be about the issue at all times."""
        seen: dict[str, int] = {}
        for finding in self.findings(trace, among):
            if finding.at not in window or not (always or self.scope.held(trace, finding.at)):
                continue
            key = self._key(trace, finding)
            seen[key] = seen.get(key, 0) + 1
            yield Deviation(
                # the same step twice within one instant: both are kept apart by their order
                key=key if seen[key] == 1 else f"{key}-{seen[key]}",
                team=self._context.team,
                issue_id=trace.issue.id,
                guideline=self.version.guideline,
                version=self.version.version,
                at=finding.at,
                events=finding.events,
                signature=finding.signature,
                label=finding.label,
                sentence=finding.sentence,
            )

    def due(self, trace: Trace, window: Window) -> datetime:
        moment = self.rule.due(trace, self._context) if self.timed else None
        return moment if moment is not None and moment in window else NEVER

    def _key(self, trace: Trace, finding: Finding) -> str:
        """Stable as long as the deviation is the same one, whatever else is learnt about the issue's history.

        The decisive event is named by what it is, not by its place in the trace, which an older event that arrives
        late would shift.
        """
        decisive: Event = trace.events[finding.events[-1]]
        at, parts = decisive.at.isoformat(), self._key_begins.copy()
        parts.update(
            f"{trace.issue.id}\x1f{finding.signature}\x1f{at}\x1f{decisive.activity}\x1f{decisive.to}".encode()
        )
        return parts.hexdigest()[:32]


class Pins:
    """Guidelines of which some version says ``pin = "start"``: work stays on the version it began under.

    Work begins when the issue first leaves the statuses in which it hasn't. What was not begun yet is judged by the
    version in force at each event, and a guideline that ends, ends for all.
    """

    def __init__(self, versions: Iterable[GuidelineVersion], context: JudgeContext) -> None:
        self._context = context
        families: dict[str, list[GuidelineVersion]] = {}
        for version in versions:
            families.setdefault(version.guideline, []).append(version)
        self._families = {
            guideline: family for guideline, family in families.items() if any(v.pin == "start" for v in family)
        }
        #: all others needn't be asked about
        self.guidelines = frozenset(self._families)

    def window(self, check: Check, trace: Trace) -> Window | None:
        """When the version counts for this issue; None: never, since another one does."""
        family = self._families.get(check.version.guideline)
        begun = self._begun(trace) if family else None
        if family is None or begun is None:
            return check.window
        pinned = next((v for v in family if v.in_force_from <= begun < (v.in_force_until or NEVER)), None)
        if pinned is None or pinned.pin != "start" or pinned.retired:
            return check.window
        if check.version.version == pinned.version:
            ends = (v.in_force_from for v in family if v.retired and v.in_force_from > pinned.in_force_from)
            return Window(check.window.begin, next(ends, NEVER))
        return check.window if check.version.in_force_from < pinned.in_force_from else None

    def _begun(self, trace: Trace) -> datetime | None:
        keys, todo = self._context.names.keys, self._context.names.todo
        return next((move.at for move in trace.moves if keys[move.to] not in todo), None)

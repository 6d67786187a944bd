"""The judge: a trace and guideline versions become deviations, by the rule of the day.

Every version's rule runs over the whole trace, and a finding counts when it happened while that version was in force.
So a rule that came later never judges what was done before it, and work in progress meets each version in its time.

A `Judge` is made once per cycle and team and then used for any number of traces. Rules that look at nothing but the
order of statuses are asked once for all issues that went the same way: most ways have nothing to be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from eal_jira.model import Deviation, Interval, Trace
from eal_jira.process.among import Among
from eal_jira.process.checks import NEVER, Check, Pins, Window
from eal_jira.process.context import JudgeContext
from eal_jira.process.guidelines import check_names
from eal_jira.process.problems import Problem
from eal_jira.process.rules import BadRule, CrossRule
from eal_jira.process.versions import GuidelineVersion, timeline

Name = tuple[str, int]
"""A guideline version: the guideline's id and the version's number."""

_WAYS = 50_000
"""So many different ways through the statuses are remembered; what comes after them is asked anew each time."""


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
        self._checks: list[Check] = []
        self._unusable: dict[Name, Problem] = {}
        problems: list[Problem] = []
        for version in self._versions:
            over = (version.in_force_until or NEVER) <= context.since and version.pin != "start"
            if not version.checked or over:
                continue
            found = _problems(version, context)
            if found:
                self._unusable[version.guideline, version.version] = found[0]
                problems.extend(found)
            else:
                self._checks.append(Check(version, context))
        self._across = [check for check in self._checks if isinstance(check.rule, CrossRule)]
        self._pins = Pins(self._versions, context)
        #: the way through the statuses → which of the checks `by_order` have something to tell about it
        self._ways: dict[tuple[str | None, ...], frozenset[Check]] = {}
        self.problems = tuple(problems)
        #: the versions whose rule looks across issues
        self.crossing: Mapping[Name, CrossRule] = {
            c.name: c.rule for c in self._checks if isinstance(c.rule, CrossRule)
        }

    def intervals(self, trace: Trace) -> Iterator[tuple[Name, Interval]]:
        """What this issue adds to what others are judged by, by the version whose rule looks at it."""
        for check in self._across:
            yield from ((check.name, interval) for interval in check.intervals(trace))

    def among(self, traces: Iterable[Trace]) -> Mapping[Name, Among]:
        """The intervals of these issues, for judging each of them among the others."""
        found: dict[Name, list[Interval]] = {name: [] for name in self.crossing}
        for trace in traces:
            for name, interval in self.intervals(trace):
                found[name].append(interval)
        return {name: Among.of(intervals) for name, intervals in found.items()}

    def __call__(self, trace: Trace, among: Mapping[Name, Among] | None = None) -> Verdict:
        """What stands for this issue. The same trace, versions and context give the same verdict, key by key.

        `among` holds for each version in `crossing` the intervals of all issues; without it, as if there were none.
        """
        found: list[Deviation] = []
        applied: list[Name] = []
        due = NEVER
        created, ended = trace.events[0].at, self._ended(trace)
        activities = {event.activity for event in trace.events}
        speaking = self._speaking(trace)
        for check in self._checks:
            about = steady = check.scope.always
            if not about:
                about = check.scope.holds(trace.issue)
                steady = check.scope.activities.isdisjoint(activities)
                if steady and not about:
                    continue
            window = check.window
            if check.version.guideline in self._pins.guidelines:
                pinned = self._pins.window(check, trace)
                if pinned is None:
                    continue
                window = pinned
            departed = False
            if not check.by_order or check in speaking:
                for deviation in check.deviations(
                    trace, window, among.get(check.name) if among else None, always=steady
                ):
                    found.append(deviation)
                    departed = True
            if departed or (about and created < window.end and window.begin <= ended):
                applied.append(check.name)
            if about and check.timed:
                due = min(due, check.due(trace, window))
        if len(found) > 1:
            found.sort(key=lambda deviation: (deviation.at, deviation.guideline, deviation.key))
        return Verdict(tuple(found), None if due == NEVER else due, tuple(applied), self.problems)

    def _ended(self, trace: Trace) -> datetime:
        """Until when the issue was under way: to its end, or to now."""
        last = trace.stays[-1]
        return last.entered if self._context.names.keys[last.status] in self._context.names.done else self._context.now

    def _speaking(self, trace: Trace) -> frozenset[Check]:
        """The checks by order that find something in a trace that went this way."""
        way = tuple([move.to for move in trace.moves])
        known = self._ways.get(way)
        if known is None:
            ordered = (check for check in self._checks if check.by_order)
            known = frozenset(check for check in ordered if next(check.findings(trace), None) is not None)
            if len(self._ways) < _WAYS:
                self._ways[way] = known
        return known

    def explain(self, trace: Trace, among: Mapping[Name, Among] | None = None) -> tuple[Explanation, ...]:
        """For every version, why this issue is tagged by it or why it isn't."""
        checks = {check.name: check for check in self._checks}
        return tuple(
            self._explain(version, checks.get(name), trace, among.get(name) if among else None)
            for version in self._versions
            for name in [(version.guideline, version.version)]
        )

    def _explain(
        self, version: GuidelineVersion, check: Check | None, trace: Trace, among: Among | None
    ) -> Explanation:
        def told(text: str, deviations: tuple[Deviation, ...] = ()) -> Explanation:
            return Explanation(version.guideline, version.version, text, deviations)

        if version.retired:
            return told(f"It has been retired since {version.in_force_from:%Y-%m-%d}.")
        if version.rule is None:
            return told("Nothing in the tracker shows it: it is not checkable.")
        if not version.checked:
            return told(f"It is about something {version.domain}: that is probed, not checked.")
        if check is None:
            problem = self._unusable.get((version.guideline, version.version))
            if problem is not None:
                return told(f"It can't be checked: {problem.what} {problem.remedy}")
            return told(f"It was replaced before {self._context.since:%Y-%m-%d}, from when on deviations count.")
        window = self._pins.window(check, trace)
        if window is None:
            return told("The work on this issue began under an earlier version, and stays on it.")
        if deviations := tuple(check.deviations(trace, window, among)):
            return told(" ".join(deviation.sentence for deviation in deviations), deviations)
        if reason := check.scope.not_about(trace.issue):
            return told(f"It is not about this issue: {reason}.")
        rule = check.rule.describe()
        elsewhere = [finding.at for finding in check.findings(trace, among)]
        if not elsewhere:
            return told(f"{rule} The issue follows that.")
        departed = f"{rule} The issue departed from that on {elsewhere[0]:%Y-%m-%d %H:%M} UTC, when"
        if elsewhere[0] in window:
            return told(f"{departed} the guideline was not about it.")
        return told(f"{departed} this version did not count: it counts from {_words(window)}.")


def judge(trace: Trace, versions: Iterable[GuidelineVersion], context: JudgeContext) -> Verdict:
    """One trace by these versions; for many traces make one `Judge`."""
    return Judge(versions, context)(trace)


def _words(window: Window) -> str:
    until = "" if window.end == NEVER else f" until {window.end:%Y-%m-%d %H:%M} UTC"
    return f"{window.begin:%Y-%m-%d %H:%M} UTC{until}"


def _problems(version: GuidelineVersion, context: JudgeContext) -> list[Problem]:
    try:
        return check_names(version, context.vocabulary)
    except BadRule as bad:  # a kind whose plugin is gone, or options it no longer takes
        place = f"version {version.version}"
        return [Problem(place, None, version.guideline, ".".join(m.path), m.what, m.remedy) for m in bad.mistakes]

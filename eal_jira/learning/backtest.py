"""What a draft guideline would have tagged over the whole history, before anybody switches it on.

The draft is judged as if it had always been in force. For what it would have tagged there are three questions: how
much is it, is there already an explanation, and how did the tagged issues fare? An explanation is one of

- a reason: somebody wrote a comment near the departure with a word in it that gives reasons. Words are a guess;
- a deviation of a guideline in force that says the same of the issue already;
- an exception that the team has made in its own version of the same guideline, or of one with the same rule.

How they fared is a comparison with issues of the draft's scope that it would not have tagged, in strata as everywhere
(`outcomes`), with no figure below `min_group`. It was observed, not drawn by lot: an association and no cause.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from eal_jira.learning.evidence import Evidence, compare
from eal_jira.learning.keepable import Keepable
from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import OUTCOMES, Outcome, samples
from eal_jira.model import Comment, Deviation, Trace
from eal_jira.process.applies import Condition
from eal_jira.process.context import JudgeContext
from eal_jira.process.judge import Judge
from eal_jira.process.problems import Problem
from eal_jira.process.rules import parse_rule
from eal_jira.process.versions import ALWAYS, GuidelineVersion

BEFORE, AFTER = timedelta(days=1), timedelta(days=3)
"""A comment counts as near when it was written so long before or after the departure."""

_REASON = re.compile(
    r"\b(because|since|due to|reason|so that|in order to|therefore|that's why|urgent|urgently|hot ?fix|blocked by|"
    r"waiting (for|on)|instead of|no need|not needed|skipp?(ed|ing)?|agreed|weil|wegen|deshalb|daher|dringend|damit|"
    r"nicht nötig|parce que|porque)\b",
    re.IGNORECASE,
)
_SHOWN = 3
_WAY = "that departed"


@dataclass(frozen=True, slots=True)
class Explained(Keepable):
    """Departures that need no new question, by what explains them; each is counted once, under the first that fits."""

    exception: int = 0
    deviation: int = 0
    comment: int = 0

    @property
    def total(self) -> int:
        return self.exception + self.deviation + self.comment


@dataclass(frozen=True, slots=True)
class Fared(Keepable):
    outcome: str
    title: str
    #: None: the departure is this outcome, so comparing by it would say nothing
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Tried(Keepable):
    """One guideline of the draft."""

    guideline: str
    title: str
    #: issues that it is about
    about: int
    #: departures, and issues with at least one
    departures: int
    issues: int
    #: kinds of departure and how often, the most frequent first
    kinds: tuple[tuple[str, int], ...]
    explained: Explained
    fared: tuple[Fared, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Backtest:
    issues: int
    guidelines: tuple[Tried, ...]
    problems: tuple[Problem, ...]


def backtest(
    draft: Iterable[GuidelineVersion],
    traces: Sequence[Trace],
    context: JudgeContext,
    *,
    measures: Mapping[str, Measures],
    comments: Callable[[Sequence[str]], Mapping[str, Sequence[Comment]]],
    standing: Iterable[Deviation] = (),
    known: Iterable[GuidelineVersion] = (),
    min_group: int = 5,
) -> Backtest:
    """Each guideline of the draft, by its newest text, over all these traces.

    `comments` is asked once per guideline, for just the issues with a departure. `standing` and `known` are the team's
    deviations and guideline versions as they are.
    """
    context = replace(context, since=ALWAYS)
    newest = [
        replace(list(versions)[-1], in_force_from=ALWAYS, in_force_until=None)
        for _, versions in groupby(sorted(draft, key=lambda v: (v.guideline, v.version)), key=lambda v: v.guideline)
    ]
    judging = Judge(newest, context)
    about: defaultdict[str, set[str]] = defaultdict(set)
    found: defaultdict[str, list[Deviation]] = defaultdict(list)
    among = judging.among(traces)
    for trace in traces:
        verdict = judging(trace, among)
        for guideline, _ in verdict.applied:
            about[guideline].add(trace.issue.id)
        for deviation in verdict.deviations:
            found[deviation.guideline].append(deviation)
    said = {(d.issue_id, d.signature) for d in standing}
    by_id = {trace.issue.id: trace for trace in traces}
    tried = []
    unusable = {problem.guideline for problem in judging.problems}
    for version in newest:
        if version.rule is None or version.guideline in unusable:
            continue
        departures = found[version.guideline]
        exceptions = _exceptions(version, known, context)
        tagged = {d.issue_id for d in departures}
        written = comments(sorted(tagged)) if tagged else {}
        explained = Counter(
            why
            for d in departures
            if (why := _why(d, any(made.matches(by_id[d.issue_id].issue) for made in exceptions), said, written))
        )
        fared = tuple(
            _fared(outcome, version, departures, about[version.guideline], measures, context, min_group)
            for outcome in OUTCOMES
        )
        one = Tried(
            guideline=version.guideline,
            title=version.title,
            about=len(about[version.guideline]),
            departures=len(departures),
            issues=len(tagged),
            kinds=tuple(Counter(d.label for d in departures).most_common()),
            explained=Explained(**explained),
            fared=fared,
            sentences=(),
        )
        tried.append(replace(one, sentences=tuple(_sentences(one))))
    return Backtest(len(traces), tuple(tried), judging.problems)


def gives_a_reason(text: str) -> bool:
    """Whether a comment sounds as if it said why."""
    return _REASON.search(text) is not None


def _why(
    departure: Deviation, excepted: bool, said: set[tuple[str, str]], written: Mapping[str, Sequence[Comment]]
) -> str | None:
    if excepted:
        return "exception"
    if (departure.issue_id, departure.signature) in said:
        return "deviation"
    near = (
        comment
        for comment in written.get(departure.issue_id, ())
        if departure.at - BEFORE <= comment.at <= departure.at + AFTER
    )
    return "comment" if any(gives_a_reason(comment.text) for comment in near) else None


def _exceptions(draft: GuidelineVersion, known: Iterable[GuidelineVersion], context: JudgeContext) -> list[Condition]:
    """Exceptions that the team made already, in this guideline or in one that asks for the same."""
    same = [v for v in known if v.guideline == draft.guideline or (v.rule is not None and v.rule == draft.rule)]
    return [Condition(table, context) for version in same for table in version.except_]


def _fared(
    outcome: Outcome,
    version: GuidelineVersion,
    departures: Sequence[Deviation],
    about: set[str],
    measures: Mapping[str, Measures],
    context: JudgeContext,
    min_group: int,
) -> Fared:
    rule = parse_rule(version.rule or {})
    # what departs in a way that *is* this outcome is on neither side
    telling = {d.issue_id for d in departures if outcome.name not in rule.speaks_of(d.signature, context)}
    tagged = {d.issue_id for d in departures}
    if tagged and not telling:
        return Fared(outcome.name, outcome.title, None)
    trial = [measures[i] for i in sorted(telling) if i in measures]
    rest = [measures[i] for i in sorted(about - tagged) if i in measures]
    phrase = replace(outcome.phrase, way=_WAY)
    evidence = compare(
        samples(trial, outcome), samples(rest, outcome), outcome.better, phrase=phrase, min_group=min_group
    )
    return Fared(outcome.name, outcome.title, evidence)


def _sentences(one: Tried) -> Iterable[str]:
    if not one.about:
        yield "It is about none of the team's issues."
        return
    if not one.departures:
        yield f"It would have tagged nothing; all {one.about} issues that it is about follow it."
        return
    yield (
        f"It would have tagged {one.issues} of the {one.about} issues that it is about, {one.departures} times in all."
    )
    kinds = [f"{label} ({count})" for label, count in one.kinds[:_SHOWN]]
    more = f" and {len(one.kinds) - _SHOWN} more kinds" if len(one.kinds) > _SHOWN else ""
    yield f"Most often: {', '.join(kinds)}{more}."
    e = one.explained
    yield (
        f"Explained already: {e.total} of {one.departures} (a comment near it sounds like a reason: {e.comment}; a "
        f"guideline in force says the same: {e.deviation}; the team has an exception for it: {e.exception})."
    )
    for fared in one.fared:
        if fared.evidence is None:
            yield f"{fared.title}: the departure itself is this, so comparing by it would say nothing."
        else:
            yield f"{fared.title}, an association and no cause: {fared.evidence.sentence}"

"""The usual path: which status follows which directly, and how often (a directly-follows graph with a threshold)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from eal_jira.model import Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.discover.habits import CounterExample, Learnt, LeftOut, Thresholds, natural

Step = tuple[str, str]
"""From one status to another, by their comparable names: two statuses of one name are one here."""


def usual_path(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Iterator[Learnt | LeftOut]:
    """The steps that are usual, as `allowed_transitions`; every other step that was taken is a counter-example."""
    walked, issues, shown = _walked(traces, context)
    leaving = Counter[str]()
    for (left, _), times in walked.items():
        leaving[left] += times
    usual = {
        step
        for step, times in walked.items()
        if times >= thresholds.step_times
        and len(set(issues[step])) >= thresholds.step_issues
        and times / leaving[step[0]] >= thresholds.step_share
        and all(context.names.known_status(shown[status]) for status in step)
    }
    if not usual:
        yield LeftOut(
            f"The usual path: none of {len(walked)} different steps was taken at least {thresholds.step_times} times "
            f"by at least {thresholds.step_issues} issues."
        )
        return
    rows: defaultdict[str, list[str]] = defaultdict(list)
    notes: dict[str, str] = {}
    # most walked first, so that a row reads as "usually there, sometimes there"
    for left, reached in sorted(usual, key=lambda step: (-walked[step], step)):
        rows[shown[left]].append(shown[reached])
    for left in sorted(rows, key=lambda name: (-leaving[context.names.keys[_id(name, context)]], name)):
        key = context.names.keys[_id(left, context)]
        taken = sum(walked[step] for step in usual if step[0] == key)
        notes[left] = f"{taken} of {leaving[key]} steps out of {left}"
    others = sorted(walked.keys() - usual, key=lambda step: (-walked[step], step))
    followed = sum(walked[step] for step in usual)
    yield Learnt(
        id="learnt-usual-path",
        title="Work moves along its usual path",
        purpose="Everybody knows what usually comes next, and an unusual step is worth a question",
        rule={"kind": "allowed_transitions", "from": {left: rows[left] for left in notes}},
        followed=followed,
        of=sum(walked.values()),
        cases="steps",
        counter_examples=tuple(
            CounterExample(f"{shown[left]} → {shown[reached]}", walked[left, reached], natural(issues[left, reached]))
            for left, reached in others
        ),
        notes=notes,
    )


def _walked(
    traces: Sequence[Trace], context: JudgeContext
) -> tuple[Counter[Step], dict[Step, list[str]], dict[str, str]]:
    """How often each step was taken, by which issues, and each status's name to show."""
    keys, names = context.names.keys, context.names
    walked: Counter[Step] = Counter()
    issues: defaultdict[Step, list[str]] = defaultdict(list)
    shown: dict[str, str] = {}
    for trace in traces:
        for before, move in pairwise(trace.moves):
            step = keys[before.to], keys[move.to]
            walked[step] += 1
            issues[step].append(trace.issue.key)
            for status in (before.to, move.to):
                shown.setdefault(keys[status], names.status(status))
    return walked, issues, shown


def _id(name: str, context: JudgeContext) -> str:
    return context.names.identity_of_name(name)

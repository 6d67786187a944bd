"""Different hands: two steps that usually two people take. Who they are is never told, only whether they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from eal_jira.model import Category, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.discover.habits import CounterExample, Learnt, LeftOut, Thresholds, identifier, natural, unique


def different_hands(
    traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds
) -> Iterator[Learnt | LeftOut]:
    """Pairs of statuses that follow each other, where whoever moves on is usually not who moved in.

    Someone asks for a look and somebody else gives it. Only work under way is looked at: that planning and doing are
    shared out says nothing about four eyes.
    """
    yield from unique(_different_hands(traces, context, thresholds))


def _different_hands(
    traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds
) -> Iterator[Learnt | LeftOut]:
    names = context.names
    pairs: defaultdict[tuple[str, str], list[tuple[str, bool]]] = defaultdict(list)
    shown: dict[str, str] = {}
    unknown = 0
    for trace in traces:
        for before, move in pairwise(trace.moves):
            if not (_category(before.to, context) is Category.DOING and _forward(move.to, context)):
                continue
            if before.actor is None or move.actor is None:
                unknown += 1
                continue
            pair = names.keys[before.to], names.keys[move.to]
            for status in (before.to, move.to):
                shown.setdefault(names.keys[status], names.status(status))
            if pair[0] != pair[1]:
                pairs[pair].append((trace.issue.key, before.actor != move.actor))
    learnt = False
    for pair in sorted(pairs, key=lambda pair: (-len(pairs[pair]), pair)):
        seen = pairs[pair]
        same = [key for key, different in seen if not different]
        few = len({key for key, _ in seen}) < thresholds.least_issues
        if few or 1 - len(same) / len(seen) < thresholds.hands_share:
            continue
        learnt = True
        first, then = (shown[status] for status in pair)
        yield Learnt(
            id=identifier("learnt-two-people", first, then),
            title=f"Another person takes it from {first} to {then}",
            purpose="A second pair of eyes sees what the first can't",
            rule={"kind": "different_people", "first": first, "then": then},
            followed=len(seen) - len(same),
            of=len(seen),
            cases=f"steps from {first} to {then}",
            counter_examples=(CounterExample("one person took both steps", len(same), natural(same)),) if same else (),
        )
    if not learnt:
        why = f" In {unknown} steps it is not known who took them." if unknown else ""
        yield LeftOut(
            f"Different people: no two steps of at least {thresholds.least_issues} issues were taken by different "
            f"people in at least {thresholds.hands_share:.0%} of the cases.{why}"
        )


def _category(status: str | None, context: JudgeContext) -> Category | None:
    known = context.vocabulary.statuses.get(status or "")
    return known.category if known else None


def _forward(status: str | None, context: JudgeContext) -> bool:
    return _category(status, context) in (Category.DOING, Category.DONE)

"""Usual fields: what is usually filled in by the time an issue comes to a status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from eal_jira.model import Activity, Category, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.discover.habits import CounterExample, Learnt, LeftOut, Thresholds, identifier, natural, unique
from eal_jira.process.flow import status_order
from eal_jira.process.values import field_at, is_empty


def usual_fields(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Iterator[Learnt | LeftOut]:
    """For each status, the fields that issues usually have by then, named where they first become usual.

    Only fields that people fill in: those that change in the histories of enough issues, and that most issues don't
    have from the start. An issue counts with its first arrival in a status.
    """
    yield from unique(_usual_fields(traces, context, thresholds))


def _usual_fields(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Iterator[Learnt | LeftOut]:
    candidates = _candidates(traces, context, thresholds)
    order = [status for status in status_order(traces, context.vocabulary) if _under_way(status, context)]
    shown = {context.names.keys[status]: context.names.status(status) for status in order}
    told: set[str] = set()
    learnt = False
    for key, name in shown.items():
        arrivals = _first_arrivals(traces, key, context)
        if len(arrivals) < thresholds.least_issues:
            continue
        fields: list[str] = []
        missing: list[CounterExample] = []
        complete: set[str] = {trace.issue.key for trace, _ in arrivals}
        for field, ids in candidates.items():
            if field in told:
                continue
            empty = [trace.issue.key for trace, at in arrivals if is_empty(field_at(trace, ids, at))]
            if 1 - len(empty) / len(arrivals) >= thresholds.field_share:
                told.add(field)
                fields.append(field)
                complete.difference_update(empty)
                if empty:
                    missing.append(CounterExample(f"{field} was empty", len(empty), natural(empty)))
        if fields:
            learnt = True
            yield Learnt(
                id=identifier("learnt-fields", name),
                title=f"What is usually known when work comes to {name}",
                purpose=f"Whoever goes on with it in {name} finds what they need",
                rule={"kind": "required_fields", "status": name, "fields": fields},
                followed=len(complete),
                of=len(arrivals),
                cases=f"issues that came to {name}",
                counter_examples=tuple(missing),
            )
    if not learnt:
        yield LeftOut(
            f"Usual fields: no field that people fill in was there in at least {thresholds.field_share:.0%} of the "
            f"arrivals of at least {thresholds.least_issues} issues in a status, without being there from the start."
        )


def _candidates(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds) -> Mapping[str, frozenset[str]]:
    """Names of the fields that people fill in on the way, each with its ids."""
    changed: defaultdict[str, set[str]] = defaultdict(set)
    for trace in traces:
        for event in trace.events:
            if event.activity not in (Activity.CREATED, Activity.STATUS):
                changed[event.activity].add(trace.issue.id)
    fields = context.vocabulary.fields
    found: dict[str, frozenset[str]] = {}
    for activity in sorted(changed):
        field = fields.get(activity)
        if len(changed[activity]) < thresholds.least_issues or (field is not None and field.kind == "rank"):
            continue
        name = field.name if field else activity
        ids = context.names.fields(name)
        if not ids or name in found:
            continue
        at_creation = sum(not is_empty(field_at(trace, ids, trace.events[0].at)) for trace in traces)
        if at_creation <= thresholds.field_at_creation * len(traces):
            found[name] = ids
    return found


def _under_way(status: str, context: JudgeContext) -> bool:
    known = context.vocabulary.statuses.get(status)
    return known is not None and known.category is not Category.TODO


def _first_arrivals(traces: Sequence[Trace], key: str, context: JudgeContext) -> list[tuple[Trace, datetime]]:
    keys = context.names.keys
    found = []
    for trace in traces:
        first = next((move for move in trace.moves[1:] if keys[move.to] == key), None)
        if first is not None:
            found.append((trace, first.at))
    return found

"""What is exported of an issue: its moves, what was seen there, and what came out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from eal_jira.learning.measures import Measures
from eal_jira.model import Activity, Actor, Deviation, Trace, Vocabulary

Value = str | int | float | bool | datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One event. `activity` is the status that was reached; for other changes it names the field, never its content."""

    at: datetime
    activity: str
    #: a pseudonym
    actor: Actor | None
    #: guidelines that the issue departed from by this step, as "id v2"
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    key: str
    #: attributes of the issue and its outcome, those that are known
    attributes: Mapping[str, Value]
    steps: tuple[Step, ...]
    #: keys of its parent and of the issues it is linked to
    related: tuple[tuple[str, str], ...] = ()


def cases(
    traces: Iterable[Trace],
    vocabulary: Vocabulary,
    *,
    measures: Mapping[str, Measures],
    deviations: Iterable[Deviation],
    team: str = "",
    every_change: bool = False,
) -> Iterator[Case]:
    """One case a trace. With `every_change`, changes of fields are events as well."""
    seen: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for deviation in deviations:
        seen[deviation.issue_id][deviation.events[-1]].append(f"{deviation.guideline} v{deviation.version}")
    for trace in traces:
        departed = seen[trace.issue.id]
        steps = tuple(
            Step(event.at, activity, event.actor, tuple(sorted(departed[event.seq])))
            for event in (trace.events if every_change else trace.moves)
            for activity in [_activity(event.activity, event.to, vocabulary)]
        )
        issue = trace.issue
        related = [(link.other_key, link.kind) for link in issue.links]
        yield Case(
            issue.id, issue.key, _attributes(trace, measures.get(issue.id), vocabulary, team), steps, tuple(related)
        )


def _activity(activity: str, to: str | None, vocabulary: Vocabulary) -> str:
    if activity in (Activity.CREATED, Activity.STATUS):
        return vocabulary.status_name(to)
    field = vocabulary.fields.get(activity)
    return f"{field.name if field else activity} changed"


def _attributes(trace: Trace, measured: Measures | None, vocabulary: Vocabulary, team: str) -> dict[str, Value]:
    issue = trace.issue
    found: dict[str, Value | None] = {
        "team": team or None,
        "project": issue.project,
        "type": issue.type,
        "priority": issue.priority,
        "points": issue.points,
        "status": vocabulary.status_name(issue.status),
        "created": issue.created,
    }
    if measured is not None:
        found |= {
            "started": measured.started,
            "finished": measured.finished,
            "lead_time_days": _days(measured.lead_time),
            "cycle_time_days": _days(measured.cycle_time),
            "waiting_time_days": _days(measured.waiting_time),
            "blocked_time_days": _days(measured.blocked_time),
            "flow_efficiency": measured.flow_efficiency,
            "rework": measured.rework,
            "reopenings": measured.reopenings,
            "handoffs": measured.handoffs,
            "escaped_bugs": measured.escaped_bugs,
            "unfinished": measured.censored,
        }
    return {name: value for name, value in found.items() if value is not None}


def _days(time: timedelta | None) -> float | None:
    return None if time is None else round(time / timedelta(days=1), 6)

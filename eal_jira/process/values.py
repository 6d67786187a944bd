"""A field's value now, and as it was: reconstructed backwards from now through the changes made since.

Fields are known by the tracker's ids; the few that every tracker has go by neutral names as well ("type", "priority",
"labels", "component", "points", …), so that guidelines read the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from eal_jira.model import Event, Issue, Trace, Value


def _components(issue: Issue) -> Value:
    return issue.components


NEUTRAL: Mapping[str, Callable[[Issue], Value]] = {
    "type": lambda issue: issue.type,
    "priority": lambda issue: issue.priority,
    "labels": lambda issue: issue.labels,
    "component": _components,
    "components": _components,
    "points": lambda issue: issue.points,
    "assignee": lambda issue: issue.assignee,
    "reporter": lambda issue: issue.reporter,
    "parent": lambda issue: issue.parent,
    "project": lambda issue: issue.project,
    "summary": lambda issue: issue.summary,
    "sprints": lambda issue: issue.sprints,
}
"""What every issue has, whatever the tracker calls it."""


def current(issue: Issue, field: str) -> Value:
    """The field's value now; `field` is an id or a neutral name."""
    read = NEUTRAL.get(field)
    return read(issue) if read else issue.fields.get(field)


def field_at(trace: Trace, fields: Collection[str], at: datetime) -> Value:
    """The value of a field right after everything that happened at this moment, None when it was empty.

    `fields` are all its ids and neutral names; where several fields share a name, the first that was filled answers.
    Exact about emptiness. About content: a history tells texts (for the assignee, ids), so a value that changed since
    comes as such, while one that stands until today is as the issue has it.
    """
    undone: dict[str, set[str]] = {}
    for event in reversed(trace.events):
        if event.at <= at:
            break
        if event.activity in fields:
            today = _texts(current(trace.issue, event.activity))
            undone[event.activity] = _before(event, undone.get(event.activity, today))
    # a neutral name beside an id knows only today; where the id's history speaks, it is not asked
    still = [field for field in fields if field not in undone and not (undone and field in NEUTRAL)]
    values = [*map(_value, undone.values()), *(current(trace.issue, field) for field in still)]
    return next((value for value in values if not is_empty(value)), None)


def _before(change: Event, after: set[str]) -> set[str]:
    """What a field held before a change, from what it held after it.

    Trackers tell a change of a list either whole ("a" became "a b") or by one element (nothing became "b", beside the
    "a" that was there); an element that isn't there afterwards must have been told whole.
    """
    if change.to is None and change.from_ is None:  # tells neither side, so it tells nothing
        return after
    kept = set() if change.to is not None and change.to not in after else after - {change.to}
    return kept if change.from_ is None else kept | {change.from_}


def _texts(value: Value) -> set[str]:
    if is_empty(value):
        return set()
    if isinstance(value, tuple):
        return set(value)
    return {f"{value:g}" if isinstance(value, float) else str(value)}


def _value(texts: set[str]) -> Value:
    return next(iter(texts)) if len(texts) == 1 else tuple(sorted(texts))


def is_empty(value: Value) -> bool:
    """Nothing, blank text or an empty list. No and 0 are values."""
    return value is None or value == () or (isinstance(value, str) and not value.strip())

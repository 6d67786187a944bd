"""OCEL 2.0 as JSON (ocel-standard.org): issues, people and their relations, and the events that touch them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from eal_jira.export.cases import Case, Value

_TYPES = {
    "team": "string",
    "project": "string",
    "type": "string",
    "priority": "string",
    "points": "float",
    "status": "string",
    "created": "time",
    "started": "time",
    "finished": "time",
    "lead_time_days": "float",
    "cycle_time_days": "float",
    "waiting_time_days": "float",
    "blocked_time_days": "float",
    "flow_efficiency": "float",
    "rework": "integer",
    "reopenings": "integer",
    "handoffs": "integer",
    "escaped_bugs": "integer",
    "unfinished": "boolean",
}
ISSUE, PERSON = "issue", "person"
_START = datetime(1970, 1, 1, tzinfo=UTC)


def as_ocel(cases: Iterable[Case]) -> Iterator[str]:
    """The file. Objects come before events in it, so the cases are held meanwhile."""
    held = list(cases)
    activities = sorted({step.activity for case in held for step in case.steps})
    yield "{"
    yield _part("objectTypes", [_object_type(ISSUE, _TYPES), _object_type(PERSON, {})])
    attributes = [{"name": "deviations", "type": "string"}]
    yield ",\n" + _part("eventTypes", [{"name": name, "attributes": attributes} for name in activities])
    yield ",\n" + _list("objects", _objects(held))
    yield ",\n" + _list("events", _events(held))
    yield "}\n"


def _objects(cases: list[Case]) -> Iterator[dict[str, Any]]:
    known = {case.key for case in cases}
    for case in cases:
        yield {
            "id": case.key,
            "type": ISSUE,
            "attributes": [
                {"name": name, "time": _time(_START), "value": _value(name, value)}
                for name, value in case.attributes.items()
            ],
            # a relation to an issue outside of the file would lead nowhere
            "relationships": [
                {"objectId": key, "qualifier": kind} for key, kind in dict.fromkeys(case.related) if key in known
            ],
        }
    people = sorted({step.actor for case in cases for step in case.steps if step.actor is not None})
    yield from ({"id": _person(actor), "type": PERSON, "attributes": [], "relationships": []} for actor in people)


def _events(cases: list[Case]) -> Iterator[dict[str, Any]]:
    for case in cases:
        for number, step in enumerate(case.steps):
            relations = [{"objectId": case.key, "qualifier": "moved" if number else "created"}]
            if step.actor is not None:
                relations.append({"objectId": _person(step.actor), "qualifier": "by"})
            yield {
                "id": f"{case.key}#{number}",
                "type": step.activity,
                "time": _time(step.at),
                "attributes": [{"name": "deviations", "value": ", ".join(step.deviations)}] if step.deviations else [],
                "relationships": relations,
            }


def _person(actor: str) -> str:
    return f"person:{actor}"


def _object_type(name: str, attributes: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "attributes": [{"name": key, "type": kind} for key, kind in attributes.items()]}


def _value(name: str, value: Value) -> str | int | float | bool:
    if isinstance(value, datetime):
        return _time(value)
    return float(value) if _TYPES.get(name) == "float" and isinstance(value, int) else value


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _part(name: str, value: object) -> str:
    return f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"


def _list(name: str, entries: Iterable[dict[str, Any]]) -> str:
    return f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n]"

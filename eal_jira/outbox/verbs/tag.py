"""Our label and our property stand on an issue: only what is missing is written, and nobody else's labels change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.outbox.desk import Desk
from eal_jira.store.intents import IntentRow


def tag(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    can = desk.tracker.capabilities
    issue_id = want["issue"]
    state = desk.looked.get(issue_id) or desk.tracker.look(issue_id)
    add = [label for label in want["add"] if label not in state.labels] if can.labels else []
    remove = [label for label in want["remove"] if label in state.labels] if can.labels else []
    differs = can.properties and want["property"] is not None and dict(state.property or {}) != want["property"]
    value = want["property"] if differs else None
    if add or remove or value is not None:
        desk.tracker.tag(issue_id, add, remove, value)
        desk.wrote()
    return {"issue": issue_id}

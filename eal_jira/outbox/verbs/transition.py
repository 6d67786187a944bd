"""An issue is moved to a status, once. Whoever moves it on afterwards has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.outbox.desk import Desk
from eal_jira.store import issues
from eal_jira.store.intents import IntentRow


def transition(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    issue_id = desk.target(want)
    here = desk.tracker.look(issue_id).status
    with desk.store.read() as connection:
        there = issues.vocabulary(connection).status_ids(want["status"])
    lost = row.state != "waiting" and row.before is not None
    start = str((row.before or {})["start"]) if lost else here

    def find() -> Mapping[str, Any] | None:
        if here in there:
            return {"issue": issue_id, "status": here}
        if here != start:
            # it arrived and was moved on, or somebody was quicker: either way this is no longer ours to say
            return {"issue": issue_id, "status": here, "overtaken": True}
        return None

    def send() -> Mapping[str, Any]:
        desk.tracker.transition(issue_id, want["status"])
        return {"issue": issue_id, "status": want["status"]}

    return desk.once(row, find, send, desk.bounds.settle, start=start)

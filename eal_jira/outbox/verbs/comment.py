"""There is one comment of ours with this marker, and it says this. Edited in place; never a second one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.outbox.breaker import Effect
from eal_jira.outbox.desk import Desk
from eal_jira.outbox.duplicates import delete_extras
from eal_jira.store.intents import IntentRow


def comment(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    tracker = desk.tracker
    issue_id = desk.target(want)
    effect = _counted(want, issue_id)

    def find() -> Mapping[str, Any] | None:
        found = tracker.find_comments(issue_id, want["marker"])
        if not found:
            return None
        delete_extras(desk, issue_id, found[1:])
        return {"issue": issue_id, "comment": found[0]}

    def send() -> Mapping[str, Any]:
        return {"issue": issue_id, "comment": tracker.add_comment(issue_id, want["body"], want["marker"])}

    known = find()
    if known is None or not (tracker.capabilities.edit_comments and row.result is not None):
        return known or desk.once(row, lambda: None, send, desk.bounds.settle, effect)
    # it stood before, and was stated anew
    desk.sending(row, effect)
    tracker.edit_comment(issue_id, known["comment"], want["body"], want["marker"])
    desk.wrote()
    return known


def _counted(want: Mapping[str, Any], issue_id: str) -> Effect | None:
    """How the breaker counts it; its own notice is not counted, or it would never come."""
    if want.get("notice"):
        return None
    conversation = want.get("conversation")
    return Effect("reply", str(conversation)) if conversation else Effect("comment", issue_id)

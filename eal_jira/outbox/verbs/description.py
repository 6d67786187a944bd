"""Our part of a ticket's description says this; what people wrote around it stays. Edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.outbox.desk import Desk
from eal_jira.outbox.figures import figures
from eal_jira.store.intents import IntentRow


def description(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    issue_id = desk.target(want)
    if desk.tracker.describe(issue_id, want["body"], figures(want["figures"])):
        desk.wrote()
    return {"issue": issue_id}

"""A file is attached to an issue, once. The same name twice would be two files, so the name carries the content's hash:
a look at the names tells whether this very content is there."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from eal_jira.outbox.desk import Desk
from eal_jira.store.intents import IntentRow


def attachment(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    issue_id = desk.target(want)
    name = want["name"]

    def find() -> Mapping[str, Any] | None:
        found = desk.tracker.attachments(issue_id).get(name)
        return {"issue": issue_id, "attachment": found[0], "name": name} if found else None

    def send() -> Mapping[str, Any]:
        made = desk.tracker.attach(issue_id, name, base64.b64decode(want["content"]))
        return {"issue": issue_id, "attachment": made, "name": name}

    return desk.once(row, find, send, desk.bounds.settle)

"""An issue has a link to a place elsewhere. The link's own id makes this the one create that can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.model import RemoteLinkDraft
from eal_jira.outbox.desk import Desk
from eal_jira.store.intents import IntentRow


def remote_link(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    issue_id = desk.target(want)
    wanted = RemoteLinkDraft(**want["link"])
    if desk.tracker.remote_link(issue_id, wanted.global_id) != wanted:
        desk.tracker.put_remote_link(issue_id, wanted)
        desk.wrote()
    return {"issue": issue_id, "global_id": wanted.global_id}

"""An issue is linked to another one. Read first: a link that is there already must not be asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.outbox.desk import Desk
from eal_jira.store.intents import IntentRow


def link(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    here = desk.target(want)
    other = desk.target({"issue": want["other"], "ticket": want["other_ticket"]})
    result = {"issue": here, "other": other}

    def find() -> Mapping[str, Any] | None:
        return result if linked(desk, here, other, want["kind"]) else None

    def send() -> Mapping[str, Any]:
        desk.tracker.link(here, other, want["kind"])
        return result

    return desk.once(row, find, send, desk.bounds.settle)


def linked(desk: Desk, here: str, other: str, kind: str) -> bool:
    return any(
        (each.other_id, each.kind, each.direction) == (other, kind, "outward") for each in desk.tracker.links(here)
    )

"""There is one ticket with this marker (facts/jira.md 5.4: no tracker we know has an idempotency key).

Write down the newest key, look, send once. A lost answer is looked up, by the keys behind that one and then by search,
until the search index must have caught up, and only then is the create sent again. What stands twice is healed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.model import IssueRef, TicketDraft
from eal_jira.outbox.breaker import Effect
from eal_jira.outbox.desk import Desk
from eal_jira.outbox.duplicates import put_away
from eal_jira.outbox.figures import figures
from eal_jira.store.intents import IntentRow


def ticket(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    if row.result is not None:
        return row.result
    want = row.payload
    tracker = desk.tracker
    # of the first request: what any later one has made stands behind it, too
    under_way = row.state != "waiting" and row.before is not None
    highest = str((row.before or {})["highest"]) if under_way else tracker.highest_key(want["project"])

    def find() -> Mapping[str, Any] | None:
        found = tracker.find_tickets(want["project"], want["marker"], highest)
        for extra in found[1:]:
            put_away(desk, found[0], extra, want["marker"], want["labels"])
        return _ref(found[0]) if found else None

    def send() -> Mapping[str, Any]:
        return _ref(
            tracker.create(
                TicketDraft(
                    project=want["project"],
                    type=want["type"],
                    summary=want["summary"],
                    body=want["body"],
                    marker=want["marker"],
                    labels=tuple(want["labels"]),
                    figures=figures(want["figures"]),
                    shared=bool(want.get("shared")),
                )
            )
        )

    effect = Effect("ticket", want["project"])
    return desk.once(row, find, send, desk.bounds.search_lag, effect, highest=highest)


def _ref(ref: IssueRef) -> dict[str, str]:
    return {"id": ref.id, "key": ref.key}

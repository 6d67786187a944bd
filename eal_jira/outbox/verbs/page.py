"""A page is as it says. The pages adapter finds it by its key, keeps what people wrote, and writes what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.errors import RefusedByTracker
from eal_jira.model import Page
from eal_jira.outbox.desk import Desk
from eal_jira.outbox.figures import figures
from eal_jira.store.intents import IntentRow


def page(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    place, wanted = row.payload["adapter"], row.payload["page"]
    if place not in desk.pages:
        raise RefusedByTracker(
            f"The pages {place!r} are in no team's config any more.",
            refused="The page was not put anywhere.",
            remedy="Name them again under pages, or drop this intent.",
        )
    with desk.pages_lock:
        ref = desk.pages[place].put(Page(**{**wanted, "figures": figures(wanted["figures"])}))
    return {"id": ref.id, "url": ref.url}

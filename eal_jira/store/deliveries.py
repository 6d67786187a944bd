"""Webhook deliveries, and the issues they name until these were read again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from eal_jira.hookspecs import Nudge
from eal_jira.store import tables as t
from eal_jira.store import work
from eal_jira.store.readings import LINKED
from eal_jira.store.upsert import insert_new

NUDGE = "nudge"
"""Stage of work: a delivery named the issue, and it was not looked at since."""

READING = "reading"
"""Stage of work: the issue is about to be read because of a nudge."""

KEEP = timedelta(days=40)
"""How long a delivery is known again: longer than retries go on, and than the 30 days of some webhooks (facts 6)."""


def receive(connection: Connection, adapter: str, nudges: Iterable[Nudge], now: datetime) -> bool:
    """Stores deliveries with the issues they name, and forgets those that are too old to come again.

    One that is known already changes nothing. Whether there is anything new to read.
    """
    connection.execute(delete(t.deliveries).where(t.deliveries.c.received < now - KEEP))
    named: set[str] = set()
    linked: set[str] = set()
    for nudge in nudges:
        row = {
            "adapter": adapter,
            "id": nudge.delivery,
            "kind": nudge.kind,
            "received": now,
            "set_aside": nudge.set_aside,
        }
        if insert_new(connection, t.deliveries, row):
            named.update(nudge.issue_ids)
            linked.update(nudge.issue_ids if nudge.links else ())
    work.add(connection, NUDGE, named)
    work.add(connection, LINKED, linked)
    return bool(named)


def waiting(connection: Connection) -> bool:
    """Whether a nudge, new or interrupted, is still to be followed."""
    listed = select(t.work.c.issue_id).where(t.work.c.stage.in_((NUDGE, READING)))
    return connection.execute(listed.limit(1)).first() is not None


def begin_reading(connection: Connection) -> list[str]:
    """Ids of all issues that nudges named. They stay listed as `READING` until `work.done`, so that a nudge which
    arrives while its issue is being read is not taken for the one that caused the reading."""
    named = connection.execute(select(t.work.c.issue_id).where(t.work.c.stage == NUDGE))
    work.add(connection, READING, [row.issue_id for row in named])
    work.done(connection, NUDGE, None)
    listed = connection.execute(select(t.work.c.issue_id).where(t.work.c.stage == READING).order_by(t.work.c.issue_id))
    return [row.issue_id for row in listed]

"""What was sent lately, as the breaker counts it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from eal_jira.store import tables as t
from eal_jira.store.upsert import upsert


def sent(connection: Connection, kind: str, place: str, but: str = "") -> list[datetime]:
    """When, oldest first; not what the intent `but` has sent."""
    rows = connection.execute(
        select(t.effects.c.at)
        .where(t.effects.c.kind == kind, t.effects.c.place == place, t.effects.c.key != but)
        .order_by(t.effects.c.at)
    )
    return [row.at for row in rows]


def record(connection: Connection, kind: str, place: str, key: str, at: datetime) -> None:
    upsert(connection, t.effects, [{"kind": kind, "place": place, "at": at, "key": key}])


def retract(connection: Connection, key: str, at: datetime) -> None:
    """It was surely not sent after all."""
    connection.execute(delete(t.effects).where(t.effects.c.key == key, t.effects.c.at == at))


def forget(connection: Connection, before: datetime) -> None:
    connection.execute(delete(t.effects).where(t.effects.c.at < before))


def forget_key(connection: Connection, key: str) -> None:
    """Somebody has decided that what this intent was held for is no loop: the place starts anew."""
    places = select(t.intents.c.held_by).where(t.intents.c.key == key).scalar_subquery()
    connection.execute(delete(t.effects).where((t.effects.c.kind + " " + t.effects.c.place) == places))

"""Small facts about this installation and its teams."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from eal_jira.model import Actor
from eal_jira.store import sealed
from eal_jira.store import tables as t
from eal_jira.store.upsert import change, insert_row, upsert


@dataclass(frozen=True, slots=True)
class TeamState:
    """What the store remembers of a team from cycle to cycle."""

    first_cycle: datetime
    approved: datetime | None
    judged_by: str | None
    status_order: tuple[str, ...]
    order_from: int
    stale: bool


def get(connection: Connection, key: str) -> str | None:
    found = sealed.rows(connection, t.meta, select(t.meta).where(t.meta.c.key == key))
    return str(found[0].value) if found else None


def put(connection: Connection, key: str, value: str) -> None:
    upsert(connection, t.meta, [{"key": key, "value": value}])


def get_moment(connection: Connection, key: str) -> datetime | None:
    found = get(connection, key)
    return None if found is None else datetime.fromisoformat(found)


def put_moment(connection: Connection, key: str, at: datetime) -> None:
    put(connection, key, at.isoformat())


def pseudonym_key(connection: Connection) -> bytes:
    """The key that turns people into pseudonyms; made once, by the first call."""
    found = get(connection, "pseudonym_key")
    if found is None:
        found = secrets.token_hex(32)
        put(connection, "pseudonym_key", found)
    return bytes.fromhex(found)


def us(connection: Connection) -> tuple[Actor, ...]:
    """The accounts that we have had in this tracker, as pseudonyms."""
    found = get(connection, "us")
    return () if found is None else tuple(Actor(each) for each in json.loads(found))


def remember_us(connection: Connection, actor: Actor) -> None:
    known = us(connection)
    if actor not in known:
        put(connection, "us", json.dumps([*known, actor]))


INSTALLATIONS = 100
"""How many runs of the program a database remembers."""


def installations(connection: Connection) -> list[str]:
    """Ids under which this database's installation has written to the tracker, the newest last."""
    found = get(connection, "installations")
    return [] if found is None else list(json.loads(found))


def remember_installation(connection: Connection, id: str) -> None:
    known = [each for each in installations(connection) if each != id]
    put(connection, "installations", json.dumps([*known, id][-INSTALLATIONS:]))


def forget_installations(connection: Connection) -> None:
    """Whoever writes next takes over."""
    if installations(connection):
        put(connection, "installations", "[]")


def team(connection: Connection, name: str) -> TeamState | None:
    found = sealed.rows(connection, t.teams, select(t.teams).where(t.teams.c.name == name))
    if not found:
        return None
    row = found[0]
    return TeamState(row.first_cycle, row.approved, row.judged_by, tuple(row.status_order), row.order_from, row.stale)


def meet_team(connection: Connection, name: str, now: datetime) -> TeamState:
    """The team's state; a team seen for the first time starts now."""
    found = team(connection, name)
    if found is None:
        row: dict[str, Any] = {
            "name": name,
            "first_cycle": now,
            "approved": None,
            "judged_by": None,
            "status_order": [],
            "order_from": 0,
            "stale": True,
        }
        insert_row(connection, t.teams, row)
        found = TeamState(now, None, None, (), 0, True)
    return found


def approve_plan(connection: Connection, names: Sequence[str], now: datetime) -> None:
    change(connection, t.teams, t.teams.c.name.in_(names), t.teams.c.approved.is_(None), approved=now)


def set_team(connection: Connection, name: str, **values: Any) -> None:
    change(connection, t.teams, t.teams.c.name == name, **values)

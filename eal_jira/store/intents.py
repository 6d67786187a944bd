"""The outbox's table: what should be true in the tracker, and how far each of it has got.

States: waiting → sending → done; a lost answer: sending → unknown → done (found) or sending again (not there, and
nothing can be under way any more). Something that can't work: parked, until an operator says otherwise. What looks
like a loop: held. What an operator does not want: dropped, until it is stated differently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from eal_jira.store import sealed
from eal_jira.store import tables as t
from eal_jira.store.upsert import change, upsert

OPEN = ("waiting", "sending", "unknown")
PARKED, HELD, DROPPED, DONE = "parked", "held", "dropped", "done"
STATES = (*OPEN, PARKED, HELD, DROPPED, DONE)


@dataclass(frozen=True, slots=True)
class IntentRow:
    key: str
    team: str
    lane: str
    seq: int
    verb: str
    payload: Mapping[str, Any]
    hash: str
    state: str
    attempts: int
    not_before: datetime | None
    before: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    made: datetime
    held_by: str | None = None
    watch_until: datetime | None = None


def results(connection: Connection, team: str, verb: str) -> list[Mapping[str, Any]]:
    """What the delivered intents of this kind became, in the order of their keys."""
    query = (
        select(t.intents)
        .where(t.intents.c.team == team, t.intents.c.verb == verb, t.intents.c.result.is_not(None))
        .order_by(t.intents.c.key)
    )
    return [row.result for row in _rows(connection, query) if row.result is not None]


def payload_hash(payload: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def want(
    connection: Connection, key: str, team: str, lane: str, verb: str, payload: Mapping[str, Any], now: datetime
) -> bool:
    """States an intent. The same payload again is nothing new; a different one is delivered again under the same key.

    Returns whether there is something to deliver that was not there before.
    """
    digest = payload_hash(payload)
    known = get(connection, key)
    if known is not None and known.hash == digest:
        return False
    seq = known.seq if known is not None else 1 + (_last_seq(connection, lane) or 0)
    row: dict[str, Any] = {
        "key": key,
        "team": team,
        "lane": lane,
        "seq": seq,
        "verb": verb,
        "payload": dict(payload),
        "hash": digest,
        # an unknown outcome must be resolved before anything else is sent under this key
        "state": known.state if known is not None and known.state in ("sending", "unknown") else "waiting",
        "attempts": 0,
        "not_before": None,
        "before": None if known is None else known.before,
        "result": None if known is None else known.result,
        "made": now if known is None else known.made,
        "held_by": None,
        "watch_until": None if known is None else known.watch_until,
    }
    upsert(connection, t.intents, [row])
    return True


def _last_seq(connection: Connection, lane: str) -> int | None:
    return connection.execute(select(func.max(t.intents.c.seq)).where(t.intents.c.lane == lane)).scalar()


def get(connection: Connection, key: str) -> IntentRow | None:
    return next(iter(_rows(connection, select(t.intents).where(t.intents.c.key == key))), None)


def known(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of the keys under which something was ever wanted."""
    return {row.key for row in connection.execute(select(t.intents.c.key).where(t.intents.c.key.in_(keys)))}


def results_of(connection: Connection, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What came of these intents: key → result, of those that have one."""
    rows = _rows(connection, select(t.intents).where(t.intents.c.key.in_(keys)))
    return {row.key: row.result for row in rows if row.result is not None}


def tickets(connection: Connection) -> dict[str, str]:
    """The tickets that we have made: id → key, as it was when they were made."""
    rows = connection.execute(select(t.intents.c.result).where(t.intents.c.verb == "ticket"))
    return {str(row.result["id"]): str(row.result["key"]) for row in rows if row.result is not None}


def ticket_key(connection: Connection, issue_id: str) -> str | None:
    """The key of the ticket that this issue is, where we have made it."""
    ours = t.intents.c.verb == "ticket", t.intents.c.result["id"].as_string() == issue_id
    key = connection.execute(select(t.intents.c.key).where(*ours)).scalar()
    return None if key is None else str(key).removeprefix("ticket:")


def next_of_lanes(connection: Connection, now: datetime, limit: int) -> list[IntentRow]:
    """The first undelivered intent of each lane whose time has come, only for teams whose first plan is approved.

    A parked intent holds back nothing: the ones behind it go on.
    """
    earlier = aliased(t.intents)
    query = (
        select(t.intents)
        .join(t.teams, t.teams.c.name == t.intents.c.team)
        .where(
            t.intents.c.state.in_(OPEN),
            t.teams.c.approved.is_not(None),
            or_(t.intents.c.not_before.is_(None), t.intents.c.not_before <= now),
            ~exists().where(
                earlier.c.lane == t.intents.c.lane,
                earlier.c.seq < t.intents.c.seq,
                earlier.c.state.in_(OPEN),
            ),
        )
        .order_by(t.intents.c.made, t.intents.c.key)
        .limit(limit)
    )
    return _rows(connection, query)


def mark(connection: Connection, key: str, state: str, **values: Any) -> None:
    values = {"held_by": None, **values}
    change(connection, t.intents, t.intents.c.key == key, state=state, **values)


def watched(connection: Connection, now: datetime) -> list[IntentRow]:
    """Delivered ones that were sent more than once, and not long ago."""
    there = (t.intents.c.watch_until > now, t.intents.c.state == DONE)
    return _rows(connection, select(t.intents).where(*there).order_by(t.intents.c.key))


def held_by(connection: Connection) -> set[str]:
    """What of the breaker keeps something back now."""
    rows = connection.execute(select(t.intents.c.held_by).where(t.intents.c.held_by.is_not(None)).distinct())
    return {row.held_by for row in rows}


def listed(connection: Connection, states: Sequence[str], limit: int | None = None) -> list[IntentRow]:
    """Those in one of these states, oldest first."""
    query = select(t.intents).where(t.intents.c.state.in_(states)).order_by(t.intents.c.made, t.intents.c.key)
    return _rows(connection, query.limit(limit))


def release(connection: Connection, row: IntentRow) -> None:
    """To be tried again, at once. What may have taken effect already is looked up first, as after a lost answer."""
    under_way = row.state in ("sending", "unknown") or (row.before is not None and row.result is None)
    mark(connection, row.key, "unknown" if under_way else "waiting", not_before=None, attempts=0)


def give_up_held(connection: Connection, before: datetime) -> None:
    """What was held until its conversation ended comes too late."""
    change(connection, t.intents, t.intents.c.state == HELD, t.intents.c.made < before, state=DROPPED, held_by=None)


def count(connection: Connection, team: str | None = None) -> dict[tuple[str, str], int]:
    """How many intents there are, by (state, verb)."""
    query = select(t.intents.c.state, t.intents.c.verb, func.count()).group_by(t.intents.c.state, t.intents.c.verb)
    if team is not None:
        query = query.where(t.intents.c.team == team)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def undelivered(connection: Connection) -> list[IntentRow]:
    return _rows(
        connection, select(t.intents).where(t.intents.c.state.not_in((DONE, DROPPED))).order_by(t.intents.c.key)
    )


def _rows(connection: Connection, query: Select[Any]) -> list[IntentRow]:
    return [IntentRow(**sealed.content(row)) for row in sealed.rows(connection, t.intents, query)]

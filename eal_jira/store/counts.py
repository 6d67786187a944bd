"""How much of what there is: for metrics and the status page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, Connection, func, select

from eal_jira.store import tables as t
from eal_jira.store.database import Store


@dataclass(frozen=True, slots=True)
class Waiting:
    """Undelivered intents of one verb and state."""

    verb: str
    state: str
    count: int
    oldest: datetime


def undelivered(connection: Connection) -> list[Waiting]:
    rows = connection.execute(
        select(t.intents.c.verb, t.intents.c.state, func.count(), func.min(t.intents.c.made))
        .where(t.intents.c.state != "done")
        .group_by(t.intents.c.verb, t.intents.c.state)
        .order_by(t.intents.c.verb, t.intents.c.state)
    )
    return [Waiting(*row) for row in rows]


def work(connection: Connection) -> dict[str, int]:
    """What stages still have to look at, by stage."""
    return _counted(connection, t.work.c.stage)


def set_aside(connection: Connection) -> dict[str, int]:
    """By kind."""
    return _counted(connection, t.set_aside.c.kind)


def standing(connection: Connection) -> dict[tuple[str, str], int]:
    """Deviations that stand, by (team, guideline)."""
    rows = connection.execute(
        select(t.deviations.c.team, t.deviations.c.guideline, func.count())
        .where(t.deviations.c.closed.is_(None))
        .group_by(t.deviations.c.team, t.deviations.c.guideline)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def last_retro(connection: Connection) -> datetime | None:
    """When the newest retro of any team was built."""
    return connection.execute(select(func.max(t.retros.c.built))).scalar()


def file_sizes(store: Store) -> tuple[int, int] | None:
    """Bytes of the database and of its write-ahead log; None where it is no file."""
    if store.url.get_backend_name() != "sqlite" or not store.url.database:
        return None
    file = Path(store.url.database)
    sizes = [path.stat().st_size if path.exists() else 0 for path in (file, file.with_name(f"{file.name}-wal"))]
    return sizes[0], sizes[1]


def _counted(connection: Connection, by: Column[str]) -> dict[str, int]:
    rows = connection.execute(select(by, func.count()).group_by(by).order_by(by))
    return {row[0]: row[1] for row in rows}

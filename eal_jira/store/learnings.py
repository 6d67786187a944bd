"""What is known, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from eal_jira.store import tables as t
from eal_jira.store.upsert import upsert

SURPRISE = "surprise"


@dataclass(frozen=True, slots=True)
class LearningRow:
    key: str
    team: str
    guideline: str
    #: "practice", "experiment", "decision" or "surprise"
    kind: str
    #: key of the proposal, experiment or practice that it comes from; of a surprise, the issue's id
    source: str
    made: datetime
    body: Mapping[str, Any]


def save(connection: Connection, row: LearningRow) -> None:
    """There is one learning with this key, and it says this; it keeps the day on which it was first known."""
    known = connection.execute(select(t.learnings.c.made).where(t.learnings.c.key == row.key)).scalar()
    upsert(connection, t.learnings, [{**asdict(row), "made": known or row.made}])


def listed(connection: Connection, team: str | None = None, kind: str | None = None) -> list[LearningRow]:
    """The newest first."""
    query = select(t.learnings).order_by(t.learnings.c.made.desc(), t.learnings.c.key)
    if team is not None:
        query = query.where(t.learnings.c.team == team)
    if kind is not None:
        query = query.where(t.learnings.c.kind == kind)
    return [LearningRow(**row._mapping) for row in connection.execute(query)]


def surprised(connection: Connection, issue_id: str) -> bool:
    """Whether somebody has noted a surprise on this issue."""
    query = select(t.learnings.c.key).where(t.learnings.c.kind == SURPRISE, t.learnings.c.source == issue_id)
    return connection.execute(query.limit(1)).first() is not None

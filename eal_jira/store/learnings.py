"""What is known, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from eal_jira.store import sealed
from eal_jira.store import tables as t
from eal_jira.store.upsert import upsert

SURPRISE = "surprise"


@dataclass(frozen=True, slots=True)
class LearningRow:
    key: str
    team: str
    guideline: str
    #: "practice", "experiment", "decision", "said" or "surprise"
    kind: str
    #: key of the proposal, experiment, practice or retro that it comes from; of a surprise, the issue's id
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
    return [LearningRow(**sealed.content(row)) for row in sealed.rows(connection, t.learnings, query)]


def surprised(connection: Connection, issue_ids: Sequence[str]) -> set[str]:
    """Those of the issues on which somebody has noted a surprise."""
    query = select(t.learnings).where(t.learnings.c.kind == SURPRISE, t.learnings.c.source.in_(issue_ids))
    return {row.source for row in sealed.rows(connection, t.learnings, query)}

"""Practices, proposals with their decisions, and the retros that were built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from eal_jira.store import tables as t
from eal_jira.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class PracticeRow:
    guideline: str
    signature: str
    verdict: str
    body: Mapping[str, Any]
    first_seen: datetime
    evaluated: datetime


@dataclass(frozen=True, slots=True)
class ProposalRow:
    key: str
    team: str
    guideline: str
    base_version: int
    signature: str
    body: Mapping[str, Any]
    made: datetime
    state: str = "open"
    decided: datetime | None = None
    new_version: int | None = None
    adoption: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RetroRow:
    team: str
    period: str
    start: datetime
    end: datetime
    built: datetime
    #: the title, the manager's question (`heard`; `question`: shown on it), the hours planned and used for reflection
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action that somebody wrote on a retro."""

    #: marker of its ticket
    key: str
    team: str
    period: str
    text: str
    made: datetime


def save_practices(connection: Connection, team: str, rows: Iterable[PracticeRow]) -> None:
    """What the newest evaluation says; `first_seen` stays that of the first time."""
    known = {(row.guideline, row.signature): row.first_seen for row in practices(connection, team)}
    upsert(
        connection,
        t.practices,
        (
            {
                "team": team,
                **asdict(row),
                "body": dict(row.body),
                "first_seen": known.get((row.guideline, row.signature), row.first_seen),
            }
            for row in rows
        ),
    )


def practices(connection: Connection, team: str) -> list[PracticeRow]:
    rows = connection.execute(
        select(t.practices).where(t.practices.c.team == team).order_by(t.practices.c.guideline, t.practices.c.signature)
    )
    return [
        PracticeRow(row.guideline, row.signature, row.verdict, row.body, row.first_seen, row.evaluated) for row in rows
    ]


def add_proposal(connection: Connection, row: ProposalRow) -> None:
    connection.execute(t.proposals.insert(), asdict(row))


def proposals(connection: Connection, team: str | None = None) -> list[ProposalRow]:
    query = select(t.proposals).order_by(t.proposals.c.made, t.proposals.c.key)
    if team is not None:
        query = query.where(t.proposals.c.team == team)
    return [_proposal(row) for row in connection.execute(query)]


def _proposal(row: Row[Any]) -> ProposalRow:
    return ProposalRow(
        row.key,
        row.team,
        row.guideline,
        row.base_version,
        row.signature,
        row.body,
        row.made,
        row.state,
        row.decided,
        row.new_version,
        row.adoption,
    )


def decide(connection: Connection, key: str, state: str, at: datetime, new_version: int | None) -> None:
    connection.execute(
        update(t.proposals).where(t.proposals.c.key == key).values(state=state, decided=at, new_version=new_version)
    )


def save_adoption(connection: Connection, key: str, adoption: Mapping[str, Any]) -> None:
    connection.execute(update(t.proposals).where(t.proposals.c.key == key).values(adoption=dict(adoption)))


def save_retro(connection: Connection, row: RetroRow) -> None:
    upsert(connection, t.retros, [asdict(row)])


def retros(connection: Connection, team: str, newest: int) -> list[RetroRow]:
    """The newest retros of a team, the newest first."""
    rows = connection.execute(
        select(t.retros).where(t.retros.c.team == team).order_by(t.retros.c.end.desc(), t.retros.c.period).limit(newest)
    )
    return [RetroRow(row.team, row.period, row.start, row.end, row.built, row.body) for row in rows]


def add_action(connection: Connection, row: ActionRow) -> bool:
    """Whether it was not known before; a known one stays as it is."""
    if connection.execute(select(t.actions.c.key).where(t.actions.c.key == row.key)).first() is not None:
        return False
    connection.execute(t.actions.insert(), asdict(row))
    return True


def actions(connection: Connection, team: str) -> list[ActionRow]:
    """All actions of a team, oldest first."""
    rows = connection.execute(
        select(t.actions).where(t.actions.c.team == team).order_by(t.actions.c.made, t.actions.c.key)
    )
    return [ActionRow(row.key, row.team, row.period, row.text, row.made) for row in rows]


def last_retro_end(connection: Connection, team: str) -> datetime | None:
    """When the newest period that has a retro ended."""
    row = connection.execute(
        select(t.retros.c.end).where(t.retros.c.team == team).order_by(t.retros.c.end.desc()).limit(1)
    ).first()
    return None if row is None else row.end


def count_retros(connection: Connection, team: str) -> int:
    return int(
        connection.execute(select(func.count()).select_from(t.retros).where(t.retros.c.team == team)).scalar_one()
    )

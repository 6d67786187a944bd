"""Practices, proposals with their decisions, and the retros that were built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from eal_jira.store import sealed
from eal_jira.store import tables as t
from eal_jira.store.upsert import change, insert_row, upsert

UNTOLD = "untold"
"""The verdict of a candidate that is looked at and adds nothing to what is told already."""


@dataclass(frozen=True, slots=True)
class PracticeRow:
    guideline: str
    signature: str
    verdict: str
    body: Mapping[str, Any]
    #: since when this has been the verdict
    first_seen: datetime
    evaluated: datetime
    shared: datetime | None = None


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
    kind: str = "practice"
    heard: Mapping[str, Any] | None = None
    reason: str | None = None
    renewed: Mapping[str, Any] | None = None
    noted: list[str] | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody has still to decide; what is tried first is not decided yet, but nobody is waited for."""
        return self.state == "open"

    @property
    def evidence(self) -> Mapping[str, Any] | None:
        """The practice as it was last told, None where the proposal rests on none."""
        newest: Mapping[str, Any] | None = self.renewed or self.body.get("practice")
        return newest


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
    """What the newest evaluation says; `first_seen` stays that of the first time this was the verdict."""
    known = {(row.guideline, row.signature): row for row in practices(connection, team, untold=True)}

    def kept(row: PracticeRow) -> dict[str, Any]:
        before = known.get((row.guideline, row.signature))
        if before is None:
            return {}
        same = before.verdict == row.verdict
        return {"first_seen": before.first_seen if same else row.first_seen, "shared": before.shared if same else None}

    upsert(
        connection,
        t.practices,
        (
            {
                "team": team,
                **asdict(row),
                "body": dict(row.body),
                **kept(row),
            }
            for row in rows
        ),
    )


def practices(connection: Connection, team: str, *, untold: bool = False) -> list[PracticeRow]:
    """The team's practices; `untold`: with the candidates that add nothing, too."""
    query = (
        select(t.practices).where(t.practices.c.team == team).order_by(t.practices.c.guideline, t.practices.c.signature)
    )
    rows = sealed.rows(connection, t.practices, query if untold else query.where(t.practices.c.verdict != UNTOLD))
    return [
        PracticeRow(row.guideline, row.signature, row.verdict, row.body, row.first_seen, row.evaluated, row.shared)
        for row in rows
    ]


def share_practice(connection: Connection, team: str, guideline: str, signature: str, now: datetime) -> None:
    """The team wants its manager to see it."""
    p = t.practices.c
    this = (p.team == team, p.guideline == guideline, p.signature == signature, p.shared.is_(None))
    change(connection, t.practices, *this, shared=now)


def add_proposal(connection: Connection, row: ProposalRow) -> None:
    insert_row(connection, t.proposals, asdict(row))


def proposals(connection: Connection, team: str | None = None) -> list[ProposalRow]:
    query = select(t.proposals).order_by(t.proposals.c.made, t.proposals.c.key)
    if team is not None:
        query = query.where(t.proposals.c.team == team)
    return [_proposal(row) for row in sealed.rows(connection, t.proposals, query)]


def _proposal(row: Row[Any]) -> ProposalRow:
    return ProposalRow(**sealed.content(row))


def proposal(connection: Connection, key: str) -> ProposalRow | None:
    found = sealed.rows(connection, t.proposals, select(t.proposals).where(t.proposals.c.key == key))
    return _proposal(found[0]) if found else None


def change_proposal(connection: Connection, key: str, **values: Any) -> None:
    """Sets columns of a proposal: its state, what was heard, newer evidence."""
    change(connection, t.proposals, t.proposals.c.key == key, **values)


def save_adoption(connection: Connection, key: str, adoption: Mapping[str, Any]) -> None:
    change_proposal(connection, key, adoption=dict(adoption))


def save_retro(connection: Connection, row: RetroRow) -> None:
    upsert(connection, t.retros, [asdict(row)])


def retros(connection: Connection, team: str, newest: int) -> list[RetroRow]:
    """The newest retros of a team, the newest first."""
    query = select(t.retros).where(t.retros.c.team == team).order_by(t.retros.c.end.desc(), t.retros.c.period)
    rows = sealed.rows(connection, t.retros, query.limit(newest))
    return [RetroRow(row.team, row.period, row.start, row.end, row.built, row.body) for row in rows]


def add_action(connection: Connection, row: ActionRow) -> bool:
    """Whether it was not known before; a known one stays as it is."""
    if connection.execute(select(t.actions.c.key).where(t.actions.c.key == row.key)).first() is not None:
        return False
    insert_row(connection, t.actions, asdict(row))
    return True


def actions(connection: Connection, team: str) -> list[ActionRow]:
    """All actions of a team, oldest first."""
    query = select(t.actions).where(t.actions.c.team == team).order_by(t.actions.c.made, t.actions.c.key)
    rows = sealed.rows(connection, t.actions, query)
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

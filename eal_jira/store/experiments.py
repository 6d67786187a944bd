"""Experiments, the issues that take part, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from eal_jira.store import tables as t
from eal_jira.store.upsert import insert_new, upsert


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    key: str
    ticket_id: str
    team: str
    state: str
    made: datetime
    origin: str | None = None
    design: Mapping[str, Any] | None = None
    started: datetime | None = None
    closed: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ObservationRow:
    measure: str
    issue_id: str
    begun: datetime
    trial: bool
    stratum: tuple[str, ...]
    value: float


def add(connection: Connection, row: ExperimentRow) -> bool:
    """Remembers it, unless it is known; whether it was new."""
    return insert_new(connection, t.experiments, asdict(row))


def change(connection: Connection, key: str, **values: Any) -> None:
    connection.execute(update(t.experiments).where(t.experiments.c.key == key).values(**values))


def get(connection: Connection, key: str) -> ExperimentRow | None:
    row = connection.execute(select(t.experiments).where(t.experiments.c.key == key)).first()
    return None if row is None else _row(row)


def of_ticket(connection: Connection, ticket_id: str) -> ExperimentRow | None:
    row = connection.execute(select(t.experiments).where(t.experiments.c.ticket_id == ticket_id)).first()
    return None if row is None else _row(row)


def listed(connection: Connection, team: str | None = None, states: Sequence[str] | None = None) -> list[ExperimentRow]:
    """In the order in which they were met."""
    query = select(t.experiments).order_by(t.experiments.c.made, t.experiments.c.key)
    if team is not None:
        query = query.where(t.experiments.c.team == team)
    if states is not None:
        query = query.where(t.experiments.c.state.in_(states))
    return [_row(row) for row in connection.execute(query)]


def _row(row: Row[Any]) -> ExperimentRow:
    return ExperimentRow(**row._mapping)


# --- who takes part ---------------------------------------------------------------------------------------------


def join(connection: Connection, key: str, issue_ids: Iterable[str], now: datetime) -> list[str]:
    """These take part from now on; those of them that did not yet."""
    return [
        issue_id
        for issue_id in issue_ids
        if insert_new(connection, t.trials, {"experiment": key, "issue_id": issue_id, "joined": now})
    ]


def trials(connection: Connection, key: str) -> set[str]:
    """Ids of the issues that take part."""
    return {row.issue_id for row in connection.execute(select(t.trials.c.issue_id).where(t.trials.c.experiment == key))}


def _others(key: str) -> str:
    """Names the other side in the table of those who take part; no experiment is called so."""
    return f"others of {key}"


def stay_out(connection: Connection, key: str, issue_ids: Iterable[str], now: datetime) -> None:
    """A look has found that these do not take part."""
    join(connection, _others(key), issue_ids, now)


def others(connection: Connection, key: str) -> set[str]:
    """Ids of the issues that a look has found not to take part; some may have joined since."""
    return trials(connection, _others(key))


def trials_of(connection: Connection, issue_id: str) -> list[ExperimentRow]:
    """The experiments in which an issue takes part."""
    rows = connection.execute(
        select(t.experiments)
        .join(t.trials, t.trials.c.experiment == t.experiments.c.key)
        .where(t.trials.c.issue_id == issue_id)
        .order_by(t.experiments.c.made, t.experiments.c.key)
    )
    return [_row(row) for row in rows]


# --- their numbers ----------------------------------------------------------------------------------------------


def write_down(connection: Connection, key: str, rows: Iterable[ObservationRow]) -> None:
    """Adds numbers that have become known."""
    upsert(
        connection,
        t.observations,
        ({"experiment": key, **asdict(row), "stratum": list(row.stratum)} for row in rows),
    )


def observations(connection: Connection, key: str) -> list[ObservationRow]:
    rows = connection.execute(
        select(t.observations)
        .where(t.observations.c.experiment == key)
        .order_by(t.observations.c.measure, t.observations.c.issue_id)
    )
    return [
        ObservationRow(row.measure, row.issue_id, row.begun, row.trial, tuple(row.stratum), row.value) for row in rows
    ]

"""Experiments, the issues that take part, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from eal_jira.store import sealed, upsert
from eal_jira.store import tables as t


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
    return upsert.insert_new(connection, t.experiments, asdict(row))


def change(connection: Connection, key: str, **values: Any) -> None:
    upsert.change(connection, t.experiments, t.experiments.c.key == key, **values)


def get(connection: Connection, key: str) -> ExperimentRow | None:
    return next(iter(_rows(connection, select(t.experiments).where(t.experiments.c.key == key))), None)


def of_ticket(connection: Connection, ticket_id: str) -> ExperimentRow | None:
    return next(iter(_rows(connection, select(t.experiments).where(t.experiments.c.ticket_id == ticket_id))), None)


def listed(connection: Connection, team: str | None = None, states: Sequence[str] | None = None) -> list[ExperimentRow]:
    """In the order in which they were met."""
    query = select(t.experiments).order_by(t.experiments.c.made, t.experiments.c.key)
    if team is not None:
        query = query.where(t.experiments.c.team == team)
    if states is not None:
        query = query.where(t.experiments.c.state.in_(states))
    return _rows(connection, query)


def _rows(connection: Connection, query: Select[Any]) -> list[ExperimentRow]:
    return [ExperimentRow(**sealed.content(row)) for row in sealed.rows(connection, t.experiments, query)]


# --- who takes part ---------------------------------------------------------------------------------------------


def join(connection: Connection, key: str, issue_ids: Iterable[str], now: datetime) -> list[str]:
    """These take part from now on; those of them that did not yet."""
    return [
        issue_id
        for issue_id in issue_ids
        if upsert.insert_new(connection, t.trials, {"experiment": key, "issue_id": issue_id, "joined": now})
    ]


def trials(connection: Connection, key: str) -> set[str]:
    """Ids of the issues that take part."""
    query = select(t.trials).where(t.trials.c.experiment == key)
    return {row.issue_id for row in sealed.rows(connection, t.trials, query)}


def stay_out(connection: Connection, key: str, issue_ids: Iterable[str], now: datetime) -> None:
    """A look has found that these do not take part."""
    for issue_id in issue_ids:
        upsert.insert_new(connection, t.others, {"experiment": key, "issue_id": issue_id, "seen": now})


def others(connection: Connection, key: str) -> set[str]:
    """Ids of the issues that a look has found not to take part; some may have joined since."""
    query = select(t.others).where(t.others.c.experiment == key)
    return {row.issue_id for row in sealed.rows(connection, t.others, query)}


def trials_of(connection: Connection, issue_ids: Sequence[str]) -> dict[str, list[ExperimentRow]]:
    """The experiments in which each of these issues takes part."""
    joined = sealed.rows(connection, t.trials, select(t.trials).where(t.trials.c.issue_id.in_(issue_ids)))
    keys = {row.experiment for row in joined}
    order = (t.experiments.c.made, t.experiments.c.key)
    there = _rows(connection, select(t.experiments).where(t.experiments.c.key.in_(keys)).order_by(*order))
    takes_part = {(row.issue_id, row.experiment) for row in joined}
    return {issue_id: [row for row in there if (issue_id, row.key) in takes_part] for issue_id in issue_ids}


# --- their numbers ----------------------------------------------------------------------------------------------


def write_down(connection: Connection, key: str, rows: Iterable[ObservationRow]) -> None:
    """Adds numbers that have become known."""
    upsert.upsert(
        connection,
        t.observations,
        ({"experiment": key, **asdict(row), "stratum": list(row.stratum)} for row in rows),
    )


def observations(connection: Connection, key: str) -> list[ObservationRow]:
    query = (
        select(t.observations)
        .where(t.observations.c.experiment == key)
        .order_by(t.observations.c.measure, t.observations.c.issue_id)
    )
    rows = sealed.rows(connection, t.observations, query)
    return [
        ObservationRow(row.measure, row.issue_id, row.begun, row.trial, tuple(row.stratum), row.value) for row in rows
    ]

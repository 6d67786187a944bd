"""Event log, stays, guideline versions and deviations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select

from eal_jira.model import Actor, Deviation, Event, Stay, Trace
from eal_jira.store import damage, intents, issues, sealed
from eal_jira.store import tables as t
from eal_jira.store.upsert import change, insert_row, upsert


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A stored guideline version; `body` is the whole version as `process.guidelines` writes it."""

    guideline: str
    version: int
    in_force_from: datetime
    origin: str
    body: Mapping[str, Any]


# --- event log ------------------------------------------------------------------------------------------------


def save_trace(connection: Connection, trace: Trace) -> None:
    """Replaces the issue's events and stays."""
    forget_trace(connection, trace.issue.id)
    events = [
        {
            "issue_id": trace.issue.id,
            "seq": event.seq,
            "at": event.at,
            "activity": event.activity,
            "from": event.from_,
            "to": event.to,
            "actor": event.actor,
        }
        for event in trace.events
    ]
    if events:
        connection.execute(t.events.insert(), events)
    stays = [{"issue_id": trace.issue.id, "seq": seq, **asdict(stay)} for seq, stay in enumerate(trace.stays)]
    if stays:
        connection.execute(t.stays.insert(), stays)


def forget_trace(connection: Connection, issue_id: str) -> None:
    for table in (t.events, t.stays):
        connection.execute(delete(table).where(table.c.issue_id == issue_id))


def traces(connection: Connection, issue_ids: Sequence[str]) -> dict[str, Trace]:
    """The traces of those issues that have one. Links to our own tickets are nobody's work and left out.

    Raises `RowsDamaged` for traces that are not what was stored; issues that are distrusted already are left out.
    """
    found = issues.issues(connection, issue_ids)
    for issue_id in damage.distrusted(connection, list(found)):
        del found[issue_id]
    as_stored = dict(found)
    if any(issue.links for issue in found.values()):
        ours = intents.tickets(connection)
        found = {
            issue_id: replace(issue, links=tuple(link for link in issue.links if link.other_id not in ours))
            for issue_id, issue in found.items()
        }
    events: dict[str, list[Event]] = {issue_id: [] for issue_id in found}
    stays: dict[str, list[Stay]] = {issue_id: [] for issue_id in found}
    for row in connection.execute(
        select(t.events).where(t.events.c.issue_id.in_(issue_ids)).order_by(t.events.c.issue_id, t.events.c.seq)
    ):
        actor = None if row.actor is None else Actor(row.actor)
        if row.issue_id in events:
            events[row.issue_id].append(Event(row.seq, row.at, row.activity, row._mapping["from"], row.to, actor))
    for row in connection.execute(
        select(t.stays).where(t.stays.c.issue_id.in_(issue_ids)).order_by(t.stays.c.issue_id, t.stays.c.seq)
    ):
        if row.issue_id in stays:
            stays[row.issue_id].append(Stay(row.status, row.entered, row.left))
    told = {
        issue_id: Trace(issue, tuple(events[issue_id]), tuple(stays[issue_id]))
        for issue_id, issue in as_stored.items()
        if events[issue_id]
    }
    damage.require_whole_traces(connection, list(told.values()))
    return {
        issue_id: trace if found[issue_id] is trace.issue else replace(trace, issue=found[issue_id])
        for issue_id, trace in told.items()
    }


# --- guideline versions ---------------------------------------------------------------------------------------


def versions(connection: Connection, team: str) -> list[VersionRow]:
    """All versions of all guidelines of the team, by guideline and number."""
    query = (
        select(t.guideline_versions)
        .where(t.guideline_versions.c.team == team)
        .order_by(t.guideline_versions.c.guideline, t.guideline_versions.c.version)
    )
    rows = sealed.rows(connection, t.guideline_versions, query)
    return [VersionRow(row.guideline, row.version, row.in_force_from, row.origin, row.body) for row in rows]


def add_version(connection: Connection, team: str, version: VersionRow) -> None:
    """Versions are immutable: the same number twice is refused by the database."""
    insert_row(connection, t.guideline_versions, {"team": team, **asdict(version)})


# --- deviations -----------------------------------------------------------------------------------------------


def deviations(connection: Connection, team: str, issue_ids: Sequence[str] | None = None) -> list[Deviation]:
    """The team's standing deviations, of these issues or of all, oldest first."""
    condition = [t.deviations.c.team == team, t.deviations.c.closed.is_(None)]
    if issue_ids is not None:
        condition.append(t.deviations.c.issue_id.in_(issue_ids))
    return _deviations(connection, *condition)


def deviations_of(connection: Connection, issue_ids: Sequence[str]) -> dict[str, list[Deviation]]:
    """What stands for each of these issues, in all teams."""
    found: dict[str, list[Deviation]] = {issue_id: [] for issue_id in issue_ids}
    for deviation in _deviations(connection, t.deviations.c.issue_id.in_(issue_ids), t.deviations.c.closed.is_(None)):
        found[deviation.issue_id].append(deviation)
    return found


def _deviations(connection: Connection, *where: ColumnElement[bool]) -> list[Deviation]:
    query = select(t.deviations).where(*where).order_by(t.deviations.c.at, t.deviations.c.key)
    return [_deviation(row) for row in sealed.rows(connection, t.deviations, query)]


def _deviation(row: Row[Any]) -> Deviation:
    return Deviation(
        row.key,
        row.team,
        row.issue_id,
        row.guideline,
        row.version,
        row.at,
        tuple(row.events),
        row.signature,
        row.label,
        row.sentence,
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """What a re-check changed."""

    opened: int
    closed: int


def replace_deviations(
    connection: Connection, team: str, issue_ids: Sequence[str], found: Iterable[Deviation], now: datetime
) -> Opened:
    """Makes `found` what stands for these issues: opens the new, closes what is no longer there, reopens the known."""
    found = list(found)
    before = {d.key for d in deviations(connection, team, issue_ids)}
    wanted = {d.key for d in found}
    known = {
        row.key: row.opened
        for row in connection.execute(
            select(t.deviations.c.key, t.deviations.c.opened).where(
                t.deviations.c.team == team, t.deviations.c.issue_id.in_(issue_ids)
            )
        )
    }
    upsert(
        connection,
        t.deviations,
        ({**asdict(d), "events": list(d.events), "opened": known.get(d.key, now), "closed": None} for d in found),
    )
    gone = before - wanted
    if gone:
        change(connection, t.deviations, t.deviations.c.key.in_(gone), closed=now)
    return Opened(len(wanted - before), len(gone))


def ways(connection: Connection, team: str) -> dict[str, list[tuple[str, int]]]:
    """For each guideline, the ways in which work departs from it and how many issues did."""
    issues_ = func.count(t.deviations.c.issue_id.distinct())
    rows = connection.execute(
        select(t.deviations.c.guideline, t.deviations.c.label, issues_)
        .where(t.deviations.c.team == team, t.deviations.c.closed.is_(None))
        .group_by(t.deviations.c.guideline, t.deviations.c.label)
        .order_by(t.deviations.c.guideline, t.deviations.c.label)
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for guideline, label, count in rows:
        found.setdefault(guideline, []).append((label, count))
    return found


def last_departures(connection: Connection, team: str) -> dict[str, datetime]:
    """When work last departed from each guideline, whether that still stands or not."""
    rows = connection.execute(
        select(t.deviations.c.guideline, func.max(t.deviations.c.at).label("at"))
        .where(t.deviations.c.team == team)
        .group_by(t.deviations.c.guideline)
    )
    return {row.guideline: row.at for row in rows}


def count_deviations(connection: Connection, team: str) -> int:
    return int(
        connection.execute(
            select(func.count())
            .select_from(t.deviations)
            .where(t.deviations.c.team == team, t.deviations.c.closed.is_(None))
        ).scalar_one()
    )


# --- what time alone will change ------------------------------------------------------------------------------


def set_due(connection: Connection, team: str, moments: Mapping[str, datetime | None]) -> None:
    """When to look at each issue again although nothing happens to it; None: never."""
    connection.execute(delete(t.due).where(t.due.c.team == team, t.due.c.issue_id.in_(list(moments))))
    rows = [{"team": team, "issue_id": i, "at": at} for i, at in moments.items() if at is not None]
    upsert(connection, t.due, rows)


def due(connection: Connection, team: str, now: datetime) -> list[str]:
    rows = connection.execute(select(t.due.c.issue_id).where(t.due.c.team == team, t.due.c.at <= now))
    return [row.issue_id for row in rows]


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When, after `now`, the next verdict can change by time alone."""
    return connection.execute(select(func.min(t.due.c.at)).where(t.due.c.at > now)).scalar()


# --- measures -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    issue_id: str
    finished: datetime | None
    body: Mapping[str, Any]
    #: [guideline, version] of the versions that were about the issue at some time of its life
    applied: tuple[list[object], ...]


def save_measures(connection: Connection, team: str, rows: Iterable[MeasuredRow]) -> None:
    upsert(connection, t.measures, ({"team": team, **asdict(row), "applied": list(row.applied)} for row in rows))


def forget_measures(connection: Connection, team: str, issue_ids: Sequence[str]) -> None:
    connection.execute(delete(t.measures).where(t.measures.c.team == team, t.measures.c.issue_id.in_(issue_ids)))


def measures(connection: Connection, team: str) -> list[MeasuredRow]:
    return list(each_measured(connection, team))


def each_measured(connection: Connection, team: str) -> Iterator[MeasuredRow]:
    """The same one after the other, for those who keep something smaller than all these bodies."""
    query = select(t.measures).where(t.measures.c.team == team).order_by(t.measures.c.issue_id)
    for row in sealed.each(connection, t.measures, query):
        yield MeasuredRow(row.issue_id, row.finished, row.body, tuple(row.applied))


def measured(connection: Connection, team: str, issue_ids: Sequence[str]) -> list[str]:
    """Those of the issues that were the team's when it was last looked at them."""
    rows = connection.execute(
        select(t.measures.c.issue_id).where(t.measures.c.team == team, t.measures.c.issue_id.in_(issue_ids))
    )
    return [row.issue_id for row in rows]


def count_finished(connection: Connection, team: str) -> int:
    return int(
        connection.execute(
            select(func.count())
            .select_from(t.measures)
            .where(t.measures.c.team == team, t.measures.c.finished.is_not(None))
        ).scalar_one()
    )

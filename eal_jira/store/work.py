"""What later stages still have to look at, and what had to be set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, literal, select

from eal_jira.model import Scope, SetAside
from eal_jira.store import issues
from eal_jira.store import tables as t
from eal_jira.store.bulk import insert_rows
from eal_jira.store.upsert import upsert

BATCH = 500
"""How many issues a stage takes at a time: bounds memory and the length of a transaction."""

IN_DOUBT = "in doubt"
"""Stage of work: a listing that nobody believes lacks the issue."""

AGAIN = "read again"
"""Stage of work: to be read again by itself, since no increment brings it."""

CONFIRMED = "confirmed absent"
"""Stage of work: the operator says that the issue is meant to be absent."""


def add(connection: Connection, stage: str, issue_ids: Iterable[str], team: str = "") -> None:
    rows = ((stage, team, issue_id) for issue_id in issue_ids)
    insert_rows(connection, t.work, ("stage", "team", "issue_id"), rows, replace=True)


def add_all_of_team(connection: Connection, stage: str, team: str, scope: Scope) -> None:
    """Everything the team has must be looked at again: its guidelines changed."""
    done(connection, stage, None, team)
    every = select(literal(stage), literal(team), t.issues.c.id).where(issues.belongs(team, scope))
    connection.execute(insert(t.work).from_select(["stage", "team", "issue_id"], every))


def of_team(connection: Connection, issue_ids: Sequence[str], team: str, scope: Scope) -> list[str]:
    """Those of the issues that are the team's."""
    rows = connection.execute(select(t.issues.c.id).where(t.issues.c.id.in_(issue_ids), issues.belongs(team, scope)))
    return [row.id for row in rows]


def all_of_team(connection: Connection, team: str, scope: Scope) -> list[str]:
    """Every issue that the team has, in a stable order."""
    rows = connection.execute(select(t.issues.c.id).where(issues.belongs(team, scope)).order_by(t.issues.c.id))
    return [row.id for row in rows]


def take(connection: Connection, stage: str, team: str = "", after: str = "") -> list[str]:
    """The next batch behind `after`, in a stable order; it stays listed until `done`."""
    rows = connection.execute(
        select(t.work.c.issue_id)
        .where(t.work.c.stage == stage, t.work.c.team == team, t.work.c.issue_id > after)
        .order_by(t.work.c.issue_id)
        .limit(BATCH)
    )
    return [row.issue_id for row in rows]


def waiting(connection: Connection, stage: str, team: str = "") -> int:
    return int(
        connection.execute(
            select(func.count()).select_from(t.work).where(t.work.c.stage == stage, t.work.c.team == team)
        ).scalar_one()
    )


def of_project(connection: Connection, stage: str, project: str) -> list[str]:
    """All issues of the project that are listed for the stage, by number of their key."""
    rows = connection.execute(
        select(t.issues.c.id)
        .join(t.work, t.work.c.issue_id == t.issues.c.id)
        .where(t.work.c.stage == stage, t.issues.c.project == project)
        .order_by(func.length(t.issues.c.key), t.issues.c.key)
    )
    return [row.id for row in rows]


def replace_of_project(connection: Connection, stage: str, project: str, issue_ids: Iterable[str]) -> None:
    """From now on these, and no other issues of the project, are listed for the stage."""
    known = select(t.issues.c.id).where(t.issues.c.project == project)
    connection.execute(delete(t.work).where(t.work.c.stage == stage, t.work.c.issue_id.in_(known)))
    add(connection, stage, issue_ids)


def projects(connection: Connection, stage: str) -> list[str]:
    """Projects that have an issue listed for the stage."""
    rows = connection.execute(
        select(t.issues.c.project)
        .join(t.work, t.work.c.issue_id == t.issues.c.id)
        .where(t.work.c.stage == stage)
        .distinct()
        .order_by(t.issues.c.project)
    )
    return [row.project for row in rows]


def done(connection: Connection, stage: str, issue_ids: Sequence[str] | None, team: str = "") -> None:
    """These were dealt with; None: all of the stage and team."""
    condition = [t.work.c.stage == stage, t.work.c.team == team]
    if issue_ids is not None:
        condition.append(t.work.c.issue_id.in_(issue_ids))
    connection.execute(delete(t.work).where(*condition))


# --- set aside ------------------------------------------------------------------------------------------------


def set_aside(
    connection: Connection, kind: str, now: datetime, found: Iterable[SetAside], cleared: Iterable[str] = ()
) -> None:
    """Records what can't be used, and forgets what can be used again. `since` stays that of the first time."""
    found = [item for item in found if item.kind == kind]
    rows = connection.execute(select(t.set_aside.c.ref, t.set_aside.c.since).where(t.set_aside.c.kind == kind))
    known = {row.ref: row.since for row in rows}
    gone = known.keys() & set(cleared) - {item.ref for item in found}
    if gone:
        connection.execute(delete(t.set_aside).where(t.set_aside.c.kind == kind, t.set_aside.c.ref.in_(sorted(gone))))
    for item in found:
        since = known.get(item.ref, now)
        upsert(connection, t.set_aside, [{"kind": kind, "ref": item.ref, "reason": item.reason, "since": since}])


def refs_since(connection: Connection, kind: str, since: datetime) -> list[str]:
    """What of this kind was set aside for the first time after a moment."""
    rows = connection.execute(
        select(t.set_aside.c.ref)
        .where(t.set_aside.c.kind == kind, t.set_aside.c.since > since)
        .order_by(t.set_aside.c.ref)
    )
    return [row.ref for row in rows]


def listed(connection: Connection) -> list[tuple[SetAside, datetime]]:
    rows = connection.execute(select(t.set_aside).order_by(t.set_aside.c.kind, t.set_aside.c.ref))
    return [(SetAside(row.kind, row.ref, row.reason), row.since) for row in rows]

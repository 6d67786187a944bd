"""What later stages still have to look at, and what had to be set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, literal, select

from eal_jira.model import Scope, SetAside
from eal_jira.store import issues
from eal_jira.store import tables as t
from eal_jira.store.upsert import upsert

BATCH = 500
"""How many issues a stage takes at a time: bounds memory and the length of a transaction."""


def add(connection: Connection, stage: str, issue_ids: Iterable[str], team: str = "") -> None:
    upsert(connection, t.work, ({"stage": stage, "team": team, "issue_id": issue_id} for issue_id in issue_ids))


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
    refs = list(cleared)
    found = [item for item in found if item.kind == kind]
    if refs:
        keep = {item.ref for item in found}
        gone = [ref for ref in refs if ref not in keep]
        connection.execute(delete(t.set_aside).where(t.set_aside.c.kind == kind, t.set_aside.c.ref.in_(gone)))
    for item in found:
        known = connection.execute(
            select(t.set_aside.c.since).where(t.set_aside.c.kind == kind, t.set_aside.c.ref == item.ref)
        ).scalar()
        upsert(connection, t.set_aside, [{"kind": kind, "ref": item.ref, "reason": item.reason, "since": known or now}])


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

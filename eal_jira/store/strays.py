"""What we find in the tracker that carries our marker, and that no intent of this store accounts for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, cast, delete, func, select

from eal_jira.store import tables as t
from eal_jira.store.issues import PRESENT
from eal_jira.store.upsert import upsert

HEALED = "healed"
"""It stood twice, and was put away."""

UNCLAIMED = "unclaimed"
"""Made by an earlier life of ours; nothing that we want now accounts for it."""

THEIRS = "theirs"
"""Made with our account, but without our marker: a person's, or an automation's."""


@dataclass(frozen=True, slots=True)
class Stray:
    """`what` is "ticket", "comment" or "label"; `where` the issue's key."""

    what: str
    where: str
    marker: str


def state(connection: Connection, ref: str) -> str | None:
    found = connection.execute(select(t.strays.c.state).where(t.strays.c.ref == ref)).scalar()
    return None if found is None else str(found)


def put(connection: Connection, ref: str, key: str, marker: str, state: str, found: datetime) -> None:
    upsert(connection, t.strays, [{"ref": ref, "key": key, "marker": marker, "state": state, "found": found}])


def claim(connection: Connection, ref: str) -> None:
    """An intent accounts for it now."""
    connection.execute(delete(t.strays).where(t.strays.c.ref == ref, t.strays.c.state == UNCLAIMED))


def healed(connection: Connection) -> int:
    query = select(func.count()).select_from(t.strays).where(t.strays.c.state == HEALED)
    return int(connection.execute(query).scalar_one())


def candidates(connection: Connection, project: str, creators: Sequence[str], limit: int) -> list[tuple[str, str]]:
    """(id, key) of issues of this project that we made, as far as their creator tells, and that nobody has looked at:
    no intent has one of them as its ticket."""
    claimed = select(t.intents.c.result["id"].as_string()).where(
        t.intents.c.verb == "ticket", t.intents.c.result.is_not(None)
    )
    known = select(t.strays.c.ref)
    rows = connection.execute(
        select(t.issues.c.id, t.issues.c.key)
        .where(
            t.issues.c.project == project,
            t.issues.c.creator.in_(creators),
            t.issues.c.presence == PRESENT,
            t.issues.c.id.not_in(claimed),
            t.issues.c.id.not_in(known),
        )
        .order_by(t.issues.c.created, t.issues.c.id)
        .limit(limit)
    )
    return [(row.id, row.key) for row in rows]


def unclaimed(connection: Connection, label: str) -> list[Stray]:
    """Everything of ours in the mirror that no intent accounts for, by name. Reads the whole mirror: for `status`."""
    tickets = connection.execute(select(t.strays).where(t.strays.c.state == UNCLAIMED).order_by(t.strays.c.key))
    comments = connection.execute(
        select(t.issues.c.key, t.comments.c.marker)
        .join(t.issues, t.issues.c.id == t.comments.c.issue_id)
        .where(
            t.comments.c.marker.is_not(None),
            ("comment:" + t.comments.c.marker).not_in(select(t.intents.c.key).where(t.intents.c.verb == "comment")),
        )
        .order_by(t.issues.c.key, t.comments.c.marker)
    )
    labels = connection.execute(
        select(t.issues.c.key)
        .where(
            cast(t.issues.c.labels, Text).like(f'%"{label}"%'),
            ("tag:" + t.issues.c.id).not_in(select(t.intents.c.key).where(t.intents.c.verb == "tag")),
        )
        .order_by(t.issues.c.key)
    )
    return [
        *(Stray("ticket", row.key, row.marker) for row in tickets),
        *(Stray("comment", row.key, row.marker) for row in comments),
        *(Stray("label", row.key, label) for row in labels),
    ]

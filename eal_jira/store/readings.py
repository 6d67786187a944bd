"""Issues that are read by themselves, with their remote links: which, when last, and what their links are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select

from eal_jira.model import Category, RemoteLink
from eal_jira.store import tables as t
from eal_jira.store.issues import PRESENT
from eal_jira.store.upsert import upsert

LINKED = "remote links"
"""Stage of work: something told that the issue's remote links have changed."""

WHOLE = "read whole"
"""Stage of work: the issue is to be read again, with its remote links, whether or not anything told of a change."""

_LINK_COLUMNS = tuple(field.name for field in fields(RemoteLink))


def remote_links(connection: Connection, issue_ids: Sequence[str]) -> dict[str, tuple[RemoteLink, ...]]:
    """The remote links of these issues, in the order of their ids."""
    found: dict[str, list[RemoteLink]] = {issue_id: [] for issue_id in issue_ids}
    for row in connection.execute(select(t.remote_links).where(t.remote_links.c.issue_id.in_(issue_ids))):
        found[row.issue_id].append(RemoteLink(**{name: getattr(row, name) for name in _LINK_COLUMNS}))
    return {issue_id: tuple(sorted(links, key=_order)) for issue_id, links in found.items()}


def save_remote_links(connection: Connection, told: Mapping[str, tuple[RemoteLink, ...]]) -> list[str]:
    """Stores all remote links of these issues; ids of those whose links were others before."""
    known = remote_links(connection, list(told))
    changed = [issue_id for issue_id, links in told.items() if known[issue_id] != tuple(sorted(links, key=_order))]
    connection.execute(delete(t.remote_links).where(t.remote_links.c.issue_id.in_(changed)))
    upsert(connection, t.remote_links, ({"issue_id": i, **asdict(link)} for i in changed for link in told[i]))
    return changed


def read_at(connection: Connection, issue_ids: Sequence[str]) -> dict[str, datetime]:
    """When these were last read by themselves; those that never were are left out."""
    rows = connection.execute(select(t.readings).where(t.readings.c.issue_id.in_(issue_ids)))
    return {row.issue_id: row.at for row in rows}


def save_read(connection: Connection, issue_ids: Sequence[str], at: datetime) -> None:
    upsert(connection, t.readings, ({"issue_id": issue_id, "at": at} for issue_id in issue_ids))


def longest_unread(
    connection: Connection, projects: Sequence[str], teams: Sequence[str], count: int, *, unfinished: bool
) -> list[str]:
    """Issues of these projects and teams that wait longest for being read by themselves; only unfinished ones if so."""
    ours = or_(
        t.issues.c.project.in_(projects),
        t.issues.c.id.in_(select(t.members.c.issue_id).where(t.members.c.team.in_(teams))),
    )
    wanted: list[Any] = [t.issues.c.presence == PRESENT, ours]
    if unfinished:
        done = select(t.statuses.c.id).where(t.statuses.c.category == Category.DONE.value)
        wanted.append(t.issues.c.status.not_in(done))
    rows = connection.execute(
        select(t.issues.c.id)
        .outerjoin(t.readings, t.readings.c.issue_id == t.issues.c.id)
        .where(and_(*wanted))
        .order_by(t.readings.c.at.asc().nulls_first(), t.issues.c.id)
        .limit(count)
    )
    return [row.id for row in rows]


def _order(link: RemoteLink) -> tuple[int, str]:
    return len(link.id), link.id

"""What people (not we) have done to each issue, as a hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from eal_jira.model import Comment
from eal_jira.store import tables as t
from eal_jira.store.upsert import upsert


def known(connection: Connection, issue_ids: Sequence[str]) -> dict[str, bytes]:
    rows = connection.execute(select(t.echoes).where(t.echoes.c.issue_id.in_(issue_ids)))
    return {row.issue_id: row.hash for row in rows}


def save(connection: Connection, digests: Mapping[str, bytes]) -> None:
    upsert(connection, t.echoes, ({"issue_id": id, "hash": digest} for id, digest in digests.items()))


def comments(connection: Connection, issue_ids: Sequence[str]) -> dict[str, list[Comment]]:
    """Of each of these issues, oldest first."""
    rows = connection.execute(
        select(t.comments).where(t.comments.c.issue_id.in_(issue_ids)).order_by(t.comments.c.at, t.comments.c.id)
    )
    found: dict[str, list[Comment]] = {id: [] for id in issue_ids}
    for row in rows:
        found[row.issue_id].append(Comment(row.id, row.at, row.updated, row.actor, row.text, row.marker))
    return found

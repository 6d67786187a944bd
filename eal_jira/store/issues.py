"""The mirror's tables: issues with their changes and comments, and how far each scope has been read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

import structlog
from sqlalchemy import Connection, Row, and_, delete, func, select, update

from eal_jira.model import (
    Actor,
    Category,
    Change,
    Comment,
    Field,
    Issue,
    IssueRecord,
    Link,
    Scope,
    Sprint,
    Status,
    Vocabulary,
    Worklog,
)
from eal_jira.store import sealed
from eal_jira.store import tables as t
from eal_jira.store.bulk import insert_rows
from eal_jira.store.upsert import upsert

log = structlog.get_logger()

PRESENT = "present"
GONE = "gone"

_ISSUE_COLUMNS = tuple(field.name for field in fields(Issue))
_CHANGE_COLUMNS = tuple(field.name for field in fields(Change))
_COMMENT_COLUMNS = tuple(field.name for field in fields(Comment))
_WORKLOG_COLUMNS = tuple(field.name for field in fields(Worklog))
_PLAIN_COLUMNS = tuple(name for name in _ISSUE_COLUMNS if name not in ("links", "fields", "property"))
_ISSUE_ROW = (*_PLAIN_COLUMNS, "links", "fields", "property", "presence", "hash")
_of_issue = attrgetter(*_PLAIN_COLUMNS)
_of_change = attrgetter(*_CHANGE_COLUMNS)
_of_comment = attrgetter(*_COMMENT_COLUMNS)
_of_worklog = attrgetter(*_WORKLOG_COLUMNS)


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a scope has been read. Times are the tracker's."""

    complete: datetime | None = None
    started: datetime | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    issues: int
    histories: int
    changes: int
    status_changes: int
    comments: int
    worklogs: int
    remote_links: int


@dataclass(frozen=True, slots=True)
class Missing:
    """An issue that complete listings no longer show: since when, in how many, and what is concluded."""

    since: datetime
    listings: int
    presence: str


def watermark(connection: Connection, scope: str) -> Watermark:
    """A damaged one is as good as none: everything is read again."""
    row = connection.execute(select(t.watermarks).where(t.watermarks.c.scope == scope)).first()
    return Watermark() if row is None else _watermark(row)


def watermarks(connection: Connection) -> dict[str, Watermark]:
    """Of every scope that was ever read, by its name."""
    rows = connection.execute(select(t.watermarks).order_by(t.watermarks.c.scope))
    return {row.scope: _watermark(row) for row in rows}


def _watermark(row: Row[Any]) -> Watermark:
    if not sealed.fits(t.watermarks, row):
        log.warning("how far the tracker was read is not known for sure: it is read anew", scope=row.scope)
        return Watermark()
    return Watermark(row.complete, row.started, row.cursor)


def save_watermark(connection: Connection, scope: str, mark: Watermark) -> None:
    upsert(connection, t.watermarks, [{"scope": scope, **asdict(mark)}])


def hashes(connection: Connection, issue_ids: Sequence[str]) -> dict[str, bytes]:
    """What we know of these issues, as content hashes."""
    rows = connection.execute(select(t.issues.c.id, t.issues.c.hash).where(t.issues.c.id.in_(issue_ids)))
    return {row.id: row.hash for row in rows}


def save_records(connection: Connection, pairs: Sequence[tuple[bytes, IssueRecord]]) -> None:
    """Stores (content hash, issue) pairs whole: what was there before of their changes, comments and worklogs is
    replaced, but for worklogs that the tracker did not tell of."""
    if not pairs:
        return
    ids = [record.issue.id for _, record in pairs]
    for table in (t.changes, t.comments):
        connection.execute(delete(table).where(table.c.issue_id.in_(ids)))
    told = [record.issue.id for _, record in pairs if record.worklogs is not None]
    connection.execute(delete(t.worklogs).where(t.worklogs.c.issue_id.in_(told)))
    insert_rows(connection, t.issues, _ISSUE_ROW, (_issue_row(digest, r.issue) for digest, r in pairs), replace=True)
    changes = ((r.issue.id, *_of_change(change)) for _, r in pairs for change in r.changes)
    insert_rows(connection, t.changes, ("issue_id", *_CHANGE_COLUMNS), changes)
    comments = ((r.issue.id, *_of_comment(comment)) for _, r in pairs for comment in r.comments)
    insert_rows(connection, t.comments, ("issue_id", *_COMMENT_COLUMNS), comments)
    worklogs = ((r.issue.id, *_of_worklog(worklog)) for _, r in pairs for worklog in r.worklogs or ())
    insert_rows(connection, t.worklogs, ("issue_id", *_WORKLOG_COLUMNS), worklogs)


def _issue_row(digest: bytes, issue: Issue) -> tuple[Any, ...]:
    links = [asdict(link) for link in issue.links]
    own = None if issue.property is None else dict(issue.property)
    return (*_of_issue(issue), links, dict(issue.fields), own, PRESENT, digest)


def _issue(row: Row[Any]) -> Issue:
    values = {name: getattr(row, name) for name in _ISSUE_COLUMNS}
    for name in ("labels", "components", "sprints"):
        values[name] = tuple(values[name])
    values["links"] = tuple(Link(**link) for link in values["links"])
    values["fields"] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values["fields"].items()
    }
    return Issue(**values)


def issues(connection: Connection, issue_ids: Sequence[str]) -> dict[str, Issue]:
    rows = connection.execute(select(t.issues).where(t.issues.c.id.in_(issue_ids)))
    return {row.id: _issue(row) for row in rows}


def issue_by_key(connection: Connection, key: str) -> Issue | None:
    row = connection.execute(select(t.issues).where(t.issues.c.key == key)).first()
    return None if row is None else _issue(row)


def linked_since(
    connection: Connection, links: Mapping[str, Sequence[Link]], types: Sequence[str]
) -> dict[str, list[datetime]]:
    """When the issues of these types were made that are linked to each of these issues, as far as they are mirrored."""
    found: dict[str, list[datetime]] = {issue_id: [] for issue_id in links}
    others = sorted({link.other_id for held in links.values() for link in held})
    wanted = [name.strip().lower() for name in types]
    rows = connection.execute(
        select(t.issues.c.id, t.issues.c.created).where(
            t.issues.c.id.in_(others), func.lower(t.issues.c.type).in_(wanted)
        )
    )
    made = {row.id: row.created for row in rows}
    for issue_id, held in links.items():
        # two links between the same two issues are one relation
        found[issue_id] = [made[other] for other in sorted({link.other_id for link in held}) if other in made]
    return found


def presence(connection: Connection, issue_ids: Sequence[str]) -> dict[str, str]:
    """Whether these issues are there as far as we know; without those that were never mirrored."""
    rows = connection.execute(select(t.issues.c.id, t.issues.c.presence).where(t.issues.c.id.in_(issue_ids)))
    return {row.id: str(row.presence) for row in rows}


def keys(connection: Connection, issue_ids: Sequence[str]) -> dict[str, str]:
    rows = connection.execute(select(t.issues.c.id, t.issues.c.key).where(t.issues.c.id.in_(issue_ids)))
    return {row.id: row.key for row in rows}


def changes(connection: Connection, issue_ids: Sequence[str]) -> dict[str, list[Change]]:
    """The changes of these issues, oldest first."""
    found: dict[str, list[Change]] = {issue_id: [] for issue_id in issue_ids}
    rows = connection.execute(
        select(t.changes)
        .where(t.changes.c.issue_id.in_(issue_ids))
        .order_by(t.changes.c.issue_id, t.changes.c.at, t.changes.c.history_id, t.changes.c.position)
    )
    for row in rows:
        found[row.issue_id].append(
            Change(
                row.history_id,
                row.position,
                row.at,
                None if row.actor is None else Actor(row.actor),
                row.field,
                row.from_id,
                row.from_text,
                row.to_id,
                row.to_text,
            )
        )
    return found


def comments_of(connection: Connection, issue_ids: Sequence[str]) -> dict[str, tuple[Comment, ...]]:
    """The comments of these issues, oldest first."""
    found: dict[str, list[Comment]] = {issue_id: [] for issue_id in issue_ids}
    rows = connection.execute(
        select(t.comments)
        .where(t.comments.c.issue_id.in_(issue_ids))
        .order_by(t.comments.c.issue_id, t.comments.c.at, t.comments.c.id)
    )
    for row in rows:
        found[row.issue_id].append(Comment(row.id, row.at, row.updated, row.actor, row.text, row.marker))
    return {issue_id: tuple(each) for issue_id, each in found.items()}


def comments(connection: Connection, issue_id: str) -> tuple[Comment, ...]:
    return comments_of(connection, [issue_id])[issue_id]


def records(connection: Connection, issue_ids: Sequence[str]) -> dict[str, IssueRecord]:
    """These issues with all that belongs to them, as they are stored."""
    found = issues(connection, issue_ids)
    ids = list(found)
    history, said = changes(connection, ids), comments_of(connection, ids)
    spent: dict[str, list[Worklog]] = {issue_id: [] for issue_id in ids}
    rows = connection.execute(
        select(t.worklogs).where(t.worklogs.c.issue_id.in_(ids)).order_by(t.worklogs.c.at, t.worklogs.c.id)
    )
    for row in rows:
        spent[row.issue_id].append(Worklog(row.id, row.at, row.updated, row.started, row.seconds, row.actor))
    return {
        issue_id: IssueRecord(issue, tuple(history[issue_id]), said[issue_id], tuple(spent[issue_id]))
        for issue_id, issue in found.items()
    }


def worklogs(connection: Connection, issue_id: str) -> tuple[Worklog, ...]:
    """The worklogs of an issue, oldest first."""
    rows = connection.execute(
        select(t.worklogs).where(t.worklogs.c.issue_id == issue_id).order_by(t.worklogs.c.at, t.worklogs.c.id)
    )
    return tuple(Worklog(row.id, row.at, row.updated, row.started, row.seconds, row.actor) for row in rows)


def counts(connection: Connection, projects: Sequence[str] = ()) -> Counts:
    """How much the mirror holds, of these projects or of all."""
    within = [t.issues.c.project.in_(projects)] if projects else []
    ids = select(t.issues.c.id).where(*within)
    changes = t.changes.c.issue_id.in_(ids)
    histories = select(t.changes.c.issue_id, t.changes.c.history_id).where(changes).distinct().subquery()
    count = func.count()

    def of(*conditions: Any, table: Any) -> int:
        return int(connection.execute(select(count).select_from(table).where(*conditions)).scalar_one())

    return Counts(
        issues=of(*within, table=t.issues),
        histories=of(table=histories),
        changes=of(changes, table=t.changes),
        status_changes=of(changes, t.changes.c.field == "status", table=t.changes),
        comments=of(t.comments.c.issue_id.in_(ids), table=t.comments),
        worklogs=of(t.worklogs.c.issue_id.in_(ids), table=t.worklogs),
        remote_links=of(t.remote_links.c.issue_id.in_(ids), table=t.remote_links),
    )


# --- what vanished ----------------------------------------------------------------------------------------------


def ids_in_project(connection: Connection, project: str) -> frozenset[str]:
    """All issues of the project that are not known to be gone."""
    rows = connection.execute(select(t.issues.c.id).where(t.issues.c.project == project, t.issues.c.presence != GONE))
    return frozenset(row.id for row in rows)


def missing(connection: Connection, issue_ids: Sequence[str]) -> dict[str, Missing]:
    rows = connection.execute(select(t.missing).where(t.missing.c.issue_id.in_(issue_ids)))
    return {row.issue_id: Missing(row.since, row.listings, row.presence) for row in rows}


def save_missing(connection: Connection, found: Mapping[str, Missing]) -> None:
    """Remembers what listings lacked. The issues themselves, with their history, stay."""
    upsert(connection, t.missing, ({"issue_id": issue_id, **asdict(m)} for issue_id, m in found.items()))
    for presence in {m.presence for m in found.values()}:
        ids = [issue_id for issue_id, m in found.items() if m.presence == presence]
        connection.execute(update(t.issues).where(t.issues.c.id.in_(ids)).values(presence=presence))


def seen(connection: Connection, issue_ids: Iterable[str]) -> frozenset[str]:
    """These are there: whatever was concluded from their absence is forgotten. Those that were absent before."""
    absent = {row.issue_id for row in connection.execute(select(t.missing.c.issue_id))}
    back = sorted(absent.intersection(issue_ids))
    if back:
        connection.execute(delete(t.missing).where(t.missing.c.issue_id.in_(back)))
        connection.execute(update(t.issues).where(t.issues.c.id.in_(back)).values(presence=PRESENT))
    return frozenset(back)


def vanished(connection: Connection) -> dict[str, int]:
    """How many issues are not present, by what is concluded."""
    rows = connection.execute(select(t.missing.c.presence, func.count()).group_by(t.missing.c.presence))
    return {row[0]: row[1] for row in rows}


# --- which issues belong to a team ----------------------------------------------------------------------------


def set_members(connection: Connection, team: str, issue_ids: Iterable[str]) -> None:
    connection.execute(delete(t.members).where(t.members.c.team == team))
    add_members(connection, team, issue_ids)


def add_members(connection: Connection, team: str, issue_ids: Iterable[str]) -> None:
    """Issues that came in since the team's board or query was last listed."""
    upsert(connection, t.members, ({"team": team, "issue_id": issue_id} for issue_id in issue_ids))


def members_among(connection: Connection, teams: Sequence[str], issue_ids: Sequence[str]) -> set[str]:
    """Those of the issues that a board or query of these teams held when it was last listed."""
    rows = connection.execute(
        select(t.members.c.issue_id).where(t.members.c.team.in_(teams), t.members.c.issue_id.in_(issue_ids))
    )
    return {row.issue_id for row in rows}


def belongs(team: str, scope: Scope) -> Any:
    """The condition on the issues table that an issue is the team's and still to be seen."""
    there = t.issues.c.presence == PRESENT
    if scope.projects:
        return and_(there, t.issues.c.project.in_(scope.projects))
    return and_(there, t.issues.c.id.in_(select(t.members.c.issue_id).where(t.members.c.team == team)))


# --- the tracker's words --------------------------------------------------------------------------------------


def vocabulary(connection: Connection) -> Vocabulary:
    statuses = sealed.rows(connection, t.statuses, select(t.statuses))
    named = sealed.rows(connection, t.fields, select(t.fields))
    return Vocabulary(
        {row.id: Status(row.id, row.name, Category(row.category)) for row in statuses},
        {row.id: Field(row.id, row.name, row.kind) for row in named},
    )


def fields_of_kind(connection: Connection, kind: str) -> frozenset[str]:
    """Ids of the fields of this kind."""
    return frozenset(row.id for row in connection.execute(select(t.fields.c.id).where(t.fields.c.kind == kind)))


def save_vocabulary(connection: Connection, words: Vocabulary) -> None:
    """Adds and renames; a status that the tracker no longer lists keeps its last name, for old histories."""
    upsert(connection, t.statuses, (asdict(status) for status in words.statuses.values()))
    upsert(connection, t.fields, (asdict(field) for field in words.fields.values()))


def unknown_statuses(connection: Connection) -> bool:
    """Whether an issue is in a status that we have never been told about."""
    known = select(t.statuses.c.id)
    return connection.execute(select(t.issues.c.id).where(t.issues.c.status.not_in(known)).limit(1)).first() is not None


def save_sprints(connection: Connection, team: str, sprints: Iterable[Sprint]) -> None:
    upsert(connection, t.sprints, ({"team": team, **asdict(sprint)} for sprint in sprints))


def sprints(connection: Connection, team: str) -> Iterator[Sprint]:
    query = select(t.sprints).where(t.sprints.c.team == team).order_by(t.sprints.c.start.nulls_first(), t.sprints.c.id)
    for row in sealed.rows(connection, t.sprints, query):
        yield Sprint(row.id, row.name, row.state, row.start, row.end, row.completed, row.goal)

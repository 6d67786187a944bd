"""Jira's JSON of an issue → `eal_jira.model.IssueRecord`. Plain dicts in, values out; nothing here asks Jira.

One unreadable record is set aside and stops nothing: whatever is missing or of a wrong shape becomes a `SetAside`
with the reason. Lists that Jira cut short are the readers' business (`cloud`, `datacenter`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eal_jira.model import Actor, Change, Comment, Issue, IssueRecord, Link, RemoteLink, SetAside, Value, Worklog
from eal_tracker_jira.answers import SHAPE
from eal_tracker_jira.fields import FieldTable, account, neutral
from eal_tracker_jira.plaintext import said
from eal_tracker_jira.raw import PROPERTY, Raw
from eal_tracker_jira.times import parse_time

_SPRINT_ID = re.compile(r"\[id=(\d+)|,id=(\d+)")


class Unreadable(ValueError):
    """A record that can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """What became of some raw issues."""

    records: tuple[IssueRecord, ...]
    set_aside: tuple[SetAside, ...]


def read_records(raws: Iterable[Raw], fields: FieldTable) -> Read:
    records: list[IssueRecord] = []
    aside: list[SetAside] = []
    for raw in raws:
        try:
            issue = read_issue(raw.issue, fields)
        except Unreadable as why:
            aside.append(SetAside("record", raw.ref, f"It can't be read: {why}."))
            continue
        except SHAPE as error:
            aside.append(SetAside("record", raw.ref, f"It can't be read: it has an unknown shape ({error!r})."))
            continue
        changes, lost_changes = _changes(raw.histories or (), fields)
        comments, lost_comments = _comments(raw.comments or (), raw.markers)
        worklogs, lost_worklogs = _worklogs(raw.worklogs or ())
        records.append(IssueRecord(issue, changes, comments, None if raw.worklogs is None else worklogs))
        aside.extend(_incomplete(issue.key, raw, lost_changes, lost_comments, lost_worklogs))
    return Read(tuple(records), tuple(aside))


def _incomplete(key: str, raw: Raw, lost_changes: int, lost_comments: int, lost_worklogs: int) -> Iterable[SetAside]:
    given = len(raw.histories or ())
    if raw.stated is not None and given < raw.stated:
        yield SetAside("history", key, f"Its history is incomplete: {raw.stated} entries stated, {given} given.")
    if lost_changes:
        yield SetAside("history", key, f"{lost_changes} entries of its history can't be read.")
    if lost_comments:
        yield SetAside("history", key, f"{lost_comments} of its comments can't be read.")
    if lost_worklogs:
        yield SetAside("history", key, f"{lost_worklogs} of its worklogs can't be read.")


def read_issue(raw: Mapping[str, Any], table: FieldTable) -> Issue:
    """Raises `Unreadable`, or one of `SHAPE` for what no Jira is known to send."""
    fields = raw.get("fields")
    if not isinstance(fields, dict):
        raise Unreadable("it has no fields")
    if not raw.get("id") or not raw.get("key"):
        raise Unreadable("it has no id or no key")
    status = fields.get("status")
    if not isinstance(status, dict) or not status.get("id"):
        raise Unreadable("it has no status")
    key = str(raw["key"])
    parent = fields.get("parent") or {}
    return Issue(
        id=str(raw["id"]),
        key=key,
        project=str((fields.get("project") or {}).get("key") or key.rpartition("-")[0]),
        type=str((fields.get("issuetype") or {}).get("name") or ""),
        status=str(status["id"]),
        summary=str(fields.get("summary") or ""),
        created=_moment(fields, "created"),
        updated=_moment(fields, "updated"),
        resolved=_moment(fields, "resolutiondate") if fields.get("resolutiondate") else None,
        priority=(fields.get("priority") or {}).get("name"),
        creator=_actor(fields.get("creator")),
        reporter=_actor(fields.get("reporter")),
        assignee=_actor(fields.get("assignee")),
        labels=tuple(sorted(map(str, fields.get("labels") or ()))),
        components=tuple(str(each["name"]) for each in fields.get("components") or ()),
        points=_points(fields, table),
        parent=str(parent["id"]) if parent.get("id") else None,
        sprints=_sprints(fields, table),
        links=tuple(link for each in fields.get("issuelinks") or () if (link := link_of(each)) is not None),
        fields=_others(fields, table),
        property=_property(raw),
    )


def _moment(fields: Mapping[str, Any], name: str) -> Any:
    try:
        return parse_time(fields.get(name))
    except ValueError:
        raise Unreadable(f"its time {name!r} is {fields.get(name)!r:.60}") from None


def _actor(user: object) -> Actor | None:
    found = account(user)
    return Actor(found) if found else None


def _points(fields: Mapping[str, Any], table: FieldTable) -> float | None:
    for id in table.points:
        value = fields.get(id)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def _sprints(fields: Mapping[str, Any], table: FieldTable) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for id in sorted(table.sprints):
        for sprint in fields.get(id) or ():
            if isinstance(sprint, dict):
                found[str(sprint["id"])] = None
            elif hit := _SPRINT_ID.search(str(sprint)):
                # Data Center: a Java object's text, with names and goals that may hold anything (facts 7)
                found[hit[1] or hit[2]] = None
    return tuple(found)


def link_of(raw: Mapping[str, Any]) -> Link | None:
    direction = "outward" if "outwardIssue" in raw else "inward"
    other = raw.get(f"{direction}Issue")
    if not isinstance(other, dict):
        return None
    return Link(str(raw["id"]), str(raw["type"]["name"]), direction, str(other.get("id") or ""), str(other["key"]))


def _others(fields: Mapping[str, Any], table: FieldTable) -> dict[str, Value]:
    others: dict[str, Value] = {}
    for id, value in fields.items():
        if value is None or value == "" or value == [] or id in table.left_out:
            continue
        plain = neutral(value)
        if plain is not None:
            others[id] = plain
    return others


def _property(raw: Mapping[str, Any]) -> Mapping[str, object] | None:
    found = (raw.get("properties") or {}).get(PROPERTY)
    return found if isinstance(found, dict) else None


def _changes(histories: Iterable[Any], table: FieldTable) -> tuple[tuple[Change, ...], int]:
    """Changes oldest first, and how many entries could not be read."""
    entries: dict[str, list[Change]] = {}
    lost = 0
    for history in histories:
        try:
            id = _id(history)
            if not id.isdecimal():
                # entries of one moment stand in the order of their ids
                raise ValueError(f"{id!r:.100} is no number")
            entries[id] = _entry(id, history, table)
        except SHAPE:
            lost += 1
    changes = [change for entry in entries.values() for change in entry]
    changes.sort(key=_in_order)
    return tuple(changes), lost


def _id(raw: Any) -> str:
    """An id is a number or a word; whatever else stands there names nothing."""
    id = raw["id"]
    if isinstance(id, bool) or not isinstance(id, str | int) or not str(id):
        raise ValueError(f"{id!r:.100} is no id")
    return str(id)


def _entry(id: str, history: Any, table: FieldTable) -> list[Change]:
    at = parse_time(history.get("created"))
    actor = _actor(history.get("author"))
    # an entry that names no field happens, and is an entry all the same
    items: Sequence[Any] = history.get("items") or ({},)
    changes = []
    for position, item in enumerate(items):
        get = item.get
        before, after = get("tmpFromAccountId") or get("from"), get("tmpToAccountId") or get("to")
        texts = _text(before), _text(get("fromString")), _text(after), _text(get("toString"))
        changes.append(Change(id, position, at, actor, table.id_of(item), *texts))
    return changes


def _in_order(change: Change) -> tuple[Any, ...]:
    # several entries can share a moment; their ids grow
    number = int(change.history_id) if change.history_id.isdecimal() else 0
    return (change.at, number, change.history_id, change.position)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _comments(raws: Iterable[Mapping[str, Any]], markers: Mapping[str, str]) -> tuple[tuple[Comment, ...], int]:
    read: dict[str, Comment] = {}
    lost = 0
    for raw in raws:
        try:
            id, at = _id(raw), parse_time(raw.get("created"))
            edited = raw.get("updated")
            updated = parse_time(edited) if edited and edited != raw["created"] else at
            read[id] = Comment(id, at, updated, _actor(raw.get("author")), said(raw.get("body")), markers.get(id))
        except SHAPE:
            lost += 1
    return tuple(sorted(read.values(), key=lambda c: (c.at, len(c.id), c.id))), lost


def _worklogs(raws: Iterable[Mapping[str, Any]]) -> tuple[tuple[Worklog, ...], int]:
    read: dict[str, Worklog] = {}
    lost = 0
    for raw in raws:
        try:
            id, at = _id(raw), parse_time(raw.get("created"))
            updated = parse_time(raw["updated"]) if raw.get("updated") else at
            started = parse_time(raw["started"]) if raw.get("started") else at
            read[id] = Worklog(id, at, updated, started, int(raw["timeSpentSeconds"]), _actor(raw.get("author")))
        except SHAPE:
            lost += 1
    return tuple(sorted(read.values(), key=lambda w: (w.at, len(w.id), w.id))), lost


def read_remote_links(raws: Iterable[object]) -> tuple[RemoteLink, ...]:
    """In the order of their ids. One without an id or an address leads nowhere and is left out."""
    read = {link.id: link for raw in raws if (link := _remote_link(raw)) is not None}
    return tuple(sorted(read.values(), key=lambda link: (len(link.id), link.id)))


def _remote_link(raw: object) -> RemoteLink | None:
    known = raw if isinstance(raw, dict) else {}
    target, application = (known.get(name) or {} for name in ("object", "application"))
    try:
        if not known.get("id") or not target.get("url"):
            return None
        return RemoteLink(
            id=str(known["id"]),
            url=str(target["url"]),
            title=str(target.get("title") or ""),
            global_id=str(known.get("globalId") or ""),
            relationship=str(known.get("relationship") or ""),
            application=str(application.get("name") or application.get("type") or ""),
        )
    except SHAPE:
        return None

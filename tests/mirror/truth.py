"""What a site holds and what a mirror holds, side by side, as plain values.

Nothing of the adapter and nothing of the mirror is used here: the truth is read from the sandbox's objects, the mirror
from its database file.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eal_jira.sandbox import Site
from eal_jira.sandbox.fields import FLOAT, SPRINT
from eal_jira.sandbox.state import Issue, Link, RemoteLink

Seen = dict[str, Any]
"""One issue: its fields by name, and under "history", "comments", "worklogs" and "remote links" what it has of them."""

_USERS = {"assignee", "reporter", "creator"}


class Mirrored:
    """A mirror's database, as it stands in the file."""

    def __init__(self, file: Path) -> None:
        with closing(sqlite3.connect(file)) as database:
            database.row_factory = sqlite3.Row
            self.key = bytes.fromhex(_one(database, "SELECT value FROM meta WHERE key = 'pseudonym_key'"))
            self.presence = dict(_pairs(database, "SELECT id, presence FROM issues"))
            self.project = dict(_pairs(database, "SELECT id, project FROM issues"))
            self.statuses = dict(_pairs(database, "SELECT id, name FROM statuses"))
            self.fields = dict(_pairs(database, "SELECT id, name FROM fields"))
            self.sprints = {
                row["id"]: (row["name"], row["state"])
                for row in database.execute("SELECT id, name, state FROM sprints")
            }
            self.doubted = {row["ref"] for row in database.execute("SELECT ref FROM set_aside WHERE kind = 'census'")}
            self.issues = {row["id"]: _mirrored(row) for row in database.execute("SELECT * FROM issues")}
            for row in database.execute("SELECT * FROM changes ORDER BY issue_id, at, CAST(history_id AS INT)"):
                self.issues[row["issue_id"]]["history"].append(_change(row))
            for row in database.execute("SELECT * FROM comments ORDER BY issue_id, CAST(id AS INT)"):
                self.issues[row["issue_id"]]["comments"].append((row["id"], row["actor"], row["text"]))
            for row in database.execute("SELECT * FROM worklogs ORDER BY issue_id, CAST(id AS INT)"):
                times = [_moment(row[name]) for name in ("at", "updated", "started")]
                self.issues[row["issue_id"]]["worklogs"].append((row["id"], row["actor"], row["seconds"], *times))
            for row in database.execute("SELECT * FROM remote_links ORDER BY issue_id, CAST(id AS INT)"):
                link = tuple(row[name] for name in ("id", "global_id", "url", "title", "relationship", "application"))
                self.issues[row["issue_id"]]["remote links"].append(link)
            for issue in self.issues.values():
                issue["history"].sort(key=lambda change: (change["at"], int(change["entry"]), change["position"]))

    def present(self, projects: Iterable[str]) -> set[str]:
        wanted = set(projects)
        return {id for id, presence in self.presence.items() if presence == "present" and self.project[id] in wanted}


def known_ids(file: Path) -> set[str]:
    """Ids of all issues that a mirror holds, present or not."""
    with closing(sqlite3.connect(file)) as database:
        return {row[0] for row in database.execute("SELECT id FROM issues")}


def truth(site: Site, issue: Issue, key: bytes) -> Seen:
    """The issue as a mirror that misses nothing has it; `key` is that of its pseudonyms."""
    project = site.projects[issue.project]
    fields = issue.fields
    points = [f.id for f in site.fields if f.custom == FLOAT and f.name == "Story Points"]
    sprints = [f.id for f in site.fields if f.custom == SPRINT]
    return {
        "id": str(issue.id),
        "key": issue.key,
        "project": project.key,
        "type": site.catalogue.types[fields["issuetype"]].name,
        "status": fields["status"],
        "summary": fields["summary"],
        "created": issue.created,
        "resolved": issue.resolved,
        "priority": site.catalogue.priorities[fields["priority"]].name if fields.get("priority") else None,
        "assignee": _pseudonym(key, fields.get("assignee")),
        "labels": sorted(fields.get("labels") or ()),
        "components": [project.components[c]["name"] for c in fields.get("components") or ()],
        "points": next((float(fields[p]) for p in points if fields.get(p) is not None), None),
        "sprints": [str(s) for p in sprints for s in fields.get(p) or ()],
        "history": [
            _item(entry.id, position, entry.created, _pseudonym(key, entry.author), item, key)
            for entry in issue.histories
            for position, item in enumerate(entry.items)
        ],
        "comments": [
            (str(comment.id), _pseudonym(key, comment.author), str(comment.body))
            for comment in sorted(issue.comments, key=lambda c: c.id)
        ],
        "worklogs": [
            (str(entry.id), _pseudonym(key, entry.author), entry.seconds, entry.created, entry.updated, entry.started)
            for entry in sorted(issue.worklogs, key=lambda w: w.id)
        ],
        "links": sorted((str(id), str(_other_end(site.links[id], issue))) for id in issue.links),
        "remote links": [_remote_link(link) for link in sorted(issue.remote_links, key=lambda r: r.id)],
    }


def _other_end(link: Link, issue: Issue) -> int:
    return link.inward if link.outward == issue.id else link.outward


def _remote_link(link: RemoteLink) -> tuple[str, ...]:
    target, application = link.body["object"], link.body.get("application") or {}
    said = (link.global_id, target["url"], target["title"], link.body.get("relationship"), application.get("name"))
    return (str(link.id), *(text or "" for text in said))


def differences(site: Site, wanted: Seen, found: Seen, leave_out: Collection[str] = ()) -> dict[str, tuple[Any, Any]]:
    """Where the two differ: (what the site holds, what the mirror holds) by name."""
    wanted, found = dict(wanted), dict(found)
    for name in leave_out:
        wanted[name], found[name] = [], []
    if site.flavour == "datacenter":
        # it gives no field ids in histories, so a field that was renamed since may stand there by its old name (1.4)
        old_names = {(c["entry"], c["position"]): c["named"] for c in wanted["history"] if c["custom"]}
        ids = {(c["entry"], c["position"]): c["field"] for c in wanted["history"]}
        places = [(c["entry"], c["position"]) for c in found["history"]]
        found["history"] = [
            {**c, "field": ids[at]} if c["field"] == old_names.get(at) else c
            for at, c in zip(places, found["history"], strict=True)
        ]
    wanted["history"] = [{k: v for k, v in c.items() if k not in ("named", "custom")} for c in wanted["history"]]
    return {name: (wanted[name], found[name]) for name in wanted if wanted[name] != found[name]}


def _item(
    entry: int, position: int, at: datetime, actor: str | None, item: Mapping[str, Any], key: bytes
) -> dict[str, Any]:
    field = item.get("fieldId") or {"RemoteIssueLink": "remotelinks"}.get(item["field"]) or item["field"]
    old, new = (item["from"], item["fromString"]), (item["to"], item["toString"])
    if field in _USERS:
        old, new = (_pseudonym(key, old[0]), None), (_pseudonym(key, new[0]), None)
    return {
        "entry": str(entry),
        "position": position,
        "at": at,
        "actor": actor,
        "field": field,
        "from": old,
        "to": new,
        "named": item["field"],
        "custom": item["fieldtype"] == "custom",
    }


def _change(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "entry": row["history_id"],
        "position": row["position"],
        "at": _moment(row["at"]),
        "actor": row["actor"],
        "field": row["field"],
        "from": (row["from_id"], row["from_text"]),
        "to": (row["to_id"], row["to_text"]),
    }


def _mirrored(row: sqlite3.Row) -> Seen:
    plain = ("id", "key", "project", "type", "status", "summary", "priority", "assignee", "points")
    return {
        **{name: row[name] for name in plain},
        **{name: json.loads(row[name]) for name in ("labels", "components", "sprints")},
        **{name: _moment(row[name]) for name in ("created", "resolved")},
        "history": [],
        "comments": [],
        "worklogs": [],
        "links": sorted((link["id"], link["other_id"]) for link in json.loads(row["links"])),
        "remote links": [],
    }


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _pseudonym(key: bytes, account: str | None) -> str | None:
    return None if account is None else hmac.digest(key, account.encode(), "sha256")[:10].hex()


def _one(database: sqlite3.Connection, query: str) -> str:
    return str(database.execute(query).fetchone()[0])


def _pairs(database: sqlite3.Connection, query: str) -> Iterable[tuple[str, str]]:
    return ((row[0], row[1]) for row in database.execute(query))

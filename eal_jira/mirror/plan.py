"""Decides, with values only, what a page of the tracker changes in the mirror."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from eal_jira.model import Change, Comment, Issue, IssueRecord, Link


@dataclass(frozen=True, slots=True)
class PagePlan:
    """`store`: records that are new or different, with their content hash; the rest is known already."""

    store: tuple[tuple[bytes, IssueRecord], ...]
    unchanged: int

    @property
    def changed_ids(self) -> tuple[str, ...]:
        return tuple(record.issue.id for _, record in self.store)


def plan_page(records: Sequence[IssueRecord], known: Mapping[str, bytes]) -> PagePlan:
    """Compares by content, not by time: our own writes and repeated reads then cost nothing further on.

    The same issue twice in a page (it changed while it was read): the later one counts.
    """
    newest = {record.issue.id: record for record in records}
    hashed = [(content_hash(record), record) for record in newest.values()]
    store = tuple((digest, record) for digest, record in hashed if known.get(record.issue.id) != digest)
    return PagePlan(store, len(records) - len(store))


def content_hash(record: IssueRecord) -> bytes:
    """SHA-256 of all that the record says, independent of the order in which the tracker lists things.

    `Issue.updated` is left out: alone, it moves on writes that change nothing we mirror.
    """
    issue = [getattr(record.issue, name) for name in _ISSUE_FIELDS]
    changes = sorted([getattr(change, name) for name in _CHANGE_FIELDS] for change in record.changes)
    comments = sorted([getattr(comment, name) for name in _COMMENT_FIELDS] for comment in record.comments)
    text = json.dumps([issue, changes, comments], sort_keys=True, default=_plain, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


_ISSUE_FIELDS = tuple(field.name for field in fields(Issue) if field.name != "updated")
# history id and position, and a comment's id, stand first and are unique: sorting never compares further
_CHANGE_FIELDS = tuple(field.name for field in fields(Change))
_COMMENT_FIELDS = tuple(field.name for field in fields(Comment))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Link):
        return [getattr(value, field.name) for field in fields(Link)]
    raise TypeError(f"{type(value).__name__} has no place in a mirrored issue")

"""Decides, with values only, what a page of the tracker changes in the mirror."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

import orjson

from eal_jira.model import Issue, IssueRecord


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
    issue = _BUT_UPDATED(record.issue)
    changes = sorted(record.changes, key=_CHANGE_ORDER)
    comments = sorted(record.comments, key=_BY_ID)
    worklogs = None if record.worklogs is None else sorted(record.worklogs, key=_BY_ID)
    return hashlib.sha256(orjson.dumps((issue, changes, comments, worklogs), option=orjson.OPT_SORT_KEYS)).digest()


_BUT_UPDATED = attrgetter(*(field.name for field in fields(Issue) if field.name != "updated"))
_CHANGE_ORDER = attrgetter("history_id", "position")
_BY_ID = attrgetter("id")

"""What an issue's record says, as a hash: it shows what changed in the tracker, and what was damaged in the store."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from operator import attrgetter

import orjson

from eal_jira.model import Issue, IssueRecord, Trace, Worklog


def content_hash(record: IssueRecord) -> bytes:
    """SHA-256 of all that the record says, independent of the order in which the tracker lists things.

    `Issue.updated` is left out: alone, it moves on writes that change nothing we mirror.
    """
    return _hash(record, record.worklogs)


def fits(record: IssueRecord, digest: bytes) -> bool:
    """Whether a stored record is what was hashed when it was stored. Of worklogs, the tracker may have told nothing."""
    return digest in (_hash(record, record.worklogs), _hash(record, None))


def trace_hash(trace: Trace) -> str:
    """Of what an issue is judged by."""
    return hashlib.sha256(_dumped((trace.issue, trace.events, trace.stays))).hexdigest()


def _hash(record: IssueRecord, logged: tuple[Worklog, ...] | None) -> bytes:
    points = record.issue.points
    issue = (*_BUT_UPDATED(record.issue), None if points is None else float(points))
    changes = sorted(record.changes, key=_CHANGE_ORDER)
    comments = sorted(record.comments, key=_BY_ID)
    worklogs = None if logged is None else sorted(logged, key=_BY_ID)
    return hashlib.sha256(_dumped((issue, changes, comments, worklogs))).digest()


def _dumped(content: object) -> bytes:
    # PostgreSQL keeps a mark in the place of NUL: the same here, or such a text would never fit its hash
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).replace(b"\\u0000", b"\xef\xbf\xbd")


_BUT_UPDATED = attrgetter(*(field.name for field in fields(Issue) if field.name not in ("updated", "points")))
_CHANGE_ORDER = attrgetter("history_id", "position")
_BY_ID = attrgetter("id")

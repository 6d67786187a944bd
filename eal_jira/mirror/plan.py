"""Decides, with values only, what a page of the tracker changes in the mirror."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from eal_jira.model import IssueRecord


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
    """SHA-256 of all that the record says, independent of the order in which the tracker lists things."""
    content = asdict(record)
    content["changes"].sort(key=lambda change: (change["history_id"], change["position"]))
    content["comments"].sort(key=lambda comment: comment["id"])
    # `updated` alone moves on writes that change nothing we mirror
    del content["issue"]["updated"]
    text = json.dumps(content, sort_keys=True, default=_plain, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a mirrored issue")

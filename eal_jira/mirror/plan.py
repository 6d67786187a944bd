"""Decides, with values only, what a page of the tracker changes in the mirror."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eal_jira.model import IssueRecord
from eal_jira.store.content import content_hash


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

"""How far a pass over the site has come; what both strategies of reading share.

A pass over everything goes in the order of `created`, which never changes: it can stop anywhere and go on, also in
another process (facts 2.3). It goes on at the minute of the newest issue read, since queries know no seconds; what is
known of that minute already is recognised by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from eal_jira.errors import ConfigError
from eal_jira.model import IssueRecord
from eal_tracker_jira.times import minute

IN_ORDER = {
    "created": "ORDER BY created ASC, key ASC",
    "updated": "ORDER BY updated ASC, key ASC",
}
"""Ascending: an issue that is edited meanwhile moves to the end and comes again, instead of slipping by (facts 2.3)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pass goes on: `at` in `field`'s order. As text it is the cursor that the mirror keeps."""

    #: "created" for a pass over everything; "updated" for an increment, which always begins again
    field: str
    at: datetime
    #: the issue that was read last, "" when unknown
    last: str = ""

    def __str__(self) -> str:
        return f"{self.field} {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {self.last}".rstrip()

    @classmethod
    def parse(cls, cursor: str) -> Place:
        try:
            name, at, *last = cursor.split(" ")
            if name not in ("created", "updated"):
                raise ValueError(name)
            return cls(name, datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC), *last[:1])
        except ValueError:
            raise ConfigError(
                f"{cursor!r} is not a place in Jira's issues.", remedy="Was the store written with another adapter?"
            ) from None


def newest(place: Place | None, records: Sequence[IssueRecord]) -> Place | None:
    """The place after these records: the newest creation so far."""
    last = max((record.issue for record in records), key=lambda issue: issue.created, default=None)
    if last is None or (place is not None and place.at > last.created):
        return place
    return Place("created", last.created, last.id)


@dataclass(slots=True)
class Frontier:
    """The place that a pass has reached, and the issues known to lie in its minute."""

    place: Place | None
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.place is not None:
            self.known.add(self.place.last)

    def advance(self, asked: Iterable[str], records: Sequence[IssueRecord]) -> None:
        """`asked` is what was asked for, `records` what of it could be read."""
        created = {record.issue.id: record.issue.created for record in records}
        before, self.place = self.place, newest(self.place, records)
        if self.place is None:
            self.known.update(asked)
            return
        floor = minute(self.place.at)
        if before is None or minute(before.at) < floor:
            self.known.clear()
        # what could not be read may lie in this minute too
        self.known.update(id for id in asked if id not in created or created[id] >= floor)

"""Walking over a search that pages by counting rows, on ground that may move (facts 1.6, 2.3).

Counting rows loses an issue when one before it is edited, deleted or moved away. So the walk begins the query anew at
the minute it has reached, and counts only while it stays inside one minute; then each page must begin with the row
that ended the page before. If it doesn't, rows have moved: the walk steps back until it stands on a known row.

Nothing here speaks to Jira: `search` does, so the walk can be tried on any ground.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eal_jira.errors import TrackerUnreachable
from eal_tracker_jira.times import minute, parse_time

Row = dict[str, Any]

RESTLESS = 20
"""How often the ground may move under one walk before it is given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave for `start`: rows, and how many there are in all."""

    rows: list[Row]
    total: int


@dataclass(slots=True)
class Walk:
    """One walk in ascending order of a time field."""

    #: (query clause without order, start) → rows
    search: Callable[[str, int], Found]
    #: "created" or "updated"
    order: str
    #: the clause for rows from a moment on
    since: Callable[[datetime], str]
    #: asks whether queries are read in another time zone than before
    zone_changed: Callable[[], bool]
    #: the walk goes on at the earliest of this many last rows: where the index is older than the rows themselves, a
    #: single row may show a later time than the place it stands at
    margin: int = 1

    def steps(self, first: str | datetime = "", known: str = "") -> Iterator[Found]:
        """Rows that are new, oldest first, with the total of the query that brought them.

        `first` is the clause to begin with, or the moment; `known` an issue's id that should lie there.
        """
        at = first if isinstance(first, datetime) else None
        clause = self.since(at) if at else str(first)
        met: dict[str, object] = {known: None} if known else {}
        start, restless, new_query, overlap = 0, 0, True, False
        while True:
            found = self.search(clause, start)
            if new_query and at and met and not any(str(row.get("id")) in met for row in found.rows):
                new_query = False
                if self.zone_changed():
                    clause = self.since(at)
                    continue
            if overlap and not (found.rows and self._met(met, found.rows[0])):
                restless = _moved(restless)
                start = _back(start, found)
                overlap = start > 0
                continue
            if not found.rows and found.total > 0:
                # the list may have become shorter than where we stand: asking there again would find nothing for ever
                restless = _moved(restless)
                start = _back(start, found)
                overlap = start > 0
                continue
            fresh = [row for row in found.rows if not self._met(met, row)]
            if fresh:
                yield Found(fresh, found.total)
            met.update((str(row.get("id")), self._value(row)) for row in found.rows)
            if start + len(found.rows) >= found.total:
                return
            reached = self._reached(found.rows)
            new_query = reached is not None and (at is None or reached > at)
            if reached is not None and new_query:
                clause, at, start, restless, overlap = self.since(reached), reached, 0, 0, False
                met = {id: value for id, value in met.items() if _not_before(value, reached)}
            else:
                # one row of overlap shows whether the ground has moved; a page of one row leaves no room for it
                overlap = len(found.rows) > 1
                start += len(found.rows) - overlap

    def _reached(self, rows: list[Row]) -> datetime | None:
        times = [time for row in rows[-self.margin :] if (time := _time(self._value(row))) is not None]
        return minute(min(times)) if times else None

    def _met(self, met: dict[str, object], row: Row) -> bool:
        """Known, and still where it was: a row that was edited has moved to the end."""
        id = str(row.get("id"))
        return id in met and met[id] == self._value(row)

    def _value(self, row: Row) -> object:
        fields = row.get("fields")
        return fields.get(self.order) if isinstance(fields, dict) else None


def _time(value: object) -> datetime | None:
    try:
        return parse_time(value)
    except ValueError:
        return None


def _not_before(value: object, at: datetime) -> bool:
    time = _time(value)
    return time is None or time >= at


def _back(start: int, found: Found) -> int:
    return max(0, min(start, found.total) - max(len(found.rows), 10))


def _moved(restless: int) -> int:
    if restless >= RESTLESS:
        raise TrackerUnreachable(
            "Jira's list of issues keeps changing while it is read.",
            refused="The pass was given up.",
            remedy="It will be tried again in the next cycle.",
        )
    return restless + 1

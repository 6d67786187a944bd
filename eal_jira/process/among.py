"""What one issue's verdict takes from other issues, as intervals: who was in progress when, what stood open under what.

A rule across issues (`rules.crossing`) says of each trace by itself which intervals it adds; `Among` holds those of all
issues. Whether they were just worked out or come from the store makes no difference to the verdict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush

from eal_jira.model import Interval


class Among:
    """The intervals that one guideline version's checks may ask for."""

    def __init__(
        self, levels: Mapping[tuple[str, datetime, str], int], groups: Mapping[str, Sequence[Interval]]
    ) -> None:
        self._levels = levels
        self._groups = groups

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> Among:
        """Everything worked out at once."""
        levels: dict[tuple[str, datetime, str], int] = {}
        groups: defaultdict[str, list[Interval]] = defaultdict(list)
        for interval, level in levelled(intervals):
            levels[interval.place] = level
            groups[interval.group].append(interval)
        return cls(levels, groups)

    def level(self, interval: Interval) -> int:
        """How many intervals of its group there were when this one began, itself included; 0: it doesn't count."""
        return self._levels.get(interval.place, 0)

    def lasting(self, group: str, at: datetime) -> int:
        """How many intervals of a group there were right after everything that happened at this moment."""
        return sum(i.entered <= at < i.until for i in self._groups.get(group, ()))


def levelled(intervals: Iterable[Interval]) -> Iterator[tuple[Interval, int]]:
    """Each interval with its level, in the order of arrivals."""
    group, ends = "", list[datetime]()
    for interval in sorted(intervals, key=lambda i: i.place):
        if interval.group != group:
            group, ends = interval.group, []
        while ends and ends[0] <= interval.entered:
            heappop(ends)
        heappush(ends, interval.until)
        yield interval, len(ends)

"""Working time: how much of it lies between two moments, and when so much of it is over.

Working time is measured on the clock that runs, in UTC, inside windows that are laid out on the wall clock: 9 to 17
o'clock stays 9 to 17 when the clocks change, and a window that contains the change is an hour shorter or longer.
Times are aware datetimes; answers are in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from eal_jira.errors import ConfigError

_SHORTEST_DAY = timedelta(hours=1)


class _Year(NamedTuple):
    """The working windows that begin in one local year: parallel lists, in order."""

    starts: list[datetime]
    lengths: list[timedelta]
    #: working time of the year that has passed when each window ends
    passed: list[timedelta]
    total: timedelta


@dataclass(frozen=True)
class WorkingCalendar:
    """When a team works: on these weekdays (Monday is 0), from `start` to `end` in its zone, not on holidays.

    `end` at midnight (00:00) means the end of the day; so a team that always works has all seven weekdays from 00:00
    to 00:00. Raises `ConfigError` for a week without a working day and a working day shorter than an hour.
    """

    zone: ZoneInfo
    weekdays: frozenset[int]
    start: time
    end: time
    holidays: Container[date] = frozenset()
    _years: dict[int, _Year] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ConfigError(
                "The working calendar has no working day.",
                remedy='Name at least one weekday, such as weekdays = ["mon", "tue", "wed", "thu", "fri"].',
            )
        if self.day_length < _SHORTEST_DAY:
            raise ConfigError(
                f"The working day from {self.start:%H:%M} to {self.end:%H:%M} is shorter than an hour.",
                remedy="Let it end at least an hour after it starts, on the same day; 00:00 is the end of the day.",
            )

    @cached_property
    def day_length(self) -> timedelta:
        """How long a working day is by the wall clock."""
        start = timedelta(hours=self.start.hour, minutes=self.start.minute, seconds=self.start.second)
        end = timedelta(hours=self.end.hour, minutes=self.end.minute, seconds=self.end.second)
        return (end or timedelta(days=1)) - start

    def elapsed(self, a: datetime, b: datetime) -> timedelta:
        """Working time from `a` to `b`; negative when `b` comes first. Additive: a to b plus b to c is a to c."""
        if b < a:
            return -self.elapsed(b, a)
        first, last = a.astimezone(self.zone).year, b.astimezone(self.zone).year
        whole = sum((self._year(year).total for year in range(first, last)), timedelta())
        return whole + _passed(self._year(last), b) - _passed(self._year(first), a)

    def after(self, a: datetime, working: timedelta) -> datetime:
        """The moment from which on more than so much working time (not negative) has passed since `a`.

        At the end of a working day that is the start of the next: nobody works in between.
        """
        number = a.astimezone(self.zone).year
        year = self._year(number)
        goal = _passed(year, a) + working
        while goal >= year.total:
            goal -= year.total
            number += 1
            year = self._year(number)
        window = bisect_right(year.passed, goal)
        return year.starts[window] + year.lengths[window] - (year.passed[window] - goal)

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = self._lay_out(number)
        return year

    def _lay_out(self, number: int) -> _Year:
        year = _Year([], [], [], timedelta())
        passed = timedelta()
        for day in _days(number):
            if day.weekday() not in self.weekdays or day in self.holidays:
                continue
            # cut at the next midnight: of a day that a zone jumped over, nothing is left
            start = self._at(day, self.start)
            tomorrow = self._at(day + timedelta(days=1), time())
            end = min(self._at(day, self.end), tomorrow) if self.end != time() else tomorrow
            if end > start:
                passed += end - start
                year.starts.append(start)
                year.lengths.append(end - start)
                year.passed.append(passed)
        return year._replace(total=passed)

    def _at(self, day: date, wall: time) -> datetime:
        return datetime.combine(day, wall, self.zone).astimezone(UTC)


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def _passed(year: _Year, moment: datetime) -> timedelta:
    """Working time of the year that has passed at a moment of that year."""
    window = bisect_right(year.starts, moment) - 1
    if window < 0:
        return timedelta()
    left = year.lengths[window] - (moment - year.starts[window])
    return year.passed[window] - max(left, timedelta())

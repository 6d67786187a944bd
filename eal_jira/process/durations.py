"""Durations as people write them in guidelines: "2 working days", "4 hours", "1 week"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from eal_jira.process.calendar import WorkingCalendar

_FORM = re.compile(r"(?P<amount>\d{1,6})\s*(?P<working>working\s+)?(?P<unit>minute|hour|day|week)s?", re.IGNORECASE)
_LENGTHS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Duration:
    """So many minutes, hours, days or weeks, counted in working time or around the clock."""

    amount: int
    #: "minute", "hour", "day" or "week"
    unit: str
    working: bool = False

    def __str__(self) -> str:
        return f"{self.amount}{' working' if self.working else ''} {self.unit}{'' if self.amount == 1 else 's'}"

    def length(self, calendar: WorkingCalendar) -> timedelta:
        """Its length as time that runs: a working day is as long as the calendar's day, a working week its days."""
        if self.working and self.unit == "day":
            return self.amount * calendar.day_length
        if self.working and self.unit == "week":
            return self.amount * len(calendar.weekdays) * calendar.day_length
        return self.amount * _LENGTHS[self.unit]

    def elapsed(self, a: datetime, b: datetime, calendar: WorkingCalendar) -> timedelta:
        """The time from `a` to `b` as this duration counts it."""
        return calendar.elapsed(a, b) if self.working else b - a

    def after(self, a: datetime, calendar: WorkingCalendar) -> datetime:
        """The moment from which on it took longer than this since `a`."""
        length = self.length(calendar)
        return calendar.after(a, length) if self.working else a + length


def parse_duration(text: object) -> Duration:
    """A `Duration` from text such as "90 minutes". Raises `ValueError` (pydantic's, with a remedy)."""
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise PydanticCustomError(
            "duration",
            "is not a duration",
            {"remedy": 'Write a number and a unit, such as "2 working days", "4 hours", "90 minutes" or "1 week".'},
        )
    duration = Duration(int(found["amount"]), found["unit"].lower(), found["working"] is not None)
    if not timedelta() < duration.amount * _LENGTHS[duration.unit] <= _LONGEST:
        raise PydanticCustomError(
            "duration", "is impossible as a limit", {"remedy": "Choose something between one minute and ten years."}
        )
    return duration


DurationText = Annotated[
    Duration,
    BeforeValidator(lambda value: value if isinstance(value, Duration) else parse_duration(value)),
    PlainSerializer(str, return_type=str),
]
"""A duration in a rule's options: text in the file, `Duration` in the rule."""

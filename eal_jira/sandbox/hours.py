"""Working hours: Monday to Friday, nine to five where the person is. Nights and weekends stay empty."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(9), time(17)
DAY_HOURS = CLOSES.hour - OPENS.hour
_DAY = timedelta(hours=DAY_HOURS)
_NOTHING = timedelta()


@cache
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def later(at: datetime, hours: float, where: ZoneInfo) -> datetime:
    """The moment `hours` of working time after `at`, in UTC, to the second.

    From outside working hours it counts from the next opening. Closing time itself is the next opening.
    """
    local = at.astimezone(where)
    week, weekday = divmod(local.toordinal() - 1, 7)  # ordinal 1 was a Monday
    working_days = week * 5 + min(weekday, 5)
    into = _NOTHING
    if weekday < 5 and local.time() > OPENS:
        into = min(_since_opening(local.time()), _DAY)
    further, rest = divmod(into + timedelta(seconds=round(hours * 3600)), _DAY)
    week, weekday = divmod(working_days + further, 5)
    return opening(date.fromordinal(week * 7 + weekday + 1), where) + rest


def opening(day: date, where: ZoneInfo) -> datetime:
    """When work begins on this day, in UTC."""
    return datetime.combine(day, OPENS, tzinfo=where).astimezone(UTC)


def at_work(at: datetime, where: ZoneInfo) -> bool:
    local = at.astimezone(where)
    return local.weekday() < 5 and OPENS <= local.time() < CLOSES


def _since_opening(now: time) -> timedelta:
    return timedelta(hours=now.hour - OPENS.hour, minutes=now.minute, seconds=now.second, microseconds=now.microsecond)

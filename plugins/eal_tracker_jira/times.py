"""Jira's timestamps in both directions: what it sends → aware UTC, a moment → what its query language understands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

_MILLISECONDS_FROM = 100_000_000_000
"""A number this large counts milliseconds: as seconds it would lie in the year 5138."""

_WESTERNMOST = timedelta(hours=12)


def parse_time(value: object) -> datetime:
    """ISO 8601 with ``+0200`` or ``+02:00`` or ``Z``, or a number of seconds or milliseconds (facts 1.4).

    Raises `ValueError` for anything else, a time without an offset included.
    """
    if isinstance(value, str) and not value.isdigit():
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        # most answers are in UTC already
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        number = float(value)
        try:
            return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{value!r} is no time") from error
    raise ValueError(f"{value!r} is no time")


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def whole_minutes(span: timedelta) -> int:
    """Minutes that surely cover the span; queries know nothing shorter (facts 2.1)."""
    return max(1, ceil(span / timedelta(minutes=1)))


def floor_literal(at: datetime, zone: ZoneInfo | None) -> str:
    """The minute of `at` as a literal that an account in `zone` reads as that moment or an earlier one.

    In the autumn night an hour exists twice and a literal can't say which one it means: then the last unambiguous
    hour before it is taken. Without a known zone the westernmost one on Earth is assumed (facts 2.1).
    """
    if zone is None:
        return _literal(minute(at.astimezone(UTC)) - _WESTERNMOST)
    local = minute(at).astimezone(zone)
    while local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        at -= timedelta(hours=1)
        local = minute(at).astimezone(zone)
    return _literal(local)


def _literal(local: datetime) -> str:
    return f'"{local:%Y-%m-%d %H:%M}"'

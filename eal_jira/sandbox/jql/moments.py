"""Dates in JQL: literals to the minute in the caller's time zone, durations from now, functions of now (facts 2.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from eal_jira.sandbox.jql.syntax import Function, JqlError

_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def duration(text: str) -> timedelta | None:
    """`-90m`, `-3d`, `4w 2d`: None when the text is no duration."""
    match = re.fullmatch(r"([+-]?)((?:\d+[wdhm]\s*)+)", text.strip().lower())
    if match is None:
        return None
    total = sum((int(n) * _UNITS[u] for n, u in re.findall(r"(\d+)([wdhm])", match[2])), timedelta())
    return -total if match[1] == "-" else total


def literal_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """`yyyy-MM-dd[ HH:mm]` or with slashes, in this zone, second 00; or milliseconds since 1970. Of a local time that
    exists twice the first is meant; one that doesn't exist is read with the offset from before the change."""
    if re.fullmatch(r"\d{9,}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    match = re.fullmatch(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?", text.strip())
    if match is None:
        return None
    year, month, day, hour, minute = (int(match[i] or 0) for i in (1, 3, 4, 5, 6))
    try:
        return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def function_of_now(function: Function, now: datetime, zone: ZoneInfo) -> datetime:
    name = function.name.lower()
    local = now.astimezone(zone)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {
        "now": local,
        "startofday": day,
        "endofday": day + timedelta(days=1) - timedelta(milliseconds=1),
        "startofweek": day - timedelta(days=(day.weekday() + 1) % 7),
        "startofmonth": day.replace(day=1),
    }
    if name not in starts:
        raise JqlError(f"Unable to find JQL function '{function.name}({', '.join(function.arguments)})'.")
    span = duration(function.arguments[0]) if function.arguments else timedelta()
    if span is None:
        raise JqlError(f"'{function.arguments[0]}' is no duration for the function '{function.name}'.")
    return (starts[name] + span).astimezone(UTC)


def stored_moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

"""Numbers and times as people read them. Also filters of the templates."""

from __future__ import annotations

from datetime import date, datetime, timedelta


def duration(span: timedelta) -> str:
    """A span in its largest sensible unit, calendar time: "3.4 days", "5 hours", "20 minutes", "1 day"."""
    seconds = span.total_seconds()
    sign, seconds = ("\u2212", -seconds) if seconds < 0 else ("", seconds)
    # Rounding must not show a unit's full count: 59.7 minutes are "1 hour".
    for unit, size, places in (("minute", 60, 0), ("hour", 3600, 0), ("day", 86400, 1)):
        amount = round(seconds / size, places)
        if unit == "day" or amount < {"minute": 60, "hour": 36}[unit]:
            return f"{sign}{_plain(amount)} {unit if amount == 1 else unit + 's'}"
    raise AssertionError("the last unit takes every span")


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 issue", "1,204 issues", "no issues"."""
    if number == 0:
        return f"no {many or one + 's'}"
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share from 0 to 1: "63 %"; what is not quite nothing or everything says so."""
    shown = round(share * 100)
    if shown == 0 and share > 0:
        return "< 1 %"
    if shown == 100 and share < 1:
        return "> 99 %"
    return f"{shown} %"


def number(value: float, places: int = 1) -> str:
    """A number to at most `places` decimal places, without trailing zeros: "3.4", "3", "1,204"."""
    return _plain(round(value, places))


def day(moment: date | datetime) -> str:
    """A day: "3 March 2026". A datetime is taken in the zone that it carries."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def period(first: date, last: date) -> str:
    """Both days included: "1–31 March 2026", "28 February – 13 March 2026"."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} – {day(last)}"
    return f"{day(first)} – {day(last)}"


# English whatever the machine's locale is: same input, same bytes.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _plain(value: float) -> str:
    return f"{value:,.10f}".rstrip("0").rstrip(".").replace("-", "\u2212")

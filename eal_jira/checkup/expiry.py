"""The day on which the tracker's token ends. Trackers don't tell it (facts/jira.md 4): the config does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from eal_jira.hookspecs import Check

MARKS = (1, 7, 14, 30)
"""Days before the end at which people are told."""

LOG_EVENT = "the tracker's token expires"
"""The name of the log event that carries `token_warning`; alerts may be built on it."""

REMEDY = "Make a new token, put it where tracker.token says, and write its last day into tracker.token_expires."


def token_warning(expires: date | None, now: datetime) -> str | None:
    """What to tell the operator about the token that ends after the day `expires`, None while there is nothing.

    The sentence changes when a mark is passed and stays the same between two marks, so whoever tells each sentence
    once tells of the marks, and whoever tells it daily reminds.
    """
    if expires is None:
        return None
    left = _days_left(expires, now)
    if left < 0:
        return f"The tracker's token expired on {expires}."
    mark = next((mark for mark in MARKS if left <= mark), None)
    if mark is None:
        return None
    return f"The tracker's token expires on {expires}: {mark} {'day' if mark == 1 else 'days'} or less from now."


def look_at_expiry(expires: date | None, now: datetime) -> Iterator[Check]:
    name = "token's last day"
    if expires is None:
        yield Check.green(name, "Not in the config (tracker.token_expires), so nobody will be warned before it.")
        return
    warning = token_warning(expires, now)
    if warning is None:
        yield Check.green(name, f"{expires}, in {_days_left(expires, now)} days.")
    elif _days_left(expires, now) < 0:
        yield Check.red(name, warning, REMEDY)
    else:
        yield Check.yellow(name, warning, REMEDY)


def _days_left(expires: date, now: datetime) -> int:
    """Whole days; 0 on the last one."""
    return (expires - now.date()).days

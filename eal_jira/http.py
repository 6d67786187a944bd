"""What every adapter that speaks HTTP needs: waits that a server names, why a connection broke, foreign words cut.

No sending and no policy: that is each adapter's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, NewConnectionError

__all__ = ["foreign_line", "http_date", "never_sent", "reason", "retry_after"]


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The least wait that a server names: seconds or a date. 0 means one interval of the token bucket."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, headers.get("Date", ""))
    if not 0 <= seconds < 10**9:
        return None
    if seconds == 0:
        interval = headers.get("X-RateLimit-Interval-Seconds", "")
        seconds = float(interval) if interval.isdigit() else 1.0
    return timedelta(seconds=seconds)


def _until(text: str, date: str) -> timedelta | None:
    until = http_date(text)
    if until is None:
        return None
    # measured on the server's clock where it shows it
    now = http_date(date) or datetime.now(UTC)
    return max(until - now, timedelta(seconds=1))


def http_date(text: str) -> datetime | None:
    """An HTTP date as aware UTC, None when it is none."""
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def never_sent(broken: requests.RequestException) -> bool:
    """Whether surely nothing reached the server, so that not even a create can have taken effect."""
    if isinstance(broken, requests.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    cause = broken.args[0] if broken.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | NameResolutionError)


def reason(broken: requests.RequestException) -> str:
    """A few words for people. The exception's own text holds the address with its parameters: it stays out."""
    cause = broken.args[0] if broken.args else None
    inner = cause.reason if isinstance(cause, MaxRetryError) else cause
    match broken:
        case requests.ConnectTimeout():
            return "no connection within the time limit"
        case requests.Timeout():
            return "no answer within the time limit"
        case requests.exceptions.SSLError():
            return "its certificate is not trusted"
        case requests.exceptions.ProxyError():
            return "the proxy does not let it through"
    if isinstance(inner, NameResolutionError):
        return "its name is not known"
    if isinstance(inner, NewConnectionError):
        return "nobody answers at that address"
    return "the answer was cut off" if isinstance(inner, HTTPError) else "the connection was closed"


def foreign_line(text: object, longest: int = 400) -> str:
    line = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", str(text)).strip()
    # a proxy may tell us our own header
    line = re.sub(r"\b(Basic|Bearer) \S+", r"\1 …", line, flags=re.IGNORECASE)
    return line if len(line) <= longest else line[: longest - 1] + "…"

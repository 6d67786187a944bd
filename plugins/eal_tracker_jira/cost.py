"""What requests cost: their number, and Atlassian's points (facts 3.1).

A point per request, and one more for each core object that is read (issue, comment, history, project, board, …), two
for each object of identity and access (users, permissions); a write costs one in all. The classes are named on
Atlassian's page, the endpoints in each of them are not, so the points are an estimate. Only apps pay them, but they
tell how heavy a sync is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from eal_jira.hookspecs import Allowance, Budget, Cost
from eal_tracker_jira.answers import Json

_IDENTITY = ("myself", "mypermissions")
_FLAT = ("serverInfo", "field", "status", "search/approximate-count")
_LISTS = ("issues", "comments", "issueChangeLogs", "histories", "worklogs", "transitions", "values", "permissions")


def points(path: str, answer: Json) -> int:
    """Of what was read, beyond the request's own point."""
    path = path.strip("/")
    if path in _FLAT:
        return 0
    return _objects(answer) * (2 if path in _IDENTITY else 1)


def _objects(answer: Json) -> int:
    if isinstance(answer, list):
        return len(answer)
    if not isinstance(answer, dict):
        return 0
    # an issue can hold lists of these names, too; it has an id, a list of issues has none
    listed = (
        [answer[name] for name in _LISTS if isinstance(answer.get(name), list | dict)] if "id" not in answer else []
    )
    return len(listed[0]) if listed else 1


class Meter:
    """Counts for all connections to a site together. Atlassian's budget begins anew with each full hour (facts 3.1)."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._cost = Cost()
        #: the hour that was counted last, and what had been spent when it began
        self._hour = _full_hour(now())
        self._before = Cost()
        self._told: Allowance | None = None

    def requested(self) -> None:
        self._add(Cost(1, 1))

    def read(self, path: str, answer: Json) -> None:
        self._add(Cost(0, points(path, answer)))

    def told(self, place: str, headers: Mapping[str, str]) -> None:
        """Keeps what an answer says about a limit; most say nothing."""
        found = allowance(self._now(), place, headers)
        if found is not None:
            self._told = found

    @property
    def cost(self) -> Cost:
        """Since the beginning."""
        return self._cost

    def budget(self, quota: int | None) -> Budget:
        with self._lock:
            self._turn()
            return Budget(self._hour, self._cost - self._before, quota, self._told)

    def _add(self, cost: Cost) -> None:
        with self._lock:
            self._turn()
            self._cost += cost

    def _turn(self) -> None:
        hour = _full_hour(self._now())
        if hour != self._hour:
            self._hour, self._before = hour, self._cost


def allowance(at: datetime, place: str, headers: Mapping[str, str]) -> Allowance | None:
    """What the headers say about a limit, on Cloud and on Data Center (facts 3.1, 3.2); None when nothing."""
    limit, remaining = (_number(headers.get(f"X-RateLimit-{name}", "")) for name in ("Limit", "Remaining"))
    near = headers.get("X-RateLimit-NearLimit", "").lower() == "true"
    reason = headers.get("RateLimit-Reason", "")
    if limit is None and remaining is None and not near and not reason:
        return None
    return Allowance(at, place, limit, remaining, near, reason[:100])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)

"""What requests cost: their number, and Atlassian's points (facts 3.1).

A point per request, and one more for each core object that is read (issue, comment, history, project, board, …), two
for each object of identity and access (users, permissions); a write costs one in all. The classes are named on
Atlassian's page, the endpoints in each of them are not, so the points are an estimate. Only apps pay them, but they
tell how heavy a sync is.
"""

from __future__ import annotations

import threading

from eal_jira.hookspecs import Cost
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
    """Counts for all connections to a site together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cost = Cost()

    def requested(self) -> None:
        with self._lock:
            self._cost += Cost(1, 1)

    def read(self, path: str, answer: Json) -> None:
        with self._lock:
            self._cost += Cost(0, points(path, answer))

    @property
    def cost(self) -> Cost:
        """Since the beginning."""
        return self._cost

"""A copied database is told by what stands in the tracker: it can share no lease with us (facts/reliability.md R12).

Each run of the program signs in the tracker before it writes for the first time, with an id that its database knows.
An id that the database does not know was made by another one. A database that knows none (a new one, or one restored
from a backup) takes over, and the other installation, if there is one, stops before it writes again.
"""

from __future__ import annotations

import uuid
from datetime import datetime

import structlog

from eal_jira.errors import NotAllowed, NotKnown, WrittenElsewhere
from eal_jira.hookspecs import Tracker
from eal_jira.model import Installation
from eal_jira.store import Store, facts

log = structlog.get_logger()


class Signature:
    """One run of the program, whatever number of connections it has."""

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self._signed = False

    def confirm(self, store: Store, tracker: Tracker, project: str, now: datetime) -> None:
        """It is still we who write here; before the first write, we say so. Raises `WrittenElsewhere`."""
        if not project or not tracker.capabilities.installations:
            return
        try:
            self._confirm(store, tracker, project, now)
        except NotKnown:
            raise
        except NotAllowed as error:
            if not self._signed:
                log.info("a copy of this database would not be noticed", reason=str(error))
            self._signed = True

    def _confirm(self, store: Store, tracker: Tracker, project: str, now: datetime) -> None:
        newest = tracker.installation(project)
        with store.write() as connection:
            known = facts.installations(connection)
            if newest is not None and known and newest.id not in known:
                raise _another(store, project, newest)
            if newest is not None and self._signed:
                return
            facts.remember_installation(connection, self._id)
        tracker.install(project, Installation(self._id, now))
        self._signed = True


def _another(store: Store, project: str, newest: Installation) -> WrittenElsewhere:
    return WrittenElsewhere(
        f"Another eal-jira writes to {project} under our account since {newest.since:%Y-%m-%d %H:%M} UTC, and the "
        f"database {store.name} knows nothing of it: one of the two is a copy, or older.",
        refused="Nothing was written to the tracker.",
        remedy="Stop one of them. To go on with this database, run: eal-jira outbox take-over",
    )

"""Delivers intents: look, write, record. Nothing is ever sent blindly a second time.

What can happen stands in `verbs`, one file each. Intents of one lane go out in order; lanes go side by side, and what
waits in one holds back no other. The sweep comes first, the breaker's notices last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import structlog

from eal_jira.errors import AnswerUnknown, EalError, Gone, NotAllowed, RefusedByTracker, TrackerUnreachable, TryLater
from eal_jira.hookspecs import Pages, Tracker
from eal_jira.model import SetAside
from eal_jira.outbox.bounds import CONVERSATION_ENDS, SEARCH_LAG, Bounds
from eal_jira.outbox.breaker import KEPT, NOTICE, Held
from eal_jira.outbox.desk import LOOK_AGAIN, Delivered, Desk, Later
from eal_jira.outbox.installations import Signature
from eal_jira.outbox.intents import Comment, marker, want
from eal_jira.outbox.sweep import sweep
from eal_jira.outbox.verbs import VERBS
from eal_jira.store import Store, effects, intents, strays, work
from eal_jira.store.claims import claim
from eal_jira.store.intents import IntentRow

__all__ = ["SEARCH_LAG", "Delivered", "Outbox"]

log = structlog.get_logger()

NO_PERMISSION_PAUSE = timedelta(hours=1)
BATCH = 200


class Outbox:
    """Delivers what the store wants to the tracker and the pages."""

    def __init__(
        self,
        store: Store,
        tracker: Tracker,
        pages: Mapping[str, Pages],
        bounds: Bounds | None = None,
        signature: Signature | None = None,
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._pages = pages
        self._bounds = bounds or Bounds()
        self._signature = signature or Signature()

    def deliver(self, now: datetime, project: str = "", us: tuple[str, ...] = ()) -> Delivered:
        """Everything that may go out now, lane by lane. Raises nothing for a tracker that is away: it reports.
        Raises `WrittenElsewhere`.

        `project` and `us` (our accounts, as the mirror names them) are where and by what the sweep knows our tickets.
        """
        desk = Desk(self._store, self._tracker, self._pages, self._bounds, now)
        desk.confirm = cache(partial(self._signature.confirm, self._store, self._tracker, project, now))
        try:
            sweep(desk, project, us)
        except (TryLater, TrackerUnreachable, NotAllowed, RefusedByTracker) as error:
            # what is to be delivered may still go out; the next cycle sweeps again
            log.warning("the sweep was broken off", reason=str(error))
        try:
            _Delivery(desk).run()
        except (TryLater, TrackerUnreachable, NotAllowed) as error:
            desk.report.stopped = str(error)
        return desk.report


class _Delivery:
    """One round trip through all lanes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._store = desk.store
        self._report = desk.report
        #: verb → until when the tracker takes no more of what it needs
        self._held: dict[str, datetime] = {}

    def run(self) -> None:
        for rows in self._rounds():
            self._desk.confirm()
            self._look_ahead(rows)
            for _ in self._desk.tracker.side_by_side(self._one, rows):
                pass
            if self._report.stopped:
                break
        self._tidy()

    def _rounds(self) -> Iterator[list[IntentRow]]:
        """The heads of the lanes, until nothing new may go out; each intent is tried once."""
        tried: set[tuple[str, str]] = set()
        while True:
            with self._store.read() as connection:
                rows = intents.next_of_lanes(connection, self._desk.now, BATCH)
            fresh = [row for row in rows if (row.key, row.hash) not in tried]
            if not fresh:
                return
            tried.update((row.key, row.hash) for row in fresh)
            yield fresh

    def _look_ahead(self, rows: list[IntentRow]) -> None:
        """One look at many issues instead of many looks; where that fails, each verb looks for itself."""
        ids = sorted({row.payload["issue"] for row in rows if row.verb == "tag"})
        self._desk.looked.clear()
        if len(ids) > 1:
            try:
                self._desk.looked.update(self._desk.tracker.looks(ids))
            except EalError as error:
                log.info("could not look at many issues at once", reason=str(error))

    def _one(self, row: IntentRow) -> None:
        now = self._desk.now
        if self._report.stopped:
            return
        if row.verb in self._held:
            self._postpone(row, self._held[row.verb])
            return
        claim(self._store, row)
        try:
            if row.verb not in VERBS:
                raise RefusedByTracker(f"This version does not know how to {row.verb!r}.", remedy="Update eal-jira.")
            result = VERBS[row.verb](self._desk, row)
        except Later as later:
            self._mark(row, later.state, not_before=later.until)
            self._count("postponed")
        except Held as held:
            self._hold(row, held)
        except AnswerUnknown:
            self._mark(row, "unknown", not_before=now, attempts=row.attempts + 1)
            self._count("postponed")
        except (RefusedByTracker, Gone) as error:
            self._park(row, str(error))
        except NotAllowed as error:
            self._unsent(row, not_before=now + NO_PERMISSION_PAUSE)
            self._report.stopped = str(error)
        except TryLater as error:
            until = now + (error.wait or LOOK_AGAIN)
            self._unsent(row, not_before=until)
            self._count("postponed")
            if error.about == "site":
                self._report.stopped = str(error)
            elif error.about == "endpoint":
                self._held[row.verb] = until
        except TrackerUnreachable as error:
            # a lost answer would be `AnswerUnknown`
            self._unsent(row)
            self._report.stopped = str(error)
        else:
            self._finish(row, result)

    # --- recording --------------------------------------------------------------------------------------------

    def _count(self, what: str) -> None:
        with self._desk.lock:
            setattr(self._report, what, getattr(self._report, what) + 1)

    def _mark(self, row: IntentRow, state: str, **values: Any) -> None:
        with self._store.write() as connection:
            intents.mark(connection, row.key, state, **values)

    def _unsent(self, row: IntentRow, **values: Any) -> None:
        """Back to where it was: surely nothing took effect, so nothing is looked for, waited for or counted."""
        with self._store.write() as connection:
            intents.mark(connection, row.key, row.state, before=row.before, **values)
            if row.key in self._desk.counted:
                effects.retract(connection, row.key, self._desk.counted[row.key])

    def _postpone(self, row: IntentRow, until: datetime) -> None:
        self._mark(row, row.state, not_before=until)
        self._count("postponed")

    def _finish(self, row: IntentRow, result: Mapping[str, Any]) -> None:
        with self._store.write() as connection:
            current = intents.get(connection, row.key)
            # stated anew while it was under way: deliver the new wish as well
            state = "done" if current is not None and current.hash == row.hash else "waiting"
            intents.mark(connection, row.key, state, result=dict(result), not_before=None)
            work.set_aside(connection, "intent", row.made, (), cleared=[row.key])
            if row.verb == "ticket":
                strays.claim(connection, str(result["id"]))
        with self._desk.lock:
            self._report.done[row.verb] = self._report.done.get(row.verb, 0) + 1

    def _park(self, row: IntentRow, reason: str) -> None:
        with self._store.write() as connection:
            # refused: this request took no effect, an earlier one may have
            intents.mark(connection, row.key, "parked", attempts=row.attempts + 1, before=row.before)
            if row.key in self._desk.counted:
                effects.retract(connection, row.key, self._desk.counted[row.key])
            work.set_aside(connection, "intent", self._desk.now, [SetAside("intent", row.key, reason)])
        self._count("parked")
        log.warning("an intent was parked", intent=row.key, reason=reason)

    # --- the breaker ------------------------------------------------------------------------------------------

    def _hold(self, row: IntentRow, held: Held) -> None:
        """Exactly one notice for what is held in one place: in `status` and the log, and for a loop of replies as a
        comment where it happens."""
        ref, now = held.effect.ref, self._desk.now
        with self._store.write() as connection:
            first = ref not in {item.ref for item, _ in work.listed(connection) if item.kind == "breaker"}
            state = "held" if held.until is None else row.state
            intents.mark(connection, row.key, state, not_before=held.until, held_by=ref)
            work.set_aside(connection, "breaker", now, [SetAside("breaker", ref, held.reason)])
            if first and held.until is None:
                about = row.payload
                notice = Comment(
                    marker("breaker", held.effect.place, now.isoformat()),
                    NOTICE,
                    issue_id=about["issue"],
                    ticket=about["ticket"],
                    notice=True,
                )
                want(connection, row.team, notice, now)
        if first:
            log.warning("the breaker holds something back", about=ref, reason=held.reason)
        self._count("postponed")

    def _tidy(self) -> None:
        """Notices end with what they were about; what was counted long ago is forgotten."""
        now = self._desk.now
        with self._store.write() as connection:
            intents.give_up_held(connection, now - CONVERSATION_ENDS)
            effects.forget(connection, now - KEPT)
            standing = {item.ref for item, _ in work.listed(connection) if item.kind == "breaker"}
            over = standing - intents.held_by(connection)
            work.set_aside(connection, "breaker", now, (), cleared=sorted(over))

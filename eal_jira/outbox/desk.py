"""What every verb works at: the tracker, the pages, the store, and the moment of this delivery."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from eal_jira.errors import RefusedByTracker
from eal_jira.hookspecs import Pages, Tracker
from eal_jira.model import IssueState
from eal_jira.outbox.bounds import WATCH, Bounds
from eal_jira.outbox.breaker import Effect, check
from eal_jira.store import Store, effects, intents
from eal_jira.store.intents import IntentRow

LOOK_AGAIN = timedelta(minutes=1)
NO_TICKET_PAUSE = timedelta(hours=1)


class Later(Exception):
    """This intent can't be finished now; look again at `until`, in `state`."""

    def __init__(self, until: datetime, state: str = "unknown") -> None:
        super().__init__()
        self.until = until
        self.state = state


@dataclass(slots=True)
class Delivered:
    """What a delivery did, by verb."""

    done: dict[str, int] = field(default_factory=dict)
    written: int = 0
    parked: int = 0
    postponed: int = 0
    #: things that stood twice and stand once now
    healed: int = 0
    #: why delivery stopped before everything was tried, in one sentence
    stopped: str = ""


@dataclass(slots=True)
class Desk:
    """Of one delivery. Verbs of different lanes use it side by side."""

    store: Store
    tracker: Tracker
    pages: Mapping[str, Pages]
    bounds: Bounds
    #: the tracker's clock when the delivery began
    now: datetime
    report: Delivered = field(default_factory=Delivered)
    #: issues that were looked at together shortly before
    looked: dict[str, IssueState] = field(default_factory=dict)
    #: held while the report changes
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: pages are put by one thread at a time
    pages_lock: threading.Lock = field(default_factory=threading.Lock)
    #: place for pages → until when it is left alone
    away: dict[str, datetime] = field(default_factory=dict)
    #: intent's key → when what it sent in this delivery was counted
    counted: dict[str, datetime] = field(default_factory=dict)
    #: see that it is still we who write here; asks the tracker once
    confirm: Callable[[], None] = lambda: None
    _began: float = field(default_factory=time.monotonic)

    def wrote(self, count: int = 1) -> None:
        with self.lock:
            self.report.written += count

    def target(self, want: Mapping[str, Any]) -> str:
        """Id of the issue that the intent is about: an issue, or a ticket of ours that is there by now."""
        return str(want["issue"]) if want["issue"] else self.ticket_id(str(want["ticket"]))

    def ticket_id(self, marker: str) -> str:
        with self.store.read() as connection:
            ticket = intents.get(connection, f"ticket:{marker}")
        if ticket is not None and ticket.state == "dropped":
            raise RefusedByTracker(f"It is about the ticket {marker}, which was dropped.")
        if ticket is None or ticket.result is None:
            # its ticket was parked: there is nothing to write on until it exists
            raise Later(self.now + NO_TICKET_PAUSE, state="waiting")
        return str(ticket.result["id"])

    def sending(self, row: IntentRow, effect: Effect | None = None, **before: Any) -> None:
        """Writes down that a request is about to go out, with what finds its result if the answer is lost.

        The breaker is asked in the same transaction; it raises `Held`.
        """
        # a delivery can take a while: the window after a lost answer begins when the request is sent
        at = self.now + timedelta(seconds=time.monotonic() - self._began)
        again = row.state != "waiting" and row.result is None
        times = int((row.before or {}).get("times", 0)) + 1 if again else 1
        watch = {"watch_until": self.now + WATCH} if again else {}
        with self.store.write() as connection:
            if effect is not None:
                # what is sent a second time was counted the first time
                sent = effects.sent(connection, effect.kind, effect.place, row.key if again else "")
                check(effect, sent, self.now, self.bounds)
                effects.record(connection, effect.kind, effect.place, row.key, at)
            intents.mark(
                connection, row.key, "sending", before={**before, "sent": at.isoformat(), "times": times}, **watch
            )
        self.counted[row.key] = at

    def once(
        self,
        row: IntentRow,
        find: Callable[[], Mapping[str, Any] | None],
        send: Callable[[], Mapping[str, Any]],
        patience: timedelta,
        effect: Effect | None = None,
        **before: Any,
    ) -> Mapping[str, Any]:
        """Look, write down, send once. After a lost answer: look, until the request can't be under way any more."""
        found = find()
        if found is not None:
            return found
        if row.state != "waiting":
            free = datetime.fromisoformat((row.before or {})["sent"]) + patience
            if self.now < free:
                raise Later(min(self.now + LOOK_AGAIN, free))
        self.sending(row, effect, **before)
        result = send()
        self.wrote()
        return result

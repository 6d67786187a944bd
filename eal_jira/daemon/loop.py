"""The embedded dispatcher: a cycle at an interval or when something is due, and a short one whenever the bell rings,
until asked to stop.

A bad cycle never ends it.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from eal_jira.cycle import Cycle
from eal_jira.daemon.attempts import Attempts
from eal_jira.errors import LeaseLost

log = structlog.get_logger()

GATHER = 0.1
"""Seconds between the bell and the short cycle: what rings together is answered together."""

LATE = 1.0
"""Seconds after a moment that something is due at: the tracker's clock is known to the second."""


class Daemon:
    """Calls `cycle` every `every` seconds and at the moments that `due` names, and `nudged` soon after each `wake`.

    `due` gets the moment of a cycle (the tracker's clock). `stop` and `wake` may be called from any thread or signal
    handler.
    """

    def __init__(
        self,
        cycle: Callable[[], Cycle | None],
        every: float,
        nudged: Callable[[], Cycle | None],
        due: Callable[[datetime], datetime | None] = lambda _now: None,
        attempts: Attempts | None = None,
    ) -> None:
        self._cycle = cycle
        self._attempts = attempts or Attempts(every)
        self._every = every
        self._nudged = nudged
        self._due = due
        self._pause = every
        self._stopped = False
        # not an Event: setting one in a signal handler can wait for a lock that the interrupted code holds
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def stop(self) -> None:
        """The cycle under way is finished, then no other begins."""
        self._stopped = True
        self._bell.put(None)

    def wake(self) -> None:
        """There is something for `nudged`."""
        if self._bell.empty():
            self._bell.put(None)

    def run(self) -> None:
        """Returns when stopped. A config that can't work raises: repeating it would not mend it."""
        while not self._stopped:
            patience = self._once(self._whole, "cycle")
            until = time.monotonic() + (patience or self._pause)
            while patience is None and self._rings(until) and self._pass_time(time.monotonic() + GATHER):
                patience = self._once(self._nudged, "nudged")
                until = max(until, time.monotonic() + (patience or 0))
            # after trouble, nudges wait in the store: they must not knock at a door that was just closed
            self._pass_time(until)
        log.info("stopped")

    def _whole(self) -> Cycle | None:
        self._pause = self._every
        begin = time.monotonic()
        done = self._cycle()
        if done is not None and (due := self._due(done.now)) is not None:
            left = (due - done.now).total_seconds() + LATE - (time.monotonic() - begin)
            self._pause = min(self._every, max(left, 0.0))
        return done

    def _rings(self, until: float) -> bool:
        """Waits for the bell; False when the time was over or we were stopped first."""
        left = until - time.monotonic()
        if self._stopped or left <= 0:
            return False
        try:
            self._bell.get(timeout=left)
        except queue.Empty:
            return False
        return not self._stopped

    def _pass_time(self, until: float) -> bool:
        """Waits, whatever rings; False when we were stopped."""
        while self._rings(until):
            pass
        return not self._stopped

    def _once(self, cycle: Callable[[], Cycle | None], job: str) -> float | None:
        try:
            return self._attempts.once(cycle, job)
        except LeaseLost:
            # whoever holds it now does our work: it took the lock file away from us
            log.warning("another daemon has taken over")
            raise

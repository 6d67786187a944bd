"""The embedded dispatcher: a cycle at an interval, and a short one whenever the bell rings, until asked to stop.

A bad cycle never ends it.
"""

from __future__ import annotations

import queue
import signal
import time
from collections.abc import Callable
from types import FrameType

import structlog

from eal_jira.cycle import Cycle
from eal_jira.errors import ConfigError, EalError, LeaseHeld, LeaseLost, TryLater

log = structlog.get_logger()

GATHER = 0.1
"""Seconds between the bell and the short cycle: what rings together is answered together."""


class Daemon:
    """Calls `cycle` every `every` seconds, and `nudged` soon after each `wake`.

    `stop` and `wake` may be called from any thread or signal handler.
    """

    def __init__(self, cycle: Callable[[], Cycle], every: float, nudged: Callable[[], Cycle | None]) -> None:
        self._cycle = cycle
        self._every = every
        self._nudged = nudged
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

    def stop_on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.info("asked to stop", signal=signal.Signals(number).name)
        self.stop()

    def run(self) -> None:
        """Returns when stopped. A config that can't work raises: repeating it would not mend it."""
        while not self._stopped:
            patience = self._once(self._cycle)
            until = time.monotonic() + (patience or self._every)
            while patience is None and self._rings(until) and self._pass_time(time.monotonic() + GATHER):
                patience = self._once(self._nudged)
                until = max(until, time.monotonic() + (patience or 0))
            # after trouble, nudges wait in the store: they must not knock at a door that was just closed
            self._pass_time(until)
        log.info("stopped")

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

    def _once(self, cycle: Callable[[], Cycle | None]) -> float | None:
        try:
            return attempt(cycle, self._every)
        except LeaseLost:
            # whoever holds it now does our work: it took the lock file away from us
            log.warning("another eal-jira has taken over")
            raise


def attempt(cycle: Callable[[], Cycle | None], every: float) -> float | None:
    """One cycle; None when it went well, else how many seconds to leave the tracker alone.

    Raises what repeating would not mend: `ConfigError`, `LeaseLost`; and `LeaseHeld`.
    """
    try:
        done = cycle()
    except (ConfigError, LeaseHeld, LeaseLost):
        raise
    except TryLater as error:
        wait = every if error.wait is None else max(every, error.wait.total_seconds())
        log.warning("the tracker asks for patience", reason=str(error), seconds=wait)
        return wait
    except EalError as error:
        log.warning("a cycle could not be finished", reason=str(error))
        return every
    except Exception:
        log.exception("a cycle ended unexpectedly; the next one goes on where it was")
        return every
    if done is not None:
        log.info(
            "cycle done",
            changed=done.pulled.changed,
            opened=done.checked.opened,
            closed=done.checked.closed,
            written=done.delivered.written,
            stopped=done.delivered.stopped or None,
        )
    return None

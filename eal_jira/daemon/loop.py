"""A cycle at an interval, until asked to stop; one bad cycle never ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog

from eal_jira.cycle import Cycle
from eal_jira.errors import ConfigError, EalError, TryLater

log = structlog.get_logger()


class Daemon:
    """Calls `cycle` every `every` seconds. `stop` may be called from any thread or signal handler."""

    def __init__(self, cycle: Callable[[], Cycle], every: float) -> None:
        self._cycle = cycle
        self._every = every
        self._stop = threading.Event()

    def stop(self) -> None:
        """The cycle under way is finished, then no other begins."""
        self._stop.set()

    def stop_on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.info("asked to stop", signal=signal.Signals(number).name)
        self.stop()

    def run(self) -> None:
        """Returns when stopped. A config that can't work raises: repeating it would not mend it."""
        while not self._stop.is_set():
            self._stop.wait(self._once())
        log.info("stopped")

    def _once(self) -> float:
        """One cycle; how many seconds to wait before the next."""
        try:
            done = self._cycle()
        except ConfigError:
            raise
        except TryLater as error:
            wait = self._every if error.wait is None else max(self._every, error.wait.total_seconds())
            log.warning("the tracker asks for patience", reason=str(error), seconds=wait)
            return wait
        except EalError as error:
            log.warning("a cycle could not be finished", reason=str(error))
        except Exception:
            log.exception("a cycle ended unexpectedly; the next one goes on where it was")
        else:
            log.info(
                "cycle done",
                changed=done.pulled.changed,
                opened=done.checked.opened,
                closed=done.checked.closed,
                written=done.delivered.written,
                stopped=done.delivered.stopped or None,
            )
        return self._every

"""How the daemon ends when it is asked to: soon, and anywhere, because being killed anywhere does no harm.

SIGTERM or SIGINT → no further request is sent (`check`), what is under way is finished → after `GRACE` seconds, or at a
second signal, the cycle is interrupted → after `LAST` seconds the process ends, whatever it waits for.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

GRACE = 4.0
"""Seconds."""

LAST = 8.0


class Stopped(BaseException):
    """We were asked to stop. Nothing on the way out may catch it."""


class Stop:
    """From entering this on, signals ask to stop; leaving it, however early, is then no error."""

    def __init__(self) -> None:
        self.asked = False
        self._tell: list[Callable[[], None]] = []
        self._interrupted = False
        self._over = False

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGALRM, self._on_alarm)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        self._over = True
        # Python puts the signals' own effects back before it ends: an alarm would then kill what has ended well
        signal.setitimer(signal.ITIMER_REAL, 0)
        return kind is not None and issubclass(kind, Stopped)

    def tell(self, act: Callable[[], None]) -> None:
        """`act` is called when we are asked, at once if we have been. It may run between any two steps: no locks."""
        self._tell.append(act)
        if self.asked:
            act()

    def check(self) -> None:
        """To be called where stopping is easiest. Raises `Stopped` when we were asked."""
        if self.asked:
            raise Stopped

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        # nothing is logged here: the interrupted code may hold the log's lock
        if self._over:
            return
        if self.asked:
            self._interrupt()
            return
        self.asked = True
        signal.setitimer(signal.ITIMER_REAL, GRACE, LAST - GRACE)
        for act in self._tell:
            act()

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        if self._over:
            return
        if self._interrupted:
            with suppress(OSError):
                os.write(sys.stderr.fileno(), b"eal-jira: something could not be brought to an end; left as it was\n")
            os._exit(0)
        self._interrupt()

    def _interrupt(self) -> None:
        if not self._interrupted:
            self._interrupted = True
            raise Stopped

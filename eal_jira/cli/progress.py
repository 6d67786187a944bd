"""How far a first sync has got: one line that rewrites itself on a terminal, one log line per 10 % elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

import structlog

from eal_jira.cli.output import terminal

log = structlog.get_logger()

ENOUGH = 500
"""Passes over fewer issues are done before anybody wonders."""


class Progress:
    """Called after each page with the issues read so far in the pass and the total, when the tracker tells one."""

    def __init__(self, stream: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._on_terminal = terminal(stream)
        self._started = clock()
        self._read = 0
        self._tenths = 0

    def __call__(self, read: int, total: int | None) -> None:
        if read < self._read:
            # another pass has begun
            self._started, self._tenths = self._clock(), 0
        self._read = read
        if total is None or total < ENOUGH:
            return
        if self._on_terminal:
            end = "\n" if read >= total else ""
            self._stream.write(f"\r{self._words(read, total)}\x1b[K{end}")
            self._stream.flush()
        elif (tenths := min(10, 10 * read // total)) > self._tenths:
            self._tenths = tenths
            log.info("reading the tracker", percent=10 * tenths, read=read, total=total, left=self._left(read, total))

    def _words(self, read: int, total: int) -> str:
        return f"{read:,} of {total:,} issues, {self._rate(read):,.0f} a second, {self._left(read, total)} left"

    def _rate(self, read: int) -> float:
        return read / max(self._clock() - self._started, 1e-3)

    def _left(self, read: int, total: int) -> str:
        seconds = max(0, total - read) / max(self._rate(read), 1e-3)
        return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

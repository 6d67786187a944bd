"""When the daemon runs what: with cycles that only note that they ran, in real (short) time."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from eal_jira.daemon import loop
from eal_jira.daemon.loop import Daemon
from eal_jira.daemon.stop import Stop
from eal_jira.errors import ConfigError, NotAllowed, TryLater

from .conftest import until


class Log:
    """Cycles that note their names; `whole` and `short` say what happens in one."""

    def __init__(self, every: float = 60.0) -> None:
        self.ran: list[str] = []
        self.whole: Callable[[], None] = lambda: None
        self.short: Callable[[], None] = lambda: None
        self.daemon = Daemon(self._run_whole, every, self._run_short)
        self.raised: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run_whole(self) -> None:
        self.ran.append("whole")
        self.whole()

    def _run_short(self) -> None:
        self.ran.append("short")
        self.short()

    def _run(self) -> None:
        try:
            self.daemon.run()
        except ConfigError as error:
            self.raised = error

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> float:
        """Seconds that it took."""
        begin = time.monotonic()
        self.daemon.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()
        return time.monotonic() - begin


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.stop()


def test_it_begins_with_a_whole_cycle_and_wakes_for_a_short_one(log: Log) -> None:
    log.start()
    until(lambda: log.ran == ["whole"])
    log.daemon.wake()
    until(lambda: log.ran == ["whole", "short"])
    time.sleep(0.3)
    assert log.ran == ["whole", "short"]


def test_what_rings_together_is_answered_together(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "GATHER", 0.3)
    log.start()
    until(lambda: log.ran)
    for _ in range(100):
        log.daemon.wake()
        time.sleep(0.001)
    time.sleep(0.6)
    assert log.ran == ["whole", "short"]


def test_a_bell_during_a_cycle_is_answered_after_it(log: Log) -> None:
    """Whatever rang while a cycle was under way may have come too late for it."""
    log.whole = log.daemon.wake
    log.start()
    until(lambda: log.ran == ["whole", "short"])
    log.short = lambda: log.daemon.wake() if log.ran.count("short") < 3 else None
    log.daemon.wake()
    until(lambda: log.ran == ["whole", "short", "short", "short"])


def test_a_bell_that_never_stops_does_not_keep_the_whole_cycle_waiting() -> None:
    log = Log(every=0.5)
    log.short = log.daemon.wake
    log.start()
    log.daemon.wake()
    until(lambda: log.ran.count("whole") >= 3, 5)
    assert log.ran.count("short") >= 3
    log.stop()


@pytest.mark.parametrize("trouble", [TryLater("Too many.", wait=timedelta(seconds=30)), NotAllowed("No."), OSError()])
@pytest.mark.parametrize("where", ["whole", "short"])
def test_after_trouble_no_bell_makes_it_knock_again(log: Log, trouble: Exception, where: str) -> None:
    def fail() -> None:
        raise trouble

    setattr(log, where, fail)
    log.start()
    until(lambda: log.ran)
    if where == "short":
        log.daemon.wake()
        until(lambda: "short" in log.ran)
    ran = list(log.ran)
    for _ in range(10):
        log.daemon.wake()
        time.sleep(0.03)
    assert log.ran == ran


def test_the_wait_that_the_tracker_names_is_kept() -> None:
    log = Log(every=0.1)

    def fail() -> None:
        raise TryLater("Too many.", wait=timedelta(seconds=0.8))

    log.whole = fail
    begin = time.monotonic()
    log.start()
    until(lambda: len(log.ran) == 2)
    assert time.monotonic() - begin >= 0.8
    log.stop()


@pytest.mark.parametrize("where", ["whole", "short"])
def test_a_config_that_can_not_work_ends_it(log: Log, where: str) -> None:
    def fail() -> None:
        raise ConfigError("No such place.")

    setattr(log, where, fail)
    log.start()
    log.daemon.wake()
    until(lambda: log.raised is not None)


def test_it_stops_at_once_while_it_waits(log: Log) -> None:
    log.start()
    until(lambda: log.ran)
    assert log.stop() < 1.0
    assert log.ran == ["whole"]


def test_it_does_not_begin_a_short_cycle_when_it_is_stopped_while_gathering(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "GATHER", 5.0)
    log.start()
    until(lambda: log.ran)
    log.daemon.wake()
    time.sleep(0.1)
    assert log.stop() < 1.0
    assert log.ran == ["whole"]


def test_a_signal_stops_it_whatever_it_is_doing() -> None:
    """In the main thread, where handlers run between any two steps of the loop, as the operating system sends it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    try:
        for delay in (0.0, 0.001, 0.01, 0.05):
            daemon = Daemon(lambda: None, 60, lambda: None)
            stop = Stop()
            stop.tell(daemon.stop)
            timer = threading.Timer(delay, os.kill, [os.getpid(), signal.SIGTERM])
            begin = time.monotonic()
            with stop:
                timer.start()
                daemon.run()
            assert time.monotonic() - begin < 2
            timer.join()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)

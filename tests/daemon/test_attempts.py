"""What a failed try means for the next one, and what the log says of it.

The daemon against a tracker that says no, is away, or whose credential is being replaced (reliability R13, R14, R21).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import Cycle, run_cycle
from eal_jira.daemon import attempts as module
from eal_jira.daemon.attempts import Attempts
from eal_jira.daemon.loop import Daemon
from eal_jira.errors import ConfigError, NoSecret, NotAllowed, NotKnown, TrackerUnreachable
from eal_jira.sandbox import Edit, Site
from eal_jira.sandbox.faults import Fault, Reset
from eal_jira.stages.house import House

from .conftest import BOT, Bench, OpenBench, rows, until


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


class Tries:
    """A piece of work that notes its tries and ends as it is told."""

    def __init__(self) -> None:
        self.number = 0
        self.error: Exception | None = None

    def __call__(self) -> None:
        self.number += 1
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("error", [NotAllowed("No."), NotKnown("Who are you?")])
def test_after_a_no_the_tracker_is_asked_once_an_hour(clock: Clock, error: Exception) -> None:
    attempts, tries = Attempts(10.0), Tries()
    tries.error = error
    for _ in range(24 * 360):
        attempts.once(tries, "cycle")
        clock.now += 10
    assert tries.number == 24


def test_a_new_credential_is_tried_at_once_and_a_second_no_counts_anew(clock: Clock) -> None:
    credential = "old"
    attempts, tries = Attempts(60.0, lambda: credential), Tries()
    tries.error = NotKnown("Who are you?")
    assert attempts.once(tries, "cycle") == module.LOOK
    assert attempts.once(tries, "cycle") == module.LOOK
    assert tries.number == 1
    credential = "new, and wrong as well"
    attempts.once(tries, "cycle")
    attempts.once(tries, "cycle")
    assert tries.number == 2
    credential, tries.error = "new", None
    assert attempts.once(tries, "cycle") is None
    assert attempts.once(tries, "cycle") is None
    assert tries.number == 4


def test_while_the_secret_is_being_written_the_old_no_is_not_asked_about_again(clock: Clock) -> None:
    """A file is empty for a moment when an editor saves it: neither an end of the daemon nor a lost hour."""
    credential: str | None = "old"

    def read() -> str:
        if credential is None:
            raise NoSecret("The secret file is empty.")
        return credential

    attempts, tries = Attempts(60.0, read), Tries()
    assert attempts.once(tries, "cycle") is None
    tries.error, credential = NoSecret("The secret file is empty."), None
    assert attempts.once(tries, "cycle") == module.LOOK
    tries.error, credential = None, "new"
    assert attempts.once(tries, "cycle") is None


def test_a_secret_that_was_never_there_is_a_mistake_of_the_config(clock: Clock) -> None:
    attempts, tries = Attempts(60.0), Tries()
    tries.error = NoSecret("The secret file is empty.")
    with pytest.raises(ConfigError, match="is empty"):
        attempts.once(tries, "cycle")


def test_a_day_without_the_tracker_is_a_line_an_hour_and_one_at_the_end(clock: Clock) -> None:
    attempts, tries = Attempts(10.0), Tries()
    tries.error = TrackerUnreachable("Jira gave no answer.")
    with capture_logs() as lines:
        for _ in range(24 * 360):
            attempts.once(tries, "cycle")
            clock.now += 10
    assert tries.number == 24 * 360
    assert len(lines) == 24
    assert lines[-1]["times"] > 8000
    tries.error = NotAllowed("No.")
    with capture_logs() as lines:
        attempts.once(tries, "cycle")
    assert [line["event"] for line in lines] == ["the tracker says no"]


# --- the whole daemon ------------------------------------------------------------------------------------------


class Away:
    """No connection for as long as it stands."""

    def fault(self, _exchange: object) -> Fault:
        return Reset()


class Beside:
    """The daemon in a thread, with tries that come a few times a second."""

    def __init__(self, house: House, every: float) -> None:
        self.cycles: list[Cycle] = []
        self.tries = 0
        self.house = house
        attempts = Attempts(every, house.settings.tracker.token.read)
        self.daemon = Daemon(self._cycle, every, lambda: None, attempts=attempts)
        self.thread = threading.Thread(target=self.daemon.run)

    def _cycle(self) -> Cycle:
        self.tries += 1
        self.cycles.append(run_cycle(self.house))
        return self.cycles[-1]

    def another(self) -> None:
        before = len(self.cycles)
        until(lambda: len(self.cycles) > before, 20.0)


@pytest.fixture
def daemon_of() -> Iterator[Callable[[House, float], Beside]]:
    begun: list[Beside] = []

    def begin(house: House, every: float) -> Beside:
        approve_plans(house)
        begun.append(Beside(house, every))
        begun[-1].thread.start()
        return begun[-1]

    yield begin
    for one in begun:
        one.daemon.stop()
        one.thread.join(20)
        assert not one.thread.is_alive()


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_a_token_that_is_replaced_in_its_file_is_used_without_a_restart(
    bench: OpenBench, flavour: str, daemon_of: Callable[[House, float], Beside], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK", 0.2)
    with bench(flavour) as opened, opened.house() as house:
        opened.make(1)
        daemon = daemon_of(house, 0.2)
        daemon.another()
        renew(opened.site)
        refused = len(opened.site.requests)
        tries = daemon.tries
        until(lambda: daemon.tries > tries and not_known(opened, refused))
        settled = len(opened.site.requests)
        opened.finish(1)
        # several looks later nobody has asked again
        time.sleep(1.5)
        assert daemon.thread.is_alive()
        assert len(opened.site.requests) == settled
        assert not_known(opened, refused) <= 3
        (opened.folder / "token").write_text("")
        _, token = opened.site.credentials(BOT.account_id)
        (opened.folder / "token").write_text(token)
        daemon.another()
        opened.clock.advance(timedelta(minutes=5))
        daemon.another()
        until(lambda: opened.tagged() == {"P-1"})


def renew(site: Site) -> None:
    """The old token ends, and there is a new one."""
    with site.lock:
        site.people.new_token(site.people.accounts[BOT.account_id])


def not_known(opened: Bench, since: int) -> int:
    return sum(entry.status == 401 for entry in opened.site.requests[since:])


def test_after_a_day_without_the_tracker_nothing_is_lost_and_it_catches_up(
    bench: OpenBench, daemon_of: Callable[[House, float], Beside]
) -> None:
    """At least 50 issues a second, as R21 asks."""
    many = 300
    with bench() as opened, opened.house() as house:
        for number in range(1, many + 1):
            opened.make(number)
        daemon = daemon_of(house, 0.1)
        daemon.another()
        opened.site.faults = Away()
        with capture_logs() as lines:
            tries = daemon.tries
            until(lambda: daemon.tries > tries + 1, 60.0)
        assert [line["event"] for line in lines] == ["a cycle could not be finished"]
        opened.clock.advance(timedelta(hours=24))
        for number in range(1, many + 1):
            opened.site.perform(Edit(opened.clock.now(), "ann", f"P-{number}", "labels", ["meanwhile"]))
        before = len(daemon.cycles)
        opened.site.faults = None
        begin = time.monotonic()
        until(lambda: sum(cycle.pulled.changed for cycle in daemon.cycles[before:]) >= many, 30.0)
        assert many / (time.monotonic() - begin) > 50
        labels = {row[0] for row in rows(house.store, "SELECT labels FROM issues WHERE project = 'P'")}
        assert len(labels) == 1
        assert "meanwhile" in str(labels)

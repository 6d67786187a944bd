"""Several daemons on one PostgreSQL: real processes, each with its own way to the sandbox, frozen and killed."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from eal_jira.cli.cycle import approve_plans
from eal_jira.outbox.intents import Ticket, want
from eal_jira.sandbox.faults import Delay, Exchange
from eal_jira.store import open_store
from tests.postgres import Server

from .conftest import NOW, Bench, OpenBench, rows, until

LEASE = float(os.environ.get("EAL_TEST_LEASE", "4"))
"""Seconds; `make store-faults` runs with the 20 of the default, and freezes for 120."""

FROZEN = 6 * LEASE if LEASE > 5 else 2 * LEASE
TICKETS = 60
UNDER_WAY = 8
"""Tickets that a daemon asks for at once: whoever is killed or frozen may leave so many of them in doubt."""

DAEMONS = [int(word) for word in os.environ.get("EAL_TEST_DAEMONS", "3").split(",")]
"""How many there are at once; `make store-faults` runs with two to five."""

STOPS = int(os.environ.get("EAL_TEST_STOPS", "2"))


@pytest.fixture
def store_kind() -> str:
    return "postgresql"


@dataclass
class Relay:
    """Passes everything on and remembers when the daemon sent something."""

    target: tuple[str, int]
    sent: list[float] = field(default_factory=list)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def _pass_on(self, near: socket.socket) -> None:
        with near, socket.create_connection(self.target) as far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    here: Any = key.fileobj
                    try:
                        data = here.recv(65536)
                        if data and here is near:
                            self.sent.append(time.monotonic())
                        if data:
                            key.data.sendall(data)
                    except OSError:
                        return
                    if not data:
                        return


@dataclass
class Process:
    relay: Relay
    running: subprocess.Popen[bytes]

    def signal(self, number: int) -> None:
        self.running.send_signal(number)


@dataclass
class Crew:
    """Daemons on the same bench."""

    bench: Bench
    processes: list[Process] = field(default_factory=list)

    def join(self, every: int = 3600) -> Process:
        relay = Relay((str(urlsplit(self.bench.url).hostname), int(urlsplit(self.bench.url).port or 0)))
        number = len(self.processes)
        text = self.bench.write_config().read_text().replace(self.bench.url, relay.url)
        config = self.bench.folder / f"daemon{number}.toml"
        config.write_text(text + f"\n[run]\nevery = {every}\nlease = {LEASE}\n[outbox]\ntickets_per_hour = 1000\n")
        with (self.bench.folder / f"daemon{number}.log").open("wb") as log:
            command = [sys.executable, "-c", "from eal_jira.cli.main import run; run()", "run", "--config", str(config)]
            running = subprocess.Popen(command, stdout=log, stderr=log)
        self.processes.append(Process(relay, running))
        return self.processes[-1]

    def leave(self) -> None:
        for process in self.processes:
            process.signal(signal.SIGCONT)
            process.signal(signal.SIGTERM)
        for process in self.processes:
            process.running.wait(20)
            process.relay.listener.close()

    def log(self) -> str:
        return "\n".join(file.read_text() for file in sorted(self.bench.folder.glob("daemon*.log")))


@contextmanager
def crew(bench: Bench) -> Iterator[Crew]:
    made = Crew(bench)
    try:
        yield made
    finally:
        made.leave()


def tickets(bench: Bench) -> Counter[str]:
    with bench.site.lock:
        return Counter(
            str(issue.fields["summary"]) for issue in bench.site.issues.values() if issue.key.startswith("EAL-")
        )


class Slowly:
    """A site that takes its time, so that there is something to interrupt."""

    def fault(self, exchange: Exchange) -> Delay | None:
        return Delay(0.3) if exchange.method == "POST" else None


def wished(bench: Bench, count: int = TICKETS) -> None:
    """The plan is approved, and so many tickets are wanted."""
    bench.site.faults = Slowly()
    with bench.house() as house:
        approve_plans(house)
        with house.store.write() as connection:
            for number in range(count):
                want(connection, "Team", Ticket(f"t{number}", "EAL", "Task", f"Ticket {number}", "Why"), NOW)


def delivered(bench: Bench, doubtful: int = UNDER_WAY) -> Callable[[], bool]:
    """All that can be known is done: so many tickets may wait until the search must have caught up."""

    def asked() -> bool:
        # not by a house of its own: that would write the token's file anew, which the daemons read
        with closing(open_store(bench.store_url)) as store:
            states = Counter(row[0] for row in rows(store, "SELECT state FROM intents"))
        return states["done"] >= states.total() - doubtful and states["waiting"] == 0

    return asked


@pytest.mark.parametrize("daemons", DAEMONS)
def test_a_frozen_daemon_sends_nothing_when_it_wakes_and_another_has_taken_over(bench: OpenBench, daemons: int) -> None:
    with bench() as b:
        wished(b)
        with crew(b) as there:
            there.join()
            until(lambda: len(tickets(b)) >= 3, 60)
            first = there.processes[0]
            first.signal(signal.SIGSTOP)
            frozen = time.monotonic()
            others = [there.join() for _ in range(daemons - 1)]
            until(lambda: any(process.relay.sent for process in others), 30 + LEASE * 3)
            taken_over = min(sent for process in others for sent in process.relay.sent[:1])
            assert taken_over - frozen <= 30
            until(delivered(b), 60)
            time.sleep(max(0.0, frozen + FROZEN - time.monotonic()))
            woken = time.monotonic()
            first.signal(signal.SIGCONT)
            time.sleep(LEASE)
            assert [sent for sent in first.relay.sent if sent > woken] == []
        assert max(tickets(b).values()) == 1
        assert len(tickets(b)) >= TICKETS - UNDER_WAY
        assert "lease" in there.log()


@pytest.mark.parametrize("daemons", DAEMONS)
def test_a_killed_daemons_work_is_done_by_another(bench: OpenBench, daemons: int) -> None:
    with bench() as b:
        wished(b)
        with crew(b) as there:
            first, *_ = [there.join() for _ in range(daemons)]
            until(lambda: len(tickets(b)) >= 3, 60)
            busy = max(there.processes, key=lambda process: len(process.relay.sent))
            busy.running.kill()
            until(delivered(b), 60)
            assert first.running.poll() is None or busy is first
        assert max(tickets(b).values()) == 1


def test_a_stopped_database_is_waited_for_and_nothing_is_lost(bench: OpenBench, postgres: Server) -> None:
    with bench() as b:
        wished(b)
        with crew(b) as there:
            there.join(every=2)
            for _ in range(STOPS):
                before = len(tickets(b))
                until(lambda before=before: len(tickets(b)) > before or delivered(b, STOPS * UNDER_WAY)(), 120)
                postgres.stop(signal.SIGQUIT)
                time.sleep(0.5)
                postgres.start()
            until(delivered(b, STOPS * UNDER_WAY), 120)
            assert there.processes[0].running.poll() is None, there.log()
        assert max(tickets(b).values()) == 1
        with b.house() as house:
            states = Counter(row[0] for row in rows(house.store, "SELECT state FROM intents WHERE verb = 'ticket'"))
        # nothing wanted is forgotten, and what is done is there
        assert states.total() == TICKETS
        assert states["done"] <= len(tickets(b)) <= TICKETS

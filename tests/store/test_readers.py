"""Who only reads waits for nobody who writes; and several workers together send no more than one may."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eal_jira.cli.main import app
from eal_jira.outbox.bounds import Bounds
from eal_jira.outbox.breaker import Effect, Held
from eal_jira.outbox.desk import Desk
from eal_jira.store import Store, effects, facts, intents, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONFIG = """
[tracker]
adapter = "jira"
url = "http://127.0.0.1:9"
token = { env = "EAL_JIRA_TOKEN" }
learning_project = "EAL"
[[teams]]
name = "Team"
projects = ["P"]
"""


@contextmanager
def written_to(file: Path, *, alone: bool = False) -> Iterator[None]:
    """A daemon is in the middle of a long transaction."""
    with closing(sqlite3.connect(file, isolation_level=None)) as daemon:
        if alone:
            daemon.execute("PRAGMA locking_mode = EXCLUSIVE")
        daemon.execute("BEGIN EXCLUSIVE" if alone else "BEGIN IMMEDIATE")
        daemon.execute("INSERT INTO meta VALUES ('half', 'done', x'00')")
        yield
        daemon.execute("ROLLBACK")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "eal-jira.toml"
    file.write_text(CONFIG)
    open_store("sqlite:///eal.db", tmp_path).close()
    return file


@pytest.mark.parametrize("command", ["status", "deviations", "practices", "proposals", "learnings", "outbox list"])
def test_a_command_that_reads_waits_for_no_daemon_that_writes(config: Path, command: str) -> None:
    with written_to(config.with_name("eal.db")):
        begun = time.monotonic()
        done = CliRunner().invoke(app, [*command.split(), "--config", str(config)])
        assert done.exit_code == 0, done.output
        assert time.monotonic() - begun < 4, "SQLite would wait for five seconds"


def test_a_database_that_nobody_else_may_open_is_told_in_a_sentence(config: Path) -> None:
    with written_to(config.with_name("eal.db"), alone=True):
        done = CliRunner().invoke(app, ["status", "--config", str(config)])
    assert not isinstance(done.exception, sqlite3.Error)
    assert "no other program holds it" in str(done.exception) + done.output


def test_workers_that_deliver_at_once_send_no_more_tickets_than_one_may(
    new_store_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker has a store of its own, as in a process of its own."""
    url, workers, each = new_store_url(), 4, 5
    counted = effects.sent

    def slowly(*given: Any, **named: Any) -> list[datetime]:
        found = counted(*given, **named)
        time.sleep(0.02)
        return found

    monkeypatch.setattr(effects, "sent", slowly)
    with ExitStack() as at_the_end:
        stores: list[Store] = [at_the_end.enter_context(closing(open_store(url, tmp_path))) for _ in range(workers)]
        with stores[0].write() as connection:
            facts.meet_team(connection, "Team", NOW)
            for number in range(workers * each):
                payload = {"project": "EAL", "number": number}
                intents.want(connection, f"ticket:{number}", "Team", f"ticket:{number}", "ticket", payload, NOW)
        start = threading.Barrier(workers)

        def work(worker: int) -> int:
            desk = Desk(stores[worker], None, {}, Bounds(), NOW)  # type: ignore[arg-type]
            start.wait()
            sent = 0
            for number in range(worker * each, (worker + 1) * each):
                with stores[worker].read() as connection:
                    row = intents.get(connection, f"ticket:{number}")
                assert row is not None
                try:
                    desk.sending(row, Effect("ticket", "EAL"))
                except Held:
                    continue
                else:
                    sent += 1
            return sent

        with ThreadPoolExecutor(workers) as pool:
            assert sum(pool.map(work, range(workers))) == Bounds().tickets_per_hour

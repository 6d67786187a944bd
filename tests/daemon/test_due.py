"""The daemon wakes when something is due, not only when its interval is over."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from eal_jira.daemon import loop
from eal_jira.daemon.due import next_due
from eal_jira.daemon.loop import Daemon
from eal_jira.store import process

from .conftest import NOW, OpenBench, until


def test_the_next_retro_or_limit_is_what_is_due(bench: OpenBench) -> None:
    with bench() as b:
        config = b.write_config()
        config.write_text(
            config.read_text().replace('retro = "0 0 1 1 *"', 'retro = "30 7 * * *"\ntime_zone = "Europe/Berlin"')
        )
        from eal_jira.assemble import assembled
        from eal_jira.settings import load_settings

        with assembled(load_settings(config)) as house:
            # NOW is 10:00 in Berlin
            assert next_due(house, NOW) == datetime(2026, 1, 6, 6, 30, tzinfo=UTC)
            assert next_due(house, datetime(2026, 1, 6, 6, 30, tzinfo=UTC)) == datetime(2026, 1, 7, 6, 30, tzinfo=UTC)
            with house.store.write() as connection:
                soon = {"1": NOW - timedelta(hours=1), "2": NOW + timedelta(hours=2), "3": NOW + timedelta(hours=3)}
                process.set_due(connection, "Team", soon)
            assert next_due(house, NOW) == NOW + timedelta(hours=2), "what is overdue is no reason to wake again"


def done(now: datetime) -> Any:
    """As much of a cycle as the loop looks at."""
    return SimpleNamespace(
        now=now,
        pulled=SimpleNamespace(changed=0),
        checked=SimpleNamespace(opened=0, closed=0),
        delivered=SimpleNamespace(written=0, stopped="", done={}, postponed=0, parked=0),
    )


def test_it_wakes_at_that_moment_and_not_before(monkeypatch: Any) -> None:
    monkeypatch.setattr(loop, "LATE", 0.1)
    ran: list[float] = []

    def cycle() -> Any:
        ran.append(time.monotonic())
        return done(NOW)

    dues = iter([NOW + timedelta(seconds=0.4), NOW + timedelta(days=1), None])
    daemon = Daemon(cycle, 60, lambda: None, lambda _now: next(dues))
    thread = threading.Thread(target=daemon.run)
    thread.start()
    until(lambda: len(ran) == 2)
    time.sleep(0.3)
    daemon.stop()
    thread.join(5)
    assert len(ran) == 2
    assert ran[1] - ran[0] >= 0.45

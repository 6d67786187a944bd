"""Where the tracker asked for patience: remembered over restarts, forgotten when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from eal_jira.store import Store, bans
from eal_jira.store.bans import Ban

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_ban_is_active_until_it_is_over(store: Store) -> None:
    quota, burst = Ban("", NOW + HOUR, "quota"), Ban("GET search", NOW + 2 * HOUR, "burst")
    with store.write() as connection:
        bans.put(connection, quota)
        bans.put(connection, burst)
    with store.read() as connection:
        assert bans.active(connection, NOW) == [burst, quota]
        assert bans.active(connection, NOW + HOUR) == [burst]
        assert bans.active(connection, NOW + 2 * HOUR) == []


def test_the_newest_word_about_the_same_counts(store: Store) -> None:
    with store.write() as connection:
        bans.put(connection, Ban("", NOW + 2 * HOUR, "quota"))
        bans.put(connection, Ban("", NOW + HOUR, ""))
    with store.read() as connection:
        assert bans.active(connection, NOW) == [Ban("", NOW + HOUR, "")]


def test_clearing_leaves_what_still_stands(store: Store) -> None:
    over, stands = Ban("a", NOW, ""), Ban("b", NOW + HOUR, "")
    with store.write() as connection:
        for ban in (over, stands):
            bans.put(connection, ban)
        bans.clear_expired(connection, NOW)
    with store.read() as connection:
        assert bans.active(connection, NOW - HOUR) == [stands]

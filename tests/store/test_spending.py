"""What was spent of the tracker's budget in the hour that runs: added up over connections and restarts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from eal_jira.hookspecs import Allowance, Budget, Cost
from eal_jira.store import Store, spending

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORD = Allowance(NINE, "GET field", 100, 7, True, "jira-burst-based")


def noted(store: Store, *shares: tuple[Budget, Budget | None]) -> Budget | None:
    with store.write() as connection:
        for now, before in shares:
            spending.add(connection, now, before)
    with store.read() as connection:
        return spending.last(connection)


def test_cycles_of_one_hour_add_up(store: Store) -> None:
    first, second = Budget(NINE, Cost(3, 10)), Budget(NINE, Cost(5, 14))
    assert noted(store, (first, Budget(NINE)), (second, first)) == Budget(NINE, Cost(5, 14))


def test_a_new_process_adds_to_what_the_one_before_has_spent(store: Store) -> None:
    assert noted(store, (Budget(NINE, Cost(3, 10)), None), (Budget(NINE, Cost(2, 4)), None)) == Budget(
        NINE, Cost(5, 14)
    )


def test_a_full_hour_begins_anew_with_what_fell_into_it(store: Store) -> None:
    before = Budget(NINE, Cost(3, 10))
    assert noted(store, (before, None), (Budget(NINE + HOUR, Cost(1, 2)), before)) == Budget(NINE + HOUR, Cost(1, 2))


def test_an_hour_that_is_over_elsewhere_is_not_taken_back(store: Store) -> None:
    later = Budget(NINE + HOUR, Cost(1, 2))
    assert noted(store, (later, None), (Budget(NINE, Cost(9, 9)), None)) == later


def test_the_trackers_newest_word_stays_until_there_is_another(store: Store) -> None:
    told = Budget(NINE, Cost(1, 1), 65_000, WORD)
    found = noted(store, (told, None), (Budget(NINE, Cost(2, 2), 65_000), told))
    assert found == Budget(NINE, Cost(2, 2), 65_000, WORD)


def test_an_hour_later_nothing_has_been_spent(store: Store) -> None:
    noted(store, (Budget(NINE, Cost(3, 10), 65_000, WORD), None))
    with store.read() as connection:
        assert spending.running(connection, NINE + timedelta(minutes=59)) == Budget(NINE, Cost(3, 10), 65_000, WORD)
        assert spending.running(connection, NINE + HOUR) == Budget(NINE + HOUR, Cost(), 65_000, WORD)
        assert spending.running(connection, NINE + 5.5 * HOUR) == Budget(NINE + 5 * HOUR, Cost(), 65_000, WORD)


def test_before_the_first_cycle_nothing_is_known(store: Store) -> None:
    with store.read() as connection:
        assert spending.running(connection, NINE) is None

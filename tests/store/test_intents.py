"""The outbox's table: stated once, in order within a lane, held until the first plan is approved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from eal_jira.store import Store, facts, intents

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def want(connection: Connection, key: str, lane: str, payload: dict[str, object] | None = None) -> bool:
    return intents.want(connection, key, "Payments", lane, "tag", payload or {"x": 1}, NOW)


def keys(connection: Connection, now: datetime = NOW) -> list[str]:
    return [row.key for row in intents.next_of_lanes(connection, now, 100)]


def ready(store: Store) -> None:
    with store.write() as connection:
        facts.meet_team(connection, "Payments", NOW)
        facts.approve_plan(connection, ["Payments"], NOW)


def test_the_same_wish_twice_is_one_intent(store: Store) -> None:
    ready(store)
    with store.write() as connection:
        assert want(connection, "a", "l")
        assert not want(connection, "a", "l")
        assert keys(connection) == ["a"]


def test_a_delivered_wish_stays_delivered_until_it_changes(store: Store) -> None:
    ready(store)
    with store.write() as connection:
        want(connection, "a", "l")
        intents.mark(connection, "a", "done", result={"id": "1"})
        assert not want(connection, "a", "l")
        assert keys(connection) == []
        assert want(connection, "a", "l", {"x": 2})
        assert keys(connection) == ["a"]


def test_a_changed_wish_keeps_what_is_known_about_its_result(store: Store) -> None:
    """Otherwise an update of a ticket would look like a ticket that was never made."""
    ready(store)
    with store.write() as connection:
        want(connection, "a", "l")
        intents.mark(connection, "a", "done", result={"id": "1"})
        want(connection, "a", "l", {"x": 2})
        row = intents.get(connection, "a")
        assert row is not None
        assert row.result == {"id": "1"}


def test_a_changed_wish_with_an_unknown_outcome_stays_unknown(store: Store) -> None:
    """Resolving what happened to the first request comes before any second one."""
    ready(store)
    with store.write() as connection:
        want(connection, "a", "l")
        intents.mark(connection, "a", "unknown", before={"highest": "EAL-4"})
        want(connection, "a", "l", {"x": 2})
        row = intents.get(connection, "a")
        assert row is not None
        assert (row.state, row.before) == ("unknown", {"highest": "EAL-4"})


def test_one_lane_goes_in_order_and_other_lanes_do_not_wait(store: Store) -> None:
    ready(store)
    with store.write() as connection:
        want(connection, "first", "one")
        want(connection, "second", "one")
        want(connection, "elsewhere", "two")
        assert keys(connection) == ["elsewhere", "first"]
        intents.mark(connection, "first", "done")
        assert keys(connection) == ["elsewhere", "second"]


def test_what_waits_for_its_time_holds_its_lane(store: Store) -> None:
    ready(store)
    with store.write() as connection:
        want(connection, "first", "one")
        want(connection, "second", "one")
        intents.mark(connection, "first", "unknown", not_before=NOW + timedelta(minutes=1))
        assert keys(connection) == []
        assert keys(connection, NOW + timedelta(minutes=1)) == ["first"]


def test_a_parked_intent_holds_back_nothing(store: Store) -> None:
    ready(store)
    with store.write() as connection:
        want(connection, "first", "one")
        want(connection, "second", "one")
        intents.mark(connection, "first", "parked")
        assert keys(connection) == ["second"]


def test_nothing_goes_out_before_the_first_plan_is_approved(store: Store) -> None:
    with store.write() as connection:
        facts.meet_team(connection, "Payments", NOW)
        want(connection, "a", "l")
        assert keys(connection) == []
        facts.approve_plan(connection, ["Payments"], NOW)
        assert keys(connection) == ["a"]

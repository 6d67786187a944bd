"""One writer: who has the lease, for how long, and what happens to one who only thinks he has it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eal_jira.errors import LeaseHeld, LeaseLost, StoreDamaged
from eal_jira.store import Store, bans, facts, intents, leases, open_store
from eal_jira.store.claims import claim
from eal_jira.store.fence import Fence
from eal_jira.store.leases import holding

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = "cycle"


def wanted(store: Store, key: str = "tag:1") -> intents.IntentRow:
    with store.write() as connection:
        facts.meet_team(connection, "Team", NOW)
        facts.approve_plan(connection, ["Team"], NOW)
        intents.want(connection, key, "Team", "issue:1", "tag", {"issue": "1"}, NOW)
        row = intents.get(connection, key)
    assert row is not None
    return row


def test_the_second_is_refused_within_five_seconds_and_told_who_has_it(store: Store) -> None:
    with holding(store, LEASE):
        began = time.monotonic()
        with (
            pytest.raises(LeaseHeld, match=rf"process {os.getpid()} on \S+, since 20") as refused,
            holding(store, LEASE),
        ):
            pass
        assert time.monotonic() - began < 5
        assert refused.value.exit_code == 75


def test_each_holder_has_a_higher_number(store: Store) -> None:
    numbers = []
    for _ in range(3):
        with holding(store, LEASE) as fence:
            numbers.append(fence.epoch)
    assert numbers == [1, 2, 3]


def _hold(url: str, folder: Path, ready: object) -> None:
    with holding(open_store(url, folder), LEASE, 1.0):
        ready.set()  # type: ignore[attr-defined]
        time.sleep(60)


def test_a_killed_holder_is_followed_at_once_or_when_its_time_is_over(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    forked = multiprocessing.get_context("spawn")
    ready = forked.Event()
    child = forked.Process(target=_hold, args=(store_url, tmp_path, ready))
    child.start()
    assert ready.wait(60)
    with pytest.raises(LeaseHeld), holding(store, LEASE, patience=0.3):
        pass
    os.kill(int(child.pid or 0), signal.SIGKILL)
    child.join()
    with holding(store, LEASE, patience=3) as fence:
        assert fence.epoch == 2


def test_a_copied_database_comes_without_the_lease(store: Store, tmp_path: Path) -> None:
    if not store.embedded:
        pytest.skip("a copy of a PostgreSQL database is made by dump, and leases are not in it")
    with holding(store, LEASE):
        (tmp_path / "copy.db").write_bytes(Path(str(store.url.database)).read_bytes())
        copy = open_store("sqlite:///copy.db", tmp_path)
        with holding(copy, LEASE, patience=0):
            pass
        copy.close()


def test_the_lease_is_renewed_for_as_long_as_it_is_needed(store: Store) -> None:
    with holding(store, LEASE, 0.4) as fence:
        time.sleep(1.2)
        with store.fenced(fence).write() as connection:
            facts.put(connection, "a", "1")
        with pytest.raises(LeaseHeld), holding(store, LEASE, patience=0):
            pass


def expired(store: Store) -> tuple[Store, Fence]:
    """Somebody whose lease is over by the database's clock, and who has not noticed: his stopwatch stood still."""
    if store.embedded:
        with holding(store, LEASE) as fence:
            epoch = fence.epoch
        with holding(store, LEASE):
            pass
        frozen = Fence(LEASE, epoch, None)
    else:
        frozen = leases._take(store, LEASE, 0.2)[0]
        frozen.renewed(float("inf"))
        time.sleep(0.3)
    return store.fenced(frozen), frozen


def test_who_slept_through_the_end_of_his_lease_writes_nothing(store: Store) -> None:
    asleep, _ = expired(store)
    with pytest.raises(LeaseLost), asleep.write() as connection:
        facts.put(connection, "a", "1")
    with store.read() as connection:
        assert facts.get(connection, "a") is None


def test_who_slept_through_the_end_of_his_lease_claims_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim itself looks: also when the lease ends between the start of the transaction and the claim."""
    row = wanted(store)
    asleep, fence = expired(store)
    monkeypatch.setattr(Fence, "confirm", lambda _self, _connection: None)
    with pytest.raises(LeaseLost):
        claim(asleep, row)
    assert not fence.holds


def test_a_lease_that_ended_is_not_revived(store: Store) -> None:
    if store.embedded:
        pytest.skip("with a lock file a lease ends when its holder does")
    taken = leases._take(store, LEASE, 0.2)[0]
    time.sleep(0.3)
    assert not leases.renew(store, taken, 20)
    assert not taken.holds


def test_the_stopwatch_ends_before_the_database_gives_the_lease_away(store: Store) -> None:
    if store.embedded:
        pytest.skip("with a lock file a lease ends when its holder does")
    for _ in range(5):
        taken = leases._take(store, LEASE, 0.3)[0]
        while not (others := leases._take(store, LEASE, 0.01)):
            time.sleep(0.01)
        assert not taken.holds
        assert others[0].epoch == taken.epoch + 1
        time.sleep(0.05)


def test_no_setting_of_this_machines_clock_changes_who_has_the_lease(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(store, LEASE, 5) as fence:
        for years in (-10, 10):
            monkeypatch.setattr(time, "time", lambda years=years: 1_800_000_000 + years * 31_557_600.0)
            assert fence.holds
            with store.fenced(fence).write():
                pass
            with pytest.raises(LeaseHeld), holding(store, LEASE, patience=0):
                pass


def test_a_claim_holds_for_what_was_read_and_nothing_else(store: Store) -> None:
    row = wanted(store)
    with holding(store, LEASE) as fence:
        own = store.fenced(fence)
        claim(own, row)
        with own.write() as connection:
            intents.mark(connection, row.key, "done")
        with pytest.raises(LeaseLost):
            claim(own, row)


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE intents SET payload = \'{"issue": "2"}\'',
        "UPDATE intents SET verb = 'tab'",
        "UPDATE intents SET lane = 'issue:3'",
        'UPDATE intents SET result = \'{"id": "7"}\'',
        "UPDATE intents SET key = 'tag:3'",
        "UPDATE intents SET state = 'donf'",
        "DELETE FROM intents",
    ],
)
def test_an_intent_that_is_not_what_was_decided_is_not_delivered(store: Store, change: str) -> None:
    row = wanted(store)
    with store.write() as connection:
        connection.exec_driver_sql(change)
    with pytest.raises(StoreDamaged, match="eal-jira restore"):
        claim(store, row)


def test_no_request_is_sent_after_the_lease(store: Store) -> None:
    """Adapters ask before each request; whoever can't renew any more knows it by the stopwatch alone."""
    stopwatch = [0.0]
    fence = Fence(LEASE, 1, 20.0, lambda: stopwatch[0])
    patience = bans.StoredPatience(store.fenced(fence))
    patience.go()
    stopwatch[0] = 20.0
    with pytest.raises(LeaseLost):
        patience.go()

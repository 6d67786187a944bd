"""Backups: whole, made while others write, restored into either kind of database, and made before a migration."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from eal_jira.errors import LeaseHeld, StoreError
from eal_jira.store import Store, copies, facts, intents, leases, open_store, restoring
from eal_jira.store.engines import address, engines
from eal_jira.store.migrating import head, migrations
from eal_jira.store.tables import metadata

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def filled(store: Store) -> None:
    with store.write() as connection:
        facts.pseudonym_key(connection)
        facts.meet_team(connection, "Team", NOW)
        for number in range(20):
            intents.want(connection, f"tag:{number}", "Team", "l", "tag", {"issue": str(number), "umlaut": "ä\0"}, NOW)


def content(store: Store) -> dict[str, list[Any]]:
    with store.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
            if table.name not in copies.OURS_ALONE
        }


@pytest.mark.parametrize("into", ["the same", "sqlite"])
def test_a_restored_backup_is_what_was_stored(
    store: Store, new_store_url: Callable[[], str], tmp_path: Path, into: str
) -> None:
    filled(store)
    before = content(store)
    copies.backup(store, tmp_path / "b.backup")
    with store.write() as connection:
        facts.put(connection, "later", "1")
    url = new_store_url() if into == "the same" else "sqlite:///other.db"
    restoring.restore(url, tmp_path, tmp_path / "b.backup")
    with closing(open_store(url, tmp_path)) as restored:
        assert content(restored) == before


def test_a_backup_of_sqlite_goes_into_postgresql(store: Store, tmp_path: Path) -> None:
    """That is how one moves."""
    with closing(open_store("sqlite:///small.db", tmp_path)) as small:
        filled(small)
        copies.backup(small, tmp_path / "b.backup")
        copies.restore_rows(store, tmp_path / "b.backup")
        assert content(store) == content(small)


def test_a_backup_holds_one_moment_while_others_write(store: Store, tmp_path: Path) -> None:
    over = threading.Event()

    def writing() -> None:
        number = 0
        while not over.is_set():
            number += 1
            with store.write() as connection:
                facts.put(connection, "a", str(number))
                facts.put(connection, "b", str(number))

    writer = threading.Thread(target=writing)
    writer.start()
    try:
        for number in range(3):
            copies.backup(store, tmp_path / "b.backup")
            with closing(open_store("sqlite:///b.backup", tmp_path)) as copy, copy.read() as connection:
                assert facts.get(connection, "a") == facts.get(connection, "b"), number
    finally:
        over.set()
        writer.join()


def test_nothing_is_restored_while_a_daemon_works(store: Store, store_url: str, tmp_path: Path) -> None:
    copies.backup(store, tmp_path / "b.backup")
    with leases.holding(store, leases.CYCLE), pytest.raises(LeaseHeld):
        restoring.restore(store_url, tmp_path, tmp_path / "b.backup")


@pytest.mark.parametrize("spoil", ["missing", "cut", "flipped", "no backup"])
def test_what_is_no_whole_backup_replaces_nothing(store: Store, store_url: str, tmp_path: Path, spoil: str) -> None:
    filled(store)
    file = tmp_path / "b.backup"
    copies.backup(store, file)
    before = content(store)
    data = bytearray(file.read_bytes())
    match spoil:
        case "missing":
            file.unlink()
        case "cut":
            file.write_bytes(data[: len(data) // 2])
        case "flipped":
            data[4096:4200] = bytes(104)
            file.write_bytes(data)
        case "no backup":
            file.write_text("hello")
    with pytest.raises(StoreError, match="backup"):
        restoring.restore(store_url, tmp_path, file)
    assert content(store) == before


def test_a_backup_into_nowhere_is_a_clear_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be written"):
        copies.backup(store, tmp_path / "nowhere" / "b.backup")


@pytest.fixture
def old_url(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database as the first schema made it."""
    url = (
        f"sqlite:///{tmp_path}/old.db"
        if store_kind == "sqlite"
        else request.getfixturevalue("postgres").fresh("template0")
    )
    writer, reader = engines(address(url, tmp_path))
    with writer.begin() as connection:
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('a', '1')")
    for engine in (writer, reader):
        engine.dispose()
    return url


def test_a_migration_begins_with_a_backup_that_can_be_restored(
    old_url: str, new_store_url: Callable[[], str], tmp_path: Path
) -> None:
    open_store(old_url, tmp_path).close()
    (made,) = tmp_path.glob("*.before-migration-0001-*.backup")
    assert copies.check(made) == "0001"
    url = new_store_url()
    restoring.restore(url, tmp_path, made)
    with closing(open_store(url, tmp_path)) as restored, restored.read() as connection:
        assert facts.get(connection, "a") == "1"


def test_the_newest_backups_before_migrations_stay(store: Store) -> None:
    made = [copies.before_migration(store, head()) for _ in range(copies.KEEP + 2)]
    assert [file.exists() for file in made] == [False, False, True, True, True]


def test_a_new_database_needs_no_backup(store: Store) -> None:
    assert list(store.beside.parent.glob("*.backup")) == []

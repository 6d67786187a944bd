"""The store seen from outside: damage, a newer schema, a fragile SQLite, a full disk."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest

from eal_jira.checkup.database import LITTLE, TOO_LITTLE, free_space, look_at_store
from eal_jira.errors import StoreError
from eal_jira.hookspecs import Check, Colour
from eal_jira.store import Store, facts, health, open_store
from tests.postgres import Server


def looked(folder: Path) -> dict[str, Check]:
    return {check.name: check for check in look_at_store("sqlite:///eal.db", folder)}


@pytest.mark.parametrize(
    ("version", "exposed"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
    ],
)
def test_the_sqlite_that_can_damage_a_wal_database_is_known_by_its_version(
    version: tuple[int, int, int], exposed: bool
) -> None:
    assert health.has_wal_reset_bug(version) is exposed


@pytest.mark.parametrize(("version", "colour"), [((3, 51, 2), Colour.YELLOW), ((3, 51, 3), Colour.GREEN)])
def test_a_fragile_sqlite_is_yellow_with_the_versions_that_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], colour: Colour
) -> None:
    monkeypatch.setattr(health, "SQLITE", version)
    found = looked(tmp_path)["SQLite"]
    assert found.colour is colour
    assert ("3.50.7" in found.remedy) is (colour is Colour.YELLOW)


def test_a_store_in_use_is_whole_and_left_as_it_is(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        facts.put(connection, "a", "b")
    before = (tmp_path / "eal.db").read_bytes()
    assert looked(tmp_path)["store"].colour is Colour.GREEN
    assert (tmp_path / "eal.db").read_bytes() == before


def test_looking_makes_no_database(tmp_path: Path) -> None:
    assert looked(tmp_path)["store"].colour is Colour.GREEN
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_red(tmp_path: Path) -> None:
    found = looked(tmp_path / "nowhere")["store"]
    assert found.colour is Colour.RED
    assert "mkdir" in found.remedy


def test_a_file_that_is_no_database_is_red(tmp_path: Path) -> None:
    (tmp_path / "eal.db").write_bytes(b"what people put there by mistake" * 100)
    assert looked(tmp_path)["store"].colour is Colour.RED
    with pytest.raises(StoreError, match="is damaged"):
        open_store("sqlite:///eal.db", tmp_path)


@pytest.mark.parametrize("there", [True, False])
def test_a_place_that_may_not_be_written_is_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    if there:
        open_store("sqlite:///eal.db", tmp_path).close()
    # as whoever runs the tests may be root, whom no mode stops
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = looked(tmp_path)["store"]
    assert found.colour is Colour.RED
    assert "the right to write" in found.remedy


def test_damage_anywhere_is_never_called_whole(tmp_path: Path) -> None:
    """Cut off at any place, or with a page overwritten (the first two hold the schema)."""
    open_store("sqlite:///eal.db", tmp_path).close()
    file = tmp_path / "eal.db"
    whole = file.read_bytes()
    page = 4096
    chance = random.Random(7)
    for number in range(20):
        if number % 2:
            file.write_bytes(whole[: page * chance.randrange(1, len(whole) // page)])
        else:
            at = page * chance.randrange(len(whole) // page)
            file.write_bytes(whole[:at] + chance.randbytes(page) + whole[at + page :])
        found = looked(tmp_path)["store"]
        assert found.colour is Colour.RED, number
        assert found.remedy


def test_a_newer_schema_is_red_and_not_touched(tmp_path: Path) -> None:
    open_store("sqlite:///eal.db", tmp_path).close()
    with sqlite3.connect(tmp_path / "eal.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    found = looked(tmp_path)["store"]
    assert found.colour is Colour.RED
    assert "9999" in found.found
    assert "Update" in found.remedy


def test_a_database_too_large_for_the_time_is_yellow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store("sqlite:///eal.db", tmp_path).close()
    monkeypatch.setattr("eal_jira.checkup.database.PATIENCE", -1.0)
    monkeypatch.setattr(health, "_STEPS", 1)
    found = looked(tmp_path)["store"]
    assert found.colour is Colour.YELLOW
    assert "quick_check" in found.remedy


def test_an_address_that_is_no_database_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="sqlite:///FILE"):
        list(look_at_store("nonsense", tmp_path))


@pytest.mark.parametrize(
    ("free", "size", "colour"),
    [
        (TOO_LITTLE - 1, 0, Colour.RED),
        (TOO_LITTLE, 0, Colour.YELLOW),
        (LITTLE, 0, Colour.GREEN),
        (LITTLE, 1, Colour.YELLOW),
        (3 * LITTLE, 2 * LITTLE, Colour.GREEN),
    ],
)
def test_the_disk_needs_room_for_a_second_copy(free: int, size: int, colour: Colour) -> None:
    assert free_space(Path("/data"), free, size).colour is colour


def test_a_postgresql_that_answers_is_green_and_one_that_does_not_is_red(postgres: Server, tmp_path: Path) -> None:
    for database, colour in (("migrated", Colour.GREEN), ("postgres", Colour.GREEN), ("nowhere", Colour.RED)):
        (found,) = look_at_store(postgres.url(database), tmp_path)
        assert found.colour is colour, found


def test_a_password_of_a_postgresql_is_never_shown(postgres: Server, tmp_path: Path) -> None:
    url = postgres.url("nowhere").replace("postgres@", "postgres:very-secret@")
    (found,) = look_at_store(url, tmp_path)
    assert "very-secret" not in str(found)

"""The database: migrated schema equals the tables, transactions are whole, a newer file is left alone."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import BigInteger

from eal_jira.errors import ConfigError, StoreError
from eal_jira.model import Issue, IssueRecord, Scope
from eal_jira.store import Store, facts, issues, open_store, work
from eal_jira.store.tables import Moment, metadata

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_the_migrated_schema_is_the_one_in_the_tables(store: Store) -> None:
    def same_type(_context: object, _db: object, _meta: object, db_type: object, meta_type: object) -> bool | None:
        return False if isinstance(meta_type, Moment) and isinstance(db_type, BigInteger) else None

    with store.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        assert compare_metadata(context, metadata) == []


def test_opening_twice_changes_nothing(store_url: str, tmp_path: Path) -> None:
    first = open_store(store_url, tmp_path)
    with first.write() as connection:
        key = facts.pseudonym_key(connection)
    first.close()
    again = open_store(store_url, tmp_path)
    with again.write() as connection:
        assert facts.pseudonym_key(connection) == key
    again.close()


def test_a_transaction_that_ends_in_an_error_leaves_nothing(store: Store) -> None:
    def ends_in_an_error() -> None:
        with store.write() as connection:
            facts.put(connection, "a", "1")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        ends_in_an_error()
    with store.read() as connection:
        assert facts.get(connection, "a") is None


def test_after_work_a_few_issues_are_found_without_reading_all_of_their_project(tmp_path: Path) -> None:
    with closing(open_store("sqlite:///eal.db", tmp_path)) as store:
        with store.write() as connection:
            found = [Issue(str(n), f"P-{n}", "P", "Story", "1", "x", AT, AT) for n in range(3000)]
            issues.save_records(connection, [(b"", IssueRecord(issue, ())) for issue in found])
        some, scope = [str(n) for n in range(20)], Scope(projects=("P",))

        def plan() -> str:
            with store.write() as connection:
                told: list[tuple[str, Any]] = []
                event.listen(
                    connection, "before_cursor_execute", lambda _c, _u, sql, given, *_: told.append((sql, given))
                )
                assert sorted(work.of_team(connection, some, "Team", scope)) == sorted(some)
                sql, given = told[0]
                return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).fetchall())

        assert "project=?" in plan()
        store.tidy()
        assert "project=?" not in plan()
        assert "id=?" in plan()


def test_readers_can_not_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), store.read() as connection:
        facts.put(connection, "a", "1")


def test_a_database_of_a_newer_version_is_left_alone(store_url: str, tmp_path: Path) -> None:
    store = open_store(store_url, tmp_path)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match=r"newer eal-jira \(schema 9999\)"):
        open_store(store_url, tmp_path)


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder exists"):
        open_store("sqlite:///nowhere/eal.db", tmp_path)


@pytest.mark.parametrize("url", ["oracle://x/y", "eal.db", "sqlite"])
def test_an_address_we_can_not_use_is_a_clear_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"store\.url"):
        open_store(url, tmp_path)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1), max_value=datetime(9000, 1, 1)))
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    kind = Moment()
    stored = kind.process_bind_param(moment, None)  # type: ignore[arg-type]
    assert kind.process_result_value(stored, None) == moment  # type: ignore[arg-type]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]


def test_a_team_keeps_its_first_cycle(store: Store) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(3):
        with store.write() as connection:
            assert facts.meet_team(connection, "Payments", start + timedelta(days=day)).first_cycle == start


def test_looking_and_then_writing_is_safe_from_many_sides(store: Store) -> None:
    def one_more(_: int) -> None:
        with store.write() as connection:
            facts.put(connection, "n", str(int(facts.get(connection, "n") or 0) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one_more, range(100)))
    with store.read() as connection:
        assert facts.get(connection, "n") == "100"


def test_what_a_tracker_writes_can_be_stored_whatever_it_is(store: Store) -> None:
    with store.write() as connection:
        facts.put(connection, "odd", "a\0b \U0001f600 \u202e")
    with store.read() as connection:
        assert facts.get(connection, "odd") in ("a\0b \U0001f600 \u202e", "a\ufffdb \U0001f600 \u202e")


def test_without_its_extra_postgresql_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    with pytest.raises(ConfigError, match=r"pip install 'eal-jira\[postgres\]'"):
        open_store("postgresql://eal@localhost/eal", tmp_path)


def test_a_server_that_is_away_is_a_clear_error_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="server runs") as told:
        open_store("postgresql://eal:very-secret@127.0.0.1:1/eal", tmp_path)
    assert "very-secret" not in str(told.value)

"""Every row that decides something carries a hash: changed behind our back in any column, it is not believed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from eal_jira.errors import StoreDamaged, StoreError, VerdictsDamaged
from eal_jira.model import Interval
from eal_jira.store import Store, damage, facts, intervals, issues, open_store, process, sealed, upsert
from eal_jira.store import tables as t
from eal_jira.store.engines import address, engines
from eal_jira.store.health import require_whole
from eal_jira.store.migrating import migrations

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
SEALED = [table for table in t.metadata.sorted_tables if sealed.is_sealed(table)]
COLUMNS = [(table, column) for table in SEALED for column in table.c if column.name != sealed.SEAL]


def sample(column: sa.Column[Any], number: int) -> Any:
    match column.type:
        case t.Moment():
            return NOW + timedelta(microseconds=number)
        case sa.JSON():
            return {"a": [number, 0.1 + number, None, "é\0\\u0000"]}
        case sa.Float():
            return number
        case sa.Boolean():
            return number % 2 == 0
        case sa.Integer():
            return number
        case _:
            return f"text {number}"


def row_of(table: sa.Table, number: int = 1) -> dict[str, Any]:
    return {column.name: sample(column, number) for column in table.c if column.name != sealed.SEAL}


def test_what_is_decided_by_is_sealed() -> None:
    """A table that is not has another watch, or tells nothing that is written to the tracker."""
    otherwise = {
        # held against the issue's hash or the trace's (store.damage)
        "issues", "changes", "comments", "worklogs", "events", "stays",
        # a seal itself, or one of another kind
        "seals", "intervals",
        # said anew by the tracker at every listing
        "members", "missing", "remote_links", "readings",
        # which issues to look at, and when: all of it is in keys, of which the database has two copies
        "work", "due", "deliveries",
        # who works, and how fast
        "leases", "claims", "bans", "effects",
        # what is only shown
        "set_aside", "strays",
        # an unneeded look at an issue is the worst that can come of it
        "echoes",
    }  # fmt: skip
    assert {table.name for table in t.metadata.sorted_tables} - {table.name for table in SEALED} == otherwise


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda part: part.name)
def test_a_row_that_was_changed_by_nobody_is_not_believed(store: Store, table: sa.Table, column: Any) -> None:
    with store.write() as connection:
        upsert.upsert(connection, table, [row_of(table)])
    with store.read() as connection:
        (row,) = sealed.rows(connection, table, sa.select(table))
    assert sealed.content(row).keys() == row_of(table).keys()
    with store.write() as connection:
        connection.execute(sa.update(table).values({column.name: sample(column, 2)}))
    with pytest.raises(StoreDamaged) as told, store.read() as connection:
        sealed.rows(connection, table, sa.select(table))
    assert told.value.remedy


def test_whoever_sets_a_column_seals_the_whole_row_and_mends_no_damage(store: Store) -> None:
    one = t.proposals.c.key == "text 1"
    with store.write() as connection:
        upsert.insert_row(connection, t.proposals, row_of(t.proposals))
        upsert.change(connection, t.proposals, one, state="approved")
        (row,) = sealed.rows(connection, t.proposals, sa.select(t.proposals))
        assert row.state == "approved"
        connection.execute(sa.update(t.proposals).values(reason="another"))
    with pytest.raises(StoreDamaged), store.write() as connection:
        upsert.change(connection, t.proposals, one, state="declined")


def test_a_team_whose_verdicts_are_damaged_is_judged_again_and_only_they_go(store: Store) -> None:
    with store.write() as connection:
        facts.meet_team(connection, "Team", NOW)
        facts.set_team(connection, "Team", judged_by="the rules")
        upsert.upsert(connection, t.measures, [{**row_of(t.measures, n), "team": "Team"} for n in (1, 2)])
        connection.execute(sa.update(t.measures).where(t.measures.c.issue_id == "text 1").values(issue_id="text 3"))
    with store.write() as connection:
        with pytest.raises(VerdictsDamaged) as told:
            process.measures(connection, "Team")
        damage.judge_again(connection, ["Team"], told.value)
    with store.read() as connection:
        assert [row.issue_id for row in process.measures(connection, "Team")] == ["text 2"]
        assert damage.to_be_judged(connection, "Team")


@pytest.mark.parametrize("column", ["level", "entered", "left", "issue_id", "group", "version", "balance"])
def test_a_damaged_interval_or_level_is_not_believed(store: Store, column: str) -> None:
    there = [Interval("", str(n), NOW + timedelta(hours=n), None) for n in range(3)]
    with store.write() as connection:
        intervals.rebuild(connection, "Team", [(("limit", 1), each, n + 1) for n, each in enumerate(there)])
        ended = Interval("", "0", there[0].entered, NOW + timedelta(hours=1))
        intervals.exchange(connection, "Team", ("limit", 1), [there[0]], [ended], levels=True)
        ids = ["0", "1", "2"]
        assert sorted(level for _, _, level in intervals.of_issues(connection, "Team", ids)) == [1, 1, 2]
        value = sample(t.intervals.c[column], 7)
        connection.execute(sa.update(t.intervals).where(t.intervals.c.issue_id == "1").values({column: value}))
        with pytest.raises(VerdictsDamaged):
            intervals.of_issues(connection, "Team", [*ids, "text 7"])


def test_a_damaged_watermark_is_as_good_as_none(store: Store) -> None:
    with store.write() as connection:
        issues.save_watermark(connection, "P", issues.Watermark(NOW, None, None))
        assert issues.watermark(connection, "P").complete == NOW
        connection.execute(sa.update(t.watermarks).values(complete=NOW + timedelta(days=256)))
        assert issues.watermark(connection, "P") == issues.Watermark()
        assert issues.watermarks(connection) == {"P": issues.Watermark()}


def test_what_was_there_before_rows_had_seals_is_sealed_as_it_is(
    store_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    sqlite = store_kind == "sqlite"
    url = f"sqlite:///{tmp_path}/old.db" if sqlite else request.getfixturevalue("postgres").fresh("template0")
    writer, reader = engines(address(url, tmp_path))
    with writer.begin() as connection:
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        before = [table for table in SEALED if table is not t.others]
        for table in (*before, t.intervals):
            rows = [row_of(table, n) for n in (1, 2)]
            connection.execute(sa.insert(table), [{k: v for k, v in row.items() if k != "balance"} for row in rows])
    for engine in (writer, reader):
        engine.dispose()
    with closing(open_store(url, tmp_path)) as store, store.read() as connection:
        for table in before:
            assert len(sealed.rows(connection, table, sa.select(table))) == 2, table.name
        assert len(intervals.of_issues(connection, "text 1", ["text 1"])) == 1


def test_an_index_that_says_something_else_than_its_table_is_found_before_any_work(
    new_store_url: Callable[[], str], tmp_path: Path
) -> None:
    with closing(open_store("sqlite:///eal.db", tmp_path)) as store, store.write() as connection:
        connection.execute(t.work.insert(), {"stage": "checkmate", "team": "Team", "issue_id": "10001"})
    file = tmp_path / "eal.db"
    data = file.read_bytes()
    assert data.count(b"checkmate") == 2, "once in the table, once in its index"
    file.write_bytes(data.replace(b"checkmate", b"checkmatf", 1))
    with closing(open_store("sqlite:///eal.db", tmp_path)) as store, pytest.raises(StoreError, match="damaged"):
        require_whole(store)

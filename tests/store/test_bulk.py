"""Rows in bulk are the rows that SQLAlchemy itself would have written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from eal_jira.store import Store
from eal_jira.store import tables as t
from eal_jira.store.bulk import insert_rows

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
#: no NUL and no half characters: PostgreSQL stores neither in a text
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
moments = st.datetimes(timezones=st.just(UTC))
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9).map(float) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
RETRO = ("period", "team", "start", "seal", "end", "built")
PRACTICE = ("body", "team", "guideline", "signature", "verdict", "evaluated", "first_seen", "seal")
practices = st.lists(
    st.tuples(st.dictionaries(texts, json, max_size=3), texts, texts, texts, texts, moments, moments, st.binary()),
    unique_by=lambda row: row[1:4],
    max_size=5,
)


def stored(store: Store, table: Any = t.practices) -> list[Any]:
    with store.read() as connection:
        return [*map(tuple, connection.execute(select(table)))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(rows=practices)
def test_every_value_arrives_as_through_sqlalchemy(store: Store, rows: Sequence[tuple[Any, ...]]) -> None:
    with store.write() as connection:
        connection.execute(t.practices.delete())
        if rows:
            connection.execute(t.practices.insert(), [dict(zip(PRACTICE, row, strict=True)) for row in rows])
    through_sqlalchemy = stored(store)
    with store.write() as connection:
        connection.execute(t.practices.delete())
        insert_rows(connection, t.practices, PRACTICE, rows)
    assert sorted(stored(store), key=repr) == sorted(through_sqlalchemy, key=repr)


def test_a_row_that_is_there_is_refused_or_replaced_as_asked(store: Store) -> None:
    row = ("2026-W01", "Payments", AT, b"", AT, AT)
    with store.write() as connection:
        insert_rows(connection, t.retros, RETRO, [row])
    with pytest.raises(IntegrityError), store.write() as connection:
        insert_rows(connection, t.retros, RETRO, [row])
    later = AT.replace(hour=9)
    with store.write() as connection:
        insert_rows(connection, t.retros, RETRO, [(*row[:5], later)], replace=True)
    assert stored(store, t.retros) == [("Payments", "2026-W01", AT, AT, later, None, b"")]


def test_a_moment_without_a_time_zone_is_refused_in_bulk_too(store: Store) -> None:
    with pytest.raises((ValueError, StatementError), match="without a time zone"), store.write() as connection:
        insert_rows(connection, t.retros, RETRO, [("p", "t", AT, b"", AT, AT.replace(tzinfo=None))])
    assert stored(store, t.retros) == []


def test_rows_of_another_length_than_the_names_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="zip"), store.write() as connection:
        insert_rows(connection, t.retros, RETRO, [("p", "t", AT, b"", AT)])

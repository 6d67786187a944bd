"""Insert-or-replace and insert-if-new for both databases: what SQLAlchemy spells differently for each.

Rows of tables that have a seal get theirs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from eal_jira.store import sealed


def upsert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Inserts rows; a row whose primary key is there already takes the new values."""
    rows = [sealed.with_seal(table, row) for row in rows]
    if not rows:
        return
    statement = replacing(connection, table, rows[0])
    connection.execute(statement, rows)


def replacing(connection: Connection, table: Table, names: Iterable[str]) -> Any:
    """An insert of these columns; a row whose primary key is there already takes the new values."""
    insert = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: insert.excluded[name] for name in names if name not in keys}
    if not values:
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(index_elements=keys, set_=values)


def insert_row(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Inserts a row; one whose primary key is there already is refused."""
    connection.execute(table.insert(), sealed.with_seal(table, row))


def change(connection: Connection, table: Table, *where: ColumnElement[bool], **values: Any) -> None:
    """Sets columns of these rows. What was damaged in them before stays to be seen: raises what `sealed.rows` does."""
    for row in sealed.rows(connection, table, select(table).where(*where)):
        this = (column == row._mapping[column.name] for column in table.primary_key)
        connection.execute(
            update(table).where(*this).values(sealed.with_seal(table, {**sealed.content(row), **values}))
        )


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Inserts a row unless its primary key is there already; whether it was new."""
    keys = [column.name for column in table.primary_key]
    statement = (
        _insert(connection, table).values(sealed.with_seal(table, row)).on_conflict_do_nothing(index_elements=keys)
    )
    # not `rowcount`: after an insert, not every driver tells it
    return connection.execute(statement.returning(*table.primary_key)).first() is not None


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)

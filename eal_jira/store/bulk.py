"""Many rows at once: SQLAlchemy writes the SQL, the driver takes the rows as they are.

An `executemany` through SQLAlchemy makes a dict of every row and looks up every value of it again; on a first sync
that was the largest single cost. Here a column at a time is made ready for the database (by the same types), and the
rows go to the driver as tuples, or as whatever its way of writing parameters asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table

from eal_jira.store.upsert import replacing


def insert_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]], *, replace: bool = False
) -> None:
    """Inserts rows whose values stand in the order of `names`.

    A row whose primary key is there already is refused, or with `replace` takes the new values.
    """
    values = [*zip(*rows, strict=True)]
    if not values:
        return
    dialect = connection.dialect
    statement = replacing(connection, table, names) if replace else table.insert()
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    ready = [_bound(dialect, table.c[name], column) for name, column in zip(names, values, strict=True)]
    order = compiled.positiontup
    parameters: list[Any]
    if order is None:
        parameters = [dict(zip(names, row, strict=True)) for row in zip(*ready, strict=True)]
    else:
        parameters = [*zip(*(ready[names.index(name)] for name in order), strict=True)]
    connection.exec_driver_sql(str(compiled), parameters)


def _bound(dialect: Dialect, column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if process is None else [process(value) for value in values]

"""Rows that carry a hash over all that they say: what was stored is believed, or nothing is (R9b).

A database file has no check sums of its own: bytes that change inside a value are noticed by nobody else
(facts/reliability.md M10). What a table's `seal` column holds is written by `upsert`, `insert_row`, `insert_new` and
`change`, and looked at by `rows`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Float, Row, RowMapping, Select, Table

from eal_jira.errors import VerdictsDamaged
from eal_jira.store import tables as t
from eal_jira.store.tables import Moment, Unreadable

SEAL = "seal"
AT_ONCE = 500
"""Rows that are held at the same time where they are read one after the other."""


def is_sealed(table: Table) -> bool:
    return SEAL in table.c


def with_seal(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row, ready to be stored."""
    return {**row, SEAL: digest(table, row)} if is_sealed(table) else dict(row)


def digest(table: Table, row: Mapping[str, Any] | RowMapping) -> bytes:
    """SHA-256 of the whole row but its seal; what it lacks counts as null."""
    content = {name: as_stored(row.get(name)) for name, as_stored in _columns(table)}
    dumped = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    # PostgreSQL keeps a mark in the place of NUL: the same here, or such a text would never fit its seal
    return hashlib.sha256(dumped.replace(b"\\u0000", b"\xef\xbf\xbd")).digest()


def rows(connection: Connection, table: Table, query: Select[Any]) -> list[Row[Any]]:
    """Whole rows of the table, none of them damaged.

    Raises `VerdictsDamaged` for rows that a look at the issues brings back, and `Unreadable` for all others.
    """
    return _whole(table, list(connection.execute(query)))


def each(connection: Connection, table: Table, query: Select[Any]) -> Iterator[Row[Any]]:
    """The same, of which few are held at the same time."""
    for part in connection.execute(query.execution_options(yield_per=AT_ONCE)).partitions():
        yield from _whole(table, part)


def _whole(table: Table, found: Sequence[Row[Any]]) -> list[Row[Any]]:
    broken = [row for row in found if not fits(table, row)]
    if broken:
        raise _damaged(table, broken)
    return [*found]


def fits(table: Table, row: Row[Any]) -> bool:
    """Whether a whole row of the table is what was stored."""
    return bool(digest(table, row._mapping) == row.seal)


def content(row: Row[Any]) -> dict[str, Any]:
    """What the row says, without its seal."""
    return {name: value for name, value in row._mapping.items() if name != SEAL}


def _damaged(table: Table, broken: Iterable[Row[Any]]) -> Exception:
    keys = [tuple(row._mapping[column.name] for column in table.primary_key) for row in broken]
    if table in WORKED_OUT:
        return VerdictsDamaged(table.name, keys)
    return Unreadable(f"a row of {table.name} is not what was stored (key {keys[0]!r})")


WORKED_OUT = (t.deviations, t.measures)
"""What judging a team's issues writes: judged again, they say the same (so do `store.intervals`)."""


@cache
def _columns(table: Table) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((str(column.name), _as_stored(column.type)) for column in table.c if column.name != SEAL)


def _as_stored(kind: object) -> Callable[[Any], Any]:
    if isinstance(kind, Moment):
        return t.microseconds
    if isinstance(kind, Float):
        return lambda value: None if value is None else float(value)
    return lambda value: value

"""Connections to SQLite and PostgreSQL that keep the same promises: one writer at a time, readers that see one moment.

SQLite: WAL, one connection that writes, readers apart and read-only (facts/reliability.md 2, the WAL-reset bug),
``BEGIN IMMEDIATE`` so that a failed migration leaves nothing behind (facts/reliability.md M12).

PostgreSQL: a lock that every writing transaction takes, in whatever process it runs, so that looking and then writing
is as safe as it is on SQLite; a session that stands still inside a transaction is ended, so that a frozen process
holds nobody up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from eal_jira.errors import ConfigError, StoreError

__all__ = ["URL", "address", "dsn", "engines", "named"]

WRITER_LOCK = 0x65616C
"""The advisory lock of PostgreSQL that a writing transaction holds."""

BUSY = 60
"""Seconds that a writer waits for the one before it."""

STANDSTILL = 15
"""Seconds after which PostgreSQL ends a session that does nothing inside a transaction."""


def address(url: str, folder: Path) -> URL:
    """Where the database is. Raises `StoreError` for an address that can't be used."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            f"store.url {url.split('://', 1)[0]!r}… is no database address.",
            remedy="Write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.",
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(database=str(folder / Path(parsed.database or "eal.db").expanduser()))
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise StoreError(
                f"store.url names {other}, which eal-jira can't use.",
                remedy="Write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.",
            )


def named(url: URL) -> str:
    """How messages name the database: never with its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.render_as_string(hide_password=True)


def dsn(url: URL, password: Callable[[], str] | None = None) -> str:
    """libpq's own address of a PostgreSQL: what it says holds the password, so it is for no message."""
    whole = url if password is None else url.set(password=password())
    return whole.set(drivername="postgresql").render_as_string(hide_password=False)


def engines(url: URL, password: Callable[[], str] | None = None) -> tuple[Engine, Engine]:
    """(writer, reader). `password` is asked for each new connection, so that a replaced one needs no restart."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgresql(url, password)


# --- SQLite ---------------------------------------------------------------------------------------------------


def _sqlite(url: URL) -> tuple[Engine, Engine]:
    writer = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=BUSY, json_serializer=_json)
    reader = create_engine(url)
    event.listen(writer, "connect", _prepare_writer)
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "connect", _prepare_reader)
    event.listen(reader, "begin", _begin)
    # WAL and the rest of the file's nature are set by the writer: it opens first
    return writer, reader


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        *("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"),
        # rows of an index that "PRAGMA optimize" looks at: enough to tell a team from an issue
        "analysis_limit = 400",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("query_only = ON", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


# --- PostgreSQL -----------------------------------------------------------------------------------------------


def _postgresql(url: URL, password: Callable[[], str] | None) -> tuple[Engine, Engine]:
    try:
        import procrastinate  # noqa: F401 - only to tell early that they are missing
        import psycopg  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "store.url names PostgreSQL, but what talks to it is not installed.",
            refused="Nothing was started.",
            remedy="Run: pip install 'eal-jira[postgres]'",
        ) from error
    options = f"-c idle_in_transaction_session_timeout={STANDSTILL}s -c lock_timeout={BUSY}s -c TimeZone=UTC"
    known: dict[str, Any] = {
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 10, "options": options, "application_name": "eal-jira"},
    }
    writer = create_engine(url, **known)
    reader = create_engine(url, isolation_level="REPEATABLE READ", **known).execution_options(postgresql_readonly=True)
    for engine in (writer, reader):
        event.listen(engine, "connect", _prepare_postgresql)
        if password is not None:
            _ask_for(engine, password)
    event.listen(writer, "begin", _take_turn)
    return writer, reader


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """Texts from a tracker may hold NUL, which SQLite keeps and PostgreSQL refuses: a visible mark stands for it."""
    from psycopg.types.string import StrDumper

    class WithoutNul(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "�"))

    connection.adapters.register_dumper(str, WithoutNul)


def _ask_for(engine: Engine, password: Callable[[], str]) -> None:
    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, _args: object, given: dict[str, Any]) -> None:
        given["password"] = password()


def _take_turn(connection: Connection) -> None:
    if not connection.get_execution_options().get("eal_aside"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

"""Opens the database: SQLite by default, PostgreSQL by URL, migrated to the newest schema.

SQLite: WAL, one connection that writes, readers apart and read-only (facts/reliability.md 2, the WAL-reset bug),
``BEGIN IMMEDIATE`` so that a failed migration leaves nothing behind (facts/reliability.md M12).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DatabaseError, SQLAlchemyError

from eal_jira import failpoints
from eal_jira.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config


class Store:
    """The open database. `write` and `read` hand out connections; queries live in the modules beside this one."""

    def __init__(self, url: URL, writer: Engine, reader: Engine) -> None:
        self.url = url
        self._writer = writer
        self._reader = reader

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it happens or none."""
        with self._writer.begin() as connection:
            yield connection
            failpoints.reach("write", None, "before commit")
        failpoints.reach("write", None, "committed")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of what was committed when it began."""
        with self._reader.begin() as connection:
            yield connection

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


def open_store(url: str, folder: Path = Path()) -> Store:
    """Opens and migrates. A relative SQLite path starts from `folder`. Raises `StoreError`."""
    parsed = address(url, folder)
    store = _open_sqlite(parsed)
    try:
        _migrate(store)
    except DatabaseError as error:
        store.close()
        raise StoreError(
            f"The database {parsed.database} can't be opened ({error.orig}).",
            remedy="Check that its folder exists and may be written, and that no other program holds it; "
            "`eal-jira doctor` looks whether it is damaged.",
        ) from error
    except BaseException:
        store.close()
        raise
    return store


def address(url: str, folder: Path) -> URL:
    """Where the database is. Raises `StoreError` for an address that can't be used."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            f"store.url {url.split('://', 1)[0]!r}… is no database address.",
            remedy="Write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.",
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(
            f"store.url names {parsed.get_backend_name()}, which this version can't use.",
            remedy="Write sqlite:///FILE.",
        )
    return parsed.set(database=str(folder / Path(parsed.database or "eal.db").expanduser()))


def _open_sqlite(url: URL) -> Store:
    writer = create_engine(url, pool_size=1, max_overflow=0, json_serializer=_json)
    reader = create_engine(url)
    event.listen(writer, "connect", _prepare_writer)
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "connect", _prepare_reader)
    event.listen(reader, "begin", _begin)
    # WAL and the rest of the file's nature are set by the writer: it opens first
    return Store(url, writer, reader)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("query_only = ON", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def migrations() -> Config:
    """Where Alembic finds the migration scripts."""
    from alembic.config import Config

    config = Config()
    folder = str(resources.files("eal_jira.store") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def _migrate(store: Store) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = migrations()
    with store.write() as connection:
        known = _version(connection)
        head = ScriptDirectory.from_config(config).get_current_head()
        if known == head:
            return
        config.attributes["connection"] = connection
        event.listen(connection, "before_cursor_execute", _migrating)
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"The database {store.url.database} was written by a newer eal-jira (schema {known}).",
                refused="This version does not touch it.",
                remedy="Update eal-jira, or restore a backup made before the update.",
            ) from error


def _migrating(*_statement: object) -> None:
    failpoints.reach("migrate", "a statement", "before")


def _version(connection: Connection) -> str | None:
    try:
        with connection.begin_nested():
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    except SQLAlchemyError:
        return None  # a new database has no such table
    return None if row is None else str(row[0])

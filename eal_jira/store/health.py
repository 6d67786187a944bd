"""Whether the database's file is sound: looked at from outside, read-only and without migrating. SQLite only."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from eal_jira.errors import StoreError
from eal_jira.store import trouble
from eal_jira.store.database import Store
from eal_jira.store.engines import URL, engines, named
from eal_jira.store.migrating import migrations, version

SQLITE = sqlite3.sqlite_version_info
"""The SQLite that this process runs on."""

_FIRST, _LAST = (3, 7, 0), (3, 51, 2)
_MENDED = {(3, 44): 6, (3, 50): 7}
"""Minor versions to which the repair was carried back, each from this patch on."""

_STEPS = 10_000
"""Steps of SQLite's machine between two looks at the clock."""


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite can damage a WAL database that two connections write to (facts/reliability.md 2)."""
    major, minor, patch = version
    mended = _MENDED.get((major, minor))
    return _FIRST <= version <= _LAST and (mended is None or patch < mended)


def damage(file: Path, seconds: float) -> tuple[str, ...] | None:
    """What ``PRAGMA integrity_check`` finds wrong; None when it isn't done within `seconds`. Raises `StoreError`."""
    end = time.monotonic() + seconds
    with _opened(file) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_INTERRUPT":
                return None
            raise
        except sqlite3.DatabaseError as error:
            return (str(error),)
    return () if found == ["ok"] else tuple(found)


def require_whole(store: Store) -> None:
    """To be asked before any work. Raises `StoreDamaged` for a SQLite file that `damage` finds wrong."""
    if store.embedded:
        broken = damage(Path(str(store.url.database)), float("inf"))
        if broken:
            raise trouble.damaged(store.name, "; ".join(broken))


def newer_schema(file: Path) -> str | None:
    """The schema's number when a newer eal-jira has migrated the database, else None. Raises `StoreError`."""
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions()}
    with _opened(file) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall() if tables else []
    return next((str(row[0]) for row in rows if row[0] not in known), None)


def server_schema(url: URL, password: Callable[[], str] | None) -> tuple[str | None, set[str]]:
    """The number of a PostgreSQL's schema, None when it is empty, and all that we know. Changes nothing."""
    from alembic.script import ScriptDirectory

    writer, reader = engines(url, password)
    try:
        with trouble.worded(named(url)), reader.begin() as connection:
            found = version(connection)
    finally:
        writer.dispose()
        reader.dispose()
    return found, {script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions()}


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"The database {file} can't be read ({error}).",
            remedy="Check the rights of the file and its folder, and that no other program holds it.",
        ) from error

"""Backups: one SQLite file each, whatever the database is; made while work goes on, looked through before they count.

From SQLite it is a copy of the pages. From PostgreSQL it is the same tables with the same rows, so that a backup can
also be restored into the other kind of database: that is how one moves from the one to the other.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, Table, create_engine, func, select
from sqlalchemy.exc import DBAPIError

from eal_jira import failpoints
from eal_jira.errors import StoreError
from eal_jira.store import trouble

if TYPE_CHECKING:
    from eal_jira.store.database import Store

KEEP = 3
"""How many of the backups that were made before migrations stay."""

OURS_ALONE = frozenset({"leases", "claims"})
"""Tables about who works on this very database: a copy is nobody's."""

_ROWS = 1000


def backup(store: Store, file: Path) -> int:
    """Writes the backup and returns its size in bytes; an older file of that name is replaced at the very end.

    Raises `StoreError` when what was written is not what is stored.
    """
    from eal_jira.store.migrating import head

    _write(store, file, head())
    return file.stat().st_size


def before_migration(store: Store, revision: str) -> Path:
    """The backup that a migration of the schema `revision` begins with; the oldest ones beyond `KEEP` go."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    stem = f"{store.beside.name}.before-migration-"
    file = store.beside.with_name(f"{stem}{revision}-{stamp}.backup")
    _write(store, file, revision)
    found = sorted(store.beside.parent.glob(f"{stem}*.backup"), key=lambda old: old.name.rsplit("-", 1)[1])
    for old in found[:-KEEP]:
        old.unlink()
    return file


def restore(database: Path, backup_file: Path) -> Path | None:
    """Puts a backup in the place of a SQLite database that nobody works on. Returns where the old one lies now."""
    check(backup_file)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    fresh = _beside(database, "restoring")
    with _cleared(fresh):
        _copy_pages(backup_file, fresh)
        aside = None
        for suffix in ("-wal", "-shm", ""):
            part = database.with_name(database.name + suffix)
            if part.exists():
                aside = database.with_name(f"{database.name}.replaced-{stamp}{suffix}")
                failpoints.reach("restore", "a part", "before")
                part.replace(aside)
        failpoints.reach("restore", "the database", "before")
        fresh.replace(database)
        _sync(database.parent)
        failpoints.reach("restore", "the database", "done")
    return aside


def restore_rows(store: Store, backup_file: Path) -> None:
    """Puts the rows of a backup in the place of all rows of a database, in one transaction."""
    from eal_jira.store import tables as t
    from eal_jira.store.database import open_store

    check(backup_file)
    fresh = _beside(backup_file, "restoring")
    with _cleared(fresh):
        # a copy, since the backup may be of an older schema and must stay as it is
        _copy_pages(backup_file, fresh)
        with (
            closing(open_store(f"sqlite:///{fresh.absolute()}")) as source,
            source.read() as there,
            store.write() as here,
        ):
            for table in t.metadata.sorted_tables:
                if table.name not in OURS_ALONE:
                    here.execute(table.delete())
                    _copy_rows(there, here, table)
        for old in fresh.parent.glob(f"{fresh.name}.before-migration-*"):
            old.unlink()


def check(file: Path) -> str:
    """The schema of a backup. Raises `StoreError` for a file that is none, or a damaged one."""
    if not file.is_file():
        raise StoreError(f"There is no backup {file}.", remedy="Name the file that `eal-jira backup FILE` wrote.")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise _no_backup(file, str(error)) from error
    if found != ["ok"] or revision is None:
        raise _no_backup(file, "; ".join(found))
    return str(revision[0])


def _no_backup(file: Path, reason: str) -> StoreError:
    return StoreError(
        f"{file} is no whole backup of eal-jira ({reason}).", refused="Nothing was changed.", remedy="Take another one."
    )


def _write(store: Store, file: Path, revision: str) -> None:
    fresh = _beside(file, "writing")
    try:
        with _cleared(fresh):
            if store.embedded:
                _copy_pages(Path(str(store.url.database)), fresh)
            else:
                _dump(store, fresh, revision)
            check(fresh)
            failpoints.reach("file", ".backup", "before")
            fresh.replace(file)
            _sync(file.parent)
            failpoints.reach("file", ".backup", "written")
    except (OSError, sqlite3.OperationalError, DBAPIError) as error:
        raise StoreError(
            f"The backup {file} can't be written ({error}).",
            refused="What is stored was not touched.",
            remedy="Make sure that its folder exists, may be written and has room.",
        ) from error


def _copy_pages(source: Path, target: Path) -> None:
    """SQLite's own way: consistent, however much is written meanwhile."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here)
            here.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise trouble.damaged(str(source), str(error)) from error
    _sync(target)


def _dump(store: Store, target: Path, revision: str) -> None:
    from alembic import command

    from eal_jira.store.engines import engines
    from eal_jira.store.migrating import migrations

    writer, reader = engines(create_engine(f"sqlite:///{target.absolute()}").url)
    try:
        with writer.begin() as here, store.read() as there:
            config = migrations()
            config.attributes["connection"] = here
            command.upgrade(config, revision)
            # the tables as they were in that schema, not as the program has them now
            known = MetaData()
            known.reflect(here)
            for table in known.sorted_tables:
                if table.name not in {*OURS_ALONE, "alembic_version"}:
                    here.execute(table.delete())
                    _copy_rows(there, here, table)
    finally:
        reader.dispose()
        writer.dispose()
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    _sync(target)


def _copy_rows(there: Connection, here: Connection, table: Table) -> None:
    copied = 0
    for rows in there.execute(select(table).execution_options(yield_per=_ROWS)).mappings().partitions():
        here.execute(table.insert(), [dict(row) for row in rows])
        copied += len(rows)
    stored = here.execute(select(func.count()).select_from(table)).scalar_one()
    if stored != copied:
        raise StoreError(
            f"Of {copied} rows of {table.name}, {stored} arrived.",
            refused="The copy was given up.",
            remedy="Try again; if it stays so, please report it.",
        )


def _beside(file: Path, word: str) -> Path:
    return file.with_name(f".{file.name}.{word}-{os.getpid()}")


@contextmanager
def _cleared(file: Path) -> Iterator[None]:
    """The unfinished file is gone at the end, whatever happened."""
    parts = [file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]
    for part in parts:
        part.unlink(missing_ok=True)
    try:
        yield
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

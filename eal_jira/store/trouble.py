"""What a database's error means: full, away or damaged, in our words; anything else is a bug and stays as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eal_jira.errors import EalError, StoreDamaged, StoreFull, StoreUnavailable
from eal_jira.store.tables import Unreadable

FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE")
AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL")
LOST = ("no such column", "no such table", "has no column named", "Could not decode to UTF-8")
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


@contextmanager
def worded(name: str) -> Iterator[None]:
    """Around the use of the database that messages call `name`."""
    try:
        yield
    except PoolTimeout as error:
        raise _away(name, "all its connections are in use") from error
    except (UnicodeDecodeError, JSONDecodeError, Unreadable) as error:
        # not from the database but from reading what it gave
        raise damaged(name, f"what stands there can't be read: {error}") from error
    except DBAPIError as error:
        meaning = _meaning(name, error)
        if meaning is None:
            raise
        raise meaning from error


def full(name: str, reason: str) -> StoreFull:
    return StoreFull(
        f"The database {name} could not be written: there is no room for it ({reason}).",
        refused="What was being stored was undone as a whole.",
        remedy="Make room on its disk; work goes on by itself.",
    )


def damaged(name: str, reason: str) -> StoreDamaged:
    return StoreDamaged(
        f"The database {name} is damaged ({reason}).",
        refused="Nothing that rests on it is written to the tracker.",
        remedy="Stop the daemon and run: eal-jira restore FILE, with the newest backup. What came later is read again.",
    )


def _away(name: str, reason: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"The database {name} gives no answer ({reason}).",
        refused="What was being stored was undone as a whole.",
        remedy="Work goes on by itself when it is back.",
    )


def _meaning(name: str, error: DBAPIError) -> EalError | None:
    origin = error.orig
    if isinstance(origin, sqlite3.Error):
        code = getattr(origin, "sqlite_errorname", "")
        if code.startswith(FULL):
            return full(name, str(origin))
        if code.startswith(DAMAGED) or isinstance(origin, UnicodeError):
            return damaged(name, str(origin))
        if code.startswith(AWAY):
            return _away(name, str(origin))
        # the schema was migrated when the database was opened: what it lacks now, it has lost
        return damaged(name, str(origin)) if any(words in str(origin) for words in LOST) else None
    state = getattr(origin, "sqlstate", None)
    reason = str(origin).splitlines()[0] if str(origin) else type(origin).__name__
    if state == "53100":
        return full(name, reason)
    if state in ("XX001", "XX002"):
        return damaged(name, reason)
    if error.connection_invalidated or state is None or state[:2] in ("08", "53", "55", "57") or state == "25P03":
        # no state: the connection broke before the server could say anything
        return _away(name, reason) if _of_connection(error, state) else None
    return None


def _of_connection(error: DBAPIError, state: str | None) -> bool:
    return state is not None or error.connection_invalidated or type(error.orig).__name__ == "OperationalError"

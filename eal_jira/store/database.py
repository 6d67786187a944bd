"""Opens the database: SQLite by default, PostgreSQL by URL, migrated to the newest schema."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from eal_jira import failpoints
from eal_jira.errors import EalError, StoreError, StoreUnavailable
from eal_jira.store.engines import address, dsn, engines, named
from eal_jira.store.fence import Fence
from eal_jira.store.migrating import migrate
from eal_jira.store.trouble import worded


class Store:
    """The open database. `write` and `read` hand out connections; queries live in the modules beside this one."""

    def __init__(self, url: URL, folder: Path, writer: Engine, reader: Engine, fence: Fence | None = None) -> None:
        self.url = url
        self.folder = folder
        self.fence = fence
        #: the database's address for what speaks to a PostgreSQL by itself
        self.dsn: Callable[[], str] = lambda: dsn(url)
        self._writer = writer
        self._reader = reader
        #: the last thing that kept us from writing, until something is written again
        self._trouble: list[EalError] = []
        #: one thread at a time wants to write: a process that freezes then holds up others by one transaction only
        self._turn = threading.Lock()

    def fenced(self, fence: Fence) -> Store:
        """The same database for one who works under a lease: its transactions fail when the lease is over."""
        other = Store(self.url, self.folder, self._writer, self._reader, fence)
        other._trouble = self._trouble
        other._turn = self._turn
        other.dsn = self.dsn
        return other

    @property
    def name(self) -> str:
        """How messages name the database."""
        return named(self.url)

    @property
    def embedded(self) -> bool:
        """Whether it is a file of this machine, for one daemon alone."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def beside(self) -> Path:
        """The file, real or not, beside which we put what belongs to the database."""
        return Path(str(self.url.database)) if self.embedded else self.folder / f"{self.url.database}.postgresql"

    @property
    def trouble(self) -> EalError | None:
        """Why the last transaction could not be written; None when it could."""
        return self._trouble[-1] if self._trouble else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it happens or none."""
        try:
            with worded(self.name), self._turn, self._writer.begin() as connection:
                if self.fence is not None:
                    self.fence.confirm(connection)
                yield connection
                failpoints.reach("write", None, "before commit")
        except (StoreUnavailable, StoreError) as error:
            self._trouble[:] = [error]
            raise
        self._trouble.clear()
        failpoints.reach("write", None, "committed")

    @contextmanager
    def aside(self) -> Iterator[Connection]:
        """A short transaction that waits for no other writer where the database allows it: for leases."""
        with worded(self.name), self._writer.connect() as connection:
            connection = connection.execution_options(eal_aside=True)
            with connection.begin():
                yield connection
                failpoints.reach("write", "aside", "before commit")
        failpoints.reach("write", "aside", "committed")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of what was committed when it began."""
        with worded(self.name), self._reader.begin() as connection:
            yield connection

    def tidy(self) -> None:
        """To be called after work: SQLite looks at how its rows are spread, where that has changed much, and plans by
        it. Without, it reads all of a team's rows to find those of twenty issues. PostgreSQL does so by itself."""
        if self.embedded:
            with self.write() as connection:
                connection.exec_driver_sql("PRAGMA optimize")

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


def open_store(url: str, folder: Path = Path(), password: Callable[[], str] | None = None) -> Store:
    """Opens and migrates. A relative SQLite path starts from `folder`. Raises `StoreError`."""
    parsed = address(url, folder)
    store = Store(parsed, folder, *engines(parsed, password))
    store.dsn = lambda: dsn(parsed, password)
    try:
        migrate(store)
    except (DatabaseError, StoreUnavailable) as error:
        store.close()
        reason = error.orig if isinstance(error, DatabaseError) else error.happened
        raise StoreError(
            f"The database {store.name} can't be opened ({str(reason).strip()}).",
            remedy="Check that its folder exists and may be written, and that no other program holds it; "
            "`eal-jira doctor` looks whether it is damaged."
            if store.embedded
            else "Check that the server runs, that its name, port and database are right, and that the user may "
            "create tables there.",
        ) from error
    except BaseException:
        store.close()
        raise
    return store


__all__ = ["Store", "address", "open_store"]

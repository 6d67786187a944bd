"""Puts a backup in the place of the database, when nobody works on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from eal_jira.store import copies, facts, leases
from eal_jira.store.database import Store, open_store
from eal_jira.store.engines import address


def restore(url: str, folder: Path, file: Path, password: Callable[[], str] | None = None) -> Path | None:
    """Returns where the old SQLite file lies now, None where there is none. Raises `StoreError`, `LeaseHeld`."""
    parsed = address(url, folder)
    if parsed.get_backend_name() == "sqlite":
        # the old file may be beyond opening, so it is the lock beside it that is asked for
        database = Path(str(parsed.database))
        with leases.lock_file(database):
            before = copies.restore(database, file)
        with closing(open_store(url, folder)) as store:
            _takes_over(store)
        return before
    with closing(open_store(url, folder, password)) as store, leases.holding(store, leases.CYCLE) as fence:
        copies.restore_rows(store.fenced(fence), file)
        _takes_over(store.fenced(fence))
    return None


def _takes_over(store: Store) -> None:
    """What was written to the tracker after the backup was written by ourselves."""
    with store.write() as connection:
        facts.forget_installations(connection)

"""One writer: a lease with a number that only goes up (docs/decisions/0005-leases.md).

On PostgreSQL a lease lasts some seconds and is renewed; the database's clock says when it is over. On SQLite the
holder has a lock on a file beside the database: the system takes it back from whoever dies, and a copied database
comes without it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from eal_jira.errors import EalError, LeaseHeld, StoreError
from eal_jira.store import tables as t
from eal_jira.store.database import Store
from eal_jira.store.fence import Fence, database_now, passing

log = structlog.get_logger()

CYCLE = "cycle"
"""The lease of whoever runs cycles and writes to the tracker."""

SECONDS = 20.0
"""How long a lease lasts without being renewed: a daemon that dies or freezes holds the others up no longer."""

PATIENCE = 3.0
"""Seconds that we wait for somebody who is just leaving."""

_LOOK = 0.2
_MICROSECONDS = 1_000_000


@contextmanager
def holding(store: Store, name: str, seconds: float = SECONDS, patience: float = PATIENCE) -> Iterator[Fence]:
    """The lease, renewed for as long as the block lasts. Raises `LeaseHeld`, which names who has it."""
    alone = lock_file(store.beside, patience) if store.embedded else nullcontext()
    with alone, _kept(store, name, seconds, patience) as fence:
        yield fence


def holder(store: Store, name: str) -> dict[str, Any] | None:
    """Who had the lease last, as far as anybody has had it."""
    with store.read() as connection:
        return connection.execute(select(t.leases.c.holder).where(t.leases.c.name == name)).scalar()


def ours(connection: Connection, name: str) -> bool:
    """Whether this process has the lease now."""
    lasts = or_(t.leases.c.until.is_(None), t.leases.c.until > database_now())
    had = connection.execute(select(t.leases.c.holder).where(t.leases.c.name == name, lasts)).scalar() or {}
    us = ourselves()
    return all(had.get(word) == us[word] for word in ("host", "pid"))


def ourselves() -> dict[str, Any]:
    return {"host": socket.gethostname(), "pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}


# --- SQLite: the lock file ------------------------------------------------------------------------------------


@contextmanager
def lock_file(database: Path, patience: float = PATIENCE) -> Iterator[None]:
    """The lock beside a SQLite file, whatever state that is in. Raises `LeaseHeld`."""
    file = database.with_name(f"{database.name}.lock")
    try:
        # not truncated: until the lock is ours, it says who has it
        opened = file.open("a+")
    except OSError as error:
        raise StoreError(
            f"The lock {file} can't be made ({error.strerror}).",
            remedy="Check that the folder of the database exists and may be written.",
        ) from error
    with opened:
        _until(lambda: _try_lock(opened.fileno()), patience, lambda: _held(str(database), _named_in(file), alone=True))
        opened.truncate(0)
        opened.write(json.dumps(ourselves()))
        opened.flush()
        # it is not removed at the end: another one may have opened it already
        yield


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _named_in(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except ValueError:
        return {}  # its holder is just writing it
    return found if isinstance(found, dict) else {}


# --- the row --------------------------------------------------------------------------------------------------


@contextmanager
def _kept(store: Store, name: str, seconds: float, patience: float) -> Iterator[Fence]:
    taken: list[Fence] = []

    def attempt() -> bool:
        taken.extend(_take(store, name, seconds))
        return bool(taken)

    _until(attempt, patience, lambda: _held(store.name, holder(store, name) or {}))
    fence = taken[0]
    if store.embedded:
        yield fence
        return
    over = threading.Event()
    keeper = threading.Thread(
        target=_renew_on_and_on, args=(store, fence, seconds, over), name=f"lease {name}", daemon=True
    )
    keeper.start()
    try:
        yield fence
    finally:
        over.set()
        keeper.join()
        _give_back(store, fence)


def _take(store: Store, name: str, seconds: float) -> list[Fence]:
    before = passing()
    until = None if store.embedded else _ends(seconds)
    insert = sqlite.insert if store.embedded else postgresql.insert
    ours = {"epoch": t.leases.c.epoch + 1, "holder": ourselves(), "until": until}
    statement = (
        insert(t.leases)
        .values(name=name, **{**ours, "epoch": 1})
        .on_conflict_do_update(
            index_elements=["name"],
            set_=ours,
            where=or_(t.leases.c.until.is_(None), t.leases.c.until <= database_now()),
        )
        .returning(t.leases.c.epoch)
    )
    with store.aside() as connection:
        epoch = connection.execute(statement).scalar()
    return [] if epoch is None else [Fence(name, epoch, None if store.embedded else before + seconds)]


def _renew_on_and_on(store: Store, fence: Fence, seconds: float, over: threading.Event) -> None:
    while not over.wait(seconds / 4):
        try:
            if not renew(store, fence, seconds):
                log.warning("the lease is over", lease=fence.lease, number=fence.epoch)
                return
        except EalError as error:
            # the stopwatch of the fence goes on: when it has run out, we write no more
            log.warning("the lease could not be renewed", lease=fence.lease, reason=str(error))


def renew(store: Store, fence: Fence, seconds: float) -> bool:
    """Another `seconds` from now. False when it was over already: then it stays so."""
    before = passing()
    with store.aside() as connection:
        renewed = connection.execute(
            update(t.leases).where(fence.condition()).values(until=_ends(seconds)).returning(t.leases.c.name)
        ).first()
    if renewed is None:
        fence.lost()
        return False
    # from before we asked: our stopwatch ends before the database's clock does
    fence.renewed(before + seconds)
    return True


def _give_back(store: Store, fence: Fence) -> None:
    ours = fence.condition()
    fence.lost()
    try:
        with store.aside() as connection:
            connection.execute(update(t.leases).where(ours).values(until=database_now()))
    except EalError as error:
        log.warning("the lease ends by itself", lease=fence.lease, reason=str(error))


def _ends(seconds: float) -> Any:
    return database_now() + int(seconds * _MICROSECONDS)


def _until(attempt: Callable[[], bool], patience: float, refused: Callable[[], LeaseHeld]) -> None:
    end = time.monotonic() + patience
    while not attempt():
        if time.monotonic() >= end:
            raise refused()
        time.sleep(min(_LOOK, patience))


def _held(database: str, by: dict[str, Any], *, alone: bool = False) -> LeaseHeld:
    who = f"process {by.get('pid', '?')} on {by.get('host', '?')}, since {by.get('since', '?')}"
    return LeaseHeld(
        f"Another eal-jira is at work on the database {database}: {who}.",
        refused="Nothing was started.",
        remedy="Stop that one first, or leave the work to it."
        + (" For several daemons at once, use PostgreSQL (store.url)." if alone else ""),
    )

"""The fencing number of a lease, as it travels with whoever works under it (docs/decisions/0005-leases.md)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from eal_jira.errors import LeaseLost
from eal_jira.store import tables as t


class database_now(FunctionElement[int]):  # noqa: N801 - reads like func.now()
    """The database's clock in whole microseconds since 1970 UTC: the one clock that all workers share."""

    inherit_cache = True
    type = BigInteger()


@compiles(database_now, "postgresql")
def _on_postgresql(_element: object, _compiler: object, **_kw: object) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


@compiles(database_now, "sqlite")
def _on_sqlite(_element: object, _compiler: object, **_kw: object) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


def passing() -> float:
    """Seconds that pass whatever anybody sets the clock to, and also while the machine sleeps, where it can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class Fence:
    """One holder's number. `check` asks our own stopwatch and costs nothing, `confirm` asks the database."""

    def __init__(self, lease: str, epoch: int, ends: float | None, clock: Callable[[], float] = passing) -> None:
        self.lease = lease
        self.epoch = epoch
        self._ends = ends
        self._clock = clock

    def renewed(self, ends: float) -> None:
        """It holds until the stopwatch shows `ends`."""
        self._ends = ends

    def lost(self) -> None:
        """The database told that it is over."""
        self._ends = float("-inf")

    @property
    def holds(self) -> bool:
        return self._ends is None or self._clock() < self._ends

    def check(self) -> None:
        """Raises `LeaseLost` when our time is over. To be asked right before whatever leaves the house."""
        if not self.holds:
            raise self.over()

    def confirm(self, connection: Connection) -> None:
        """Raises `LeaseLost` unless the database still gives the lease to us. At the start of a transaction."""
        self.check()
        if connection.execute(select(t.leases.c.name).where(self.condition())).first() is None:
            self.lost()
            raise self.over()

    def condition(self) -> Any:
        """True of the row of `leases` that makes us the holder now."""
        lasts = or_(t.leases.c.until.is_(None), t.leases.c.until > database_now())
        return and_(t.leases.c.name == self.lease, t.leases.c.epoch == self.epoch, lasts)

    def over(self) -> LeaseLost:
        return LeaseLost(
            f"The lease {self.lease!r} (number {self.epoch}) is over.",
            refused="Nothing more is written under it.",
            remedy="Whoever holds it now goes on; this one joins again by itself.",
        )

"""Who does which work when: the `Dispatcher` of the daemon, and the work there is to hand out.

The first, complete reading of a project takes hours and touches nothing else: each is a piece of its own. All later
readings share their requests, and the stages after them look at whole teams, so a cycle is one piece.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from eal_jira.assemble import apart
from eal_jira.cycle import Cycle, run_cycle, run_nudged
from eal_jira.daemon.attempts import Attempts
from eal_jira.daemon.due import next_due
from eal_jira.daemon.loop import Daemon
from eal_jira.stages.house import House
from eal_jira.stages.pull import nudged, read_first, unread
from eal_jira.store import leases

AT_ONCE = 4
"""First readings that go on side by side in one daemon on SQLite."""


class Dispatcher(Protocol):
    """Hands out work until it is stopped. `stop` and `wake` may be called from any thread or signal handler."""

    def run(self) -> None:
        """Returns when stopped, with the work under way finished."""
        ...

    def stop(self) -> None: ...

    def wake(self) -> None:
        """Webhooks have named issues."""
        ...


def dispatcher(work: Work) -> Dispatcher:
    """The one that fits the database: SQLite has one daemon, PostgreSQL any number."""
    store, run = work.house.store, work.house.settings.run
    if store.embedded:
        attempts = Attempts(run.every, work.house.settings.tracker.token.read)
        return Daemon(work.whole, run.every, work.short, work.due, attempts)
    from eal_jira.daemon.shared import SharedDaemon

    return SharedDaemon(work, store.dsn, run.every, run.lease, run.workers)


@dataclass(frozen=True, slots=True)
class Work:
    """The pieces of work of one house. `before` is called before each cycle."""

    house: House
    before: Callable[[], None] = lambda: None

    def unread(self) -> list[str]:
        """Scopes whose first reading is not complete: they come before the next cycle."""
        return unread(self.house)

    def whole(self) -> Cycle:
        """Everything, in this process: the first readings side by side, then a cycle. Under the lease of the house."""
        self.before()
        scopes = self.unread()
        if len(scopes) > 1:
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="first reading") as pool:
                list(pool.map(self._read_beside, scopes))
        return run_cycle(self.house)

    def short(self) -> Cycle | None:
        return run_nudged(self.house)

    def due(self, now: datetime) -> datetime | None:
        return next_due(self.house, now)

    def read(self, scope: str) -> None:
        """One first reading, under its own lease: nobody else reads this scope meanwhile."""
        with apart(self.house, f"read {scope}") as own:
            read_first(own, scope)

    def cycle(self) -> Cycle:
        """A cycle under the lease that lets one daemon at a time write to the tracker."""
        self.before()
        with apart(self.house, leases.CYCLE) as own:
            return run_cycle(own)

    def follow_nudges(self) -> Cycle | None:
        if not nudged(self.house):
            return None
        with apart(self.house, leases.CYCLE) as own:
            return run_nudged(own)

    def _read_beside(self, scope: str) -> None:
        with apart(self.house) as own:
            read_first(own, scope)

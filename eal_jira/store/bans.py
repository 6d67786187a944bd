"""Where the tracker or a place for pages has asked for patience, until when and why; so that a restart does not knock
again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from eal_jira.store import tables as t
from eal_jira.store.database import Store
from eal_jira.store.upsert import upsert

PAGES = "pages:"


@dataclass(frozen=True, slots=True)
class Ban:
    #: "" for the whole site, else an endpoint or an issue; "pages:NAME" for a place for pages
    what: str
    until: datetime
    #: the tracker's word for the limit that was met, "" when it gave none
    reason: str

    @property
    def pages(self) -> str:
        """The place for pages that it is about; "" where it is about the tracker."""
        return self.what.removeprefix(PAGES) if self.what.startswith(PAGES) else ""


def active(connection: Connection, now: datetime) -> list[Ban]:
    """Those that are not over at `now`, the longest first."""
    rows = connection.execute(select(t.bans).where(t.bans.c.until > now).order_by(t.bans.c.until.desc(), t.bans.c.what))
    return [Ban(row.what, row.until, row.reason) for row in rows]


def until(connection: Connection, what: str) -> datetime | None:
    return connection.execute(select(t.bans.c.until).where(t.bans.c.what == what)).scalar()


def put(connection: Connection, ban: Ban) -> None:
    """A ban that stands for the same is replaced: the tracker's newest word counts."""
    upsert(connection, t.bans, [asdict(ban)])


def clear_expired(connection: Connection, now: datetime) -> None:
    connection.execute(delete(t.bans).where(t.bans.c.until <= now))


class StoredPatience:
    """A `Patience` (the adapter contract's) in the store, each call in a transaction of its own.

    `pages`: the place for pages that it is about; "" for the tracker.
    """

    def __init__(
        self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, pages: str = ""
    ) -> None:
        self._store = store
        self._now = now
        self._of = f"{PAGES}{pages}" if pages else ""

    def until(self, what: str) -> datetime | None:
        with self._store.read() as connection:
            return until(connection, self._named(what))

    def ask(self, what: str, until: datetime, reason: str) -> None:
        with self._store.write() as connection:
            clear_expired(connection, self._now())
            put(connection, Ban(self._named(what), until, reason))

    def _named(self, what: str) -> str:
        return ":".join(part for part in (self._of, what) if part)

    def go(self) -> None:
        if self._store.fence is not None:
            self._store.fence.check()

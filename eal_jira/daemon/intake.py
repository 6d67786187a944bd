"""Takes webhook deliveries in: checked by their adapter, stored with what they name, and only then acknowledged."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool

from eal_jira.adapters import Adapters
from eal_jira.hookspecs import Delivery, Nudge
from eal_jira.store import Store, deliveries

STORE_TIME = 10.0
"""Seconds after which a sender is asked to try again rather than kept waiting."""

SECRET_AGE = 30.0
"""Seconds for which the secret is remembered: a replaced one counts soon, yet no flood of forgeries reads it often."""


class Intake:
    """The way in for one adapter's deliveries. `wake` is called when there is something new to read."""

    def __init__(
        self, adapter: str, adapters: Adapters, store: Store, secret: Callable[[], str], wake: Callable[[], None]
    ) -> None:
        self._adapter = adapter
        self._adapters = adapters
        self._store = store
        self._secret = Remembered(secret)
        self._wake = wake
        self._waiting: list[tuple[Nudge, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def take(self, delivery: Delivery) -> bool:
        """Returns when the delivery is stored; False when the adapter takes no webhooks.

        Raises `Forged`, and anything else when it could not be stored.
        """
        nudge = await run_in_threadpool(self._read, delivery)
        if nudge is None:
            return False
        async with asyncio.timeout(STORE_TIME):
            await self._stored(nudge)
        return True

    def _read(self, delivery: Delivery) -> Nudge | None:
        return self._adapters.nudge(self._adapter, delivery, self._secret())

    async def _stored(self, nudge: Nudge) -> None:
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((nudge, stored))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await stored

    async def _write(self) -> None:
        """What arrives while one transaction is written shares the next: a burst costs the disk no more than that."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await run_in_threadpool(self._commit, [nudge for nudge, _ in batch])
            except Exception as error:  # noqa: BLE001 - each sender is answered for it
                outcome: Exception | None = error
            else:
                outcome = None
            for _, stored in batch:
                if stored.done():
                    continue  # its sender was asked to try again, and will be recognised
                if outcome is None:
                    stored.set_result(None)
                else:
                    stored.set_exception(outcome)
        self._writing = None

    def _commit(self, nudges: Sequence[Nudge]) -> None:
        with self._store.write() as connection:
            news = deliveries.receive(connection, self._adapter, nudges, datetime.now(UTC))
        if news:
            self._wake()


class Remembered:
    """A secret, read again when it was last read more than `SECRET_AGE` ago. May be called from any thread."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._secret = b""
        self._until = 0.0

    def __call__(self) -> bytes:
        with self._lock:
            if time.monotonic() >= self._until:
                self._secret = self._read().encode()
                self._until = time.monotonic() + SECRET_AGE
            return self._secret

"""The dispatcher for any number of daemons on one PostgreSQL: procrastinate hands out the work.

A job's `lock` keeps two workers from the same project, its `queueing_lock` makes one job of a hundred wishes. What a
dead or frozen worker was doing is given to another as soon as its heartbeat is too old; its lease is over by then, so
that it writes nothing when it wakes (docs/decisions/0005-leases.md). Jobs hold nothing that could be lost: what there
is to do stands in the store.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.schema import SchemaManager

from eal_jira.cycle import Cycle
from eal_jira.daemon.attempts import Attempts
from eal_jira.daemon.dispatch import Work
from eal_jira.errors import ConfigError, LeaseHeld, LeaseLost

log = structlog.get_logger()

QUEUE = "eal-jira"
CYCLE = "cycle"
"""The lock of whatever runs a cycle, whole or short."""

AGAIN = 1.0
"""Seconds before the database is asked again after it gave no answer."""


class SharedDaemon:
    """One daemon of several. `dsn` is libpq's address of the database, asked for anew at each start."""

    def __init__(self, work: Work, dsn: Callable[[], str], every: float, lease: float, workers: int) -> None:
        self._work = work
        self._attempts = Attempts(every, work.house.settings.tracker.token.read)
        self._dsn = dsn
        self._every = every
        self._lease = lease
        self._workers = workers
        self._stopped = False
        self._failed: ConfigError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell = asyncio.Event()
        self._rung = False
        self._broken = False

    # --- from any thread --------------------------------------------------------------------------------------

    def stop(self) -> None:
        self._stopped = True
        self._ring()

    def wake(self) -> None:
        self._rung = True
        self._ring()

    def _ring(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._bell.set)

    # --- in the event loop ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Returns when stopped. A config that can't work raises: repeating it would not mend it."""
        for library in ("procrastinate", "psycopg.pool"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        asyncio.run(self._until_stopped())
        if self._failed is not None:
            raise self._failed
        log.info("stopped")

    async def _until_stopped(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(self._workers + 2, thread_name_prefix="work"))
        self._loop.set_exception_handler(self._note)
        while not self._stopped:
            try:
                await self._connected()
            except (ConnectorException, psycopg.Error, OSError) as error:
                log.warning("the database gives no answer", reason=str(error).splitlines()[0] if str(error) else "")
            if not self._stopped:
                await asyncio.sleep(AGAIN)
        self._loop = None

    async def _connected(self) -> None:
        """Works until stopped, or until the connection breaks."""
        self._broken = False
        dsn = self._dsn()
        schema = await asyncio.to_thread(prepare, dsn)
        options = f"-c search_path={schema}"
        app = App(connector=PsycopgConnector(conninfo=dsn, kwargs={"options": options}, min_size=1, max_size=4))
        tasks = self._tasks(app)
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._workers,
                    fetch_job_polling_interval=self._lease / 4,
                    update_heartbeat_interval=self._lease / 4,
                    stalled_worker_timeout=self._lease,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    install_signal_handlers=False,
                )
            )
            ticking = asyncio.create_task(self._tick_on_and_on(app, tasks))
            stopping = asyncio.create_task(self._stop_asked())
            done, _ = await asyncio.wait({worker, ticking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (ticking, stopping, worker):
                task.cancel()
            await asyncio.gather(ticking, stopping, worker, return_exceptions=True)
            for task in done - {stopping}:
                if not task.cancelled() and (error := task.exception()) is not None:
                    raise error

    async def _stop_asked(self) -> None:
        while not self._stopped and not self._broken:
            await asyncio.sleep(0.1)

    async def _tick_on_and_on(self, app: App, tasks: dict[str, Any]) -> None:
        while True:
            await self._tick(app, tasks)
            self._bell.clear()
            if not self._rung:
                try:
                    async with asyncio.timeout(min(self._lease / 4, self._every)):
                        await self._bell.wait()
                except TimeoutError:
                    pass

    async def _tick(self, app: App, tasks: dict[str, Any]) -> None:
        if self._rung:
            self._rung = False
            await wish(tasks["nudged"], queueing_lock="nudged", lock=CYCLE)
        for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._lease):
            log.warning("work of a worker that gives no sign is handed out again", job=stalled.task_name)
            try:
                await app.job_manager.retry_job(stalled)
            except UniqueViolation:
                # the same is waiting already
                await app.job_manager.finish_job(stalled, Status.ABORTED, delete_job=True)
        # the first daemon that sees the interval begin makes its job, whichever that is
        timestamp = int(time.time() // self._every * self._every)
        job = Job(
            id=None,
            queue=QUEUE,
            lock=CYCLE,
            queueing_lock=CYCLE,
            task_name=tasks["cycle"].name,
            task_kwargs={"timestamp": timestamp},
        )
        try:
            await app.job_manager.defer_periodic_job(job, periodic_id="", defer_timestamp=timestamp)
        except AlreadyEnqueued:
            return

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The end of a job could not be stored: it was given to another meanwhile, or the connection broke.

        It would count as being done for as long as its worker lives. So that worker ends, and a new one begins.
        """
        log.warning("something ended early", reason=context["message"], error=type(context.get("exception")).__name__)
        self._broken = True

    # --- the work ---------------------------------------------------------------------------------------------

    def _tasks(self, app: App) -> dict[str, Any]:
        @app.task(name="cycle", queue=QUEUE)
        async def cycle(timestamp: int) -> None:
            unread = await self._done(self._work.unread) or []
            for scope in unread:
                await wish(read, queueing_lock=f"read {scope}", lock=f"read {scope}", scope=scope)
            if not unread and not await self._once(self._work.cycle, "cycle"):
                await wish(cycle, queueing_lock=CYCLE, lock=CYCLE, timestamp=timestamp)

        @app.task(name="nudged", queue=QUEUE)
        async def nudged() -> None:
            if not await self._once(self._work.follow_nudges, "nudged"):
                await wish(nudged, queueing_lock="nudged", lock=CYCLE)

        @app.task(name="read", queue=QUEUE)
        async def read(scope: str) -> None:
            def reading() -> None:
                self._work.read(scope)

            if not await self._once(reading, "first reading"):
                await wish(read, queueing_lock=f"read {scope}", lock=f"read {scope}", scope=scope)
            elif await self._done(self._work.unread) == []:
                await wish(cycle, queueing_lock=CYCLE, lock=CYCLE, timestamp=int(time.time()))

        return {"cycle": cycle, "nudged": nudged, "read": read}

    async def _once(self, piece: Callable[[], Cycle | None], job: str) -> bool:
        """False when the lease is held: whoever did it before is dead or frozen, and its time is not over yet."""
        try:
            await asyncio.to_thread(self._guarded, piece, job)
        except LeaseHeld:
            if not self._stopped:
                await asyncio.sleep(self._lease / 8)
            return False
        return True

    async def _done(self, question: Callable[[], list[str]]) -> list[str] | None:
        """The answer; None when it could not be had, which is in the log then."""
        answers: list[list[str]] = []
        await self._once(lambda: answers.append(question()), "question")
        return answers[0] if answers else None

    def _guarded(self, piece: Callable[[], Cycle | None], job: str) -> None:
        try:
            self._attempts.once(piece, job)
        except LeaseLost as error:
            log.warning("our lease was over before the work was done", reason=str(error))
        except ConfigError as error:
            self._failed = error
            self.stop()


async def wish(task: Any, *, queueing_lock: str, lock: str, **given: Any) -> None:
    """One job for it, however often it is wished for before it begins."""
    try:
        await task.configure(queueing_lock=queueing_lock, lock=lock).defer_async(**given)
    except AlreadyEnqueued:
        return


def prepare(dsn: str) -> str:
    """Makes procrastinate's tables where they are missing. The name of the schema that they are in.

    Each version of them has a schema of its own: jobs hold nothing that could be lost, so nothing needs migrating.
    """
    script = SchemaManager.get_schema()
    name = f"eal_jobs_{hashlib.sha256(script.encode()).hexdigest()[:8]}"
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
        there = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name]).fetchone()
        if there is None:
            # the name is made of hexadecimal digits, the script comes with the library
            connection.execute(f"CREATE SCHEMA {name}".encode())
            connection.execute(f"SET LOCAL search_path = {name}".encode())
            connection.execute(script)
    return name

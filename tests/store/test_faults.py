"""The database's bad days: killed while it migrates, no room on the disk, bytes that change by themselves.

Short here; `make store-faults` runs all of it.
"""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.types import BigInteger

from eal_jira.errors import StoreError, StoreUnavailable
from eal_jira.model import Capabilities
from eal_jira.outbox.deliver import Outbox
from eal_jira.store import Store, copies, facts, health, intents, open_store, restoring
from eal_jira.store.engines import address, engines
from eal_jira.store.migrating import head, version
from eal_jira.store.tables import Moment, metadata

WHOLE = "EAL_TEST_STORE_FAULTS" in os.environ
NOW = datetime(2026, 1, 1, tzinfo=UTC)


# --- migrations -------------------------------------------------------------------------------------------------


def differences(store: Store) -> list[Any]:
    def same_type(_context: object, _db: object, _meta: object, db_type: object, meta_type: object) -> bool | None:
        return False if isinstance(meta_type, Moment) and isinstance(db_type, BigInteger) else None

    with store.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        return compare_metadata(context, metadata)


@pytest.mark.timeout(3600)
def test_a_migration_killed_anywhere_leaves_the_old_schema_or_the_new_one(
    store_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    first, step = (1, 1) if WHOLE else (random.randrange(2, 30), 30)
    url = f"sqlite:///{tmp_path}/n{{n}}.db"
    if store_kind == "postgresql":
        there = request.getfixturevalue("postgres")
        mark = f"kill{os.getpid()}x{random.randrange(10**6)}"
        for number in [0, *range(first, 400, step)]:
            there.ask(f"CREATE DATABASE {mark}_{number} TEMPLATE template0")
        url = there.url(f"{mark}_{{n}}")
    script = Path(__file__).with_name("upgrading.py")
    command = [sys.executable, str(script), url, str(first), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    total = int(done.stdout)
    assert total > 40
    for number in range(first, total + 1, step):
        left = url.replace("{n}", str(number))
        writer, reader = engines(address(left, tmp_path))
        with writer.begin() as connection:
            tables = inspect(connection).get_table_names()
            assert version(connection) in (None, head()), number
            assert tables == [] or version(connection) == head(), number
        for engine in (writer, reader):
            engine.dispose()
        with closing(open_store(left, tmp_path)) as store:
            assert differences(store) == [], number


def test_two_that_migrate_at_once_end_with_one_schema(new_store_url: Callable[[], str], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/fresh.db" if "sqlite" in new_store_url() else new_store_url()
    command = [sys.executable, "-c", "import sys; from eal_jira.store import open_store; open_store(sys.argv[1])", url]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    with closing(open_store(url, tmp_path)) as store:
        assert differences(store) == []


# --- no room ----------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store("sqlite:///eal.db", tmp_path)) as store:
        yield store


def put(store: Store, number: int) -> None:
    with store.write() as connection:
        facts.put(connection, f"key {number}", "x" * 3000)


def fill(store: Store) -> int:
    """How many were stored before there was no more room."""
    number = 0
    while True:
        try:
            put(store, number)
        except StoreUnavailable as error:
            if "no room" not in str(error):
                raise
            return number
        number += 1


def keys(store: Store) -> list[str]:
    with store.read() as connection:
        found = connection.execute(text("SELECT key FROM meta WHERE key LIKE 'key %' ORDER BY rowid"))
        return [row[0] for row in found]


@contextmanager
def pages_at_most(store: Store, more: int) -> Iterator[None]:
    """Room for so many more pages in the database."""

    def limit(pages: int) -> None:
        with store._writer.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with store.read() as connection:
        now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit(now + more)
    try:
        yield
    finally:
        limit(2**30)


@pytest.mark.parametrize("room", range(0, 50, 1 if WHOLE else 7))
def test_a_full_disk_is_a_clear_error_that_loses_nothing_and_passes_by_itself(small: Store, room: int) -> None:
    with pages_at_most(small, room):
        written = fill(small)
    assert small.trouble is not None
    assert len(keys(small)) == written
    with small.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    put(small, written)
    assert small.trouble is None
    assert len(keys(small)) == written + 1


def test_a_limit_on_the_size_of_files_is_the_same(small: Store) -> None:
    """What the system says then is another error than SQLite's own."""
    file = Path(str(small.url.database))
    wal = file.with_name(file.name + "-wal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 5000, hard))
    try:
        written = fill(small)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(keys(small)) == written
    put(small, written)
    assert len(keys(small)) == written + 1


# --- damage -----------------------------------------------------------------------------------------------------


class Tracker:
    """Notes what is written to it. There is nothing else to be asked about here."""

    def __init__(self) -> None:
        self.written: list[tuple[Any, ...]] = []

    capabilities = Capabilities()

    def side_by_side(self, act: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        return map(act, items)

    def find_comments(self, issue_id: str, marker: str) -> tuple[str, ...]:
        return ()

    def add_comment(self, issue_id: str, body: str, marker: str) -> str:
        self.written.append((issue_id, body, marker))
        return "1"


COMMENTS = {(str(n), f"What was learnt about {n}", f"c{n}") for n in range(60)}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that wants comments, half of it still in the WAL, and a backup from before."""
    folder = tmp_path_factory.mktemp("sound")
    store = open_store("sqlite:///work.db", folder)
    copies.backup(store, folder / "b.backup")
    with store.write() as connection:
        facts.meet_team(connection, "Team", NOW)
        facts.approve_plan(connection, ["Team"], NOW)
    for number, (issue, body, marker) in enumerate(sorted(COMMENTS)):
        payload = {"issue": issue, "ticket": None, "body": body, "marker": marker}
        with store.write() as connection:
            intents.want(connection, f"comment:{marker}", "Team", f"issue:{issue}", "comment", payload, NOW)
        if number == 30:
            with closing(sqlite3.connect(folder / "work.db")) as aside:
                aside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in ("work.db", "work.db-wal"):
        shutil.copy(folder / name, folder / f"kept-{name}")
    store.close()
    return folder


def flipped(sound: Path, folder: Path, draw: random.Random) -> str:
    for name in ("work.db", "work.db-wal"):
        shutil.copy(sound / f"kept-{name}", folder / name)
    file = folder / draw.choice(["work.db", "work.db-wal"])
    data = bytearray(file.read_bytes())
    # most of a database is unused room, in which nothing can go wrong
    place = draw.choice([at for at, byte in enumerate(data) if byte])
    data[place] ^= 1 << draw.randrange(8)
    file.write_bytes(data)
    return f"{file.name} at {place}"


def test_no_flipped_byte_ever_reaches_the_tracker(sound: Path, tmp_path: Path) -> None:
    """Either all goes on as it should, as far as it is stored, or nothing is sent and the backup can be restored."""
    seed = random.randrange(10**9)
    ends: Counter[str] = Counter()
    for number in range(100 if WHOLE else 25):
        folder = tmp_path / str(number)
        folder.mkdir()
        where = f"seed {seed}, number {number}: {flipped(sound, folder, random.Random(seed + number))}"
        tracker = Tracker()
        try:
            with closing(open_store("sqlite:///work.db", folder)) as store:
                health.require_whole(store)
                outbox = Outbox(store, tracker, {})  # type: ignore[arg-type]
                outbox.deliver(NOW)
                ends["went on"] += 1
        except StoreError as error:
            if not {"restore", "doctor"}.intersection(re.findall(r"\w+", error.remedy)):
                raise
            restoring.restore("sqlite:///work.db", folder, sound / "b.backup")
            with closing(open_store("sqlite:///work.db", folder)) as store:
                health.require_whole(store)
            ends["stopped"] += 1
        assert set(tracker.written) <= COMMENTS, where
        assert len(set(tracker.written)) == len(tracker.written), where
    assert ends["went on"] > 0
    assert ends["stopped"] > 0

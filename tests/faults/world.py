"""One world: a tracker, a folder, and a daemon that is killed again and again until its story is told.

The daemon is the real command line in a forked process (what it imports is warm already), the kill a real SIGKILL: by
the process itself at a named place, or by us at a moment that nobody chose.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from eal_jira import failpoints
from eal_jira.cli.main import run as command_line

from . import checker, scenario
from .tracker import Tracker

STOP_SECONDS = 10.0
"""A daemon that is asked to stop is gone by then."""

DAEMON_SECONDS = 2.5
"""So long the daemon runs, unless the kill comes before."""

WINDOW = timedelta(minutes=11)
"""Longer than an unknown outcome is waited out."""

CYCLES = 14
"""So many undisturbed cycles, a `WINDOW` apart, bring everything to rest, or it is stuck."""


@dataclass(frozen=True, slots=True)
class Kill:
    #: a place's name; "" for a moment
    point: str
    #: the how-manieth time the place is reached
    turn: int = 1
    #: seconds after the start, where there is no place
    after: float = 0.0

    def __str__(self) -> str:
        return f"{self.point}:{self.turn}" if self.point else f"{self.after:.3f} s after its start"


@dataclass(frozen=True, slots=True)
class Seen:
    """What an undisturbed round reaches, and how long it takes."""

    reached: Counter[str]
    seconds: float


@dataclass(slots=True)
class Told:
    """What became of one world."""

    seed: int
    flavour: str
    kills: list[Kill] = field(default_factory=list)
    #: kills that hit a daemon that was recovering from one
    deeper: int = 0
    #: per round with kills, from the restart to the end of the first whole cycle
    recoveries: list[float] = field(default_factory=list)
    #: from SIGTERM to the end
    stops: list[float] = field(default_factory=list)
    problems: list[checker.Problem] = field(default_factory=list)
    seconds: float = 0.0
    #: a copy of the database and of the truth, where something is wrong
    evidence: str = ""


Profile = Mapping[str, Seen]


def plan(seed: int, profile: Profile) -> dict[str, list[Kill]]:
    """The kills of each round, from the seed alone: neighbours among the seeds take neighbouring places."""
    rng = random.Random(seed)
    planned: dict[str, list[Kill]] = {}
    for number, round in enumerate(scenario.ROUNDS):
        seen = profile[round.name]
        names = sorted(seen.reached)
        random.Random(number).shuffle(names)
        kills = []
        for depth in range(rng.choice((1, 2, 2, 3))):
            if rng.random() < 0.2:
                kills.append(Kill("", after=rng.uniform(0.0, seen.seconds)))
                continue
            name = names[(seed * 3 + depth) % len(names)]
            turns = seen.reached[name]
            kills.append(Kill(name, rng.choice((1, rng.randint(1, turns))) if depth == 0 else 1))
        planned[round.name] = kills
    return planned


class World:
    def __init__(self, seed: int, folder: Path, flavour: str | None = None) -> None:
        self.told = Told(seed, flavour or ("cloud", "datacenter")[seed % 2])
        self._folder = folder
        self._tracker = Tracker(self.told.flavour, seed)
        self._port = _free_port()
        self._config = scenario.write_config(
            folder, self._tracker.url, self._tracker.user, self._tracker.token, self._port
        )

    def close(self) -> None:
        self._tracker.close()

    # --- the story ----------------------------------------------------------------------------------------------

    def profile(self) -> dict[str, Seen]:
        """The story undisturbed, with what each round reaches."""
        seen = {}
        for number, round in enumerate(scenario.ROUNDS):
            log = self._folder / f"reached-{number}"
            begin = time.monotonic()
            self._begin(number, round)
            self._attempt(round, number, log=log)
            seen[round.name] = Seen(Counter(log.read_text().splitlines()), time.monotonic() - begin)
            self._until_quiet()
        self._check()
        return seen

    def live(self, kills: Mapping[str, Sequence[Kill]]) -> Told:
        """The whole story with these kills; what is wrong at its end stands in the answer."""
        begin = time.monotonic()
        try:
            for number, round in enumerate(scenario.ROUNDS):
                self._begin(number, round)
                hit = 0
                for kill in kills[round.name]:
                    if self._attempt(round, number, kill):
                        self.told.kills.append(kill)
                        self.told.deeper += hit > 0
                        hit += 1
                self._until_quiet(recovering=hit > 0)
            self._check()
        except Unexpected as problem:
            self.told.problems.append(("stuck", str(problem)))
        self.told.seconds = time.monotonic() - begin
        return self.told

    def stopped(self, moments: Sequence[float]) -> Told:
        """The story with a daemon that is asked to stop at these moments (seconds after its start), round by round."""
        try:
            for number, after in enumerate(moments):
                number %= len(scenario.ROUNDS)
                round = scenario.ROUNDS[number]
                self._begin(number, round)
                if number == 0:
                    self._cycle("--approve")
                daemon = self._start(["run", "--config", str(self._config)])
                time.sleep(after)
                self._stop(daemon)
            self._until_quiet()
            self._check()
        except Unexpected as problem:
            self.told.problems.append(("stuck", str(problem)))
        return self.told

    def _begin(self, number: int, round: scenario.Round) -> None:
        (self._folder / "g.toml").write_text(round.guidelines)
        if round.command == "cycle":
            self._tracker.act(number)

    def _attempt(self, round: scenario.Round, number: int, kill: Kill | None = None, log: Path | None = None) -> bool:
        """One start of the daemon; whether the kill hit it."""
        arguments = ["--config", str(self._config)]
        if round.command == "run":
            return self._daemon_attempt(arguments, number, kill, log)
        process = self._start(["cycle", *arguments, *(["--approve"] if number == 0 else [])], kill, log)
        if kill is not None and not kill.point and not process.gone_within(kill.after):
            process.kill()
        return self._ended(process, kill)

    def _daemon_attempt(self, arguments: Sequence[str], number: int, kill: Kill | None, log: Path | None) -> bool:
        """The daemon with webhooks arriving; asked to stop when the kill did not hit it in time."""
        process = self._start(["run", *arguments], kill, log)
        self._tracker.webhook(f"http://127.0.0.1:{self._port}/webhooks/jira")
        try:
            if not process.gone_within(0.3):
                self._tracker.act(number)
            if kill is not None and not kill.point:
                if not process.gone_within(kill.after):
                    process.kill()
            elif not process.gone_within(DAEMON_SECONDS):
                # it may still meet its kill on the way out
                return self._stop(process, kill)
        finally:
            self._tracker.no_webhook()
        return self._ended(process, kill)

    def _ended(self, process: Process, kill: Kill | None) -> bool:
        code = process.code()
        if kill is not None and code == -signal.SIGKILL:
            return True
        if code != 0:
            raise Unexpected(f"eal-jira ended with {code} (kill: {kill}):\n{process.said()}")
        return False

    def _stop(self, process: Process, kill: Kill | None = None) -> bool:
        """Whether it was killed before it had stopped."""
        process.until_it_listens()
        begin = time.monotonic()
        process.signal(signal.SIGTERM)
        code = process.code(STOP_SECONDS)
        if kill is not None and code == -signal.SIGKILL:
            return True
        self.told.stops.append(time.monotonic() - begin)
        if code != 0:
            raise Unexpected(f"asked to stop, eal-jira ended with {code}:\n{process.said()}")
        return False

    def _cycle(self, *more: str) -> None:
        self._ended(self._start(["cycle", "--config", str(self._config), *more]), None)

    def _until_quiet(self, recovering: bool = False) -> None:
        for number in range(CYCLES):
            begin = time.monotonic()
            self._cycle("--approve")
            if recovering and number == 0:
                self.told.recoveries.append(time.monotonic() - begin)
            if not self._waiting():
                return
            self._tracker.advance(WINDOW)
        raise Unexpected(f"not at rest after {CYCLES} cycles: {self._waiting()}")

    def _waiting(self) -> list[tuple[str, ...]]:
        with sqlite3.connect(f"file:{self._database}?mode=ro", uri=True) as connection:
            return [
                *connection.execute("SELECT key, state FROM intents WHERE state != 'done'"),
                *connection.execute("SELECT stage, issue_id FROM work"),
            ]

    def _check(self) -> None:
        """Reads its own last writes, then writes nothing more; then the truth is held against the database."""
        self._tracker.advance(WINDOW)
        self._cycle()
        written = self._tracker.writes()
        self._tracker.advance(WINDOW)
        self._cycle()
        if (more := self._tracker.writes() - written) > 0:
            self.told.problems.append(("duplicate", f"{more} writes although nothing had happened"))
        truth = self._folder / "truth.json"
        self._tracker.dump(truth)
        self.told.problems += checker.check_files(truth, self._database, self._folder / "retros")

    @property
    def _database(self) -> Path:
        return self._folder / "eal.db"

    def _start(self, arguments: Sequence[str], kill: Kill | None = None, log: Path | None = None) -> Process:
        return Process(arguments, self._folder / "said", str(kill) if kill and kill.point else "", log)


class Unexpected(Exception):
    """The daemon did what it must not do."""


class Process:
    """The command line, forked off."""

    def __init__(self, arguments: Sequence[str], output: Path, point: str, log: Path | None) -> None:
        self._output = output
        self._code: int | None = None
        self._pid = os.fork()
        if self._pid == 0:
            _be_the_command(arguments, output, point, log)

    def signal(self, number: int) -> None:
        os.kill(self._pid, number)

    def until_it_listens(self) -> None:
        """Until it catches SIGTERM: before its first line has run, a program can only be ended by it, and has done
        nothing yet."""
        bit = 1 << (signal.SIGTERM - 1)
        while not self.gone_within(0):
            status = Path(f"/proc/{self._pid}/status")
            caught = next((line for line in status.read_text().splitlines() if line.startswith("SigCgt:")), "SigCgt: 0")
            if int(caught.split()[1], 16) & bit:
                return
            time.sleep(0.01)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    def gone_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= end:
                return False
            else:
                time.sleep(0.002)
        return True

    def code(self, seconds: float = 60.0) -> int:
        """How it ended. Negative: the signal."""
        if not self.gone_within(seconds):
            self.kill()
            self.gone_within(10)
            raise Unexpected(f"eal-jira was not done within {seconds:.0f} s:\n{self.said()}")
        assert self._code is not None
        return self._code

    def said(self) -> str:
        return self._output.read_text(errors="replace")[-3000:]


def _be_the_command(arguments: Sequence[str], output: Path, point: str, log: Path | None) -> None:
    """Never returns."""
    code = 70
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        failpoints.arm(point, "" if log is None else str(log))
        sys.argv = ["eal-jira", *arguments]
        try:
            command_line()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - this process ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@contextmanager
def world(seed: int, flavour: str | None = None) -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="eal-kills-"))
    opened = World(seed, folder, flavour)
    try:
        yield opened
        if opened.told.problems:
            opened.told.evidence = shutil.copytree(folder, tempfile.mkdtemp(prefix="eal-evidence-"), dirs_exist_ok=True)
    finally:
        opened.close()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])

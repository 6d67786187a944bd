"""Seeds the bugs of `mutants.toml`, one at a time, and sees to it that the tests named beside each catch it.

    python tests/mutants.py [WORD …]      all of them, or those whose name or trap holds one of the words

Works on copies of the tree, never on the tree itself. Exit code 1 when a mutant survives, when its source text does
not stand exactly once in its file any more, or when its tests do not pass without it.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests" / "mutants.toml"
WORKERS = 2
TEST_SECONDS = 60
"""For one test: a bug may make it hang."""

RUN_SECONDS = 240
UNHARMED_SECONDS = 1800
"""For all tests together, with no bug in them."""

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "demo", "retros", "*.db*")

PASSED, FAILED = 0, 1
"""pytest's exit codes; any other says that the tests could not be run."""


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    #: "trap 7", or the promise that it would break
    guards: str
    #: path from the root
    file: str
    #: text that stands exactly once in the file
    find: str
    replace: str
    #: pytest node ids; one failing test catches it
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """Raises `ValueError` when the source text does not stand exactly once in `text`."""
        if (count := text.count(self.find)) != 1:
            raise ValueError(f"its source text stands {count} times in {self.file}")
        return text.replace(self.find, self.replace)


@dataclass(frozen=True, slots=True)
class Verdict:
    mutant: Mutant
    seconds: float
    #: empty when it was caught
    problem: str


class Copy:
    """A copy of the tree, in which the tests run as they would in the tree."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._moment = int(time.time())
        for name in ("eal_jira", "plugins", "templates", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
        for name in ("pyproject.toml", "config.example.toml"):
            shutil.copy2(ROOT / name, folder / name)

    def run(self, tests: Iterable[str], seconds: float = RUN_SECONDS) -> tuple[int, str]:
        """pytest's exit code and what it printed."""
        options = ["-x", "-q", "--no-header", "--tb=line", "-p", "no:randomly", f"--timeout={TEST_SECONDS}"]
        # before the installed packages, which lead to the tree itself
        paths = os.pathsep.join([str(self._folder), str(self._folder / "plugins")])
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *options, *tests],
                cwd=self._folder,
                env={**os.environ, "PYTHONPATH": paths},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return -1, f"not done within {seconds} s"
        return done.returncode, done.stdout

    def judge(self, mutant: Mutant) -> Verdict:
        began = time.monotonic()
        file = self._folder / mutant.file
        text = file.read_text("utf-8")
        self._write(file, mutant.applied(text))
        try:
            code, printed = self.run(mutant.tests)
        finally:
            self._write(file, text)
        problem = {PASSED: "SURVIVED: its tests pass", FAILED: ""}.get(
            code, f"its tests could not be run: {printed[-600:]}"
        )
        return Verdict(mutant, time.monotonic() - began, problem)

    def _write(self, file: Path, text: str) -> None:
        """Each time a second later: bytecode is known to be stale by whole seconds."""
        file.write_text(text, "utf-8")
        self._moment += 1
        os.utime(file, (self._moment, self._moment))


def mutants() -> list[Mutant]:
    listed = tomllib.loads(LIST.read_text("utf-8"))["mutant"]
    return [Mutant(**{**each, "tests": tuple(each["tests"])}) for each in listed]


def rotten(listed: Iterable[Mutant]) -> list[str]:
    """What is wrong with those whose source text does not stand exactly once in its file."""
    found = []
    for mutant in listed:
        try:
            mutant.applied((ROOT / mutant.file).read_text("utf-8"))
        except (OSError, ValueError) as error:
            found.append(f"{mutant.name}: {error}")
    return found


def judged(listed: Sequence[Mutant]) -> list[Verdict]:
    """Raises `ValueError` when tests fail that no bug was seeded for."""
    tests = sorted({test for mutant in listed for test in mutant.tests})
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in pool.map(lambda number: Copy(Path(folder) / str(number)), range(WORKERS)):
            copies.put(copy)

        def unharmed(some: Sequence[str]) -> None:
            copy = copies.get()
            code, printed = copy.run(some, UNHARMED_SECONDS) if some else (PASSED, "")
            copies.put(copy)
            if code != PASSED:
                raise ValueError(f"Without any seeded bug the tests do not pass:\n{printed[-3000:]}")

        def judge(mutant: Mutant) -> Verdict:
            copy = copies.get()
            try:
                return copy.judge(mutant)
            finally:
                copies.put(copy)

        list(pool.map(unharmed, [tests[number::WORKERS] for number in range(WORKERS)]))
        return list(pool.map(judge, listed))


def main(words: Sequence[str]) -> int:
    console = Console(highlight=False, width=120)
    listed = [m for m in mutants() if not words or any(word in f"{m.name} {m.guards}" for word in words)]
    if problems := rotten(listed):
        console.print("\n".join([*problems, "Write these entries of tests/mutants.toml anew."]), markup=False)
        return 1
    began = time.monotonic()
    try:
        verdicts = judged(listed)
    except ValueError as error:
        console.print(str(error), markup=False)
        return 1
    table = Table("guards", "seeded bug", "seconds", "outcome")
    for verdict in verdicts:
        outcome = verdict.problem or "caught"
        table.add_row(verdict.mutant.guards, verdict.mutant.name, f"{verdict.seconds:.1f}", outcome)
    survived = sum(bool(verdict.problem) for verdict in verdicts)
    console.print(table)
    console.print(f"{len(verdicts) - survived} of {len(verdicts)} caught in {time.monotonic() - began:.0f} s.")
    return 1 if survived or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

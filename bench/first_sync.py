"""First sync of a large project, in turn and on one sandbox: a bare floor, the plain client loop, a loop that asks for
each issue, and ours.

    make bench                 10,000 issues, without latency and with 50 ms a request, 8 connections
    python -m bench.first_sync --issues 2000 --latency 0

Each contender runs in a process of its own against a sandbox in another, so CPU and memory are the contender's alone.
What counts are the ratios inside one run: machines differ and are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from bench.contenders import CONNECTIONS, CONTENDERS, SAMPLE
from bench.site import serve

SLOW = 0.05
HEADER = ("seconds", "CPU s", "MiB", "requests/1,000", "issues/s", "wall ×", "CPU ×")


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender took; for all issues, where it read a sample."""

    seconds: float
    cpu: float
    mib: float
    #: per thousand issues
    requests: float


@dataclass(frozen=True, slots=True)
class Goal:
    what: str
    value: float
    #: "at most" or "at least"
    kind: str
    goal: float

    def __str__(self) -> str:
        met = self.value <= self.goal if self.kind == "at most" else self.value >= self.goal
        return f"  {self.what:44}{self.value:8.2f}   goal: {self.kind} {self.goal:g}{'' if met else '   NOT MET'}"


class Sandbox:
    """A site in a process of its own."""

    def __init__(self, server: subprocess.Popen[str], count: int) -> None:
        self._asking, self._telling = cast(IO[str], server.stdin), cast(IO[str], server.stdout)
        self._where = self._telling.readline()
        self._asked = 0
        self.count = count

    def measure(self, name: str) -> Result:
        """Lets a contender read the site, in a process of its own too."""
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "bench.first_sync", "--contender", name, "--folder", folder]
            environment = {**os.environ, "BENCH_WHERE": self._where}
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
        got = json.loads(done.stdout)
        scale = self.count / got["issues"]
        return Result(got["seconds"] * scale, got["cpu"] * scale, got["mib"], self._requests() * 1000 / got["issues"])

    def _requests(self) -> int:
        """Requests since it was asked last."""
        self._asking.write("\n")
        self._asking.flush()
        total = int(self._telling.readline())
        asked, self._asked = total - self._asked, total
        return asked


@contextmanager
def sandbox(flavour: str, count: int, latency: float) -> Iterator[Sandbox]:
    command = [sys.executable, "-m", "bench.first_sync", "--serve", flavour, "--issues", str(count)]
    command += ["--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        yield Sandbox(server, count)
        server.terminate()


def contend(name: str, folder: Path) -> None:
    """In the contender's own process: reads, and tells what it took. Its imports and its new database count."""
    where = json.loads(os.environ["BENCH_WHERE"])
    started, cpu = time.monotonic(), time.process_time()
    issues = CONTENDERS[name](where, folder)
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(json.dumps({"seconds": seconds, "cpu": cpu, "mib": mib, "issues": issues}))


def cloud(count: int, latency: float) -> None:
    say(f"\nCloud, {count:,} issues, {latency * 1000:.0f} ms a request, {CONNECTIONS} connections")
    say(f"{'':14}" + "".join(f"{title:>16}" for title in HEADER))
    with sandbox("cloud", count, latency) as site:
        took: dict[str, Result] = {}
        for name in CONTENDERS:
            got = took[name] = site.measure(name)
            base = took["floor"]
            figures = (
                f"{got.seconds:.2f}",
                f"{got.cpu:.2f}",
                f"{got.mib:.0f}",
                f"{got.requests:.1f}",
                f"{count / got.seconds:.0f}",
                f"{got.seconds / base.seconds:.2f}",
                f"{got.cpu / base.cpu:.2f}",
            )
            say(f"{name + (' *' if name == 'per issue' else ''):14}" + "".join(f"{figure:>16}" for figure in figures))
    say(f"* one after the other; extrapolated from a sample of {SAMPLE} issues")
    ours, base = took["ours"], took["floor"]
    goals = [
        Goal("requests per 1,000 issues", ours.requests, "at most", 18),
        Goal("CPU time, times the floor's", ours.cpu / base.cpu, "at most", 2.5),
        Goal("peak memory, MiB", ours.mib, "at most", 150),
    ]
    if latency:
        goals += [
            Goal("time, times the floor's", ours.seconds / base.seconds, "at most", 2),
            Goal("times faster than the plain loop", took["plain loop"].seconds / ours.seconds, "at least", 2),
            Goal("times faster than asking for each issue", took["per issue"].seconds / ours.seconds, "at least", 40),
        ]
    for goal in goals:
        say(str(goal))


def datacenter(count: int) -> None:
    with sandbox("datacenter", count, 0.0) as site:
        got = site.measure("ours")
    say(f"\nData Center, {count:,} issues, no latency: {got.seconds:.2f} s, {got.cpu:.2f} s CPU")
    say(str(Goal("requests per 1,000 issues", got.requests, "at most", 10.5)))
    say(str(Goal("peak memory, MiB", got.mib, "at most", 150)))


def growth(count: int) -> None:
    """Peak memory must not follow the number of issues."""
    peaks = []
    for issues in (count // 4, count):
        with sandbox("cloud", issues, 0.0) as site:
            peaks.append(site.measure("ours").mib)
    say(f"\nPeak memory of ours: {peaks[0]:.0f} MiB for {count // 4:,} issues, {peaks[1]:.0f} MiB for {count:,}")
    say(str(Goal("times, for 4 times the issues", peaks[1] / peaks[0], "at most", 1.1)))


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=None)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.issues, given.latency or 0.0)
    elif given.contender:
        contend(given.contender, given.folder)
    else:
        for latency in (0.0, SLOW) if given.latency is None else (given.latency,):
            cloud(given.issues, latency)
        datacenter(given.issues)
        growth(given.issues)


if __name__ == "__main__":
    main()

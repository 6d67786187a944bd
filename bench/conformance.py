"""Checking 100,000 traces of about eight events: our rules beside pm4py, in one run on one core, in CPU time.

    python -m bench.conformance [--traces N]

Sequence rules: ten DECLARE constraints, ours through the judge (versions, names, events and all), pm4py's through
`conformance_declare`, its log a ready data frame. Time rules: three limits in working time beside pm4py's temporal
profile, on a quarter of the traces. Without .venv-oracles (`make oracles`) only ours are measured.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from eal_jira.model import Category, Event, Issue, Status, Stay, Trace, Vocabulary
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import OFFICE_HOURS
from eal_jira.process.judge import Judge
from eal_jira.process.rules import rule_kinds
from eal_jira.process.versions import ALWAYS, GuidelineVersion

ROOT = Path(__file__).parents[1]
ORACLE = ROOT / ".venv-oracles" / "bin" / "python"
SAYS = ROOT / "tests" / "oracles" / "pm4py_says.py"
BLOCK = 5_000
TIMED = 4
"""pm4py's temporal profile gets one trace of so many: on all of them it takes many minutes, and fewer a second."""

NEXT: Mapping[str, Mapping[str, int]] = {
    "Open": {"Ready": 30, "In Progress": 1, "Blocked": 1, "Done": 1},
    "Ready": {"In Progress": 30, "Open": 5},
    "In Progress": {"In Review": 30, "Blocked": 2, "Testing": 1, "Ready": 3},
    "Blocked": {"In Progress": 3, "Open": 1},
    "In Review": {"Testing": 30, "In Progress": 10, "Done": 1},
    "Testing": {"Released": 30, "In Progress": 5, "Blocked": 1},
    "Released": {"Done": 30, "In Progress": 1},
    "Done": {},
}
"""What follows a status, and how often."""
WORDS = Vocabulary(
    {
        name: Status(name, name, Category.DONE if name == "Done" else Category.DOING if i else Category.TODO)
        for i, name in enumerate(NEXT)
    },
    {},
)
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)

_WANTED: tuple[tuple[str, ...], ...] = (
    ("precedence", "Ready", "In Progress"),
    ("precedence", "In Progress", "In Review"),
    ("precedence", "In Review", "Released"),
    ("precedence", "Testing", "Done"),
    ("absence", "Blocked"),
    ("response", "Ready", "In Progress"),
    ("response", "In Review", "Released"),
    ("succession", "Testing", "Released"),
    ("succession", "Open", "Done"),
    ("not_coexistence", "Blocked", "Released"),
    # these stand in where a kind is not built
    ("precedence", "Open", "Ready"),
    ("precedence", "In Progress", "Testing"),
    ("precedence", "In Review", "Testing"),
    ("precedence", "Testing", "Released"),
    ("precedence", "Released", "Done"),
)
CONSTRAINTS = tuple(wanted for wanted in _WANTED if wanted[0] in rule_kinds)[:10]


def _rule(kind: str, *statuses: str) -> Mapping[str, Any]:
    """Our rule: a kind's required options are its statuses, in DECLARE's order."""
    required = [info.alias or name for name, info in rule_kinds[kind].model_fields.items() if info.is_required()]
    return {"kind": kind, **dict(zip(required, statuses, strict=True))}


SEQUENCES = tuple(_rule(*constraint) for constraint in CONSTRAINTS)
TIMES: tuple[Mapping[str, Any], ...] = (
    {"kind": "time_limit", "status": "In Review", "at_most": "2 working days"},
    {"kind": "time_limit", "status": "In Progress", "at_most": "5 working days"},
    {"kind": "time_limit", "from": "Open", "to": "Done", "at_most": "30 working days"},
)


def paths(count: int) -> Iterator[tuple[list[str], list[int]]]:
    """Ways through the workflow, with the minute of each step."""
    dice = random.Random(5)  # noqa: S311 - a made-up history
    for _ in range(count):
        path, minutes = ["Open"], [0]
        while (reached := NEXT[path[-1]]) and len(path) < 30:
            path.extend(dice.choices(list(reached), list(reached.values())))
            minutes.append(minutes[-1] + int(dice.lognormvariate(6.5, 1.5)) + 1)
        yield path, minutes


def trace_of(number: int, path: Sequence[str], minutes: Sequence[int]) -> Trace:
    begin = BEGIN + timedelta(minutes=number % 40_000)
    at = [begin + timedelta(minutes=minute) for minute in minutes]
    events = tuple(
        Event(seq, moment, "status" if seq else "created", path[seq - 1] if seq else None, status, None)
        for seq, (moment, status) in enumerate(zip(at, path, strict=True))
    )
    stays = tuple(Stay(*stay) for stay in zip(path, at, [*at[1:], None], strict=True))
    return Trace(Issue(str(number), f"B-{number}", "B", "Task", path[-1], "", begin, at[-1]), events, stays)


def judge_of(rules: Sequence[Mapping[str, Any]]) -> Judge:
    versions = [
        GuidelineVersion(f"g{number}", 1, ALWAYS, "A guideline", "For the bench", "Made up", rule)
        for number, rule in enumerate(rules)
    ]
    return Judge(versions, JudgeContext(WORDS, OFFICE_HOURS, NOW, "Bench", ALWAYS))


@dataclass(slots=True)
class Measured:
    sequence_seconds: float = 0.0
    timed_seconds: float = 0.0
    #: how many traces departed from a sequence rule
    departing: int = 0
    #: unfinished traces without a departure: pm4py takes a response that may still come for one that is missing
    may_still_come: int = 0
    events: int = 0
    variants: set[tuple[str, ...]] = field(default_factory=set)


def ours(count: int) -> Measured:
    """CPU seconds of the judging alone. Traces are made in blocks and judged block by block, as the product does."""
    sequences, times, told = judge_of(SEQUENCES), judge_of(TIMES), Measured()
    numbered = enumerate(paths(count))
    while block := [(trace_of(number, *one), tuple(one[0])) for number, one in islice(numbered, BLOCK)]:
        told.events += sum(len(path) for _, path in block)
        told.variants.update(path for _, path in block)
        started = time.process_time()
        departing = [bool(sequences(trace).deviations) for trace, _ in block]
        between = time.process_time()
        for trace, _ in block:
            times(trace)
        told.departing += sum(departing)
        told.may_still_come += sum(
            not departs and path[-1] != "Done" for departs, (_, path) in zip(departing, block, strict=True)
        )
        told.sequence_seconds += between - started
        told.timed_seconds += time.process_time() - between
    return told


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--traces", type=int, default=100_000)
    count = options.parse_args().traces
    told = ours(count)
    # before anything is made for the other one
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(  # noqa: T201
        f"{count:,} traces, {told.events / count:.1f} events each, {len(told.variants):,} different ways\n"
    )
    theirs = _pm4py(list(paths(count)), count // TIMED)
    rows = [
        ("10 sequence rules", count / told.sequence_seconds, theirs and count / theirs["declare_seconds"], 1.0),
        ("time rules", count / told.timed_seconds, theirs and (count // TIMED) / theirs["temporal_seconds"], 20.0),
    ]
    print(f"{'traces a second':20} {'ours':>10} {'pm4py':>10} {'ratio':>8}   target")  # noqa: T201
    for name, mine, other, target in rows:
        beside = f"{other:>10,.0f} {mine / other:>7.1f}x" if other else f"{'not here':>10} {'':>8}"
        print(f"{name:20} {mine:>10,.0f} {beside}   >= {target:g}x")  # noqa: T201
    print(f"\npeak memory of ours: {peak:,.0f} MiB, target <= 300")  # noqa: T201
    if theirs:
        more = theirs["departing"] - told.departing
        print(  # noqa: T201
            f"pm4py {theirs['version']}; {told.departing:,} traces depart by ours, {theirs['departing']:,} by its "
            f"verdicts; in {told.may_still_come:,} unfinished ones what it misses may still come"
        )
        if not 0 <= more <= told.may_still_come:
            raise SystemExit("the two differ in more than that")


def _pm4py(walked: Sequence[tuple[list[str], list[int]]], timed: int) -> dict[str, Any] | None:
    if not ORACLE.exists():
        return None
    question = {
        "ask": "speed",
        "traces": [path for path, _ in walked],
        "minutes": [minutes for _, minutes in walked],
        "constraints": CONSTRAINTS,
        "timed": timed,
    }
    done = subprocess.run(  # noqa: S603 - our own script
        [ORACLE, SAYS],
        input=json.dumps(question),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()

"""How fast work is judged: 100,000 traces of about eight events by ten mixed guidelines, and 20 changed among them.

    python -m bench.judging --traces 100000

Traces are made in blocks and judged block by block, on one core. What is timed is the judging alone, in CPU time: what
each trace adds for the rule across issues, the levels of all of them, and every verdict. The second part fills a store
with as many issues, changes 20 of them, and times the whole stage `check`, reading and writing the store included.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

from eal_jira.assemble import assembled
from eal_jira.model import Actor, Category, Change, Field, Interval, Issue, IssueRecord, Status, Trace, Vocabulary
from eal_jira.process.among import Among
from eal_jira.process.calendar import WorkingCalendar
from eal_jira.process.context import JudgeContext
from eal_jira.process.guidelines import parse_guidelines
from eal_jira.process.judge import Judge
from eal_jira.process.log import build_trace
from eal_jira.settings import load_settings
from eal_jira.stages.check import check
from eal_jira.stages.house import House
from eal_jira.stages.log import log
from eal_jira.store import issues, process, work
from eal_jira.store.content import content_hash

BEGIN = datetime(2023, 1, 2, 9, tzinfo=UTC)
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
BLOCK = 5_000
STATUSES = ("Backlog", "Ready", "In Progress", "Blocked", "In Review", "Testing", "Done")
WORDS = Vocabulary(
    {
        str(n): Status(str(n), name, Category.TODO if n < 2 else Category.DONE if name == "Done" else Category.DOING)
        for n, name in enumerate(STATUSES)
    },
    {"labels": Field("labels", "Labels", "list"), "points-1": Field("points-1", "Story Points", "points")},
)
USUAL = {0: (1,), 1: (2,), 2: (4,) * 9 + (3,), 3: (2,), 4: (5,) * 7 + (2,), 5: (6,) * 7 + (2,), 6: (2,)}
RULES = (
    '{ kind = "precedence", first = "In Review", then = "Done" }',
    '{ kind = "response", first = "In Review", then = "Testing" }',
    '{ kind = "not_coexistence", one = "Blocked", other = "Ready" }',
    '{ kind = "absence", status = "In Progress", at_most = 2 }',
    '{ kind = "allowed_transitions", from = { Backlog = ["Ready"], Ready = ["In Progress"], "In Progress" = '
    '["In Review"], "In Review" = ["Testing", "In Progress"], Testing = ["Done", "In Progress"], '
    'Blocked = ["In Progress"] }, anywhere_to = ["Blocked"] }',
    '{ kind = "time_limit", status = "In Review", at_most = "2 working days" }',
    '{ kind = "time_limit", from = "In Progress", to = "Done", at_most = "30 days" }',
    '{ kind = "required_fields", status = "In Progress", fields = ["Story Points"] }',
    '{ kind = "different_people", first = "In Progress", then = "Done" }',
    '{ kind = "wip_limit", statuses = ["In Review"], at_most = 400 }',
)
GUIDELINES = "".join(
    f'[[guideline]]\nid = "g{n}"\ntitle = "t"\npurpose = "p"\nsource = "s"\nrule = {rule}\n'
    + ('applies_to = { type = ["Story", "Bug"] }\n' if n % 2 else "")
    for n, rule in enumerate(RULES)
)


def history(number: int) -> tuple[Issue, list[Change]]:
    """One issue's life, the same for the same number: the usual way with detours, an edit in between."""
    draw = random.Random(number)  # noqa: S311 - a made-up history
    at = BEGIN + timedelta(minutes=15 * number % (60 * 24 * 1000))
    created, here, changes = at, 0, list[Change]()
    for step in range(14):
        at += timedelta(hours=draw.choice((1, 2, 3, 5, 8, 20)))
        who = Actor(f"a{draw.randrange(40)}")
        if step == 3:
            changes.append(Change(str(step), 0, at, who, "labels", None, None, None, "x"))
            continue
        if STATUSES[here] == "Done" and draw.random() < 0.97:
            break
        there = draw.choice(USUAL[here]) if draw.random() < 0.98 else draw.randrange(len(STATUSES))
        changes.append(Change(str(step), 0, at, who, "status", str(here), None, str(there), None))
        here = there
    kind, points = (
        draw.choice(("Story", "Bug", "Task")),
        draw.choice((1.0, 2.0, 3.0, 5.0, 8.0, 1.0, 2.0, 3.0, 5.0, None)),
    )
    issue = Issue(str(number), f"P-{number}", "P", kind, str(here), "x", created, at, points=points, labels=("x",))
    return issue, changes


def blocks(count: int) -> Iterator[list[Trace]]:
    for start in range(0, count, BLOCK):
        yield [build_trace(*history(number)) for number in range(start, min(count, start + BLOCK))]


def judge_all(count: int) -> None:
    calendar = WorkingCalendar(ZoneInfo("Europe/Berlin"), frozenset(range(5)), clock(9), clock(17))
    parsed = parse_guidelines(GUIDELINES, "bench", UTC)
    context = JudgeContext(WORDS, calendar, NOW, "Team", datetime(1970, 1, 1, tzinfo=UTC))
    judge = Judge(parsed.versions, context)
    if parsed.problems or judge.problems:
        raise SystemExit(f"the guidelines can't be used: {parsed.problems or judge.problems}")
    spent, events, added = 0.0, 0, dict[tuple[str, int], list[Interval]]()
    for traces in blocks(count):
        start = time.process_time()
        for trace in traces:
            for name, interval in judge.intervals(trace):
                added.setdefault(name, []).append(interval)
        spent += time.process_time() - start
        events += sum(len(trace.events) for trace in traces)
    start = time.process_time()
    among = {name: Among.of(intervals) for name, intervals in added.items()}
    spent += time.process_time() - start
    deviations = tagged = 0
    for traces in blocks(count):
        start = time.process_time()
        for trace in traces:
            found = len(judge(trace, among).deviations)
            deviations += found
            tagged += found > 0
        spent += time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(
        f"{count:,} traces, {events / count:.1f} events each, ten guidelines, one of them across issues: "
        f"{spent:.1f} s CPU, {count / spent:,.0f} traces a second"
    )
    say(f"{deviations:,} deviations in {tagged:,} issues, {len(judge._ways):,} different ways; peak {peak:.0f} MiB")


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - what a bench is for


CONFIG = """
[tracker]
adapter = "jira"
url = "http://127.0.0.1:9"
token = { env = "HOME" }
learning_project = "EAL"
[[teams]]
name = "Team"
projects = ["P"]
guidelines = "g.toml"
since = 2020-01-01
pages = ["jira"]
"""


def arrive(house: House, numbers: Sequence[int]) -> None:
    with house.store.write() as connection:
        records = [IssueRecord(issue, tuple(changes)) for issue, changes in map(history, numbers)]
        issues.save_records(connection, [(content_hash(record), record) for record in records])
        work.add(connection, "log", [str(number) for number in numbers])


def change_some(house: House, numbers: Sequence[int]) -> tuple[float, int, int]:
    """CPU seconds of the stage, issues it looked at, deviations it opened and closed."""
    with house.store.write() as connection:
        for number in numbers:
            issue, changes = history(number)
            here, there = issue.status, "4" if issue.status != "4" else "5"
            last = Change("99", 0, NOW - timedelta(hours=1), None, "status", here, None, there, None)
            moved = Issue(
                issue.id, issue.key, "P", issue.type, there, "x", issue.created, NOW, points=issue.points, labels=("x",)
            )
            record = IssueRecord(moved, (*changes, last))
            issues.save_records(connection, [(content_hash(record), record)])
        work.add(connection, "log", {str(number) for number in numbers})
    log(house, NOW)
    start = time.process_time()
    checked = check(house, NOW)
    return time.process_time() - start, checked.issues, checked.opened + checked.closed


def judge_changed(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "g.toml").write_text(GUIDELINES)
        (home / "eal-jira.toml").write_text(CONFIG)
        with assembled(load_settings(home / "eal-jira.toml")) as house:
            with house.store.write() as connection:
                issues.save_vocabulary(connection, WORDS)
            for start in range(0, count, BLOCK):
                arrive(house, range(start, min(count, start + BLOCK)))
                log(house, NOW)
            started = time.process_time()
            check(house, NOW)
            say(f"a store with {count:,} issues: first check {time.process_time() - started:.0f} s CPU")
            # as every cycle does at its end
            house.store.tidy()
            with house.store.read() as connection:
                say(f"{process.count_deviations(connection, 'Team'):,} deviations stand")
            # other issues each time: one that has moved has nothing more to say
            some = random.Random(count).sample(range(count - count // 50, count), 120)  # noqa: S311 - any of them
            for start in range(0, len(some), 20):
                took, looked, moved = change_some(house, some[start : start + 20])
                say(f"20 changed: {looked} looked at, {moved} deviations opened or closed, {took * 1000:.0f} ms CPU")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--traces", type=int, default=100_000)
    parser.add_argument("--no-store", action="store_true", help="leave out the second part")
    chosen = parser.parse_args()
    judge_all(chosen.traces)
    if not chosen.no_store:
        judge_changed(chosen.traces)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How often is a practice reported although nothing differs, and how often is one found that does better?

    python -m bench.practices [--teams 200]

Each team has two guidelines and three ways of departing from them, in issues of three types, two priorities, three
sizes and three components; it is looked at after every fifth issue of each way, as a cycle would.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.measures import Measures
from eal_jira.learning.practices import Applied, Look, detect
from eal_jira.model import Deviation

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
WAYS = (("review", "no review"), ("review", "late review"), ("testing", "no testing"))
TYPES, PRIORITIES = (("Story", 4.0), ("Bug", 2.0), ("Task", 1.5)), ("Medium", "High")
POINTS, COMPONENTS = (2.0, 3.0, 5.0), ("Web", "API", "Data")


@dataclass(frozen=True, slots=True)
class Told:
    """How many candidates were looked at, and how many were told to be better or worse at any look."""

    candidates: int
    reported: int
    better: int


def team(dice: np.random.Generator, each: int, rest: int, pace: float = 1.0) -> tuple[list[Measures], list[Deviation]]:
    """`each` issues of every way and `rest` that depart in none; the first way takes `pace` times as long."""
    issues, departures = [], []
    for number in range(each * len(WAYS) + rest):
        way = number // each if number < each * len(WAYS) else None
        kind, factor = TYPES[dice.choice(3, p=(0.5, 0.3, 0.2))]
        points = POINTS[dice.choice(3)]
        days = factor * points / 3 * float(np.exp(dice.normal(0, 0.9))) * (pace if way == 0 else 1.0)
        issues.append(_issue(number, days, kind, points, dice))
        if way is not None:
            departures.append(_departure(number, *WAYS[way]))
    return issues, departures


def looked_at(dice: np.random.Generator, each: int = 40, rest: int = 120, pace: float = 1.0) -> Told:
    """One team's life, looked at eight times."""
    issues, departures = team(dice, each, rest, pace)
    looks: dict[tuple[str, int, str], Look] = {}
    seen: set[tuple[str, str]] = set()
    told: dict[tuple[str, str], Verdict] = {}
    for share in np.arange(1, 9) / 8:
        known = {i.issue_id for i in issues if _place(int(i.issue_id), each, rest) <= share}
        so_far = [issue for issue in issues if issue.issue_id in known]
        about = [Applied(name, 1, name, frozenset(known)) for name in ("review", "testing")]
        for practice in detect("T", [d for d in departures if d.issue_id in known], so_far, about, looks=looks):
            looks[practice.guideline, 1, practice.subject] = Look(practice.look, len(practice.trial))
            seen.add((practice.guideline, practice.subject))
            if practice.told and practice.verdict is not Verdict.CANNOT_TELL:
                told[practice.guideline, practice.subject] = practice.verdict
    return Told(len(seen), len(told), sum(verdict is Verdict.BETTER for verdict in told.values()))


def many(teams: int, pace: float = 1.0, seed: int = 1) -> list[Told]:
    dice = np.random.default_rng(seed)
    return [looked_at(dice, pace=pace) for _ in range(teams)]


def _place(number: int, each: int, rest: int) -> float:
    """When an issue is there, as a share of the whole time."""
    return (number % each + 1) / each if number < each * len(WAYS) else (number - each * len(WAYS) + 1) / rest


def _issue(number: int, days: float, kind: str, points: float, dice: np.random.Generator) -> Measures:
    start, took = BEGIN + timedelta(hours=number), timedelta(days=days)
    return Measures(
        issue_id=str(number),
        key=f"T-{number}",
        type=kind,
        priority=PRIORITIES[dice.choice(2, p=(0.7, 0.3))],
        points=points,
        components=(COMPONENTS[dice.choice(3)],),
        labels=(),
        status="Done",
        created=start,
        started=start,
        finished=start + took,
        lead_time=took,
        cycle_time=took,
        time_per_status={},
        age_at_leaving={},
        waiting_time=timedelta(),
        flow_efficiency=None,
        rework=int(dice.poisson(0.3)),
        reopenings=0,
        handoffs=0,
    )


def _departure(number: int, guideline: str, signature: str) -> Deviation:
    at = BEGIN + timedelta(hours=number)
    return Deviation(f"{number}", "T", str(number), guideline, 1, at, (1,), signature, signature, "Why?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=200)
    teams = parser.parse_args().teams
    found = many(teams)
    candidates, reported = sum(t.candidates for t in found), sum(t.reported for t in found)
    print(f"No effect, {teams} teams: {reported} of {candidates} candidates reported ({reported / candidates:.1%});")  # noqa: T201
    print(f"  {sum(t.reported > 0 for t in found)} teams told of any (promised: at most 5 % of candidates)")  # noqa: T201
    half = many(teams // 4, pace=0.4)
    print(f"The median less than halved: found in {sum(t.better > 0 for t in half)} of {len(half)} teams")  # noqa: T201


if __name__ == "__main__":
    main()

"""Counts again what stands on a retro, from the tracker's raw JSON. Apart from the product: imports nothing of it.

    python tests/oracles/recount.py ISSUES.jsonl.gz STATUSES.json < question

The question is JSON: start, end (of the period: what happened later is not read), history (begin of the charts), zone,
waiting (status names), min_group. The answer is JSON: the figures and tables that the page should show, as it writes
them.
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

DAY = 86_400.0


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def life(issue: dict[str, Any], until: datetime) -> list[tuple[datetime, str]]:
    """(entered, status) from creation on and before `until`, read from the changelog alone."""
    moves = []
    for history in issue["changelog"]["histories"]:
        for item in history["items"]:
            if item["field"] == "status":
                moves.append((moment(history["created"]), int(history["id"]), item["fromString"], item["toString"]))
    moves.sort(key=lambda move: (move[0], move[1]))
    first = moves[0][2] if moves else issue["fields"]["status"]["name"]
    return [(moment(issue["fields"]["created"]), first), *((at, to) for at, _, _, to in moves if at < until)]


class Told:
    """One issue, counted by hand."""

    def __init__(self, issue: dict[str, Any], kind: dict[str, str], until: datetime) -> None:
        self.key = issue["key"]
        self.created = moment(issue["fields"]["created"])
        self.type = issue["fields"]["issuetype"]["name"]
        stays = life(issue, until)
        self.status = stays[-1][1]
        self.moves = list(
            zip([s for _, s in stays], [s for _, s in stays[1:]], [at for at, _ in stays[1:]], strict=False)
        )
        self.finished: datetime | None = None
        for at, status in reversed(stays):
            if kind[status] != "done":
                break
            self.finished = at
        end = self.finished or until
        self.spans = []
        for place, (at, status) in enumerate(stays):
            if self.finished and at >= self.finished and kind[status] == "done":
                break
            left = stays[place + 1][0] if place + 1 < len(stays) else end
            self.spans.append((status, at, left))
        self.started = next((at for status, at, _ in self.spans if kind[status] == "doing"), None)
        self.cycle = None if self.started is None else (end - self.started).total_seconds()

    def spent(self) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for status, begun, left in self.spans:
            found[status] += (left - begun).total_seconds()
        return found

    def efficiency(self, kind: dict[str, str], waiting: set[str]) -> float | None:
        if not self.cycle or self.started is None:
            return None
        idle = sum(
            (left - begun).total_seconds()
            for status, begun, left in self.spans
            if begun >= self.started and (status in waiting or kind[status] != "doing")
        )
        return 1 - idle / self.cycle


def at_rank(values: list[float], share: float) -> float:
    """The smallest value that at least this share is not above."""
    ordered = sorted(values)
    need = share * len(ordered)
    return ordered[max(0, -(-int(need * 1_000_000) // 1_000_000) - 1)]


def inclusive(values: list[float], percent: int) -> float:
    """Linear between the closest ranks."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def days(number: float) -> str:
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def few(count: int, least: int) -> str:
    return f"fewer than {least}" if 0 < count < least else f"{count:,}"


def midnights(first: date, last: datetime, zone: ZoneInfo, step: int) -> list[datetime]:
    found = []
    day = first
    while (at := datetime.combine(day, time(), zone)) <= last:
        found.append(at)
        day += timedelta(days=step)
    return found


def answer(issues: list[Told], kind: dict[str, str], ask: dict[str, Any]) -> dict[str, Any]:
    start, end, history = (moment(ask[name]) for name in ("start", "end", "history"))
    zone, least = ZoneInfo(ask["zone"]), ask["min_group"]
    within = [i for i in issues if i.finished and start <= i.finished < end]
    lately = [i for i in issues if i.finished and history <= i.finished < end and i.cycle is not None]
    times = [i.cycle for i in within if i.cycle is not None]
    shares = [s for i in within if (s := i.efficiency(kind, set(ask["waiting"]))) is not None]

    def running(at: datetime) -> int:
        return sum(i.started is not None and i.started <= at and not (i.finished and i.finished <= at) for i in issues)

    spent: dict[str, list[float]] = defaultdict(list)
    for issue in within:
        for status, seconds in issue.spent().items():
            if kind[status] != "done":
                spent[status].append(seconds / DAY)
    whole = sum(map(sum, spent.values()))
    local = history.astimezone(zone)
    monday = local.date() + timedelta(days=-local.weekday() % 7)
    weeks = midnights(monday, end, zone, 7)
    ends = midnights(local.date() + timedelta(days=1), end, zone, 1)
    chosen = ends[::-1][::7][::-1]
    rows = []
    for at in dict.fromkeys([ends[0], *chosen]):
        counted = [i for i in issues if i.created < end and not (i.finished and i.finished < history)]
        came = sum(i.created < at for i in counted)
        begun = sum((i.started or i.finished) is not None and (i.started or i.finished) < at for i in counted)
        done = sum(i.finished is not None and i.finished < at for i in counted)
        day = (at.astimezone(zone) - timedelta(microseconds=1)).date()
        rows.append([str(day), str(came), str(begun), str(done), few(begun - done, least)])
    per_day = Counter((i.finished.astimezone(zone) - timedelta()).date() for i in issues if i.finished)
    return {
        "finished": len(within),
        "under_way": [running(end), running(start)],
        "half": inclusive(times, 50) / DAY,
        "most": inclusive(times, 85) / DAY,
        "not_waiting": sum(shares) / len(shares),
        "cycle-time": sorted([i.key, str(i.finished.astimezone(zone).date()), f"{i.cycle / DAY:.1f}"] for i in lately),
        "throughput": [
            [str(a.date()), few(sum(i.finished is not None and a <= i.finished < b for i in issues), least)]
            for a, b in itertools.pairwise(weeks)
        ],
        "cumulative-flow": rows,
        "time-per-status": {
            status: [
                str(len(took)),
                f"{sum(took) / whole:.0%}".replace("%", " %"),
                days(at_rank(took, 0.5)),
                days(at_rank(took, 0.85)),
            ]
            for status, took in spent.items()
            if len(took) >= least
        },
        "ageing-wip": sorted(
            [i.key, i.status, f"{(end - i.started).total_seconds() / DAY:.1f}"]
            for i in issues
            if i.finished is None and i.started is not None and kind[i.status] == "doing"
        ),
        "moves": {
            f"{a} → {b}": len({i.key for i in issues for x, y, at in i.moves if (x, y) == (a, b) and start <= at < end})
            for a, b in ask["moves"]
        },
        "most_on_a_day": max(per_day.values()),
    }


def main() -> None:
    kinds = {"new": "todo", "indeterminate": "doing", "done": "done"}
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as opened:
        raw = [json.loads(line) for line in opened]
    kind = {s["name"]: kinds[s["statusCategory"]["key"]] for s in json.loads(Path(sys.argv[2]).read_text())}
    ask = json.load(sys.stdin)
    end = moment(ask["end"])
    there = [issue for issue in raw if moment(issue["fields"]["created"]) < end]
    json.dump(answer([Told(issue, kind, end) for issue in there], kind, ask), sys.stdout)


if __name__ == "__main__":
    main()

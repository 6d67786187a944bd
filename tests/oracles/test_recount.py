"""The numbers on a retro of real work are the ones that a script apart from the product counts from the raw JSON."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.documents.words import number, percent
from tests.cycle.conftest import Bench, OpenBench, answers, bench, lines  # noqa: F401 - the fixture
from tests.cycle.test_real_data import workflow

RECOUNT = Path(__file__).with_name("recount.py")
WAITING = ["Blocked", "Waiting for info", "Pending publication"]
LEFT_OUT = ("Report Under Review", "Pre-Approved")
ASKED = {
    "start": "2025-09-01T00:00:00-04:00",
    "end": "2025-12-01T00:00:00-05:00",
    "history": "2025-09-01T00:00:00-04:00",
    "zone": "America/New_York",
    "waiting": WAITING,
    "min_group": 5,
    "moves": [LEFT_OUT],
}
TEAM = f"""projects = ["AEAREP"]
guidelines = "g.toml"
since = 2020-01-01
retro = "0 0 1 3,6,9,12 *"
time_zone = "America/New_York"
waiting = {json.dumps(WAITING)}
"""


def test_a_retro_of_three_months_says_what_counting_by_hand_says(bench: OpenBench, shared: Path) -> None:  # noqa: F811
    folder = shared / "data" / "aea-verification"
    with bench("cloud", TEAM) as b:
        page = written(b, folder)
    told = subprocess.run(
        [sys.executable, RECOUNT, folder / "issues.jsonl.gz", folder / "statuses.json"],
        input=json.dumps(ASKED),
        capture_output=True,
        text=True,
        check=True,
    )
    counted = json.loads(told.stdout)
    tables = tables_of(page)

    assert sorted([key, day, days] for key, _, day, days in tables["cycle-time"]) == counted["cycle-time"]
    assert tables["throughput"] == counted["throughput"]
    assert tables["cumulative-flow"] == counted["cumulative-flow"]
    assert {name: rest for name, *rest in tables["time-per-status"] if rest[1]} == counted["time-per-status"]
    assert sorted([key, status, age] for key, status, _, age, _ in tables["ageing-wip"]) == counted["ageing-wip"]
    assert tables["deviations-per-guideline"][0][2] == str(counted["moves"][" → ".join(LEFT_OUT)])

    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page.replace("\u00a0", " "))
    figures = dict(zip(cells[:12:2], cells[1:12:2], strict=True))
    assert figures["Finished"] == str(counted["finished"]) == "122"
    end, begin = counted["under_way"]
    assert figures["Under way at the end (at the beginning)"] == f"{end} ({begin})"
    assert figures["Half took at most"] == f"{number(counted['half'])} days"
    assert figures["85 of 100 took at most"] == f"{number(counted['most'])} days"
    assert figures["Share of that time not spent waiting"] == percent(counted["not_waiting"])


def written(b: Bench, folder: Path) -> str:
    """The retro's page, written by the whole program a week late: what happened in that week is not on it."""
    b.site.clock.set(datetime(2025, 12, 8, 9, tzinfo=UTC))  # type: ignore[attr-defined]
    b.site.load(lines(folder / "issues.jsonl.gz"), **answers(folder))
    (b.folder / "g.toml").write_text(workflow(folder, without=LEFT_OUT))
    with b.house() as house:
        run_cycle(house)
        approve_plans(house)
        run_cycle(house)
    (page,) = (b.folder / "retros").rglob("retro-*.html")
    return page.read_text()


def tables_of(page: str) -> dict[str, list[list[str]]]:
    """Each chart's numbers, as a reader saves them."""
    found: dict[str, Any] = {}
    for name, data in re.findall(r'download="([\w-]+)\.csv" href="data:text/csv;charset=utf-8,([^"]*)"', page):
        found[name] = list(csv.reader(io.StringIO(unquote(data))))[1:]
    return found


def test_the_script_imports_nothing_of_ours() -> None:
    assert "eal_" not in re.sub(r'""".*?"""', "", RECOUNT.read_text(), flags=re.DOTALL)

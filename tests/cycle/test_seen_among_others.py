"""`explain` and `backtest` see an issue among the others, as the cycle does."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner

from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.sandbox import Create, Move
from eal_jira.sandbox.acts import Person, ProjectPlan

from .conftest import NOW, OpenBench

WIP = """
[[guideline]]
id = "one-at-a-time"
title = "One thing at a time"
purpose = "What is begun gets finished"
source = "the team's own practice"
in_force_from = 2025-01-01
rule = { kind = "wip_limit", statuses = ["Doing"], at_most = 1 }
"""
STATUSES = (("Open", "new"), ("Doing", "indeterminate"), ("Done", "done"))


def test_explain_and_backtest_count_the_work_of_the_others(bench: OpenBench) -> None:
    with bench("cloud", 'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-06-01') as b:
        b.site.add_person(Person("ann", "Ann"))
        b.site.add_project(ProjectPlan("P", "Project", STATUSES))
        for number in (1, 2):
            at = NOW - timedelta(days=2, hours=-number)
            b.site.perform(Create(at, "ann", f"P-{number}", "Task", "Something", {}))
            b.site.perform(Move(at + timedelta(minutes=5), "ann", f"P-{number}", "Doing"))
        (b.folder / "g.toml").write_text(WIP)
        with b.house() as house:
            run_cycle(house, dry_run=True)
        run = CliRunner().invoke(app, ["explain", "P-2", "--json", "--config", str(b.config)])
        (team,) = json.loads(run.stdout)["teams"]
        (told,) = team["guidelines"]
        assert told["tagged"], told
        draft = Path(b.folder / "draft.toml")
        draft.write_text(WIP.replace("one-at-a-time", "again"))
        run = CliRunner().invoke(app, ["guidelines", "backtest", str(draft), "--json", "--config", str(b.config)])
        assert '"departures": 1' in run.stdout, run.stdout + run.stderr

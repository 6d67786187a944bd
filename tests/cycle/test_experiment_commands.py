"""`eal-jira experiments`: from the template to a stop, on a tracker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from eal_jira.cli.main import app
from eal_jira.errors import UsageError

from .conftest import OpenBench
from .test_experiments import PLAN, Team, at_work


def run(team: Team, *words: str) -> Result:
    return CliRunner().invoke(app, ["experiments", *words, "--config", str(team.b.config)])


def told(team: Team, *words: str) -> Any:
    return json.loads(run(team, *words, "--json").stdout)


def refused(team: Team, *words: str) -> str:
    result = run(team, *words)
    assert isinstance(result.exception, UsageError)
    return str(result.exception)


def test_an_experiment_is_started_looked_at_and_stopped_from_the_command_line(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.cycle()
        plan = team.b.folder / "plan.txt"
        plan.write_text(PLAN)
        assert run(team, "start", "Small batches", "--plan", str(plan)).exit_code == 0
        assert "No second ticket" in refused(team, "start", "Small batches", "--plan", str(plan))
        for _ in range(3):
            team.cycle()
        (row,) = told(team, "list")["experiments"]
        assert (row["ticket"], row["state"], row["title"]) == ("EAL-1", "running", "Small batches")
        shown = run(team, "show", "eal-1").stdout
        assert "Scope: label small-batches" in shown
        assert "Cannot tell yet" in shown
        assert "The reason is empty" in refused(team, "stop", "EAL-1", "--reason", " ")
        assert run(team, "stop", "EAL-1", "--reason", "We merged with another team").exit_code == 0
        assert "is not running (stopped)" in refused(team, "stop", "EAL-1", "--reason", "again")
        team.cycle()
        team.cycle()
        assert "It was stopped: We merged with another team." in team.said()[0]
        assert team.status() == "Declined"
        assert told(team, "show", "EAL-1")["experiment"]["reason"] == "We merged with another team"


def test_a_plan_that_lacks_something_makes_no_ticket_and_says_what(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.cycle()
        plan = team.b.folder / "plan.txt"
        template = run(team, "template").stdout
        assert template.startswith("Team: Team\nHypothesis: <")
        plan.write_text(template)
        message = refused(team, "start", "Small batches", "--plan", str(plan))
        assert "Scope: which issues take part?" in message
        assert "No ticket was made" in message
        assert told(team, "list") == {"schema_version": 1, "experiments": []}


@pytest.mark.parametrize("words", [("show", "EAL-9"), ("stop", "P-1", "--reason", "x")])
def test_what_is_no_experiment_is_told(bench: OpenBench, words: tuple[str, ...]) -> None:
    with at_work(bench) as team:
        assert "There is no experiment" in refused(team, *words)

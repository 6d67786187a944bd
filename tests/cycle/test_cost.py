"""What a cycle costs the tracker is counted, shown and kept for `status`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from eal_jira.assemble import assembled
from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.errors import TryLater
from eal_jira.sandbox import Create, Person, ProjectPlan
from eal_jira.sandbox.faults import Instead, Times, on
from eal_jira.settings import load_settings
from eal_jira.store import bans

from .conftest import NOW, Bench, OpenBench


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_the_cost_of_a_cycle_is_what_the_tracker_saw(bench: OpenBench, flavour: str) -> None:
    with bench(flavour) as opened:
        site = opened.site
        site.add_person(Person("ann", "Ann"))
        site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Done", "done"))))
        for number in range(1, 31):
            site.perform(Create(NOW, "ann", f"P-{number}", "Task", f"Thing {number}"))
        with opened.house() as house:
            first = run_cycle(house)
            asked = len(site.requests)
            assert first.cost.requests == asked
            assert first.cost.points >= asked + 30, "each issue is a point"
            second = run_cycle(house)
            assert second.cost.requests == len(site.requests) - asked
            assert second.cost.points < first.cost.points
        told = json.loads(shown(opened, "--json"))["last_cycle_cost"]
        assert told == {"requests": second.cost.requests, "points": second.cost.points}
        assert f"({second.cost.requests} requests to the tracker, {second.cost.points} points)" in shown(opened)


def test_a_ban_stops_the_next_process_before_its_first_request(bench: OpenBench) -> None:
    """In real time, as the whole program is plugged together: facts 3, trap 16."""
    with bench("cloud") as opened:
        opened.site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Done", "done"))))
        quota = {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"}
        opened.site.faults = Times(on("GET", "/field"), Instead(429, b"{}", headers=quota))
        with opened.house() as house, pytest.raises(TryLater):
            run_cycle(house)
        asked = len(opened.site.requests)
        with opened.house() as house, pytest.raises(TryLater) as raised:
            run_cycle(house)
        assert len(opened.site.requests) == asked
        assert raised.value.wait is not None
        assert timedelta(minutes=29) < raised.value.wait <= timedelta(seconds=1847)
        with opened.house() as house, house.store.read() as connection:
            (ban,) = bans.active(connection, datetime.now(UTC))
        assert (ban.what, ban.reason) == ("", "jira-quota-tenant-based")


def shown(opened: Bench, *words: str) -> str:
    return CliRunner().invoke(app, ["status", *words, "--config", str(opened.config)]).stdout


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_status_tells_what_is_left_of_the_budget(bench: OpenBench, flavour: str) -> None:
    """Over two processes and a cycle that failed: the hour's points, the tracker's own word, the bans and why."""
    with bench(flavour, "projects = ['P']") as opened:
        opened.site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Done", "done"))))
        with opened.house() as house:
            run_cycle(house)
        headers = {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "0", "X-RateLimit-NearLimit": "true"}
        reason = {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"}
        opened.site.faults = Times(on("GET", "/myself"), Instead(429, b"{}", headers=headers | reason))
        with opened.house() as house, pytest.raises(TryLater):
            run_cycle(house)
        told = json.loads(shown(opened, "--json"))
        budget = told["budget"]
        assert budget["spent"]["requests"] == len(opened.site.requests), "the failed cycle counts as well"
        assert budget["spent"]["points"] > budget["spent"]["requests"]
        assert (budget["quota"], budget["left"]) == (None, None)
        word = budget["told"]
        assert (word["place"], word["limit"], word["remaining"], word["near"]) == ("GET myself", 350, 0, True)
        assert [(ban["what"], ban["reason"]) for ban in told["bans"]] == [("", "jira-quota-tenant-based")]
        text = shown(opened)
        assert f"Budget: {budget['spent']['points']} points in {len(opened.site.requests)} requests" in text
        assert "about GET myself: 0 of 350 left, near the limit, jira-quota-tenant-based" in text
        assert "The tracker asks for patience until" in text


def test_status_holds_the_hour_against_the_quota(bench: OpenBench) -> None:
    with bench("cloud") as opened:
        opened.site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Done", "done"))))
        opened.write_config()
        config = opened.config.read_text().replace("[[teams]]", "[tracker.options]\npoints_per_hour = 1000\n[[teams]]")
        opened.config.write_text(config)
        with assembled(load_settings(opened.config)) as house:
            done = run_cycle(house)
        budget = json.loads(shown(opened, "--json"))["budget"]
        assert (budget["quota"], budget["left"]) == (1000, 1000 - done.cost.points)
        assert f"{budget['left']} of 1000 points left until the next full hour" in shown(opened)
        assert "Bans: none in force" in shown(opened)

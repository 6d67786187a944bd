"""What a cycle costs the tracker is counted, shown and kept for `status`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.errors import TryLater
from eal_jira.sandbox import Create, Person, ProjectPlan
from eal_jira.sandbox.faults import Instead, Times, on
from eal_jira.store import bans

from .conftest import NOW, OpenBench


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
        shown = CliRunner().invoke(app, ["status", "--json", "--config", str(opened.config)])
        told = json.loads(shown.stdout)["last_cycle_cost"]
        assert told == {"requests": second.cost.requests, "points": second.cost.points}
        shown = CliRunner().invoke(app, ["status", "--config", str(opened.config)])
        assert f"({second.cost.requests} requests to the tracker, {second.cost.points} points)" in shown.stdout


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

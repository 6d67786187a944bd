"""What we wrote comes back with the next pull: nobody is woken by it, nothing is judged by it, nothing is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox.acts import Create, Edit, Move, Person, ProjectPlan
from eal_jira.stages.house import House

from .conftest import BOT, NOW, Bench, OpenBench
from .test_killed_between_stages import GUIDELINE, STATUSES

TEAM = 'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-01-01\ncomments = true\nretro = "0 0 1 1 *"'


def label_events(house: House) -> int:
    with house.store.read() as connection:
        found = connection.execute(text("SELECT count(*) FROM events WHERE activity = 'labels'")).scalar_one()
    return int(found)


def later(b: Bench, minutes: int = 2) -> None:
    b.site.clock.advance(timedelta(minutes=minutes))  # type: ignore[attr-defined]


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_our_labels_and_comments_are_an_echo_and_what_others_do_under_our_account_is_not(
    bench: OpenBench, flavour: str
) -> None:
    with bench(flavour, TEAM) as b:
        b.site.add_person(Person("ann", "Ann"))
        b.site.add_project(ProjectPlan("P", "Project", STATUSES))
        (b.folder / "g.toml").write_text(GUIDELINE)
        b.site.perform(Create(NOW, "ann", "P-1", "Story", "Thing", {}))
        b.site.perform(Move(NOW + timedelta(minutes=1), "ann", "P-1", "Done"))
        later(b)
        with b.house() as house:
            approve_plans(house)
            assert run_cycle(house).delivered.written == 2
            written = len(b.writes())
            later(b)
            echoed = run_cycle(house)
            assert (echoed.pulled.changed, echoed.checked.issues, echoed.delivered.written) == (1, 0, 0)
            assert label_events(house) == 0
            assert len(b.writes()) == written
            # a person who uses our token, or an automation that runs under our account
            b.site.perform(Edit(b.site.clock.now(), BOT.account_id, "P-1", "labels", ["eal-deviation", "urgent"]))
            later(b)
            assert run_cycle(house).checked.issues == 1
            assert label_events(house) == 1
            b.site.perform(Move(b.site.clock.now(), BOT.account_id, "P-1", "Open"))
            later(b)
            assert run_cycle(house).checked.issues == 1

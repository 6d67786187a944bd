"""Killed between any two stages and run again: the same end state, and no second ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from eal_jira import cycle
from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox.acts import Create, Move, Person, ProjectPlan
from eal_jira.stages.house import House

from .conftest import NOW, Bench, OpenBench

STAGES = ("pull", "log", "listen", "check", "evaluate", "reflect", "deliver")
STATUSES = (("Open", "new"), ("Doing", "indeterminate"), ("Review", "indeterminate"), ("Done", "done"))
GUIDELINE = """
[[guideline]]
id = "review-before-done"
title = "Work is reviewed before it is done"
purpose = "A second pair of eyes sees what the first can't"
source = "Bacchelli & Bird, 2013"
rule = { kind = "precedence", first = "Review", then = "Done" }
"""
TEAM = (
    'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-01-01\npages = ["jira"]\ncomments = true\nretro = "monthly"'
)


def populate(b: Bench) -> None:
    """Thirty issues that skip the review and are quick, thirty that don't and aren't."""
    b.site.add_person(Person("ann", "Ann"))
    b.site.add_project(ProjectPlan("P", "Project", STATUSES))
    begin = NOW - timedelta(days=30)
    for n in range(60):
        quick = n % 2 == 0
        key, at = f"P-{n + 1}", begin + timedelta(hours=4 * n)
        b.site.perform(Create(at, "ann", key, "Story", f"Thing {n}", {"priority": "Medium"}))
        b.site.perform(Move(at + timedelta(hours=1), "ann", key, "Doing"))
        if not quick:
            b.site.perform(Move(at + timedelta(hours=60 + n), "ann", key, "Review"))
        b.site.perform(Move(at + timedelta(hours=20 + n / 5 if quick else 90 + n), "ann", key, "Done"))
    (b.folder / "g.toml").write_text(GUIDELINE)


def end_state(b: Bench, house: House) -> dict[str, Any]:
    """What the tracker and the store say, apart from ids that are counted up and moments of the work itself."""
    with house.store.read() as connection:
        rows = {
            table: sorted(
                str(row).replace(b.url, "URL") for row in connection.execute(text(f"SELECT {columns} FROM {table}"))
            )
            for table, columns in {
                "deviations": "key, issue_id, guideline, at, closed",
                "proposals": "key, state, base_version",
                "retros": "team, period",
                "intents": "key, state, payload",
                "work": "*",
                "events": "issue_id, seq, at, activity",
                "set_aside": "kind, ref",
            }.items()
        }
    tickets = sorted(
        (issue.fields["summary"], tuple(issue.fields["labels"]), len(issue.comments))
        for issue in b.site.issues.values()
        if issue.key.startswith("EAL-")
    )
    labels = sorted(i.key for i in b.site.issues.values() if "eal-deviation" in i.fields["labels"])
    return {**rows, "tickets": tickets, "labelled": labels}


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it on the way out."""


@contextmanager
def killed_before(stage: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def die(*_args: object, **_more: object) -> None:
        raise Killed

    original: Callable[..., object] = getattr(cycle, stage)
    monkeypatch.setattr(cycle, stage, die)
    with pytest.raises(Killed):
        yield
    monkeypatch.setattr(cycle, stage, original)


@pytest.fixture
def undisturbed(bench: OpenBench) -> dict[str, Any]:
    with bench("cloud", TEAM) as b:
        populate(b)
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
            state = end_state(b, house)
    return state


def test_the_undisturbed_cycle_proposes_and_writes_a_retro_and_the_guidelines(undisturbed: dict[str, Any]) -> None:
    """Otherwise the test below would compare nothing with nothing."""
    assert len(undisturbed["proposals"]) == 1
    assert len(undisturbed["tickets"]) == 3
    assert len(undisturbed["labelled"]) == 30
    assert undisturbed["work"] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_cycle_killed_before_a_stage_ends_where_an_undisturbed_one_does(
    bench: OpenBench, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    with bench("cloud", TEAM) as b:
        populate(b)
        with b.house() as house:
            approve_plans(house)
        with killed_before(stage, monkeypatch), b.house() as house:
            run_cycle(house)
        with b.house() as house:
            run_cycle(house)
            assert end_state(b, house) == undisturbed
            written = len(b.writes())
            run_cycle(house)
            assert len(b.writes()) == written
            # our own labels have come back as events by now; nothing else is new
            assert {**end_state(b, house), "events": None} == {**undisturbed, "events": None}

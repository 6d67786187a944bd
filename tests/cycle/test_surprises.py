"""A surprise is noted from any issue, with one line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox.acts import Say
from eal_jira.stages.house import House
from eal_jira.store import learnings
from eal_jira.store.learnings import LearningRow

from .conftest import Bench, OpenBench
from .test_retros import TEAM, WEEK, forward, pages, prepare

HOUR = timedelta(hours=1)


def noted(house: House) -> list[LearningRow]:
    with house.store.read() as connection:
        return learnings.listed(connection, kind=learnings.SURPRISE)


def labelled(b: Bench) -> list[str]:
    return [issue.key for issue in b.site.issues.values() if "eal-surprise" in (issue.fields.get("labels") or [])]


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_one_line_in_a_comment_is_one_tagged_record_within_one_cycle(bench: OpenBench, flavour: str) -> None:
    with bench(flavour, TEAM.format(hours=4)) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            run_cycle(house)
            said = "I looked twice.\neal surprise: The cache was never used\nWho knew?"
            b.site.perform(Say(forward(b, HOUR), "ann", "P-3", said))
            forward(b, HOUR)
            run_cycle(house)
            (row,) = noted(house)
            assert row.body["what"] == "The cache was never used"
            assert row.source == str(b.site.issue("P-3").id)
            assert labelled(b) == ["P-3"]
            b.site.perform(
                Say(forward(b, HOUR), "ann", "P-3", "An eal surprise: no command. Nor is this:\neal surprise")
            )
            forward(b, HOUR)
            run_cycle(house)
            assert noted(house) == [row], "read again, it is the same one"
            assert labelled(b) == ["P-3"]


def test_the_next_retro_tells_of_it_and_of_nobody_and_the_one_after_does_not(bench: OpenBench) -> None:
    with bench("cloud", TEAM.format(hours=4)) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            b.site.perform(Say(forward(b, HOUR), "ann", "P-3", "eal surprise: The cache was never used"))
            for _ in range(2):
                forward(b, WEEK)
                run_cycle(house)
        before, told, after = (page.read_text() for page in pages(b, "retro")[-3:])
        assert "The cache was never used" in told
        assert "P-3" in told
        assert "Ann Example" not in told
        assert "The cache was never used" not in before + after

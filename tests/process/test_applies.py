"""Which issues a guideline is about."""

from __future__ import annotations

from typing import Any

import pytest

from eal_jira.model import Issue
from eal_jira.process.applies import Condition, mistakes_in, normal, phrase
from tests.process.building import context, issue

BUG = issue(
    type="Bug",
    priority="High",
    labels=("hotfix", "eu"),
    components=("API",),
    points=3.0,
    fields={"tier": "Gold"},
)
BARE = issue()


def matches(table: dict[str, Any], one: Issue = BUG) -> bool:
    assert list(mistakes_in(table, ("applies_to",))) == []
    return Condition(normal(table), context()).matches(one)


@pytest.mark.parametrize(
    "table",
    [
        {"type": ["Story", "Bug"]},
        {"type": "bug"},
        {"priority": ["High"]},
        {"labels": ["eu"]},
        {"Labels": "EU "},
        {"component": ["API", "Docs"]},
        {"components": "API"},
        {"points": 3},
        {"points": [1, 2, 3]},
        {"points": "<= 3"},
        {"points": ">=3"},
        {"Story Points": ["< 1", "> 2.5"]},
        {"team": "payments"},
        {"Customer Tier": ["Gold"]},
        {"tier": ["Gold"]},
        {"type": "Bug", "labels": "hotfix", "points": "<= 3"},
    ],
)
def test_a_table_matches_when_every_field_has_one_of_its_values(table: dict[str, Any]) -> None:
    assert matches(table)
    assert not matches({**table, "type": "Epic"})


@pytest.mark.parametrize(
    "table",
    [
        {"type": "Story"},
        {"points": "< 3"},
        {"points": [1, 2]},
        {"labels": ["eu west"]},
        {"team": "Search"},
        {"tier": "Silver"},
    ],
)
def test_a_table_does_not_match_another_value(table: dict[str, Any]) -> None:
    assert not matches(table)


@pytest.mark.parametrize("field", ["priority", "labels", "component", "points", "tier"])
def test_an_empty_field_matches_nothing(field: str) -> None:
    assert not matches({field: ["None", "none", 0, False] if field != "points" else [0, "<= 3"]}, BARE)


def test_yes_and_one_are_not_the_same() -> None:
    assert matches({"tier": True}, issue(fields={"tier": True}))
    assert not matches({"tier": 1}, issue(fields={"tier": True}))
    assert not matches({"tier": ">= 0"}, issue(fields={"tier": True}))
    assert matches({"tier": 2}, issue(fields={"tier": 2.0}))


def test_a_mismatch_says_which_field_it_is() -> None:
    condition = Condition(normal({"type": "Bug", "labels": ["us", "ch"]}), context())
    assert condition.mismatch(BUG) == "labels is hotfix, eu, not us or ch"
    assert condition.mismatch(BARE) == "type is Story, not Bug"
    assert Condition({"points": ["<= 3"]}, context()).mismatch(BARE) == "points is empty, not <= 3"
    assert Condition({}, context()).mismatch(BARE) == ""


def test_a_table_is_read_aloud() -> None:
    assert phrase({"type": ["Story", "Bug"], "points": ["<= 3"]}) == "type Story or Bug, points <= 3"

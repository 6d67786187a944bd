"""What a comment suggests, and what it doesn't."""

from __future__ import annotations

from typing import Any

import pytest

from eal_jira.model import Actor
from eal_jira.reflection.suggestions import suggestions
from eal_jira.testing.builders import comment

US = Actor("bot")


def read(text: str, **values: Any) -> list[tuple[str, Any, bool]]:
    return [(s.guideline, s.exception, s.usable) for s in suggestions([comment(text, **values)], [US])]


@pytest.mark.parametrize(
    ("text", "exception"),
    [
        ("eal propose review: except type = Bug", {"type": ["Bug"]}),
        ("@eal, propose review except type Bug or Task", {"type": ["Bug", "Task"]}),
        ("EAL: propose review: unless type is Bug; points <= 3.", {"type": ["Bug"], "points": ["<= 3"]}),
        ("We talked.\neal propose review: except points = 1, 2\nIt is quicker.", {"points": [1.0, 2.0]}),
        (
            "eal propose review: except priority = High and component = Web",
            {"priority": ["High"], "component": ["Web"]},
        ),
    ],
)
def test_an_exception_is_read(text: str, exception: object) -> None:
    assert read(text) == [("review", exception, True)]


def test_a_guideline_can_be_asked_to_go() -> None:
    assert read("eal propose review-before-done: retire") == [("review-before-done", None, True)]


@pytest.mark.parametrize(
    "text",
    [
        "eal propose review: make it better",
        "eal propose review",
        "eal propose review: except",
        "eal propose review: except mood = good",
        "eal propose review: except points = few",
        "eal propose review: except points <= many",
    ],
)
def test_what_no_rule_could_say_is_not_usable(text: str) -> None:
    assert read(text) == [("review", None, False)]


@pytest.mark.parametrize(
    "text", ["I propose a review", "the eal proposes review", "we could eal propose", "propose review: retire"]
)
def test_talk_is_no_suggestion(text: str) -> None:
    assert read(text) == []


def test_we_suggest_nothing_ourselves() -> None:
    assert read("eal propose review: retire", actor=US) == []
    assert read("eal propose review: retire", marker="renewed/x") == []

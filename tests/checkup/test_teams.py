"""Guideline files and pages, as doctor tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from eal_jira.adapters import Adapters
from eal_jira.assemble import open_pages
from eal_jira.checkup.teams import look_at_guidelines, look_at_pages
from eal_jira.hookspecs import Check, Colour
from eal_jira.settings import Settings

GOOD = """
[[guideline]]
id = "good"
title = "Work is reviewed"
purpose = "Four eyes"
source = "A book"
rule = { kind = "precedence", first = "Review", then = "Done" }
"""
BAD = GOOD.replace('"good"', '"bad"').replace("precedence", "precedense")


def settings(folder: Path, guidelines: str | None = None, pages: Mapping[str, Any] | None = None) -> Settings:
    tracker = {"adapter": "jira", "url": "https://x.example", "token": {"env": "T"}, "learning_project": "EAL"}
    team: dict[str, Any] = {"name": "Team", "projects": ["P"]}
    if guidelines is not None:
        (folder / "g.toml").write_text(guidelines)
        team["guidelines"] = "g.toml"
    return Settings.model_validate(
        {"tracker": tracker, "teams": [team], "folder": folder, "pages": {"html": pages or {"folder": "retros"}}}
    )


def of_pages(given: Settings) -> Check:
    (found,) = look_at_pages("html", partial(open_pages, Adapters.installed(), "html", given))
    return found


@pytest.mark.parametrize(
    ("text", "colours"),
    [
        (None, [Colour.GREEN]),
        (GOOD, [Colour.GREEN]),
        (GOOD + BAD, [Colour.YELLOW]),
        (BAD, [Colour.RED]),
        ("[[guideline", [Colour.RED]),
    ],
)
def test_a_guideline_that_can_not_be_used_is_yellow_while_others_can(
    tmp_path: Path, text: str | None, colours: list[Colour]
) -> None:
    found = list(look_at_guidelines(settings(tmp_path, text)))
    assert [check.colour for check in found] == colours
    assert all(check.name == "guidelines of Team" for check in found)


def test_a_problem_in_a_guideline_file_is_told_with_its_line(tmp_path: Path) -> None:
    (found,) = look_at_guidelines(settings(tmp_path, GOOD + BAD))
    assert "g.toml, line 14, guideline bad" in found.found
    assert '"precedence"' in found.remedy


def test_a_guideline_file_that_is_not_there_is_red(tmp_path: Path) -> None:
    given = settings(tmp_path, GOOD)
    (tmp_path / "g.toml").unlink()
    (found,) = look_at_guidelines(given)
    assert found.colour is Colour.RED


def test_looking_at_pages_makes_none(tmp_path: Path) -> None:
    assert of_pages(settings(tmp_path)).colour is Colour.GREEN
    (tmp_path / "retros").mkdir()
    assert of_pages(settings(tmp_path)).colour is Colour.GREEN
    assert list(tmp_path.rglob("*")) == [tmp_path / "retros"]


def test_a_folder_for_pages_that_can_not_be_written_is_red(tmp_path: Path) -> None:
    (tmp_path / "retros").write_text("a file where the folder should be")
    found = of_pages(settings(tmp_path))
    assert found.colour is Colour.RED
    assert "pages.html.folder" in found.remedy


def test_options_that_the_pages_can_not_use_are_red(tmp_path: Path) -> None:
    found = of_pages(settings(tmp_path, pages={"foldr": "x"}))
    assert found.colour is Colour.RED
    assert "pages.html.foldr" in found.found


def test_pages_that_check_nothing_say_nothing() -> None:
    from eal_jira.hookspecs import Pages
    from eal_jira.model import Page, PageRef

    class Quiet(Pages):
        def put(self, page: Page) -> PageRef:
            raise AssertionError("doctor puts no page")

    found: Iterator[Check] = look_at_pages("quiet", Quiet)
    assert list(found) == []

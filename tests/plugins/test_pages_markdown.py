"""The folder of Markdown files: like the HTML pages, nothing written twice and people's words kept to the byte."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from eal_jira.adapters import Adapters
from eal_jira.errors import ConfigError, RefusedByTracker
from eal_jira.hookspecs import Pages
from eal_jira.model import Page
from tests.plugins.test_pages_html import PAGE, files, stamps

PICTURED = replace(PAGE, figures=(replace(PAGE.figures[0], png=base64.b64encode(b"picture").decode()),))


def folder(path: Path) -> Pages:
    return Adapters.installed().pages("markdown", {"folder": str(path)}, path)


def put(path: Path, page: Page = PICTURED) -> Path:
    return path / folder(path).put(page).id


def test_a_page_becomes_a_file_with_its_picture_beside(tmp_path: Path) -> None:
    file = put(tmp_path)
    text = file.read_text()
    assert "# March 2026\n\nHello **you**\\.\n" in text
    assert f"![Cycle time](<{file.stem}/eal-cycle.png>)" in text
    assert (file.with_suffix("") / "eal-cycle.png").read_bytes() == b"picture"


def test_the_same_page_twice_writes_nothing(tmp_path: Path) -> None:
    put(tmp_path)
    before = stamps(tmp_path)
    put(tmp_path)
    assert stamps(tmp_path) == before


def test_what_people_wrote_stays_when_the_page_changes(tmp_path: Path) -> None:
    file = put(tmp_path)
    content = file.read_bytes().replace(b"Nothing here yet.", b"Ours \xff, \r\nkept.")
    file.write_bytes(b"front\n" + content + b"back")
    put(tmp_path, replace(PICTURED, body="All new."))
    after = file.read_bytes()
    assert after.startswith(b"front\n")
    assert after.endswith(b"back")
    assert b"Ours \xff, \r\nkept." in after
    assert b"All new" in after


def test_a_file_without_its_markers_is_left_alone(tmp_path: Path) -> None:
    file = put(tmp_path)
    file.write_text("all mine")
    with pytest.raises(RefusedByTracker):
        put(tmp_path, replace(PICTURED, body="All new."))
    assert file.read_text() == "all mine"


def test_another_title_is_the_same_file(tmp_path: Path) -> None:
    assert put(tmp_path) == put(tmp_path, replace(PICTURED, title="Another"))
    assert len([name for name in files(tmp_path) if name.endswith(".md")]) == 1


def test_an_option_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pages\.markdown\.foldr"):
        Adapters.installed().pages("markdown", {"foldr": "x"}, tmp_path)

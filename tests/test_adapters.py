"""Adapters come in through one door, and a bad one is named before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from eal_jira.adapters import Adapters
from eal_jira.errors import AdapterError
from eal_jira.hookspecs import AdapterInfo, Connection, Pages, hookimpl
from eal_jira.model import Page, PageRef

CONNECTION = Connection("https://example.atlassian.net", None, lambda: "secret", {})


class Memory(Pages):
    def put(self, page: Page) -> PageRef:
        return PageRef(page.key, "memory:")


class MemoryPlugin:
    @hookimpl
    def eal_adapter_info(self) -> AdapterInfo:
        return AdapterInfo("memory", "pages", "Pages in memory")

    @hookimpl
    def eal_pages(self, name: str, options: Mapping[str, object], home: Path) -> Pages | None:
        return Memory() if name == "memory" else None


class Misspelt:
    @hookimpl
    def eal_trackr(self) -> None: ...


def test_ours_come_through_the_entry_points() -> None:
    names = {(info.kind, info.name) for info in Adapters.installed().infos()}
    assert {("tracker", "jira"), ("pages", "html")} <= names


def test_a_plugin_brings_its_own_pages() -> None:
    adapters = Adapters.installed([MemoryPlugin()])
    assert isinstance(adapters.pages("memory", {}, Path()), Memory)


def test_a_misspelt_hook_is_an_error_at_the_start() -> None:
    with pytest.raises(AdapterError, match="eal_trackr"):
        Adapters.installed([Misspelt()])


def test_an_unknown_tracker_names_the_near_one() -> None:
    with pytest.raises(AdapterError, match="Did you mean 'jira'"):
        Adapters.installed().tracker("jirra", CONNECTION)


def test_unknown_pages_name_what_is_installed() -> None:
    with pytest.raises(AdapterError, match=r"Installed: .*html"):
        Adapters.installed().pages("sharepoint", {}, Path())

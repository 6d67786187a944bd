"""The pages for people keep up with the code."""

from __future__ import annotations

import re
import textwrap
import types
from datetime import UTC
from pathlib import Path

import pytest
import typer.main

from eal_jira import hookspecs
from eal_jira.adapters import Adapters
from eal_jira.cli.main import app
from eal_jira.model import Figure, Page
from eal_jira.process.guidelines import parse_guidelines
from eal_jira.process.rules import rule_kinds
from eal_jira.settings import load_settings

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "CHANGELOG.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md"))]
NOT_OUR_WORDS = re.compile(r"violat|offender|non-complian|culprit|\bblam|\bfault", re.IGNORECASE)


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def indented(page: str, containing: str) -> str:
    """The indented block of the page with this line in it."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text(page), re.MULTILINE)
    (block,) = [block for block in blocks if containing in block]
    return textwrap.dedent(block)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", text(page)):
        if not re.match(r"https?:|figure:|chip:", target):
            assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_no_page_speaks_of_people_as_wrongdoers(page: str) -> None:
    assert not NOT_OUR_WORDS.search(text(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_exists(page: str) -> None:
    group = typer.main.get_command(app)
    known = {*group.commands} | {  # type: ignore[attr-defined]
        f"{name} {sub}"
        for name, command in group.commands.items()  # type: ignore[attr-defined]
        for sub in getattr(command, "commands", ())
    }
    for name, sub in re.findall(r"eal-jira` ?|eal-jira ([a-z]+)(?: ([a-z]+))?", text(page)):
        if name and f"{name} {sub}".strip() not in known:
            assert name in known, f"eal-jira {name} {sub}"


def test_the_readmes_config_loads(tmp_path: Path) -> None:
    (tmp_path / "eal-jira.toml").write_text(indented("README.md", "[tracker]"), encoding="utf-8")
    (team,) = load_settings(tmp_path / "eal-jira.toml").teams
    assert team.name == "Payments"


def test_the_readmes_guideline_is_one() -> None:
    parsed = parse_guidelines(indented("README.md", "[[guideline]]"), "README.md", UTC)
    assert [version.title for version in parsed.versions] == ["Work is reviewed before it is done"]
    assert not parsed.problems


def test_every_rule_kind_is_described() -> None:
    assert {kind for kind in rule_kinds if f"| `{kind}` |" not in text("docs/how-it-works.md")} == set()


def test_every_hook_is_in_the_manual_for_adapter_authors() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("eal_")}
    assert {hook for hook in hooks if f"| `{hook}` |" not in text("docs/write-an-adapter.md")} == set()


def test_the_adapter_in_the_manual_works(tmp_path: Path) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", text("docs/write-an-adapter.md"), re.DOTALL)
    plugin = types.ModuleType("my_text_pages")
    exec(compile(source, "docs/write-an-adapter.md", "exec"), plugin.__dict__)
    adapters = Adapters.installed([plugin])
    pages = adapters.pages("text", {"folder": str(tmp_path)}, tmp_path)
    figure = Figure("cycle", "Cycle time", "Half took under 3 days.", (), (), "")
    ref = pages.put(Page("k", "Payments", "March", "Hello *you*.\n\n![x](figure:cycle)\n", (figure,)))
    assert (tmp_path / ref.id).read_text() == "March\n\nHello you.\n\nCycle time – Half took under 3 days.\n"

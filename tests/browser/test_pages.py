"""Pages in a real browser: whole under a strict policy, nothing leaves, axe finds nothing serious, keys go in order."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from eal_jira.documents import Templates, escape
from eal_jira.model import Figure, Page
from eal_pages_html import Options, Site
from tests.documents.contexts import CONTEXTS, plainly
from tests.hostile.payloads import payloads
from tests.hostile.test_charts import ADDRESS, CHARTS
from tests.reflection.test_charts import PICTURES

ROOT = Path(__file__).parents[2]
PYTHON, CHROMIUM = ROOT / ".venv-browser" / "bin" / "python", Path("/usr/bin/chromium")

pytestmark = pytest.mark.skipif(
    not ((ROOT / ".venv-browser" / ".ready").exists() and CHROMIUM.exists()),
    reason="there is no Chromium with Playwright here; `make browser` installs both, into .venv-browser",
)


def pages(folder: Path) -> list[Path]:
    """A page of each kind, with every chart there is."""
    site = Site(Options(folder))
    figures: tuple[Figure, ...] = tuple({f.name: f for f in (picture() for picture in PICTURES.values())}.values())
    for name in ("retro.md", "scorecard.md", "digest.md", "guidelines.md"):
        body = Templates().render(name, CONTEXTS[name](plainly))
        if name == "retro.md":
            body += "".join(f"\n\n![{f.title}](figure:{f.name})\n" for f in figures if f"(figure:{f.name})" not in body)
        site.put(Page(f"page:{name}", "Payments", name, body, figures, "2026-04-01"))
    return sorted(folder.rglob("*.html"))


def look(files: list[Path], *flags: str) -> Any:
    done = subprocess.run(
        [PYTHON, ROOT / "tests" / "browser" / "look.py", *files, *flags],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_pages_are_whole_quiet_and_open_to_everybody(tmp_path: Path) -> None:
    files = pages(tmp_path)
    assert len(files) == 6
    for found in look(files):
        assert found["requests"] == [], "nothing leaves the page"
        assert (found["errors"], found["refused"]) == ([], []), "the strict policy refuses nothing that a page needs"
        assert found["shown"], "its style is there"
        assert set(found["wide"].values()) == {0}, "not even a phone has to scroll sideways"
        assert found["tab"] == found["order"], "the tab key goes in the reading order"
        assert [
            a for a in found["axe"] if a["impact"] in ("serious", "critical") or a["rule"] == "landmark-unique"
        ] == []
        if found["svgs"]:
            assert found["svgs"] == len({picture().name for picture in PICTURES.values()})


def hostile_pages(folder: Path, say: Callable[[str], str], texts: Sequence[str]) -> list[Path]:
    """Each kind of page with `say` in every field, all charts of such words; and one with all texts."""
    site = Site(Options(folder))
    for name in ("retro.md", "scorecard.md", "digest.md", "guidelines.md"):
        figures = tuple(
            {f.name: f for f in (chart([say("x") for _ in range(12)]) for chart in CHARTS.values())}.values()
        )
        body = Templates().render(name, CONTEXTS[name](say))
        body += "".join(f"\n\n![{escape(say('x'))}](figure:{f.name})\n" for f in figures)
        site.put(Page(f"page:{name}", say("Payments"), say("Title"), body, figures, "2026-04-01"))
    said = [escape(text) or "empty" for text in texts]
    cells = "".join(f"| {text} | `x` |\n" for text in said)
    body = "\n\n".join(
        [*said, *(f"- {text}" for text in said), *(f"> {text}" for text in said), f"| a | b |\n|---|---|\n{cells}"]
    )
    site.put(Page("page:all", "Payments", "All of them", body, (), "2026-04-01"))
    return sorted(folder.rglob("*.html"))


def test_hostile_words_in_every_field_run_nothing_ask_for_nothing_and_lead_nowhere_even_without_a_policy(
    tmp_path: Path,
) -> None:
    words, texts = cycle(payloads()), payloads()
    plain = look(hostile_pages(tmp_path / "plain", lambda _: "Qwertz", ["Qwertz"]), "--bare")
    hostile = look(hostile_pages(tmp_path / "hostile", lambda _: next(words), texts), "--bare")
    harmless = {link for found in plain for link in found["links"] if not link.startswith("data:text/csv")}
    assert len(hostile) > 6
    for found in hostile:
        assert (found["dialogs"], found["requests"], found["errors"], found["runs"]) == ([], [], [], []), found["file"]
        for link in found["links"]:
            assert link in harmless or link.startswith(("data:text/csv", f"{ADDRESS}")) or is_page(link), link
    assert any("<script>alert(1)</script>" in found["text"] for found in hostile), "they are there, as words"


def test_a_page_that_does_run_something_is_seen_to_do_so(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p onfocus='alert(2)'>x</p><img src=x onerror=alert(1)><a href='javascript:alert(3)'>y</a>")
    (found,) = look([page], "--bare")
    assert (sorted(found["dialogs"]), found["runs"], found["links"]) == (
        ["1", "2"],
        ["onfocus", "onerror"],
        ["javascript:alert(3)"],
    )
    assert found["requests"] == ["https://page.invalid/x"]


def is_page(link: str) -> bool:
    """From an index to one of its pages: a file of our naming."""
    return re.fullmatch(r"([a-z0-9-]+/)?[a-z0-9-]+\.html", link) is not None

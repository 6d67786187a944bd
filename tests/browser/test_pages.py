"""Pages in a real browser: whole under a strict policy, nothing leaves, axe finds nothing serious, keys go in order."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from eal_jira.documents.templates import Templates
from eal_jira.model import Figure, Page
from eal_pages_html import Options, Site
from tests.documents.contexts import CONTEXTS, plainly
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


def test_pages_are_whole_quiet_and_open_to_everybody(tmp_path: Path) -> None:
    files = pages(tmp_path)
    assert len(files) == 6
    done = subprocess.run(
        [PYTHON, ROOT / "tests" / "browser" / "look.py", *files],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for found in json.loads(done.stdout):
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

"""The pictures of pages in docs/images: three months of a real project's work, as the whole program shows it.

    python -m bench.pictures ../shared/data/aea-verification       # after `make browser`, which brings Chromium

Chromium looks at the pages light, dark, on a phone and in print; what is cut out of these is laid side by side.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from bench.judging import say
from eal_jira.assemble import assembled
from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Person, ProjectPlan
from eal_jira.settings import load_settings
from tests.cycle.conftest import answers, lines
from tests.cycle.test_real_data import workflow
from tests.oracles.test_recount import LEFT_OUT, WAITING

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
MOMENTS = (datetime(2025, 10, 6, 9, tzinfo=UTC), datetime(2025, 12, 8, 9, tzinfo=UTC))
"""Of the cycles: the first retro is about September, the next two about October and November."""

CONFIG = """
[tracker]
adapter = "jira"
url = "{url}"
token = {{ file = "{token}" }}
learning_project = "EAL"
[digest]
when = "weekly"
time_zone = "America/New_York"
[[teams]]
name = "Verification"
projects = ["AEAREP"]
guidelines = "g.toml"
since = 2020-01-01
retro = "monthly"
time_zone = "America/New_York"
waiting = {waiting}
hosts = ["a replicator", "a report writer", "somebody from another team"]
reflection_hours = 6
"""

Cut = tuple[str, int, int, int]
"""Name of a whole picture, and of what is cut out of it: pixels from the top, from the left, and how wide it is."""

MARGIN, GAP = 24, 8


def pages(home: Path, data: Path) -> dict[str, Path]:
    """Kind of page → the newest of it."""
    site = Site("datacenter", VirtualClock(MOMENTS[0]))
    site.add_person(Person("bot", "Bot", account_type="app"))
    site.add_project(ProjectPlan("EAL", "Learning", (("Open", "new"), ("Approved", "done"), ("Declined", "done"))))
    site.load(lines(data / "issues.jsonl.gz"), **answers(data))
    with serve(site, port=0) as served:
        (home / "token").write_text(site.credentials("bot")[1])
        (home / "g.toml").write_text(workflow(data, without=LEFT_OUT))
        (home / "eal-jira.toml").write_text(CONFIG.format(url=served.url, token=home / "token", waiting=list(WAITING)))
        with assembled(load_settings(home / "eal-jira.toml")) as house:
            for moment in MOMENTS:
                site.clock.set(moment)  # type: ignore[attr-defined]
                run_cycle(house)
                approve_plans(house)
                run_cycle(house)
    made = sorted((home / "retros").rglob("*.html"))
    return {kind: [p for p in made if p.name.startswith(kind)][-1] for kind in ("retro", "scorecard", "digest")}


def shots(files: Sequence[Path], folder: Path) -> None:
    browser = ROOT / ".venv-browser" / "bin" / "python"
    look = ROOT / "tests" / "browser" / "look.py"
    subprocess.run([browser, look, *files, "--shots", folder], check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def side_by_side(folder: Path, name: str, height: int, cuts: Sequence[Cut], scale: float = 1.0) -> None:
    """One picture of several, a line between two of them; each has a margin of its own paper."""
    parts = []
    for shot, top, left, width in cuts:
        whole = Image.open(folder / f"{shot}.png").convert("RGB")
        paper = whole.getpixel((2, whole.height - 2))
        part = Image.new("RGB", (width + 2 * MARGIN, height), paper)
        part.paste(
            whole.crop((left, top, min(left + width, whole.width), min(top + height, whole.height))), (MARGIN, 0)
        )
        parts.append(part)
    laid = Image.new("RGB", (sum(part.width for part in parts) + GAP * (len(parts) - 1), height), (136, 136, 136))
    x = 0
    for part in parts:
        laid.paste(part, (x, 0))
        x += part.width + GAP
    small = laid.resize((round(laid.width * scale), round(height * scale)), Image.Resampling.LANCZOS)
    small.quantize(256, kmeans=3, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--shots", type=Path, help="keep the whole pictures in this folder")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        folder: Path = chosen.shots or home / "shots"
        found = pages(home, chosen.data)
        shots(list(found.values()), folder)
        retro, scorecard, digest = (found[kind].stem for kind in ("retro", "scorecard", "digest"))
        light, dark = f"{retro}-light", f"{retro}-dark"
        desk, small = 820, 0.75
        side_by_side(folder, "retro.png", 1340, [(light, 0, 140, desk), (dark, 2120, 140, desk)], small)
        phone = f"{retro}-phone"
        side_by_side(
            folder,
            "retro-phone-print.png",
            1340,
            [(phone, 0, 0, 390), (phone, 3700, 0, 390), (f"{retro}-print", 0, 0, 794)],
            small,
        )
        side_by_side(
            folder,
            "scorecard-digest.png",
            1000,
            [(f"{scorecard}-light", 0, 140, desk), (f"{digest}-dark", 0, 140, desk)],
            small,
        )
    say("docs/images has new pictures: look at each of them")
    return 0


if __name__ == "__main__":
    sys.exit(main())

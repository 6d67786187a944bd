"""A retro tells of what had happened when its period ended: made again of the same data, it has the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eal_jira.sandbox.acts import Create, Move
from eal_jira.stages.check import check
from eal_jira.stages.evaluate import evaluate
from eal_jira.stages.guidelines import versions
from eal_jira.stages.listen import listen
from eal_jira.stages.log import log
from eal_jira.stages.pull import pull

from .build_again import build_again
from .conftest import OpenBench
from .test_experiments import DAY, HOUR, PLAN, Team, at_work
from .test_killed_between_stages import GUIDELINE

TEAM = (
    'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-01-01\nretro = "monthly"\n'
    'pages = ["html", "markdown", "jira"]\ntime_zone = "Europe/Berlin"'
)
END = datetime(2026, 3, 31, 22, tzinfo=UTC)
"""Of March, on the team's clock."""

ROOT = Path(__file__).parents[2]


@contextmanager
def after_march(bench: OpenBench) -> Iterator[Team]:
    """A team with work behind it and under way, an experiment that ended, and no retro of March yet."""
    with at_work(bench, "cloud", TEAM) as team:
        team.b.extra = "[experiments]\nquiet_weeks = 2\n"
        team.b.write_config()
        team.ticket(PLAN.replace("after 40 issues", "after 12 issues"))
        team.cycle()
        team.work(trial=12, others=24)
        team.cycle()
        assert team.row().ended is not None
        team.b.site.clock.set(END - 8 * DAY)  # type: ignore[attr-defined]
        perform = team.b.site.perform
        for n in range(9):
            perform(Create(END - 20 * DAY - n * HOUR, "ann", f"P-{100 + n}", "Bug", f"Under way {n}", {}))
            perform(Move(END - 15 * DAY - n * DAY, "ann", f"P-{100 + n}", "Doing"))
        for n in range(7):
            perform(Create(END - 25 * DAY, "ann", f"P-{200 + n}", "Story", f"Done in March {n}", {}))
            perform(Move(END - 20 * DAY, "ann", f"P-{200 + n}", "Doing"))
            perform(Move(END - 10 * DAY + n * HOUR, "ann", f"P-{200 + n}", "Done"))
        team.cycle()
        yield team


def told(team: Team, now: datetime) -> dict[str, str]:
    shutil.rmtree(team.b.folder / "retros", ignore_errors=True)
    return build_again(team.b.config, now)


def test_a_retro_of_the_same_data_has_the_same_bytes_on_another_day_and_in_another_zone_and_locale(
    bench: OpenBench,
) -> None:
    with after_march(bench) as team:
        first = told(team, END + HOUR)
        charts = {name for name in first if name.endswith(".svg")}
        assert len(charts) == 8, "every kind of chart is in it"
        (page,) = (team.b.folder / "retros").rglob("retro-*.md")
        assert "For 3 weeks we have tried nothing on purpose" in page.read_text()
        assert {Path(name).suffix for name in first} >= {".html", ".md", ".png"}
        assert told(team, END + 20 * DAY) == first
        for zone, locale, seed in (("Asia/Kathmandu", "de_DE.UTF-8", "1"), ("America/St_Johns", "C", "2")):
            shutil.rmtree(team.b.folder / "retros")
            away: Any = json.loads(
                subprocess.run(
                    [
                        *(sys.executable, "-m", "tests.cycle.build_again", str(team.b.config)),
                        (END + 9 * DAY).isoformat(),
                    ],
                    cwd=ROOT,
                    env={**os.environ, "TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed},
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            assert away["zone"] != ["UTC", "UTC"]
            assert away["told"] == first, zone


def test_what_happens_after_the_period_does_not_change_its_retro(bench: OpenBench) -> None:
    with after_march(bench) as team:
        before = told(team, END + HOUR)
        team.b.site.clock.set(END + 3 * DAY)  # type: ignore[attr-defined]
        later = GUIDELINE.replace("review-before-done", "another").replace(
            "rule =", "in_force_from = 2026-04-01\nrule ="
        )
        (team.b.folder / "g.toml").write_text(GUIDELINE + later)
        for n in range(4):
            team.b.site.perform(Move(END + DAY, "ann", f"P-{100 + n}", "Done"))
        team.b.site.perform(Move(END + DAY, "ann", "P-104", "Review"))
        learn_what_happened(team)
        with team.house.store.read() as connection:
            assert {v.guideline for v in versions(connection, "Team")} == {"review-before-done", "another"}
        assert told(team, END + 3 * DAY) == before


def learn_what_happened(team: Team) -> None:
    """A cycle that ends before any retro is built."""
    house, identity = team.house, team.house.tracker.whoami()
    now = identity.now
    assert pull(house, identity).changed
    log(house, now)
    listen(house, now)
    check(house, now)
    evaluate(house, now)

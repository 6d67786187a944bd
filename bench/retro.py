"""How long a full retro takes: 10,000 issues of one quarter, all charts, the page written as HTML.

    python -m bench.retro --issues 10000

A store is filled in one process; another one, fresh, builds the retro as the stage `reflect` does: reads the store,
measures what is unfinished, draws every chart, renders the template and writes the page. Its time and memory count.
The goal: at most 10 s and 400 MiB.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.judging import BLOCK, CONFIG, GUIDELINES, WORDS, arrive, say
from eal_jira.assemble import assembled
from eal_jira.model import Page
from eal_jira.outbox.figures import figures
from eal_jira.sandbox import Site, serve
from eal_jira.sandbox.acts import Person
from eal_jira.settings import load_settings
from eal_jira.stages.actions import retro_key
from eal_jira.stages.check import check
from eal_jira.stages.evaluate import evaluate
from eal_jira.stages.log import log
from eal_jira.stages.reflect import reflect
from eal_jira.store import facts, intents, issues, learning, process

#: the 10,000 histories begin within 104 days from 2 January 2023; the retro is about the quarter that ends here
NOW = datetime(2023, 4, 17, 1, tzinfo=UTC)
GOAL_SECONDS, GOAL_MIB = 10, 400


def settings(home: Path, url: str, token: str) -> None:
    (home / "token").write_text(token)
    lines = CONFIG.replace("http://127.0.0.1:9", url).replace('env = "HOME"', f'file = "{home / "token"}"')
    lines = lines.replace('["jira"]', '["html"]\nretro = "0 0 17 1,4,7,10 *"\nwaiting = ["Blocked"]')
    (home / "eal-jira.toml").write_text(lines)
    (home / "g.toml").write_text(GUIDELINES)


def fill(home: Path, count: int) -> None:
    with assembled(load_settings(home / "eal-jira.toml")) as house:
        with house.store.write() as connection:
            issues.save_vocabulary(connection, WORDS)
        for start in range(0, count, BLOCK):
            arrive(house, range(start, min(count, start + BLOCK)))
            log(house, NOW)
        check(house, NOW)
        evaluate(house, NOW)
        with house.store.write() as connection:
            facts.approve_plan(connection, ["Team"], NOW - timedelta(days=1))


def build(home: Path) -> None:
    with assembled(load_settings(home / "eal-jira.toml")) as house:
        started, worked = time.perf_counter(), time.process_time()
        done = reflect(house, NOW)
        with house.store.read() as connection:
            (retro,) = learning.retros(connection, "Team", 1)
            row = intents.get(connection, f"page:html:{retro_key('Team', retro.period)}")
        assert row is not None, "the retro states its page"  # noqa: S101
        page = row.payload["page"]
        house.pages["html"].put(Page(**{**page, "figures": figures(page["figures"])}))
        took, cpu = time.perf_counter() - started, time.process_time() - worked
        with house.store.read() as connection:
            held = len(process.measures(connection, "Team"))
    (file,) = (home / "retros").rglob("retro-*.html")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(
        f"{held:,} issues, {done.retros} retro, {len(page['figures'])} charts, {file.stat().st_size / 1024:,.0f} KiB: "
        f"{took:.1f} s ({cpu:.1f} s CPU; goal {GOAL_SECONDS} s), peak {peak:.0f} MiB (goal {GOAL_MIB})"
    )
    if cpu > GOAL_SECONDS or peak > GOAL_MIB:
        raise SystemExit("over the goal")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--issues", type=int, default=10_000)
    parser.add_argument("--build", type=Path, help="only build, in this folder that was filled before")
    chosen = parser.parse_args()
    if chosen.build:
        build(chosen.build)
        return 0
    # an empty tracker beside it: it is asked for its address, and for nothing else
    site = Site(flavour="datacenter")
    site.add_person(Person("bot", "Bot"))
    with tempfile.TemporaryDirectory() as folder, serve(site, port=0) as served:
        home = Path(folder)
        settings(home, served.url, site.credentials("bot")[1])
        fill(home, chosen.issues)
        return subprocess.run([sys.executable, "-m", "bench.retro", "--build", folder], check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

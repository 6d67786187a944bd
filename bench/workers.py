"""Four daemons against one on PostgreSQL: how long does the first reading of eight projects take at 50 ms a request?

    python -m bench.workers --issues 300

Each daemon is a process of its own with one worker; the clock runs from the first request to the last one of the
readings, so that the start of Python does not count.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.site import Always
from eal_jira.sandbox import Create, Move, Person, ProjectPlan, Site, VirtualClock, serve
from eal_jira.sandbox.faults import Delay
from eal_jira.store import issues, open_store
from tests.postgres import Server, make_template, server

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PROJECTS = [f"P{number}" for number in range(8)]
STATUSES = (("Open", "new"), ("Doing", "indeterminate"), ("Done", "done"))


def site_of(flavour: Any, count: int) -> Site:
    """`count` issues in each project, each with a short history."""
    site = Site(flavour=flavour, clock=VirtualClock(NOW + timedelta(days=1)))
    for name in ("bot", "ann"):
        site.add_person(Person(name, name.title()))
    for key in (*PROJECTS, "EAL"):
        site.add_project(ProjectPlan(key, f"Project {key}", STATUSES))
    for project in PROJECTS:
        for number in range(1, count + 1):
            key = f"{project}-{number}"
            site.perform(Create(NOW, "ann", key, "Story", f"Thing {number}"))
            site.perform(Move(NOW + timedelta(hours=1), "ann", key, "Doing"))
    return site


def run(there: Server, flavour: str, count: int, latency: float, daemons: int) -> float:
    """Seconds until everything was read."""
    site = site_of(flavour, count)
    site.faults = Always(Delay(latency))
    user, token = site.credentials("bot")
    store_url = there.fresh()
    with serve(site) as served, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "token").write_text(token)
        (folder / "eal-jira.toml").write_text(
            f"""
[tracker]
adapter = "jira"
url = "{served.url}"
{f'user = "{user}"' if user else ""}
token = {{ file = "{folder / "token"}" }}
learning_project = "EAL"
[store]
url = "{store_url}"
[run]
every = 3600
workers = 1
[[teams]]
name = "Team"
projects = {PROJECTS}
""".replace("'", '"')
        )
        command = [sys.executable, "-c", "from eal_jira.cli.main import run; run()", "run", "--config"]
        command.append(str(folder / "eal-jira.toml"))
        # all are there before the work is: they wait for the tracker's address to be believed, so to say
        site.lock.acquire()
        with (folder / "log").open("wb") as log:
            started = [subprocess.Popen(command, stdout=log, stderr=log) for _ in range(daemons)]  # noqa: S603
        time.sleep(6)
        site.lock.release()
        began = time.monotonic()
        store = open_store(store_url)
        try:
            while True:
                with store.read() as connection:
                    marks = issues.watermarks(connection)
                if all(marks.get(key) is not None and marks[key].complete is not None for key in (*PROJECTS, "EAL")):
                    return time.monotonic() - began
                if any(process.poll() is not None for process in started) or time.monotonic() - began > 300:
                    raise RuntimeError((folder / "log").read_text()[-2000:])
                time.sleep(0.02)
        finally:
            store.close()
            for process in started:
                process.send_signal(signal.SIGKILL)
                process.wait()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--issues", type=int, default=300, help="in each of the eight projects")
    options.add_argument("--latency", type=float, default=0.05)
    options.add_argument("--flavour", default="datacenter", choices=["cloud", "datacenter"])
    given = options.parse_args()
    with server() as there:
        make_template(there)
        one = run(there, given.flavour, given.issues, given.latency, 1)
        four = run(there, given.flavour, given.issues, given.latency, 4)
    print(  # noqa: T201
        f"{given.flavour}, 8 projects of {given.issues} issues at {given.latency * 1000:.0f} ms on {os.cpu_count()} "
        f"cores: one daemon {one:.1f} s, four {four:.1f} s, {one / four:.1f} x"
    )


if __name__ == "__main__":
    main()

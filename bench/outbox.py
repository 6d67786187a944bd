"""A thousand tags at 50 ms of latency: how long, against what the tracker's own limits allow, and was any of them hit?

    python -m bench.outbox --tags 1000 --latency 0.05 --flavour cloud

The sandbox answers after the latency and enforces Cloud's limits (50 edits a second, 20 writes on one issue in two
seconds); the floor is the number of edits divided by fifty.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from eal_jira.hookspecs import Connection
from eal_jira.outbox.deliver import Outbox
from eal_jira.outbox.intents import Tag, want
from eal_jira.sandbox import Create, Person, ProjectPlan, Site, VirtualClock, serve
from eal_jira.sandbox.buckets import BURST, PER_ISSUE, Buckets
from eal_jira.store import facts, intents, open_store
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def populated(flavour: str, count: int) -> Site:
    site = Site("cloud" if flavour == "cloud" else "datacenter", VirtualClock(NOW))
    for name in ("bot", "ann"):
        site.add_person(Person(name, name.title()))
    site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Done", "done"))))
    site.grant("bot", "P", "ADMINISTER_PROJECTS")
    for number in range(1, count + 1):
        site.perform(Create(NOW, "ann", f"P-{number}", "Task", f"Thing {number}"))
    return site


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--tags", type=int, default=1000)
    given.add_argument("--latency", type=float, default=0.05)
    given.add_argument("--flavour", choices=["cloud", "datacenter"], default="cloud")
    given.add_argument("--connections", type=int, default=Options().connections)
    args = given.parse_args()
    site = populated(args.flavour, args.tags)
    with tempfile.TemporaryDirectory() as folder, serve(site) as served:
        store = open_store("sqlite:///eal.db", Path(folder))
        with store.write() as connection:
            facts.meet_team(connection, "Team", NOW)
            facts.approve_plan(connection, ["Team"], NOW)
            for issue in list(site.issues.values()):
                said = {"schema": 1, "deviations": [{"what": "Why?"}]}
                want(connection, "Team", Tag(str(issue.id), ("eal-deviation",), (), said), NOW)
        user, token = site.credentials("bot")
        tracker = JiraTracker(Connection(served.url, user, lambda: token, {}), Options(connections=args.connections))
        tracker.whoami()
        buckets = site.faults = Buckets(args.latency)
        before, begin = len(site.requests), time.monotonic()
        done = Outbox(store, tracker, {}).deliver(NOW)
        took = time.monotonic() - begin
        requests = site.requests[before:]
        with store.read() as connection:
            left = len(intents.undelivered(connection))
        tracker.close()
        store.close()
    edits = len([request for request in requests if request.method == "PUT"])
    floor = edits / BURST["PUT"]
    sys.stdout.write(
        f"{done.written} tags in {took:.1f} s ({left} left): {len(requests)} requests, {edits} of them edits\n"
        f"what the limits allow: {floor:.1f} s; ratio {took / floor:.2f}\n"
        f"refused: {buckets.refused or 'nothing'} (per issue: {PER_ISSUE})\n"
    )


if __name__ == "__main__":
    main()

"""First sync of a large project: a bare floor, the plain client loop, and ours, in turn, on one sandbox.

    make bench                 10,000 issues, without latency and with 50 ms a request
    python -m bench.first_sync --issues 2000 --latency 0

Each contender runs in a process of its own against a sandbox in another, so CPU and memory are the contender's alone.
What counts are the ratios inside one run: machines differ and are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

HISTORIES, COMMENTS, CONNECTIONS = 12, 3, 8
START = datetime(2025, 1, 6, 8, tzinfo=UTC)
STATUSES = ("Open", "In Progress", "In Review", "Done")


def records(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Issues as REST JSON: 12 history entries and 3 comments each; one in 200 has 60 entries, beyond the cut at 40."""
    dice = random.Random(seed)  # noqa: S311
    text = "Nothing in particular is said here, at some length, as people do. " * 20
    for n in range(1, count + 1):
        created = START + timedelta(minutes=11 * n)
        at = created
        histories = []
        for h in range(60 if n % 200 == 0 else HISTORIES):
            at += timedelta(minutes=dice.randint(5, 600))
            item: dict[str, Any] = {"field": "summary", "fieldId": "summary", "fieldtype": "jira"}
            item |= {"from": None, "fromString": f"Old {h}", "to": None, "toString": f"New {h}"}
            histories.append({"id": str(n * 100 + h), "created": stamp(at), "author": person(h), "items": [item]})
        yield {
            "id": str(10_000 + n),
            "key": f"BIG-{n}",
            "fields": {
                "summary": f"Issue {n}",
                "description": text,
                "created": stamp(created),
                "updated": stamp(at),
                "status": {"id": "1", "name": "Open", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}},
                "issuetype": {"id": "1", "name": "Task"},
                "priority": {"id": "3", "name": "Medium"},
                "project": {"id": "77", "key": "BIG", "name": "Big"},
                "labels": ["one", "two"],
                "reporter": person(1),
                "creator": person(1),
                "assignee": person(n % 9),
                "comment": {
                    "comments": [
                        {
                            "id": str(n * 10 + c),
                            "author": person(c),
                            "body": text[:400],
                            "created": stamp(at),
                            "updated": stamp(at),
                        }
                        for c in range(COMMENTS)
                    ],
                    "total": COMMENTS,
                },
            },
            "changelog": {"startAt": 0, "maxResults": 100, "total": len(histories), "histories": histories[::-1]},
        }


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def comment(number: int, author: dict[str, Any], body: str, at: str) -> dict[str, Any]:
    return {"id": str(number), "author": author, "body": body, "created": at, "updated": at}


def person(n: int) -> dict[str, Any]:
    return {"accountId": f"person-{n}", "displayName": f"Person {n}", "active": True, "timeZone": "Etc/UTC"}


# --- the sandbox, in a process of its own ---------------------------------------------------------------------


def serve(flavour: str, count: int, latency: float) -> None:
    from eal_jira.sandbox import Site, VirtualClock
    from eal_jira.sandbox import serve as open_site
    from eal_jira.sandbox.acts import Person
    from eal_jira.sandbox.faults import Delay

    site = Site(flavour=flavour, clock=VirtualClock(datetime(2026, 1, 5, tzinfo=UTC)))  # type: ignore[arg-type]
    site.add_person(Person("bot", "Bot"))
    site.load(records(count))
    user, token = site.credentials("bot")
    if latency:
        site.faults = Always(Delay(latency))
    with open_site(site, port=0) as served:
        print(json.dumps({"url": served.url, "user": user, "token": token}), flush=True)  # noqa: T201
        for _ in sys.stdin:
            print(len(site.requests), flush=True)  # noqa: T201


class Always:
    def __init__(self, fault: Any) -> None:
        self._fault = fault

    def fault(self, _exchange: Any) -> Any:
        return self._fault


# --- the contenders -------------------------------------------------------------------------------------------


def floor(where: dict[str, str], folder: Path) -> None:
    """Hand-written: the same requests as Cloud asks for, orjson, and one insert a record. Judges nothing, keeps all."""
    import orjson
    import requests

    local = threading.local()

    def post(path: str, body: dict[str, Any]) -> Any:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.auth = (where["user"], where["token"])
        answer = local.session.post(f"{where['url']}/rest/api/3/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return orjson.loads(answer.content)

    ids: list[str] = []
    token = None
    while True:
        body = {"jql": "project = BIG ORDER BY created ASC", "fields": ["id"], "maxResults": 5000}
        page = post("search/jql", body | ({"nextPageToken": token} if token else {}))
        ids += [issue["id"] for issue in page["issues"]]
        token = page.get("nextPageToken")
        if not token:
            break
    database = sqlite3.connect(folder / "floor.db")
    database.execute("create table issue (id text primary key, body text)")
    chunks = [ids[n : n + 100] for n in range(0, len(ids), 100)]

    def fetch(chunk: list[str]) -> list[tuple[str, str]]:
        found = post("issue/bulkfetch", {"issueIdsOrKeys": chunk, "fields": ["*all"]})["issues"]
        body = {"issueIdsOrKeys": chunk, "maxResults": 10_000}
        logs = {log["issueId"]: log for log in post("changelog/bulkfetch", body)["issueChangeLogs"]}
        return [(i["id"], orjson.dumps([i, logs.get(i["id"])])) for i in found]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for rows in pool.map(fetch, chunks):
            with database:
                database.executemany("insert into issue values (?, ?)", rows)


def plain(where: dict[str, str], folder: Path) -> None:
    """What the client library's documentation suggests; histories beyond 40 are silently missing."""
    from jira import JIRA

    client = JIRA(where["url"], basic_auth=(where["user"], where["token"]), max_retries=0, timeout=60)
    database = sqlite3.connect(folder / "plain.db")
    database.execute("create table issue (id text primary key, body text)")
    token = None
    while True:
        found = client.enhanced_search_issues(
            "project = BIG ORDER BY created ASC", nextPageToken=token, maxResults=100, expand="changelog"
        )
        with database:
            database.executemany("insert into issue values (?, ?)", [(i.id, json.dumps(i.raw)) for i in found])
        token = found.nextPageToken
        if not token:
            break


def ours(where: dict[str, str], folder: Path) -> None:
    from eal_jira.hookspecs import Connection
    from eal_jira.mirror.pull import Puller
    from eal_jira.store import open_store
    from eal_tracker_jira.options import Options
    from eal_tracker_jira.service import JiraTracker

    store = open_store("sqlite:///ours.db", folder)
    tracker = JiraTracker(Connection(where["url"], where["user"], lambda: where["token"], {}), Options())
    Puller(store, tracker).pull(tracker.whoami(), [], ["BIG"])


CONTENDERS: dict[str, Callable[[dict[str, str], Path], None]] = {"floor": floor, "plain loop": plain, "ours": ours}


# --- measuring ------------------------------------------------------------------------------------------------


def measure(name: str, where: dict[str, str]) -> dict[str, float]:
    """Runs a contender in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.first_sync", "--contender", name, "--folder", folder]
        environment = {**os.environ, "BENCH_WHERE": json.dumps(where)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def contend(name: str, folder: Path) -> None:
    where = json.loads(os.environ["BENCH_WHERE"])
    started, cpu = time.monotonic(), time.process_time()
    CONTENDERS[name](where, folder)
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": mib}))  # noqa: T201


def compare(flavour: str, count: int, latency: float) -> None:
    command = [sys.executable, "-m", "bench.first_sync", "--serve", flavour, "--issues", str(count)]
    command += ["--latency", str(latency)]
    print(f"\n{flavour}, {count:,} issues, {latency * 1000:.0f} ms a request")  # noqa: T201
    header = (
        f"{'':12}{'seconds':>9}{'CPU s':>8}{'MiB':>7}{'requests/1,000':>16}{'issues/s':>10}{'wall ×':>8}{'CPU ×':>7}"
    )
    print(header)  # noqa: T201
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        asking, telling = cast(IO[str], server.stdin), cast(IO[str], server.stdout)
        where = json.loads(telling.readline())
        base: dict[str, float] = {}
        asked = 0
        for name in CONTENDERS:
            if flavour != "cloud" and name != "ours":
                continue
            got = measure(name, where)
            asking.write("\n")
            asking.flush()
            total = int(telling.readline())
            base = base or got
            figures = (
                f"{got['seconds']:.2f}",
                f"{got['cpu']:.2f}",
                f"{got['mib']:.0f}",
                f"{(total - asked) * 1000 / count:.1f}",
                f"{count / got['seconds']:.0f}",
                f"{got['seconds'] / base['seconds']:.2f}",
                f"{got['cpu'] / base['cpu']:.2f}",
            )
            print(f"{name:12}" + "".join(f"{figure:>15}" for figure in figures))  # noqa: T201
            asked = total
        server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=None)
    parser.add_argument("--serve")
    parser.add_argument("--contender")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.issues, given.latency or 0.0)
    elif given.contender:
        contend(given.contender, given.folder)
    else:
        for latency in (0.0, 0.05) if given.latency is None else (given.latency,):
            compare("cloud", given.issues, latency)
        compare("datacenter", given.issues, given.latency or 0.0)


if __name__ == "__main__":
    main()

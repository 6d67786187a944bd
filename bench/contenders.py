"""Who reads the large project: each takes where it is and a folder, and returns how many issues it has read."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

CONNECTIONS = 8
SAMPLE = 150
"""Issues that the per-issue loop reads: all of them would take minutes, and each costs the same."""

Where = dict[str, str]


def floor(where: Where, folder: Path) -> int:
    """Hand-written: the requests that ours makes, orjson, one insert an issue. Judges nothing, keeps all as it came."""
    import orjson

    post, get = _asking(where)
    database = _database(folder)
    ids = [*_ids(post)]
    fetched = {"fields": ["*all", "-worklog", "-attachment"], "expand": ["changelog"], "properties": ["eal-jira"]}

    def fetch(chunk: list[str]) -> list[dict[str, Any]]:
        issues: list[dict[str, Any]] = post("issue/bulkfetch", {"issueIdsOrKeys": chunk, **fetched})["issues"]
        for issue in issues:
            if (total := issue["fields"]["comment"]["total"]) > len(issue["fields"]["comment"]["comments"]):
                said: list[Any] = []
                while len(said) < total:
                    said += get(f"issue/{issue['id']}/comment?maxResults=1000&startAt={len(said)}")["comments"]
                issue["fields"]["comment"]["comments"] = said
        return issues

    waiting: list[dict[str, Any]] = []

    def complete() -> Iterable[tuple[str, bytes]]:
        long = [i["id"] for i in waiting if len(i["changelog"]["histories"]) < i["changelog"]["total"]]
        body = {"issueIdsOrKeys": long, "maxResults": 10_000}
        logs = {log["issueId"]: log for log in post("changelog/bulkfetch", body)["issueChangeLogs"]} if long else {}
        return [(i["id"], orjson.dumps([i, logs.get(i["id"])])) for i in waiting]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for n, issues in enumerate(pool.map(fetch, _chunks(ids, 100)), 1):
            waiting += issues
            if n % 5 == 0 or n * 100 >= len(ids):
                _keep(database, complete())
                waiting.clear()
    return len(ids)


def plain(where: Where, folder: Path) -> int:
    """What the client library's documentation suggests; histories beyond 40 are silently missing."""
    from jira import JIRA

    client = JIRA(where["url"], basic_auth=(where["user"], where["token"]), max_retries=0, timeout=60)
    database = _database(folder)
    token, count = None, 0
    while True:
        found = client.enhanced_search_issues(
            "project = BIG ORDER BY created ASC", nextPageToken=token, maxResults=100, expand="changelog"
        )
        _keep(database, [(i.id, json.dumps(i.raw)) for i in found])
        count += len(found)
        token = found.nextPageToken
        if not token:
            return count


def each(where: Where, folder: Path) -> int:
    """One request an issue, one after the other, as many mirrors do. Reads a sample."""
    import orjson

    post, get = _asking(where)
    database = _database(folder)
    for id in islice(_ids(post, SAMPLE), SAMPLE):
        _keep(database, [(id, orjson.dumps(get(f"issue/{id}?expand=changelog")))])
    return SAMPLE


def ours(where: Where, folder: Path) -> int:
    from eal_jira.hookspecs import Connection
    from eal_jira.memory import return_what_is_free
    from eal_jira.mirror.pull import Puller
    from eal_jira.store import open_store
    from eal_tracker_jira.options import Options
    from eal_tracker_jira.service import JiraTracker

    return_what_is_free()  # as every command does
    store = open_store("sqlite:///ours.db", folder)
    options = Options(connections=CONNECTIONS)
    tracker = JiraTracker(Connection(where["url"], where["user"], lambda: where["token"], {}), options)
    return Puller(store, tracker).pull(tracker.whoami(), [], ["BIG"]).read


CONTENDERS: dict[str, Callable[[Where, Path], int]] = {
    "floor": floor,
    "plain loop": plain,
    "per issue": each,
    "ours": ours,
}


# --- what the hand-written ones share -------------------------------------------------------------------------


def _asking(where: Where) -> tuple[Callable[[str, dict[str, Any]], Any], Callable[[str], Any]]:
    """POST and GET, on one connection a thread."""
    import orjson
    import requests

    local = threading.local()

    def send(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.auth = (where["user"], where["token"])
        answer = local.session.request(method, f"{where['url']}/rest/api/3/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return orjson.loads(answer.content)

    return lambda path, body: send("POST", path, body), lambda path: send("GET", path)


def _ids(post: Callable[[str, dict[str, Any]], Any], size: int = 5000) -> Iterable[str]:
    body = {"jql": "project = BIG ORDER BY created ASC", "fields": ["id"], "maxResults": size}
    token = None
    while True:
        page = post("search/jql", body | ({"nextPageToken": token} if token else {}))
        yield from (issue["id"] for issue in page["issues"])
        token = page.get("nextPageToken")
        if not token:
            return


def _chunks(ids: list[str], size: int) -> list[list[str]]:
    return [ids[n : n + size] for n in range(0, len(ids), size)]


def _database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "mirror.db")
    database.execute("create table issue (id text primary key, body text)")
    return database


def _keep(database: sqlite3.Connection, rows: Iterable[tuple[str, str | bytes]]) -> None:
    with database:
        database.executemany("insert into issue values (?, ?)", rows)

"""The large project that the contenders read, and the sandbox that serves it."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

HISTORIES, COMMENTS = 12, 3
START = datetime(2025, 1, 6, 8, tzinfo=UTC)


def records(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Issues as REST JSON: 12 history entries and 3 comments each. One in 200 has 60 entries, beyond the cut at 40 of
    Cloud's searches, and one in 400 has 120 comments, beyond the cut at 100."""
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
        said = [
            comment(n * 1000 + c, person(c), text[:400], stamp(at)) for c in range(120 if n % 400 == 100 else COMMENTS)
        ]
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
                "comment": {"comments": said, "total": len(said)},
            },
            "changelog": {"startAt": 0, "maxResults": 100, "total": len(histories), "histories": histories[::-1]},
        }


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def comment(number: int, author: dict[str, Any], body: str, at: str) -> dict[str, Any]:
    return {"id": str(number), "author": author, "body": body, "created": at, "updated": at}


def person(n: int) -> dict[str, Any]:
    return {"accountId": f"person-{n}", "displayName": f"Person {n}", "active": True, "timeZone": "Etc/UTC"}


def serve(flavour: str, count: int, latency: float) -> None:
    """Tells where it is as JSON on a line; then, for each line it reads, how many requests it has had."""
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

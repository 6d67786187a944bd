"""Thousands of writes with their answers lost: nothing twice, nothing lost, nothing sent again blindly.

A tenth runs with the suite; `make outbox` runs all of it. Everything is counted in the site's journal and its request
log, and in what the schedule of faults did, not in our store.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from eal_jira.outbox.bounds import SETTLE, Bounds
from eal_jira.outbox.intents import Attached, Comment, Intent, Linked, Tag, Ticket
from eal_jira.sandbox.acts import Create
from eal_jira.sandbox.faults import Exchange, Fault, Instead, Reset
from eal_jira.sandbox.journal import READING_POSTS

from .conftest import NOW, Bench

WRITES = int(os.environ.get("OUTBOX_WRITES", "300"))


@dataclass
class LostAnswers:
    """Three in a hundred answers to creates are lost, half of them before the effect; and all of them for a minute.

    What states how something should be is left alone: its repetition does no harm, and an outage stops everything.
    """

    chance: random.Random
    begins: datetime
    #: path's end → how many were lost before they took effect
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)

    def fault(self, exchange: Exchange) -> Fault | None:
        if exchange.method != "POST" or exchange.path.endswith(READING_POSTS):
            return None
        all_of_them = self.begins <= exchange.at < self.begins + timedelta(seconds=60)
        if not all_of_them and self.chance.random() >= 0.03:
            return None
        path = exchange.path.rpartition("/")[2]
        after_effect = self.after[path] <= self.before[path]
        (self.after if after_effect else self.before)[path] += 1
        return self.chance.choice([Reset(after_effect), Instead(503, after_effect=after_effect)])


def wishes(bench: Bench) -> list[Intent]:
    """One of each kind for an issue, so that a path of the request log tells which intent it was for."""
    issues = max(10, WRITES * 5 // 21)
    for number in range(2, issues + 1):
        bench.site.perform(Create(NOW, "ann", f"P-{number}", "Task", f"Thing {number}"))
    ids = [str(bench.site.issue(f"P-{number}").id) for number in range(1, issues + 1)]
    said = {"schema": 1, "deviations": [{"what": "Why?"}]}
    found: list[Intent] = []
    for number, here in enumerate(ids):
        found += [
            Tag(here, ("eal-deviation",), (), said),
            Comment(f"deviation/{number}", "What made that better?", issue_id=here),
            Linked("Relates", issue_id=here, other_id=ids[number - 1]),
            Attached("chart.png", f"of {number}".encode(), issue_id=here),
        ]
        if number % 5 == 0:
            found.append(Ticket(f"proposal/{number}", "EAL", "Task", f"Proposal {number}", "Why"))
    return found


@pytest.mark.timeout(3000)
def test_nothing_is_written_twice_or_blindly_however_many_answers_are_lost(bench: Bench) -> None:
    bench.bounds = replace(Bounds(), tickets_per_hour=10**6)
    bench.site.index_lag = timedelta(minutes=4)
    wanted = wishes(bench)
    lost = LostAnswers(random.Random(7), NOW + timedelta(seconds=10))
    bench.site.faults = lost
    # some go out before the minute in which nothing is answered, some within, the rest after it
    for part in range(80):
        bench.wants(*wanted[part::8] if part < 8 else ())
        bench.deliver()
        bench.later(timedelta(seconds=20))
        if part > 8 and not undone(bench):
            break
    assert undone(bench) == 0
    assert {"issue", "comment", "attachments", "issueLink"} <= {*lost.after} & {*lost.before}

    ours = Counter(entry.kind for entry in bench.site.journal if entry.actor == "bot")
    each = Counter(wish.verb for wish in wanted)["tag"]
    tickets = len([wish for wish in wanted if wish.verb == "ticket"])
    assert (ours["create"], ours["comment"], ours["attachment"]) == (tickets, each, each)
    assert len(bench.site.links) == each
    assert all("eal-deviation" in bench.site.issue(f"P-{n}").fields["labels"] for n in range(1, each + 1))

    # every create that was sent again had been lost before it took effect
    sent = Counter(r.path.rpartition("/")[2] for r in bench.site.requests if r.method == "POST")
    for path in ("issue", "comment", "attachments", "issueLink"):
        assert sent[path] == (tickets if path == "issue" else each) + lost.before[path], path
    assert blind(bench) == []


def undone(bench: Bench) -> int:
    from eal_jira.store import intents

    with bench.store.read() as connection:
        return len(intents.undelivered(connection))


def blind(bench: Bench) -> list[str]:
    """Paths on which a create came twice without a look between them, or too soon after the first."""
    last: dict[str, datetime] = {}
    looked: set[str] = set()
    found = []
    for request in bench.site.requests:
        issue = request.path.partition("/issue/")[2].partition("/")[0]
        if request.method == "GET":
            looked.add(issue)
        elif request.path.endswith(("/comment", "/attachments")):
            if request.path in last and (issue not in looked or request.at - last[request.path] < SETTLE):
                found.append(request.path)
            last[request.path] = request.at
            looked.discard(issue)
    return found

"""Answers that are no longer what they were (facts/reliability.md R18): nothing crashes, nothing is lost, and one bad
record delays no other.

The shapes are those of the sandbox, which contract tests hold to Jira's own descriptions. A seed says which place of an
answer becomes what; a failure prints both.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from eal_jira.errors import EalError
from eal_jira.hookspecs import Connection, PatienceInMemory
from eal_jira.mirror.pull import Pulled, Puller, TeamScope
from eal_jira.model import Scope
from eal_jira.sandbox import Create, Edit, Move, Person, ProjectPlan, Say, Site, VirtualClock
from eal_jira.sandbox.faults import Exchange, Fault, Rewrite
from eal_jira.store import Store, open_store
from eal_jira.store.tables import metadata
from eal_tracker_jira.limits import Limits
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker
from tests.direct import reached

from .conftest import ANN, NOW, STATUSES
from .truth import Mirrored, differences, truth

ISSUES = 6
WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 17, 1e308, 2**70, "", "x", "9" * 400, "2026-13-45T99:99:99.000+0000", [], {}, [None], [[]]),
    *({"x": 1}, [{"id": None}], {"id": {}}, "<html><body>Log in</body></html>", "\ud800 half a letter"),
)
SEEDS = st.integers(0, 2**32 - 1)
DRIFTS = settings(
    max_examples=int(os.environ.get("DRIFTS", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    # the seed says it all: there is nothing to make smaller
    phases=[Phase.explicit, Phase.generate],
)
"""Per test and flavour; `make drift` takes thousands."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of everything that an answer holds, at any depth."""
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*path, step))


def drifted(value: Any, path: tuple[Any, ...], dice: random.Random) -> str:
    """Changes what stands at a place: missing, null, renamed, another type, something more. In words."""
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    what = dice.choice(["missing", "renamed", "more", "other", "other", "other", "other"])
    if what == "missing":
        del holder[last]
    elif what == "renamed" and isinstance(holder, dict):
        holder[f"{last}_2"] = holder.pop(last)
    elif what == "more" and isinstance(holder, dict):
        holder[f"{last}_more"] = dice.choice(WRONG)
    elif what == "more":
        holder.insert(last, dice.choice(WRONG))
    else:
        holder[last] = wrong = dice.choice(WRONG)
        what = f"{wrong!r:.40}"
    return f"{'.'.join(map(str, path))}: {what}"


@dataclass
class Drift:
    """One answer drifts, the one with this number among those in which `where` finds a place."""

    number: int
    seed: int
    where: Callable[[Any], list[tuple[Any, ...]]] = lambda answer: list(places(answer))
    only: Callable[[Exchange], bool] = lambda _exchange: True
    told: str = ""
    _met: int = field(default=0)

    def fault(self, exchange: Exchange) -> Fault | None:
        return Rewrite(lambda body: self._changed(exchange, body)) if self.only(exchange) else None

    def _changed(self, exchange: Exchange, body: bytes) -> bytes:
        answer = json.loads(body) if body else None
        found = self.where(answer)
        if not found:
            return body
        self._met += 1
        if self._met != self.number:
            return body
        dice = random.Random(self.seed)
        path = dice.choice(found)
        self.told = f"{exchange.method} {exchange.path}: {drifted(answer, path, dice)}"
        return json.dumps(answer).encode()


class Drifting:
    """A site with some life in it, and a mirror that can be begun anew."""

    def __init__(self, flavour: Literal["cloud", "datacenter"], folder: Path) -> None:
        self.clock = VirtualClock(NOW)
        site = self.site = Site(flavour=flavour, clock=self.clock)
        site.limits.expanded_changelog, site.limits.embedded_comments = 3, 2
        site.add_person(Person("bot", "Bot"))
        site.add_person(Person(ANN, "Ann"))
        site.add_project(ProjectPlan("P", "Project", STATUSES, components=("API",)))
        self.board = site.add_board("Board", "P").id
        sprint = site.add_sprint(self.board, "Sprint 1")
        site.start_sprint(sprint.id)
        for n in range(1, ISSUES + 1):
            self._live(f"P-{n}", n, sprint.id)
        self.file = folder / f"{flavour}.db"
        self.store: Store = open_store(f"sqlite:///{flavour}.db", folder)

    def _live(self, key: str, n: int, sprint: int) -> None:
        now = self.clock.now
        self.site.perform(Create(now(), ANN, key, "Task", f"Thing {n}"))
        for field_, value in (("Sprint", sprint), ("labels", ["red"]), ("components", ["API"]), ("assignee", ANN)):
            self.clock.advance(timedelta(seconds=50))
            self.site.perform(Edit(now(), ANN, key, field_, value))
        self.site.perform(Move(now(), ANN, key, "Doing"))
        for text in ("First.", "Second.", "Third.")[: n % 4]:
            self.site.perform(Say(now(), ANN, key, text))

    def anew(self) -> None:
        with self.store.write() as connection:
            for table in metadata.sorted_tables:
                connection.execute(delete(table))

    def pull(self) -> Pulled:
        user, token = self.site.credentials("bot")
        patience = PatienceInMemory()
        tracker = JiraTracker(
            Connection(self.url, user, lambda: token, {}, patience),
            Options(timeout=5, connections=1),
            self._wait,
            Limits(patience, self._wait, self.clock.now),
        )
        teams = [
            TeamScope("Team", Scope(projects=("P",)), sprints=True),
            TeamScope("Board", Scope(board=str(self.board)), sprints=True),
        ]
        try:
            return Puller(self.store, tracker).pull(tracker.whoami(), teams, [])
        finally:
            tracker.close()

    def _wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def wrong(self) -> dict[str, Any]:
        """Key → where the mirror differs from the site."""
        found = Mirrored(self.file)
        wrong = {}
        for id, issue in self.site.issues.items():
            seen = found.issues.get(str(id))
            differing: Any = (
                differences(self.site, truth(self.site, issue, found.key), seen) if seen is not None else "missing"
            )
            if differing:
                wrong[issue.key] = differing
        return wrong

    url = ""


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def drifting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drifting]:
    there = Drifting(request.param, tmp_path_factory.mktemp("drift"))
    with reached(there.site) as there.url:
        yield there
    there.store.close()


@DRIFTS
@given(number=st.integers(1, 16), seed=SEEDS)
def test_an_answer_of_another_shape_is_an_error_of_ours_or_none(drifting: Drifting, number: int, seed: int) -> None:
    """Whatever a pull raises is one of our sentences; two days later all is there."""
    drifting.anew()
    drift = drifting.site.faults = Drift(number, seed)
    try:
        drifting.pull()
    except EalError:
        pass
    except Exception as error:
        raise AssertionError(f"a crash over {drift.told}") from error
    finally:
        drifting.site.faults = None
    for _ in range(2):
        drifting.clock.advance(timedelta(hours=25))
        drifting.pull()
    found = Mirrored(drifting.file)
    assert found.present(["P"]) == {str(id) for id in drifting.site.issues}, drift.told


def _in_records(answer: Any) -> list[tuple[Any, ...]]:
    """Places inside one record of an answer, but for what says which issue it is."""
    if not isinstance(answer, dict):
        return []
    lists = [name for name in ("issues", "issueChangeLogs", "comments") if isinstance(answer.get(name), list)]
    found = [path for name in lists for path in places(answer[name], (name,)) if len(path) > 2]
    if "fields" in answer:
        found += [path for path in places(answer) if path[0] != "id"]
    return [path for path in found if path[2:] not in (("id",), ("issueId",))]


def _whole_records(exchange: Exchange) -> bool:
    """Where whole issues, histories or comments come from; lists of bare ids are another matter."""
    bare = "fields=created%2Cupdated" in exchange.query or exchange.path.endswith("/search/jql")
    wanted = ("/bulkfetch", "/search", "/comment", "/changelog")
    return not bare and (exchange.path.endswith(wanted) or "/issue/" in exchange.path)


@DRIFTS
@given(number=st.integers(1, 8), seed=SEEDS)
def test_a_record_of_another_shape_delays_no_other(drifting: Drifting, number: int, seed: int) -> None:
    """It is stored, or set aside with its reason; whatever else there is stands in the mirror as it is."""
    drifting.anew()
    drift = drifting.site.faults = Drift(number, seed, _in_records, _whole_records)
    try:
        pulled = drifting.pull()
    except Exception as error:
        raise AssertionError(f"stopped by {drift.told}") from error
    finally:
        drifting.site.faults = None
    wrong = drifting.wrong()
    assert len(wrong) <= 1, f"{drift.told}: {wrong}"
    if "missing" in wrong.values():
        refs = {item.ref for item in pulled.set_aside}
        (key,) = wrong
        assert {key, str(drifting.site.issue(key).id)} & refs, f"{drift.told}: {pulled.set_aside}"

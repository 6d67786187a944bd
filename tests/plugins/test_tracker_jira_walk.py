"""Walking over a search that counts rows, while people edit, delete and create under its feet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.errors import TrackerUnreachable
from eal_tracker_jira.times import minute
from eal_tracker_jira.walk import RESTLESS, Found, Walk

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Ground:
    """Issues by id with their time in the walk's order; a search sorts them afresh each time, as Jira does."""

    times: dict[str, datetime]
    size: int
    order: str = "created"
    #: times that rows show instead of the ones they are sorted by
    shown: dict[str, datetime] = field(default_factory=dict)
    #: what happens after the n-th search
    happenings: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    searches: int = 0
    deleted: set[str] = field(default_factory=set)
    now: datetime = START + timedelta(days=1)

    def search(self, since: str, start: int) -> Found:
        floor = datetime.fromisoformat(since) if since else datetime.min.replace(tzinfo=UTC)
        rows = sorted((at, int(id)) for id, at in self.times.items() if at >= floor)
        page = [self.row(str(id), at) for at, id in rows[start : start + self.size]]
        self.searches += 1
        for what, id in self.happenings.get(self.searches, ()):
            self.happen(what, id)
        return Found(page, len(rows))

    def row(self, id: str, at: datetime) -> dict[str, Any]:
        return {"id": id, "fields": {self.order: self.shown.get(id, at).isoformat()}}

    def happen(self, what: str, id: str) -> None:
        if what == "delete" and id in self.times:
            del self.times[id]
            self.deleted.add(id)
        elif what == "edit" and id in self.times and self.order == "updated":
            self.now += timedelta(seconds=1)
            self.times[id] = self.now
        elif what == "create":
            self.now += timedelta(seconds=1)
            self.times[f"{len(self.times) + len(self.deleted) + 1000}"] = self.now

    def walk(self, margin: int = 1, zone_changed: bool = False) -> Walk:
        return Walk(self.search, self.order, lambda at: minute(at).isoformat(), lambda: zone_changed, margin)


def walked(walk: Walk, first: str | datetime = "", known: str = "") -> list[str]:
    return [str(row["id"]) for found in walk.steps(first, known) for row in found.rows]


@st.composite
def grounds(draw: st.DrawFn, order: str) -> Ground:
    """Up to forty issues, many in the same minute, and things that happen between the searches."""
    count = draw(st.integers(0, 40))
    # mostly within one minute, where only counting helps; the rest over five
    last = draw(st.sampled_from([50, 50, 300]))
    seconds = draw(st.lists(st.integers(0, last), min_size=count, max_size=count))
    times = {str(number): START + timedelta(seconds=second) for number, second in enumerate(seconds, start=1)}
    happening = st.tuples(st.sampled_from(["edit", "delete", "create"]), st.integers(1, 40).map(str))
    happenings = draw(st.dictionaries(st.integers(1, 8), st.lists(happening, max_size=8), max_size=5))
    return Ground(times, draw(st.integers(2, 8)), order, happenings=happenings)


@settings(max_examples=150)
@given(grounds("created"))
def test_no_issue_is_lost_in_order_of_creation(ground: Ground) -> None:
    there = set(ground.times)
    found = set(walked(ground.walk()))
    assert there - ground.deleted <= found


@settings(max_examples=150)
@given(grounds("updated"))
def test_no_issue_is_lost_in_order_of_change(ground: Ground) -> None:
    there = set(ground.times)
    found = set(walked(ground.walk(margin=10)))
    assert there - ground.deleted <= found


def test_on_firm_ground_every_issue_comes_once_for_about_a_search_per_page() -> None:
    ground = Ground({str(n): START + timedelta(minutes=n) for n in range(1000)}, 100)
    found = walked(ground.walk())
    assert len(found) == len(set(found)) == 1000
    assert ground.searches <= 11


def test_a_minute_with_more_issues_than_a_page_is_walked_by_counting() -> None:
    """A bulk import: a thousand issues created in one minute."""
    ground = Ground({str(n): START + timedelta(milliseconds=n) for n in range(1000)}, 100)
    found = walked(ground.walk())
    assert len(found) == len(set(found)) == 1000


@pytest.mark.parametrize("what", ["edit", "delete"])
def test_rows_that_leave_meanwhile_do_not_let_their_neighbours_slip_by(what: str) -> None:
    """Trap 7: all rows in one minute; when two pages are read, rows of the first go away, and the others move up."""
    times = {str(n): START + timedelta(seconds=n) for n in range(40)}
    ground = Ground(times, 10, "updated", happenings={3: [(what, str(n)) for n in range(1, 8)]})
    assert {str(n) for n in range(40)} - ground.deleted <= set(walked(ground.walk(margin=10)))


@pytest.mark.parametrize("left", [1, 3, 14])
def test_a_list_that_becomes_shorter_than_where_we_stand_is_walked_back_on(left: int) -> None:
    """One row a page: when the rows behind us leave, asking at the same place finds nothing, for ever."""
    times = {str(n): START + timedelta(seconds=n) for n in range(30)}
    gone = [("delete", str(n)) for n in range(30 - left)]
    ground = Ground(times, 1, "updated", happenings={30 - left + 1: gone})
    assert {str(n) for n in range(30)} - ground.deleted <= set(walked(ground.walk(margin=10)))


def test_a_known_row_that_has_moved_to_the_end_is_no_place_to_stand_on() -> None:
    times = {str(n): START + timedelta(seconds=n) for n in range(20)}
    ground = Ground(times, 10, "updated", happenings={3: [("edit", str(n)) for n in range(10)]})
    assert set(times) <= set(walked(ground.walk(margin=10)))


def test_a_row_that_shows_a_later_time_than_its_place_does_not_end_the_walk_early() -> None:
    """A node's index can be behind: the issue stands where it was, but shows that it was edited just now."""
    times = {str(n): START + timedelta(minutes=n) for n in range(40)}
    ground = Ground(times, 10, "updated", shown={"9": START + timedelta(hours=5)})
    assert set(times) <= set(walked(ground.walk(margin=10)))


def test_a_walk_goes_on_from_a_moment() -> None:
    ground = Ground({str(n): START + timedelta(minutes=n) for n in range(30)}, 10)
    found = walked(ground.walk(), START + timedelta(minutes=12, seconds=30), "12")
    # the known issue lies in the minute where the walk goes on: it may come again, what was before may not
    assert {str(n) for n in range(13, 30)} <= set(found) <= {str(n) for n in range(12, 30)}


def test_when_the_known_issue_is_not_there_the_zone_is_asked_and_the_query_put_anew() -> None:
    ground = Ground({str(n): START + timedelta(minutes=n) for n in range(30)}, 10)
    asked = []
    clauses = iter(["2026-03-03T00:00:00+00:00"])

    def since(at: datetime) -> str:
        # the first literal is read in the wrong zone: it lies in the future
        return next(clauses, minute(at).isoformat())

    def zone_changed() -> bool:
        asked.append("zone")
        return True

    walk = Walk(ground.search, "created", since, zone_changed)
    assert "29" in walked(walk, START + timedelta(minutes=12), "12")
    assert asked


def test_ground_that_never_rests_is_given_up() -> None:
    def restless(_since: str, _start: int) -> Found:
        return Found([], 5)

    walk = Walk(restless, "created", lambda at: at.isoformat(), lambda: False)
    with pytest.raises(TrackerUnreachable, match="keeps changing"):
        walked(walk)
    assert RESTLESS < 100

"""WIP and time limits against oracles that go through time minute by minute and share nothing with the product."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.model import Change, Issue, Trace
from eal_jira.process.calendar import WorkingCalendar
from eal_jira.process.judge import Judge
from eal_jira.process.log import build_trace
from tests.process.building import DOING, DONE, MONDAY, OPEN, REVIEW, context, issue, move, version

Path = list[tuple[int, str]]
"""Of one issue: (minutes since Monday, the status it came to), the first one its creation."""

paths = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from((OPEN, DOING, REVIEW, DONE))), min_size=1, max_size=6
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


def trace(number: int, path: Path, step: timedelta) -> Trace:
    begin = MONDAY + path[0][0] * step
    changes: list[Change] = [
        move(n, MONDAY + to[0] * step, before[1], to[1]) for n, (before, to) in enumerate(pairwise(path), start=1)
    ]
    made: Issue = issue(path[-1][1], id=str(number), key=f"PAY-{number}", created=begin)
    return build_trace(made, changes)


def over_the_limit(every: list[Path], limit: int, counted: set[str]) -> set[tuple[int, int]]:
    """Which issue went over the limit in which minute: who is there at each minute's end, asked one by one."""
    found = set()
    before: set[int] = set()
    for minute in range(42):
        there = set()
        for number, path in enumerate(every):
            past = [status for at, status in path if at <= minute]
            if past and past[-1] in counted:
                there.add(number)
        stayed = {n for n in before & there if not left_in_between(every[n], minute, counted)}
        for room, number in enumerate(sorted(there - stayed), start=len(stayed) + 1):
            if room > limit:
                found.add((number, minute))
        before = there
    return found


def left_in_between(path: Path, minute: int, counted: set[str]) -> bool:
    """Whether it went out and came back within this minute, which makes it a new arrival."""
    return any(at == minute and status not in counted for at, status in path)


@settings(max_examples=300)
@given(st.lists(paths, min_size=1, max_size=7), st.integers(1, 3))
def test_wip_is_over_the_limit_when_counting_heads_says_so(every: list[Path], limit: int) -> None:
    rule = {"kind": "wip_limit", "statuses": ["In Progress", "In Review"], "at_most": limit}
    judge = Judge([version(rule)], context())
    traces = [trace(number, path, timedelta(minutes=1)) for number, path in enumerate(every)]
    among = judge.among(traces)
    found = {
        (int(d.issue_id), (d.at - MONDAY) // timedelta(minutes=1))
        for one in traces
        for d in judge(one, among).deviations
    }
    assert found == over_the_limit(every, limit, {DOING, REVIEW})


ZONE = ZoneInfo("Europe/Berlin")
OFF = date(2026, 3, 4)
CALENDAR = WorkingCalendar(ZONE, frozenset(range(5)), time(9), time(12), frozenset({OFF}))
STEP = timedelta(minutes=30)


def works(at: datetime) -> bool:
    local = at.astimezone(ZONE)
    return local.weekday() < 5 and local.date() != OFF and time(9) <= local.time() < time(12)


def times_up(path: Path, hours: int, now: datetime) -> list[datetime]:
    """Half hour by half hour: when more than so many working hours had passed in a stay in review."""
    found = []
    for (at, status), left in zip(path, [*(MONDAY + row[0] * STEP for row in path[1:]), None], strict=True):
        if status != REVIEW:
            continue
        moment, worked = MONDAY + at * STEP, timedelta()
        while moment < (now + STEP if left is None else left):
            if works(moment) and worked >= timedelta(hours=hours):
                if left is not None or moment <= now:
                    found.append(moment)
                break
            worked += STEP if works(moment) else timedelta()
            moment += STEP
    return found


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 500), st.sampled_from((OPEN, REVIEW, DONE))), min_size=1, max_size=5).map(sorted),
    st.integers(1, 9),
    st.integers(0, 700),
)
def test_a_time_is_up_when_the_clock_says_so(path: Path, hours: int, until: int) -> None:
    path = [row for n, row in enumerate(path) if n == 0 or row[1] != path[n - 1][1]]
    now = MONDAY + max(until, path[-1][0]) * STEP
    rule = {"kind": "time_limit", "status": "In Review", "at_most": f"{hours} working hours"}
    judge = Judge([version(rule)], context(now, calendar=CALENDAR))
    found = sorted(d.at for d in judge(trace(1, path, STEP)).deviations)
    assert found == sorted(times_up(path, hours, now))


def test_the_oracles_calendar_is_the_one_that_is_tested() -> None:
    assert works(datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert not works(datetime(2026, 3, 4, 8, tzinfo=UTC))

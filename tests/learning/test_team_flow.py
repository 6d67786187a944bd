"""A team's throughput and work in progress, on issues whose numbers can be counted on one hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.learning.measures import Measures, measure
from eal_jira.learning.team_flow import in_progress, throughput, weeks
from tests.learning.builders import CLOSED, DAY, DOING, DONE, HOUR, MONDAY, OPEN, ORDER, VOCABULARY, done, walk

NOW = MONDAY + 27 * DAY


def measured(*visits: tuple[float, str]) -> Measures:
    return measure(walk(*visits), VOCABULARY, ORDER, NOW)


PLAIN = measured((0, OPEN), (10, DOING), (50, DONE))
REOPENED = measured((0, OPEN), (1, DOING), (20, DONE), (40, DOING), (60, DONE))
OPEN_AGAIN = measured((0, OPEN), (1, DOING), (20, DONE), (40, DOING))
CLOSED_LATER = measured((0, OPEN), (1, DOING), (20, DONE), (400, CLOSED))
STRAIGHT = measured((0, OPEN), (30, DONE))
NOT_BEGUN = measured((0, OPEN))
ALL = [PLAIN, REOPENED, OPEN_AGAIN, CLOSED_LATER, STRAIGHT, NOT_BEGUN]


def test_each_issue_finishes_once_and_for_good() -> None:
    def finished(begin: float, end: float) -> int:
        return throughput(ALL, MONDAY + begin * HOUR, MONDAY + end * HOUR)

    assert finished(0, 1000) == 4, "what is open again has no finish"
    assert finished(20, 21) == 1, "closed later: finished when it was done; reopened: not yet"
    assert finished(60, 61) == 1
    assert finished(400, 401) == 0
    assert finished(50, 60) == 1, "an end belongs to the time after it"


def test_what_has_started_and_is_not_finished_is_in_progress() -> None:
    def under_way(hours: float) -> int:
        return in_progress(ALL, MONDAY + hours * HOUR)

    assert under_way(0.5) == 0
    assert under_way(5) == 3
    assert under_way(15) == 4
    assert under_way(30) == 3, "at rest in done before it is reopened: its clock runs"
    assert under_way(50) == 2, "finished at this moment: no longer"
    assert under_way(500) == 1


def test_weeks_begin_on_the_teams_monday_whatever_the_clock_does() -> None:
    """Berlin put its clocks forward on 29 March 2026: that week was an hour shorter."""
    berlin = ZoneInfo("Europe/Berlin")
    told = weeks([], datetime(2026, 4, 1, 12, tzinfo=UTC), berlin, 3, 5)
    assert [week.start.isoformat() for week in told] == [
        "2026-03-16T00:00:00+01:00",
        "2026-03-23T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
    ]
    assert told[1].end.astimezone(UTC) - told[1].start.astimezone(UTC) == 7 * DAY - HOUR


def test_a_number_of_few_issues_is_not_told() -> None:
    four, five = ([done(n, 3.0, finished=MONDAY) for n in range(count)] for count in (4, 5))
    (told,) = weeks(four, MONDAY + DAY, UTC, 1, 5)
    assert told.throughput is None
    (told,) = weeks(five, MONDAY + DAY, UTC, 1, 5)
    assert told.throughput == 5
    assert told.in_progress is None


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=20), st.integers(1, 12))
def test_no_finish_is_counted_twice_or_lost_between_weeks(issues: list[tuple[int, int]], count: int) -> None:
    now = MONDAY + 70 * DAY
    given_ = [done(n, float(took), finished=now - ago * DAY) for n, (ago, took) in enumerate(issues)]
    told = weeks(given_, now, UTC, count, 0)
    begin = told[0].start
    assert sum(week.throughput or 0 for week in told) == throughput(given_, begin, now + timedelta(days=8))
    assert told[-1].in_progress == in_progress(given_, now)

"""Durations as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.process.durations import Duration, parse_duration
from eal_jira.process.examples import OFFICE_HOURS

FRIDAY = datetime(2026, 3, 6, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "length", "over"),
    [
        ("2 working days", 16 * HOUR, "2026-03-10 16:00"),
        ("1 working day", 8 * HOUR, "2026-03-09 16:00"),
        ("1 working week", 40 * HOUR, "2026-03-13 16:00"),
        ("90 working minutes", 1.5 * HOUR, "2026-03-09 09:30"),
        ("4 hours", 4 * HOUR, "2026-03-06 20:00"),
        ("3 days", 72 * HOUR, "2026-03-09 16:00"),
        ("90 minutes", 1.5 * HOUR, "2026-03-06 17:30"),
        ("1 week", 168 * HOUR, "2026-03-13 16:00"),
        (" 2  Working Days ", 16 * HOUR, "2026-03-10 16:00"),
    ],
)
def test_a_duration_has_a_length_and_an_end(text: str, length: timedelta, over: str) -> None:
    duration = parse_duration(text)
    assert duration.length(OFFICE_HOURS) == length
    assert duration.after(FRIDAY, OFFICE_HOURS) == datetime.fromisoformat(over).replace(tzinfo=UTC)


@given(
    st.builds(Duration, st.integers(1, 400), st.sampled_from(("minute", "hour", "day", "week")), st.booleans()),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_a_duration_is_written_as_it_is_read_and_over_when_it_has_passed(duration: Duration, at: datetime) -> None:
    assert parse_duration(str(duration)) == duration
    over = duration.after(at, OFFICE_HOURS)
    assert duration.elapsed(at, over, OFFICE_HOURS) == duration.length(OFFICE_HOURS)


@pytest.mark.parametrize(
    "text", ["", "2", "two days", "2 fortnights", "1.5 days", "-1 days", "2 days or so", "600 weeks", "0 days", 2]
)
def test_what_is_no_duration_or_an_impossible_one_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"is (not a duration|impossible as a limit)"):
        parse_duration(text)

"""Times and queries of Jira: 38 offsets, two autumn nights, and texts that want to be syntax."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.errors import ConfigError
from eal_tracker_jira.jql import ANYTHING, as_clause, both, in_projects, quote, without_order
from eal_tracker_jira.passes import Place
from eal_tracker_jira.times import floor_literal, parse_time, whole_minutes

ZONES = [
    "Etc/UTC",
    "Europe/Berlin",
    "America/Los_Angeles",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T10:30:17.250+0100",
        "2026-03-02T10:30:17.250+01:00",
        "2026-03-02T09:30:17.250Z",
        "2026-03-01T21:30:17.250-1200",
        1_772_443_817_250,
        "1772443817250",
    ],
)
def test_all_of_jiras_ways_to_write_a_moment_are_the_same_moment(text: object) -> None:
    assert parse_time(text) == datetime(2026, 3, 2, 9, 30, 17, 250_000, tzinfo=UTC)


def test_seconds_are_told_from_milliseconds() -> None:
    assert parse_time(1_492_070_429) == datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)


@pytest.mark.parametrize("nonsense", [None, "", "yesterday", "2026-03-02T09:30:17", True, [], {}, 10**30, "٣٣٣٣x"])
def test_what_is_no_moment_is_refused(nonsense: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(nonsense)


def as_jira_reads(literal: str, zone: str) -> list[datetime]:
    """The moments that a literal without offset can mean to an account in this zone."""
    local = datetime.strptime(literal, '"%Y-%m-%d %H:%M"')
    return [local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]


@given(
    at=st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
)
def test_a_floor_never_cuts_off_what_came_after_it(at: datetime, zone: str) -> None:
    readings = as_jira_reads(floor_literal(at, ZoneInfo(zone)), zone)
    assert all(reading <= at for reading in readings)
    assert all(at - reading < timedelta(hours=3, minutes=1) for reading in readings)


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 5, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, tzinfo=UTC)),
    ],
)
def test_in_the_autumn_night_the_floor_lies_before_the_hour_that_exists_twice(zone: str, night: datetime) -> None:
    for minutes in range(180):
        at = night + timedelta(minutes=minutes)
        readings = as_jira_reads(floor_literal(at, ZoneInfo(zone)), zone)
        assert len(set(readings)) == 1, "the literal can be read in two ways"
        assert readings[0] <= at


def test_without_a_known_zone_the_floor_is_early_enough_for_every_zone_on_earth() -> None:
    at = datetime(2026, 3, 2, 9, 30, 17, tzinfo=UTC)
    assert all(
        reading <= at for zone in [*ZONES, "Etc/GMT+12"] for reading in as_jira_reads(floor_literal(at, None), zone)
    )


@pytest.mark.parametrize(
    ("span", "minutes"),
    [
        (timedelta(0), 1),
        (timedelta(seconds=1), 1),
        (timedelta(seconds=60), 1),
        (timedelta(seconds=61), 2),
        (timedelta(hours=2, microseconds=1), 121),
    ],
)
def test_minutes_are_rounded_up(span: timedelta, minutes: int) -> None:
    assert whole_minutes(span) == minutes


# --- queries ---------------------------------------------------------------------------------------------------


def test_project_keys_are_quoted_since_some_are_words_of_the_language() -> None:
    assert in_projects(["DO"]) == 'project = "DO"'
    assert in_projects(["DO", "INT"]) == 'project in ("DO", "INT")'


def test_a_quote_in_a_text_stays_in_the_text() -> None:
    assert quote('a" OR project = "B') == r'"a\" OR project = \"B"'
    assert quote("back\\slash") == r'"back\\slash"'


@pytest.mark.parametrize(
    ("query", "clause"),
    [
        ("project = A ORDER BY created DESC", "(project = A)"),
        ("project = A\n  order   by Rank", "(project = A)"),
        ('summary ~ "no order by here"', '(summary ~ "no order by here")'),
        ("summary ~ 'order by' and type = Bug order by key", "(summary ~ 'order by' and type = Bug)"),
        (r'summary ~ "a \" order by \" b" order by key', r'(summary ~ "a \" order by \" b")'),
        ('"Order Byte" = 1', '("Order Byte" = 1)'),
        ("reorder = 1", "(reorder = 1)"),
        ("a = 1 OR b = 2", "(a = 1 OR b = 2)"),
        ("order by created", ANYTHING),
        ("", ANYTHING),
    ],
)
def test_a_query_becomes_a_clause_without_its_order(query: str, clause: str) -> None:
    assert as_clause(query) == clause


@given(st.text(alphabet="abc \"'\\order by()", max_size=40))
def test_cutting_the_order_only_ever_cuts_the_end(query: str) -> None:
    assert query.strip().startswith(without_order(query).strip())


def test_clauses_that_say_nothing_are_left_out() -> None:
    assert both("a = 1", "", "b = 2") == "a = 1 AND b = 2"


# --- places -----------------------------------------------------------------------------------------------------


@given(
    field=st.sampled_from(["created", "updated"]),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    last=st.sampled_from(["", "10023"]),
)
def test_a_place_survives_as_a_cursor(field: str, at: datetime, last: str) -> None:
    place = Place(field, at, last)
    assert Place.parse(str(place)) == Place(field, at.replace(microsecond=0), last)


@pytest.mark.parametrize("cursor", ["nonsense", "created", "deleted 2026-01-01T00:00:00Z", "created yesterday 1"])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(ConfigError, match="not a place"):
        Place.parse(cursor)

"""Working time against a minute-by-minute count written apart from it, and its laws, over clock changes too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.errors import ConfigError
from eal_jira.process.calendar import WorkingCalendar

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WorkingCalendar(BERLIN, frozenset(range(5)), time(9), time(17), frozenset({date(2026, 12, 25)}))
ALWAYS_ON = WorkingCalendar(BERLIN, frozenset(range(7)), time(), time())
ZERO, HOUR = timedelta(), timedelta(hours=1)

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Etc/UTC")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    start = draw(st.integers(4, 14))
    end = draw(st.integers(start + 1, 23))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    holidays = draw(st.frozensets(st.dates(date(2024, 1, 1), date(2027, 12, 31)), max_size=5))
    begin, finish = draw(st.sampled_from(((time(start), time(end)), (time(), time()), (time(start, 30), time()))))
    return WorkingCalendar(ZoneInfo(draw(st.sampled_from(ZONES))), days, begin, finish, holidays)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
spans = st.timedeltas(ZERO, timedelta(days=60))


@pytest.mark.parametrize(
    ("a", "b", "hours"),
    [
        ("2026-03-02 09:00", "2026-03-02 17:00", 8),  # a Monday
        ("2026-03-02 07:00", "2026-03-02 23:00", 8),
        ("2026-03-06 16:00", "2026-03-09 10:00", 2),  # over a weekend
        ("2026-03-07 10:00", "2026-03-08 20:00", 0),
        ("2026-03-27 16:00", "2026-03-30 10:00", 2),  # over the night on which the clocks go forward
        ("2026-10-23 16:00", "2026-10-26 10:00", 2),  # and back
        ("2026-12-24 16:00", "2026-12-28 10:00", 2),  # over a holiday
        ("2025-12-31 16:00", "2026-01-02 10:00", 10),  # over a new year
        ("2024-01-01 00:00", "2026-01-01 00:00", 8 * 523),
    ],
)
def test_working_time_of_an_office(a: str, b: str, hours: int) -> None:
    assert OFFICE.elapsed(berlin(a), berlin(b)) == hours * HOUR
    assert OFFICE.elapsed(berlin(b), berlin(a)) == -hours * HOUR


def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is() -> None:
    assert ALWAYS_ON.elapsed(berlin("2026-03-29 00:00"), berlin("2026-03-30 00:00")) == 23 * HOUR
    assert ALWAYS_ON.elapsed(berlin("2026-10-25 00:00"), berlin("2026-10-26 00:00")) == 25 * HOUR


def test_a_day_is_over_when_the_next_one_starts() -> None:
    """A limit of a day is kept on Friday evening as well as on Saturday."""
    assert OFFICE.after(berlin("2026-03-06 09:00"), 7 * HOUR) == berlin("2026-03-06 16:00")
    assert OFFICE.after(berlin("2026-03-06 09:00"), 8 * HOUR) == berlin("2026-03-09 09:00")
    assert OFFICE.after(berlin("2026-03-06 18:00"), HOUR) == berlin("2026-03-09 10:00")
    assert OFFICE.after(berlin("2026-03-06 18:00"), ZERO) == berlin("2026-03-09 09:00")
    assert OFFICE.after(berlin("2026-12-31 12:00"), 5 * HOUR) == berlin("2027-01-01 09:00")


def test_a_working_day_that_starts_in_the_hour_that_the_clocks_jump_over_starts_after_it() -> None:
    early = WorkingCalendar(BERLIN, frozenset(range(7)), time(2, 30), time(6))
    assert early.elapsed(berlin("2026-03-29 00:00"), berlin("2026-03-29 12:00")) == 2.5 * HOUR
    night = WorkingCalendar(BERLIN, frozenset(range(7)), time(2), time(3))
    assert night.elapsed(berlin("2026-03-29 00:00"), berlin("2026-03-29 12:00")) == ZERO


def test_a_day_that_a_zone_skipped_has_no_working_time() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    always = WorkingCalendar(apia, frozenset(range(7)), time(9), time(17))
    a, b = datetime(2011, 12, 29, tzinfo=apia), datetime(2012, 1, 1, tzinfo=apia)
    assert always.elapsed(a, b) == 16 * HOUR


@given(calendars(), moments, st.timedeltas(ZERO, timedelta(days=12)))
@settings(max_examples=25, deadline=None)
def test_working_time_is_what_a_count_minute_by_minute_gives(
    calendar: WorkingCalendar, begin: datetime, span: timedelta
) -> None:
    a = begin.replace(second=0, microsecond=0)
    minutes = span // timedelta(minutes=1)
    last = calendar.end if calendar.end != time() else time.max
    counted = 0
    for minute in range(minutes):
        local = (a + timedelta(minutes=minute)).astimezone(calendar.zone)
        works = local.weekday() in calendar.weekdays and local.date() not in calendar.holidays
        counted += works and calendar.start <= local.time() < last
    assert calendar.elapsed(a, a + timedelta(minutes=minutes)) == timedelta(minutes=counted)


@given(calendars(), moments, spans)
def test_so_much_working_time_has_passed_after_so_much_working_time(
    calendar: WorkingCalendar, a: datetime, working: timedelta
) -> None:
    until = calendar.after(a, working)
    assert until >= a
    assert calendar.elapsed(a, until) == working
    assert calendar.elapsed(a, until + timedelta(microseconds=1)) > working, "and from then on more"


@given(calendars(), moments, moments, moments)
def test_working_time_adds_up(calendar: WorkingCalendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c)


@given(calendars(), moments, spans, spans)
def test_working_time_never_runs_backwards_nor_faster_than_time(
    calendar: WorkingCalendar, a: datetime, first: timedelta, more: timedelta
) -> None:
    shorter, longer = calendar.elapsed(a, a + first), calendar.elapsed(a, a + first + more)
    assert ZERO <= shorter <= longer <= shorter + more
    assert calendar.after(a, first) <= calendar.after(a, first + more)


@pytest.mark.parametrize(
    ("weekdays", "start", "end", "told"),
    [
        (frozenset[int](), time(9), time(17), "no working day"),
        (frozenset({7}), time(9), time(17), "no working day"),
        (frozenset({0}), time(17), time(9), "from 17:00 to 09:00 is shorter than an hour"),
        (frozenset({0}), time(9), time(9, 59), "shorter than an hour"),
    ],
)
def test_a_calendar_without_working_time_is_refused(
    weekdays: frozenset[int], start: time, end: time, told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        WorkingCalendar(BERLIN, weekdays, start, end)

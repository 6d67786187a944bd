"""Numbers and times read like somebody said them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from eal_jira.documents import words


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(), "0 minutes"),
        (timedelta(seconds=61), "1 minute"),
        (timedelta(minutes=59, seconds=20), "59 minutes"),
        (timedelta(minutes=59, seconds=40), "1 hour"),
        (timedelta(hours=35, minutes=20), "35 hours"),
        (timedelta(hours=35, minutes=40), "1.5 days"),
        (timedelta(days=3, hours=10), "3.4 days"),
        (timedelta(days=1200), "1,200 days"),
        (timedelta(hours=-5), "\u22125 hours"),
    ],
)
def test_a_span_is_said_in_its_largest_sensible_unit(span: timedelta, said: str) -> None:
    assert words.duration(span) == said


def test_counts_carry_their_noun() -> None:
    assert [words.count(n, "issue") for n in (0, 1, 2, 1204)] == ["no issues", "1 issue", "2 issues", "1,204 issues"]
    assert words.count(2, "story", "stories") == "2 stories"


def test_a_share_is_never_rounded_to_nothing_or_everything() -> None:
    shares = (0.0, 0.001, 0.634, 0.996, 1.0)
    assert [words.percent(share) for share in shares] == ["0 %", "< 1 %", "63 %", "> 99 %", "100 %"]


def test_numbers_keep_no_empty_places() -> None:
    assert [words.number(n) for n in (3.0, 3.44, 1204.0, -0.5, 100)] == ["3", "3.4", "1,204", "\u22120.5", "100"]


def test_days_and_periods_are_written_out_in_english() -> None:
    assert words.day(datetime(2026, 3, 3, 23, 59, tzinfo=UTC)) == "3 March 2026"
    assert words.period(date(2026, 3, 1), date(2026, 3, 31)) == "1–31 March 2026"
    assert words.period(date(2026, 2, 28), date(2026, 3, 13)) == "28 February – 13 March 2026"
    assert words.period(date(2025, 12, 29), date(2026, 1, 4)) == "29 December 2025 – 4 January 2026"
    assert words.period(date(2026, 3, 1), date(2026, 3, 1)) == "1 March 2026"

"""Retros are due once per period, none is forgotten, and the first day brings at most one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.model import Sprint
from eal_jira.reflection.periods import due_by_cron, due_by_sprint

BERLIN = ZoneInfo("Europe/Berlin")
MONDAYS = "0 9 * * MON"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def test_the_first_retro_is_about_the_newest_complete_week() -> None:
    (period,) = due_by_cron(MONDAYS, BERLIN, None, at("2026-01-01"), at("2026-03-04T12:00"))
    assert (period.start, period.end) == (at("2026-02-23T09:00"), at("2026-03-02T09:00"))
    assert period.title == "23 February – 2 March 2026"


def test_a_month_is_called_by_its_first_and_last_day() -> None:
    (period,) = due_by_cron("0 0 1 * *", BERLIN, None, at("2026-01-01"), at("2026-04-02"))
    assert period.title == "1–31 March 2026"


def test_a_team_that_just_began_has_no_retro_yet() -> None:
    assert due_by_cron(MONDAYS, BERLIN, None, at("2026-03-03"), at("2026-03-04")) == ()


def test_weeks_missed_while_we_were_away_are_all_made_up() -> None:
    due = due_by_cron(MONDAYS, BERLIN, at("2026-03-02T09:00"), at("2026-01-01"), at("2026-03-24"))
    assert [period.end for period in due] == [at("2026-03-09T09:00"), at("2026-03-16T09:00"), at("2026-03-23T09:00")]


def test_nothing_is_due_before_the_period_ends() -> None:
    assert due_by_cron(MONDAYS, BERLIN, at("2026-03-02T09:00"), at("2026-01-01"), at("2026-03-09T08:59")) == ()


@given(
    steps=st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=40)), max_size=12),
    line=st.sampled_from([MONDAYS, "0 9 1 * *", "30 2 * * *", "0 9 * * FRI"]),
)
def test_however_often_we_look_each_moment_falls_into_one_period(steps: list[timedelta], line: str) -> None:
    """Over both clock changes of a year: no gap, no overlap, no key twice."""
    now, since = at("2026-02-15T10:00"), at("2026-01-01")
    seen = list(due_by_cron(line, BERLIN, None, since, now))
    for step in steps:
        now += step
        last = seen[-1].end if seen else None
        seen.extend(due_by_cron(line, BERLIN, last, since, now))
    assert all(one.end == other.start for one, other in pairwise(seen))
    assert len({period.key for period in seen}) == len(seen)
    assert all(period.start < period.end <= now for period in seen)


def sprint(number: int, state: str, completed: str | None = None) -> Sprint:
    start = at("2026-01-05") + timedelta(weeks=2 * number)
    done = None if completed is None else at(completed)
    return Sprint(str(number), f"Sprint {number}", state, start, start + timedelta(weeks=2), done)


def test_a_closed_sprint_is_due_when_it_was_completed_not_when_planned() -> None:
    sprints = [sprint(1, "closed", "2026-02-03"), sprint(2, "active")]
    (period,) = due_by_sprint(sprints, None, at("2026-01-01"))
    assert (period.key, period.title, period.end) == ("sprint-1", "Sprint 1", at("2026-02-03"))


def test_at_first_only_the_newest_sprint_then_each() -> None:
    sprints = [sprint(0, "closed"), sprint(1, "closed"), sprint(2, "closed")]
    assert [p.key for p in due_by_sprint(sprints, None, at("2026-01-01"))] == ["sprint-2"]
    first_end = due_by_sprint(sprints[:1], None, at("2026-01-01"))[0].end
    assert [p.key for p in due_by_sprint(sprints, first_end, at("2026-01-01"))] == ["sprint-1", "sprint-2"]

"""The charts of flow, forecast and experiments say what the issues say, and nothing about fewer than `min_group`."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.learning.forecast import CERTAINTIES, forecast, per_day
from eal_jira.learning.measures import Measures
from eal_jira.reflection.charts import (
    Taken,
    Trial,
    cumulative_flow,
    experiment_chart,
    how_many_by_when,
    throughput_run,
    time_per_status,
)
from tests.learning.builders import DAY, DOING, DONE, MONDAY, OPEN, ORDER, REVIEW, VOCABULARY, done

START, END = MONDAY, MONDAY + 70 * DAY


@st.composite
def lives(draw: st.DrawFn) -> list[Measures]:
    """Issues that arrive, begin and finish in that order, anywhere around the window; some never begin or finish."""
    found = []
    for number in range(draw(st.integers(5, 40))):
        created = MONDAY + timedelta(hours=draw(st.integers(-900, 1900)))
        started = created + timedelta(hours=draw(st.integers(0, 300)))
        finished = started + timedelta(hours=draw(st.integers(0, 900)))
        way = draw(st.sampled_from(["whole", "straight", "running", "waiting"]))
        found.append(
            replace(
                done(number, 1),
                created=created,
                started=None if way in ("straight", "waiting") else started,
                finished=None if way in ("running", "waiting") else finished,
            )
        )
    return found


@settings(deadline=None, max_examples=30)
@given(lives())
def test_no_band_of_the_cumulative_flow_ever_falls(issues: list[Measures]) -> None:
    rows = cumulative_flow(issues, START, END, min_group=1, png=False).rows
    numbers = [tuple(map(int, row[1:4])) for row in rows]
    for before, after in pairwise(numbers):
        assert all(a <= b for a, b in zip(before, after, strict=True))
    assert all(arrived >= begun >= finished for arrived, begun, finished in numbers)


def test_the_cumulative_flow_ends_where_counting_by_hand_ends() -> None:
    issues = [done(n, 2, finished=MONDAY + n * DAY) for n in range(10)] + [done(99, 4, finished=None)]
    last = cumulative_flow(issues, START, END, png=False).rows[-1]
    assert last == ("2026-05-11", "11", "11", "10", "fewer than 5")


def test_weeks_without_any_are_shown_and_a_part_of_a_week_is_none() -> None:
    """Three whole weeks: 6, 0 and 7; then four days with 5 more, which are told and not drawn."""
    days = [0, 1, 2, 3, 4, 5, *[14, 15, 16, 17, 18, 19, 20], *[21, 21, 22, 22, 23]]
    issues = [done(n, 1, finished=MONDAY + day * DAY) for n, day in enumerate(days)]
    start = MONDAY.replace(hour=0)
    figure = throughput_run(issues, start, start + 25 * DAY, png=False)
    assert figure.rows == (("2026-03-02", "6"), ("2026-03-09", "0"), ("2026-03-16", "7"))
    assert "one week brought none; 5 issues more since then" in figure.summary


def test_a_week_with_few_is_told_as_few() -> None:
    issues = [done(n, 1, finished=MONDAY + day * DAY) for n, day in enumerate([0, 1, 2, 7, 8, 9, 10, 11])]
    figure = throughput_run(issues, MONDAY.replace(hour=0), MONDAY.replace(hour=0) + 14 * DAY, png=False)
    assert figure.rows == (("2026-03-02", "fewer than 5"), ("2026-03-09", "5"))
    assert not throughput_run(issues[:3], START - DAY, END, png=False).svg


def test_weeks_begin_at_the_teams_own_midnight() -> None:
    zone = ZoneInfo("America/New_York")
    late = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)  # Sunday evening over there
    issues = [done(n, 1, finished=late) for n in range(6)]
    figure = throughput_run(issues, late - 14 * DAY, late + 14 * DAY, zone=zone, png=False)
    assert dict(figure.rows) == {"2026-02-23": "0", "2026-03-02": "6", "2026-03-09": "0"}


def test_time_per_status_adds_up_and_leaves_out_rest_in_done() -> None:
    issues = [
        replace(done(n, 4), time_per_status={OPEN: DAY, DOING: (n + 1) * DAY, DONE: 90 * DAY}) for n in range(9)
    ] + [replace(done(50, 1), time_per_status={REVIEW: 3 * DAY})]
    figure = time_per_status(issues, ORDER, VOCABULARY, png=False)
    assert figure.rows == (
        ("Open", "9", "16 %", "1.0", "1.0"),
        ("In Progress", "9", "79 %", "5.0", "8.0"),
        ("In Review", "fewer than 5", "", "", ""),
    )
    assert "79 % passed in “In Progress”" in figure.summary


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=28, max_size=100), st.integers(1, 60))
def test_the_surer_the_fewer_and_the_later_the_more(sample: list[int], ahead: int) -> None:
    near, far = forecast(sample, date(2026, 3, 1), (ahead, ahead + 20), runs=200)
    for found in (near, far):
        numbers = [found.at_least[certainty] for certainty in CERTAINTIES]
        assert numbers == sorted(numbers)
        assert sum(found.runs.values()) == 200
        assert min(sample) * found.days <= numbers[0] <= max(sample) * found.days
    assert all(near.at_least[c] <= far.at_least[c] for c in CERTAINTIES)


def test_a_forecast_keeps_its_word_where_the_process_stays_the_same() -> None:
    """500 futures of a process that draws each day anew: "at least so many, 85 % sure" holds in 85 % of them."""
    dice = random.Random(1)
    day = [0, 0, 1, 1, 2, 3, 5]
    held = 0
    for _ in range(500):
        sample = [dice.choice(day) for _ in range(91)]
        (found,) = forecast(sample, date(2026, 3, 1), (28,), runs=1_000)
        held += sum(dice.choice(day) for _ in range(28)) >= found.at_least[85]
    assert 0.79 <= held / 500 <= 0.90


def test_days_are_counted_on_the_teams_clock() -> None:
    late = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)
    zone = ZoneInfo("America/New_York")
    assert per_day([done(1, 1, finished=late)], date(2026, 3, 7), date(2026, 3, 9), zone) == [0, 1, 0]


def test_a_forecast_from_too_little_is_a_sentence() -> None:
    issues = [done(n, 1, finished=MONDAY + n * DAY) for n in range(20)]
    short = how_many_by_when(issues, MONDAY - DAY, MONDAY + 20 * DAY, png=False)
    assert (short.svg, short.rows) == ("", ())
    assert "20 issues finished in 22 days, and it takes 5 in 28" in short.summary
    few = how_many_by_when(issues[:3], MONDAY - 40 * DAY, MONDAY + 40 * DAY, png=False)
    assert (few.svg, few.rows) == ("", ())
    assert "fewer than 5 issues" in few.summary


def test_a_forecast_tells_that_the_process_changed_meanwhile() -> None:
    issues = [done(n, 1, finished=MONDAY + n * DAY) for n in range(60)]
    changed = how_many_by_when(issues, START, END, changes=[MONDAY + 30 * DAY], png=False)
    assert "a guideline changed on 2026-04-01" in changed.summary
    before = how_many_by_when(issues, START, END, changes=[START - DAY], png=False)
    assert "changed" not in before.summary
    assert "10,000 runs" in before.svg
    assert "seed 7" in before.svg


def trial(new: int, others: int) -> Trial:
    taken = [Taken(f"PAY-{n}", MONDAY + n * DAY, n + 1.0, n < new) for n in range(new + others)]
    return Trial("e", "Pairing", "days", taken, MONDAY, None, (0.9, 0.8, 0.95), "works", [(MONDAY + 2 * DAY, "v2")])


def test_an_experiment_shows_both_groups_its_effect_and_the_versions() -> None:
    figure = experiment_chart(trial(6, 7), name="experiment-e", png=False)
    assert "6 issues done the new way and 7 to compare with; works" in figure.summary
    assert "Medians: 3.5 the new way, 10 otherwise" in figure.summary
    assert "90 % of comparisons (95 % interval 80 % to 95 %)" in figure.summary
    assert ">v2<" in figure.svg
    assert ">even<" in figure.svg


def test_an_experiment_with_few_issues_has_no_figure_yet() -> None:
    figure = experiment_chart(trial(4, 30), name="experiment-e", png=False)
    assert "no figure yet" in figure.summary
    assert "90 %" not in figure.summary
    assert ">even<" not in figure.svg

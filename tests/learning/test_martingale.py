from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.learning.martingale import ENOUGH, Entry, issues_needed, ranks, reached, wealth


def entries(values: list[float], trial: list[bool], lots: list[float] | None = None) -> list[Entry]:
    lots = lots or [0.5] * len(values)
    return [Entry(value, is_trial, "bag", lot) for value, is_trial, lot in zip(values, trial, lots, strict=True)]


def test_a_rank_counts_who_came_before_and_parts_ties_by_lot() -> None:
    # before the trial issue of 3: 1, 3, 3, 7. One below, two even: between 1/5 and 4/5, by its lot.
    for lot, expected in ((0.0, 1 / 5), (0.5, 2.5 / 5), (1.0, 4 / 5)):
        found = ranks(entries([1, 3, 3, 7, 3, 0], [False] * 4 + [True, False], [0.5] * 4 + [lot, 0.5]))
        assert found.tolist() == [pytest.approx(expected)]


def test_a_trial_issue_is_in_the_bag_of_the_next_one() -> None:
    found = ranks(entries([5, 4, 3], [False, True, True], [0.5, 0.5, 0.5]))
    assert found.tolist() == [pytest.approx(0.5 / 2), pytest.approx(0.5 / 3)]


def test_bags_are_strangers_to_each_other() -> None:
    mixed = [Entry(1, False, "a", 0.5), Entry(9, True, "b", 0.5)]
    assert ranks(mixed).tolist() == [0.5], "nothing in its own bag to be ranked with"


@given(st.lists(st.floats(0, 1), max_size=40))
def test_wealth_begins_near_one_and_is_never_negative(found: list[float]) -> None:
    owned = wealth(np.asarray(found))
    assert len(owned) == len(found)
    assert (owned > 0).all()


def test_a_bet_costs_as_much_as_it_brings() -> None:
    """The wealth after one rank, averaged over all ranks, is 1: the bets are fair."""
    # in logarithms, where the steep part near rank 0 is flat enough to be summed
    steps = np.linspace(0, 60, 20_001)[:-1] + 0.0015
    assert sum(wealth(np.asarray([np.exp(-x)]))[0] * np.exp(-x) * 0.003 for x in steps) == pytest.approx(1, abs=0.002)


def test_low_ranks_win_and_high_ranks_lose() -> None:
    low, high = wealth(np.full(30, 0.1)), wealth(np.full(30, 0.9))
    assert reached(low) is not None
    assert low[-1] > ENOUGH > 1 > high[-1]
    assert reached(high) is None


@pytest.mark.parametrize(("effect", "least", "most"), [(0.707, 12, 21), (0.625, 36, 56)])
def test_the_number_of_issues_needed_is_near_what_simulations_take(effect: float, least: int, most: int) -> None:
    needed = issues_needed(effect)
    assert needed is not None
    assert least <= needed <= most


def test_nobody_is_told_to_wait_for_what_will_never_come() -> None:
    assert issues_needed(0.5) is None
    assert issues_needed(0.3) is None
    assert issues_needed(0.51) is None, "thousands of issues are no plan"

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from eal_jira.learning.evidence import Evidence, Sample, Verdict, compare
from eal_jira.learning.wording import Phrase


def group(values: list[float], stratum: str = "") -> list[Sample]:
    return [Sample(float(value), (stratum,)) for value in values]


def lognormal(dice: np.random.Generator, n: int, factor: float = 1.0) -> list[Sample]:
    """Heavy-tailed times in three strata of unequal size and pace; `factor` on the trial's median."""
    strata = dice.choice(3, n, p=(0.6, 0.3, 0.1))
    return [Sample(float(v), (str(s),)) for v, s in zip(factor * np.exp(dice.normal(strata, 0.9)), strata, strict=True)]


def test_the_effect_is_counted_by_hand() -> None:
    # Of 25 pairs the trial's is lower in 16 and equal in 2: (16 + 1) / 25.
    evidence = compare(group([1, 2, 3, 4, 9]), group([2, 4, 5, 6, 7]))
    assert evidence.effect == pytest.approx(17 / 25)
    assert (evidence.ahead, evidence.behind) == (pytest.approx(16 / 25), pytest.approx(7 / 25))
    assert (evidence.median_trial, evidence.median_comparison) == (3, 5)


def test_strata_are_compared_within_themselves_and_weigh_by_what_they_can_tell() -> None:
    # "a": 2 × 4 pairs, all won, weight 8/6; "b": 4 × 4 pairs, half won, weight 16/8.
    trial = group([1, 2], "a") + group([1, 1, 9, 9], "b")
    comparison = group([5, 6, 7, 8], "a") + group([5, 6, 7, 8], "b")
    evidence = compare(trial, comparison)
    a, b = 8 / 6, 16 / 8
    assert evidence.effect == pytest.approx((a * 1 + b * 0.5) / (a + b))


def test_what_only_the_strata_explain_is_no_effect() -> None:
    """Simpson's trap: the trial looks far quicker because it has the small ones."""
    trial = group([1, 2, 3, 4] * 5, "small") + group([11, 12, 13, 14], "large")
    comparison = group([1, 2, 3, 4], "small") + group([11, 12, 13, 14] * 5, "large")
    assert compare([Sample(s.value) for s in trial], [Sample(s.value) for s in comparison]).verdict is Verdict.BETTER
    evidence = compare(trial, comparison)
    assert evidence.effect == pytest.approx(0.5)
    assert evidence.verdict is Verdict.CANNOT_TELL
    assert evidence.median_trial == evidence.median_comparison, "the medians speak of the same mix of issues"


def test_issues_without_a_counterpart_are_left_out_and_counted() -> None:
    evidence = compare(group([1] * 6, "a") + group([1] * 3, "b"), group([2] * 7, "a") + group([2] * 4, "c"))
    assert (evidence.n_trial, evidence.n_comparison) == (6, 7)
    assert (evidence.outside_trial, evidence.outside_comparison) == (3, 4)


@pytest.mark.parametrize(("ours", "theirs"), [(4, 400), (400, 4), (0, 50), (50, 0), (1, 1)])
def test_small_groups_always_give_cannot_tell_and_no_figure(ours: int, theirs: int) -> None:
    evidence = compare(group([1.0] * ours), group([100.0] * theirs), min_group=5)
    assert evidence.verdict is Verdict.CANNOT_TELL
    figures = (evidence.effect, evidence.low, evidence.high, evidence.ahead, evidence.behind)
    assert {*figures, evidence.median_trial, evidence.median_comparison, evidence.p_value} == {None}
    assert "at least 5 on each side" in evidence.sentence


def test_a_group_is_as_small_as_its_comparable_part() -> None:
    evidence = compare(group([1] * 30, "a") + group([1] * 4, "b"), group([9] * 30, "b"))
    assert evidence.verdict is Verdict.CANNOT_TELL
    assert evidence.effect is None


def test_better_can_mean_higher() -> None:
    evidence = compare(group([8, 9, 10, 11, 12, 13]), group([1, 2, 3, 4, 5, 6]), "higher")
    assert evidence.verdict is Verdict.BETTER
    assert (evidence.median_trial, evidence.median_comparison) == (10, 3)


def test_a_difference_is_called_by_its_direction() -> None:
    quick, slow = group([1, 2, 3, 4, 5, 6, 7, 8]), group([11, 12, 13, 14, 15, 16, 17, 18])
    assert compare(quick, slow).verdict is Verdict.BETTER
    assert compare(slow, quick).verdict is Verdict.WORSE


def test_nothing_differs_anywhere() -> None:
    evidence = compare(group([0] * 40), group([0] * 100))
    assert evidence.p_value == 1
    assert evidence.low is not None
    assert evidence.high is not None
    assert evidence.low < 0.45 < 0.55 < evidence.high, "even then the interval has a width"
    assert evidence.sentence.startswith("All comparisons were even")


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Sample(float("nan"))


# --- the sentence ---------------------------------------------------------------------------------------------

SOONER = Phrase("finished sooner", "finished later")


def test_the_sentence_says_how_many_comparisons_of_ten() -> None:
    evidence = compare(group([1, 2, 3, 4, 5, 6, 7, 8]), group([3, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]), phrase=SOONER)
    assert evidence.sentence.startswith("In 7 of 10 comparisons the issue done the new way finished sooner (72 %, 95 %")
    assert "8 issues against 7" in evidence.sentence


def test_the_sentence_turns_round_when_the_trial_does_worse() -> None:
    evidence = compare(group([30 + i for i in range(9)]), group([*range(9), 100]), phrase=SOONER)
    assert evidence.sentence.startswith("In 9 of 10 comparisons the issue done the new way finished later (90 %, 95 %")
    assert evidence.verdict is Verdict.WORSE


def test_the_sentence_never_rounds_up_to_all() -> None:
    evidence = compare(group(list(range(20))), group([*range(100, 119), 1.5]), phrase=SOONER)
    assert evidence.effect is not None
    assert 0.95 < evidence.effect < 1
    assert evidence.sentence.startswith("In more than 9 of 10 comparisons")


def test_the_sentence_tells_wins_from_even_ones() -> None:
    evidence = compare(
        group([0] * 18 + [1] * 2), group([0] * 12 + [1] * 8), phrase=Phrase("came back less", "came back more")
    )
    assert evidence.sentence.startswith(
        "In 36 of 100 comparisons the issue done the new way came back less, in 6 of 100 it came back more,"
        " the rest were even (65 % counting even ones half"
    )


def test_what_chance_could_explain_is_said_so() -> None:
    evidence = compare(group([1, 3, 5, 7, 9]), group([2, 4, 6, 8, 10]), phrase=SOONER)
    assert evidence.verdict is Verdict.CANNOT_TELL
    assert evidence.sentence.endswith("; chance alone could explain this, so we cannot tell yet.")


def test_correction_takes_a_verdict_back_and_the_sentence_with_it() -> None:
    evidence = compare(group([1, 2, 3, 4, 5, 6]), group([4.5, 7, 8, 9, 10, 11]), phrase=SOONER)
    assert evidence.verdict is Verdict.BETTER
    corrected = evidence.corrected(0.2)
    assert corrected.verdict is Verdict.CANNOT_TELL
    assert "cannot tell yet" in corrected.sentence
    assert (corrected.p_value, corrected.p_corrected) == (evidence.p_value, 0.2)


def test_evidence_survives_the_store() -> None:
    evidence = compare(group([1, 2, 3, 4, 5, 6]), group([4, 7, 8, 9, 10, 11]), phrase=SOONER).corrected(0.04)
    assert Evidence.from_json(evidence.to_json()) == evidence


# --- the numbers ----------------------------------------------------------------------------------------------

samples = st.lists(
    st.builds(Sample, st.integers(0, 12).map(float), st.sampled_from([("a",), ("b",), ("c",)])), min_size=5, max_size=25
)


@given(samples, samples)
@settings(max_examples=50)
def test_the_effect_is_what_counting_every_pair_gives(trial: list[Sample], comparison: list[Sample]) -> None:
    evidence = compare(trial, comparison, min_group=1)
    won = weight = 0.0
    for name in {s.stratum for s in trial} & {s.stratum for s in comparison}:
        ours, theirs = ([s.value for s in side if s.stratum == name] for side in (trial, comparison))
        pairs = [(a < b) + (a == b) / 2 for a, b in itertools.product(ours, theirs)]
        w = len(pairs) / (len(ours) + len(theirs))
        won += w * sum(pairs) / len(pairs)
        weight += w
    if weight:
        assert evidence.effect == pytest.approx(won / weight)
        assert evidence.low is not None
        assert evidence.high is not None
        assert 0 <= evidence.low <= evidence.effect + 1e-6
        assert evidence.effect - 1e-6 <= evidence.high <= 1
    else:
        assert evidence.effect is None


@given(samples, samples, st.randoms())
@settings(max_examples=50)
def test_order_and_unit_of_the_data_change_no_number(trial: list[Sample], comparison: list[Sample], dice) -> None:
    said = compare(trial, comparison)
    in_seconds = [[Sample(86_400 * s.value, s.stratum) for s in side] for side in (trial, comparison)]
    for side in in_seconds:
        dice.shuffle(side)
    again = compare(*in_seconds)
    assert (again.p_value, again.effect, again.low, again.high) == (said.p_value, said.effect, said.low, said.high)


@given(samples, samples)
@settings(max_examples=50)
def test_seen_from_the_other_side_it_is_the_opposite(trial: list[Sample], comparison: list[Sample]) -> None:
    here, there = compare(trial, comparison), compare(comparison, trial)
    assume(here.effect is not None)
    assert here.effect == pytest.approx(1 - there.effect)
    assert (here.low, here.high) == (pytest.approx(1 - there.high, abs=1e-6), pytest.approx(1 - there.low, abs=1e-6))


@given(st.lists(st.integers(0, 15), min_size=5, max_size=40), st.lists(st.integers(0, 15), min_size=5, max_size=40))
def test_the_interval_excludes_a_half_exactly_when_the_rank_sum_test_rejects(
    ours: list[int], theirs: list[int]
) -> None:
    assume(len({*ours, *theirs}) > 1)
    p = stats.mannwhitneyu(ours, theirs, use_continuity=False, method="asymptotic").pvalue
    assume(abs(p - 0.05) > 1e-6)
    evidence = compare(group(ours), group(theirs))
    assert evidence.low is not None
    assert evidence.high is not None
    assert (evidence.low > 0.5 or evidence.high < 0.5) == (p < 0.05)


@given(st.lists(st.integers(0, 9), min_size=5, max_size=6), st.lists(st.integers(0, 9), min_size=5, max_size=6))
@settings(max_examples=40, deadline=None)
def test_the_p_value_is_that_of_all_splits(ours: list[int], theirs: list[int]) -> None:
    """Against full enumeration: within what 9,999 draws, or 100 found, can miss."""

    def far(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        ranks = stats.rankdata(np.concatenate([a, b], axis=axis), axis=axis)
        return np.abs(
            np.take(ranks, range(a.shape[axis]), axis).sum(axis) - a.shape[axis] * (ranks.shape[axis] + 1) / 2
        )

    exact = stats.permutation_test((ours, theirs), far, alternative="greater", vectorized=True).pvalue
    p = compare(group(ours), group(theirs)).p_value
    assert p == pytest.approx(exact, rel=0.4, abs=0.005)


def rate(runs: int, build: Callable[[np.random.Generator], Evidence], wanted: Callable[[Evidence], bool]) -> float:
    return sum(wanted(build(np.random.default_rng(seed))) for seed in range(runs)) / runs


@pytest.mark.parametrize(("ours", "theirs"), [(8, 40), (25, 150), (60, 60)])
def test_without_an_effect_hardly_ever_a_difference_is_called(ours: int, theirs: int) -> None:
    """400 runs at level 0.05: more than 32 alarms would happen once in 120 by chance if the level is kept."""
    called = rate(
        400,
        lambda dice: compare(lognormal(dice, ours), lognormal(dice, theirs)),
        lambda evidence: evidence.verdict is not Verdict.CANNOT_TELL,
    )
    assert called <= 32 / 400


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.1])
def test_the_interval_covers_the_truth_as_often_as_it_says(factor: float) -> None:
    truth = stats.norm.cdf(-np.log(factor) / (0.9 * np.sqrt(2)))
    covered = rate(
        200,
        lambda dice: compare(lognormal(dice, 20, factor), lognormal(dice, 60)),
        lambda evidence: evidence.low <= truth <= evidence.high,
    )
    assert covered >= 0.92


def test_a_halved_median_is_found() -> None:
    found = rate(
        60,
        lambda dice: compare(lognormal(dice, 40, 0.5), lognormal(dice, 120)),
        lambda evidence: evidence.verdict is Verdict.BETTER,
    )
    assert found >= 0.9

"""Experiments: honest whenever one looks, and quick where there is something to find."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.honesty import HONEST, POWER, World, false_alarms, found_after, observations
from eal_jira.learning.conclusions import Result, conclude
from eal_jira.learning.trials import BATCH, Observation, State, TrialEvidence, capped, weigh
from eal_jira.learning.wording import Phrase
from tests.learning.builders import MONDAY

SOONER = Phrase("finished sooner", "finished later")


def issues(values: list[float | None], trial: bool, start: int = 0) -> list[Observation]:
    return [
        Observation(f"{trial}{n}", MONDAY + timedelta(hours=start + n), trial, ("Story",), value)
        for n, value in enumerate(values)
    ]


def looked_at(seen: list[Observation], ended: bool = False, same_period: bool = False) -> TrialEvidence:
    return weigh(seen, "lower", name="EAL-7 cycle_time", same_period=same_period, ended=ended, phrase=SOONER)


@pytest.mark.parametrize("name", HONEST)
def test_where_nothing_differs_hardly_any_experiment_works(name: str) -> None:
    # a fast look at what `make bench` measures with thousands of experiments
    assert false_alarms(HONEST[name], runs=120) <= 0.05


@pytest.mark.parametrize("name", ["half the median, 150 older", "half the median, same period"])
def test_half_the_median_is_found_within_22_trial_issues_by_half_and_within_75_by_nearly_all(name: str) -> None:
    half, most = np.percentile(found_after(POWER[name], 150), [50, 95], method="inverted_cdf")
    assert half <= 22
    assert most <= 75


def test_a_third_off_is_found_within_80_trial_issues_by_half() -> None:
    assert np.median(found_after(POWER["a third off, 150 older"], 100)) <= 80
    # without bets on shifts it takes about 61
    assert np.median(found_after(POWER["a third off, same period"], 80)) <= 55


def test_a_drift_is_mistaken_for_an_effect_only_where_all_comparison_is_older_and_that_is_said() -> None:
    drifting = World(60, 150, drift=-1.5, same_period=False)
    assert false_alarms(drifting, 50) > 0.3
    assert false_alarms(replace(drifting, same_period=True), 50) <= 0.06
    dice = np.random.default_rng(5)
    before = weigh(observations(drifting, dice), "lower", name="x", same_period=False)
    assert "can't be separated" in conclude(before, {}).sentences[-1]


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_looking_every_day_finds_exactly_what_the_last_look_finds(look: int) -> None:
    """Issues count in the order of their beginning: what an early look counted, a later one counts in the same way."""
    generator = np.random.default_rng(look)
    seen = list(observations(World(20, 60, factor=0.5), generator))
    whole = looked_at(seen, same_period=True)
    early = [looked_at(seen[:n], same_period=True) for n in range(0, len(seen), 7)]
    assert max(e.e_better for e in early) <= whole.e_better
    firsts = {e.better_after for e in early if e.better_after is not None}
    assert firsts <= {whole.better_after}


def test_an_issue_waits_for_all_that_began_before_it() -> None:
    older = issues([9.0] * 12, trial=False)
    quick: list[float | None] = [None, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    waiting = looked_at(older + issues(quick, trial=True, start=100))
    assert (waiting.n_trial, waiting.waiting_trial) == (0, 7), "the first is unfinished: nobody passes it"
    assert waiting.effect is None
    quick[0] = 20.0
    assert looked_at(older + issues(quick, trial=True, start=100)).n_trial == 7


@pytest.mark.parametrize(
    ("value", "age", "known"),
    [(3.0, 3.0, 3.0), (12.0, 12.0, 10.0), (None, 9.9, None), (None, 10.0, 10.0), (None, 50.0, 10.0)],
)
def test_an_unfinished_issue_is_known_once_it_is_older_than_the_cap(
    value: float | None, age: float, known: float | None
) -> None:
    assert capped(value, age, cap=10.0) == known


def test_a_batch_counts_when_it_is_full_or_nothing_more_will_come() -> None:
    beside = issues([5.0] * (BATCH - 1), trial=False) + issues([1.0] * 6, trial=True)
    assert looked_at(beside, same_period=True).n_trial == 0
    assert looked_at(beside, same_period=True, ended=True).n_trial == 6
    full = [*beside, *issues([5.0], trial=False, start=1000)]
    assert looked_at(full, same_period=True).n_trial == 6


def test_the_same_issues_in_any_order_say_the_same() -> None:
    seen = issues([1, 2, 3, 4, 5, 6, 7, 8], trial=False) + issues([1, 1, 2, 2, 3, 3], trial=True, start=50)
    assert looked_at(seen) == looked_at(seen[::-1])


def test_fewer_than_five_on_a_side_give_no_figure() -> None:
    few = conclude(looked_at(issues([5.0] * 30, trial=False) + issues([1.0] * 4, trial=True, start=99)), {})
    assert few.state is State.GATHERING
    assert few.main.effect is None
    assert few.sentences[0].startswith("Cannot tell yet: 4 trial issues")


def strong(trial: float, comparison: float) -> TrialEvidence:
    return looked_at(
        issues([comparison + n / 100 for n in range(40)], trial=False)
        + issues([trial + n / 100 for n in range(30)], trial=True, start=99)
    )


NOTHING = looked_at(
    issues([float(n % 7) for n in range(40)], trial=False) + issues([float(n % 7) for n in range(28)], True, start=99)
)


@pytest.mark.parametrize(
    ("main", "guards", "ended", "stopped", "state"),
    [
        (strong(1, 5), {}, False, None, State.WORKS),
        (strong(5, 1), {}, False, None, State.DOES_NOT),
        (NOTHING, {}, False, None, State.GATHERING),
        (NOTHING, {}, True, None, State.NO_DIFFERENCE),
        (strong(1, 5), {"escaped bugs": strong(5, 1)}, False, None, State.DOES_NOT),
        (strong(1, 5), {"escaped bugs": NOTHING}, False, None, State.WORKS),
        (strong(1, 5), {}, True, "The team was split up.", State.STOPPED),
    ],
)
def test_the_state_follows_from_evidence_guards_and_end(
    main: TrialEvidence, guards: dict[str, TrialEvidence], ended: bool, stopped: str | None, state: State
) -> None:
    result = conclude(main, guards, ended=ended, stopped=stopped)
    assert result.state is state
    assert all(sentence.endswith(".") for sentence in result.sentences)


def test_a_result_is_told_in_comparisons_and_as_they_were_seen() -> None:
    said = conclude(strong(1, 5), {}).sentences
    assert said[0].startswith("In 10 of 10 comparisons the issue done the new way finished sooner (100 %,")
    worse = conclude(strong(5, 1), {}).sentences
    assert worse[0].startswith("In 10 of 10 comparisons the issue done the new way finished later (100 %,")
    assert worse[1].startswith("It doesn't")


def test_a_result_is_kept_and_read_back() -> None:
    result = conclude(strong(1, 5), {"escaped bugs": NOTHING})
    assert Result.from_json(result.to_json()) == result


def test_the_interval_holds_at_all_looks_together() -> None:
    """Of 120 experiments with a known effect, looked at after each batch, few ever exclude the truth."""
    dice = np.random.default_rng(11)
    missed = 0
    for _ in range(120):
        ours = dice.normal(0.0, 1, 60)
        theirs = dice.normal(0.6, 1, 200)
        truth = 0.6643  # Φ(0.6 / √2)
        for n in range(6, 60, 9):
            e = looked_at(issues(list(theirs), trial=False) + issues(list(ours[:n]), trial=True, start=500))
            if e.low is not None and e.high is not None and not e.low <= truth <= e.high:
                missed += 1
                break
    assert missed <= 6

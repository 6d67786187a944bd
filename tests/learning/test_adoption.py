from __future__ import annotations

import numpy as np
import pytest

from eal_jira.learning.adoption import Adoption, follow_up
from eal_jira.learning.evidence import Verdict
from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import RETURNS
from tests.learning.builders import done


def issues(seed: int, n: int, median: float, first: int = 0) -> list[Measures]:
    dice = np.random.default_rng(seed)
    return [done(first + k, float(median * np.exp(dice.normal(0, 0.9)))) for k in range(n)]


def ids(first: int, n: int) -> set[str]:
    return {str(k) for k in range(first, first + n)}


def test_a_change_that_is_followed_and_holds() -> None:
    adoption = follow_up(
        issues(1, 60, 6.0), issues(2, 40, 2.0, 100), doing_it_before=ids(0, 12), doing_it_after=ids(100, 34)
    )
    assert (adoption.before.share, adoption.since.share) == (pytest.approx(0.2), pytest.approx(0.85))
    assert adoption.since.low == pytest.approx(0.709, abs=0.001), "Wilson's interval for 34 of 40"
    assert adoption.since.high == pytest.approx(0.929, abs=0.001)
    assert adoption.evidence.verdict is Verdict.BETTER
    assert adoption.sentence.startswith(
        "Since the change 34 of 40 finished issues were done the new way (85 %, 95 % interval 71 % to 93 %);"
        " before it 12 of 60 finished issues were done the new way (20 %,"
    )
    assert "the issue done since the change finished sooner" in adoption.sentence


def test_it_says_that_it_cannot_separate_the_change_from_its_time() -> None:
    adoption = follow_up(issues(1, 20, 6.0), issues(2, 20, 6.0, 100), doing_it_before=set(), doing_it_after=set())
    assert "association" in adoption.sentence
    assert "cannot separate the change from whatever else changed in that time" in adoption.sentence
    assert adoption.evidence.verdict is Verdict.CANNOT_TELL


def test_too_few_issues_give_neither_share_nor_verdict() -> None:
    adoption = follow_up(issues(1, 60, 6.0), issues(2, 4, 0.1, 100), doing_it_before=set(), doing_it_after=ids(100, 4))
    assert adoption.since.share is None
    assert adoption.since.doing_it is None
    assert adoption.evidence.verdict is Verdict.CANNOT_TELL
    assert "too few issues were finished to give a share" in adoption.sentence
    assert "4 of" not in adoption.sentence


def test_unfinished_issues_are_counted_apart() -> None:
    after = [*issues(2, 10, 2.0, 100), *(done(200 + k, 30.0, finished=None) for k in range(3))]
    adoption = follow_up(issues(1, 20, 2.0), after, doing_it_before=set(), doing_it_after=ids(100, 10) | ids(200, 3))
    assert (adoption.since.finished, adoption.since.doing_it, adoption.since.unfinished) == (10, 10, 3)
    assert "3 issues since the change are unfinished and not counted yet" in adoption.sentence


def test_another_outcome_can_be_followed() -> None:
    before = [done(k, 1.0, rework=2) for k in range(20)]
    after = [done(100 + k, 1.0) for k in range(20)]
    adoption = follow_up(before, after, doing_it_before=set(), doing_it_after=ids(100, 20), outcome=RETURNS)
    assert adoption.outcome == "returns"
    assert adoption.evidence.verdict is Verdict.BETTER
    assert "Rework and reopenings, median: 0.0 times since, 2.0 times before." in adoption.sentence


def test_an_adoption_survives_the_store() -> None:
    adoption = follow_up(issues(1, 9, 6.0), issues(2, 4, 2.0, 100), doing_it_before=ids(0, 3), doing_it_after=set())
    assert Adoption.from_json(adoption.to_json()) == adoption

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.learning.outcomes import CYCLE_TIME, RETURNS, samples, size_band, stratum
from tests.learning.builders import done


def test_sizes_within_a_factor_of_two_share_a_band() -> None:
    assert [size_band(p) for p in (None, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0)] == [
        "",
        "0",
        "0.5 to under 1",
        "1 to under 2",
        "2 to under 4",
        "2 to under 4",
        "4 to under 8",
        "8 to under 16",
        "8 to under 16",
    ]


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6))
def test_a_band_never_holds_more_than_a_factor_of_two(one: float, other: float) -> None:
    if size_band(one) == size_band(other):
        assert max(one, other) < 2 * min(one, other) * (1 + 1e-12)


def test_like_is_compared_with_like() -> None:
    assert stratum(done(1, 1.0, type="Bug", priority=None, points=3.0)) == ("Bug", "", "2 to under 4")


def test_samples_are_finished_issues_that_have_the_number() -> None:
    issues = [done(1, 2.5), done(2, None), done(3, 9.0, finished=None), done(4, 4.0, rework=1, reopenings=2)]
    assert [s.value for s in samples(issues, CYCLE_TIME)] == [2.5, 4.0]
    assert [s.value for s in samples(issues, RETURNS)] == [0, 0, 3]

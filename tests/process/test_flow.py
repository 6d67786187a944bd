"""The usual order of statuses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.model import Category, Status, Vocabulary
from eal_jira.process.flow import status_order
from tests.process.building import BLOCKED, DOING, DONE, OPEN, REVIEW, STATUSES, VOCABULARY, walk


def test_the_usual_order_is_that_of_first_visits_within_what_a_status_means() -> None:
    traces = [
        walk(OPEN, DOING, REVIEW, DOING, REVIEW, DONE),
        walk(OPEN, DOING, BLOCKED, DOING, REVIEW, DONE),
        walk(OPEN, REVIEW, DOING, DONE),
        walk(OPEN, DOING, BLOCKED),
    ]
    assert status_order(traces, VOCABULARY) == (OPEN, DOING, BLOCKED, REVIEW, DONE)


def test_what_is_done_comes_last_however_early_issues_got_there() -> None:
    assert status_order([walk(DONE, DOING, OPEN)], VOCABULARY) == (OPEN, DOING, DONE)


def test_a_status_that_the_tracker_forgot_counts_as_work() -> None:
    forgotten = Vocabulary({OPEN: Status(OPEN, "Open", Category.TODO)}, {})
    assert status_order([walk(DOING, OPEN)], forgotten) == (OPEN, DOING)


def test_without_issues_there_is_no_order() -> None:
    assert status_order([], VOCABULARY) == ()


@given(st.lists(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6), min_size=1, max_size=6), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_issues(paths: list[list[str]], random: object) -> None:
    traces = [walk(*path) for path in paths]
    order = status_order(traces, VOCABULARY)
    assert sorted(order) == sorted({status for path in paths for status in path})
    random.shuffle(traces)  # type: ignore[attr-defined]
    assert status_order(traces, VOCABULARY) == order

"""A field's value at a moment is what is left after undoing everything that came later."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given

from eal_jira.model import Actor, Change, Field, Issue, Value, Vocabulary
from eal_jira.process.log import build_trace
from eal_jira.process.names import Names
from eal_jira.process.values import field_at, is_empty
from tests.process.building import HOUR, MONDAY, VOCABULARY, edit, histories, issue

BEFORE = MONDAY - timedelta(days=30)
NAMES = Names(VOCABULARY)


def at(one: Issue, changes: list[Change], name: str, moment: datetime) -> Value:
    return field_at(build_trace(one, changes), NAMES.fields(name), moment)


def test_a_field_that_never_changed_has_always_been_what_it_is() -> None:
    assert at(issue(fields={"tier": "Gold"}), [], "Customer Tier", BEFORE) == "Gold"
    assert at(issue(), [], "Customer Tier", MONDAY) is None


def test_a_value_is_there_from_the_moment_it_was_set() -> None:
    changes = [edit(1, MONDAY, "tier", None, "Silver"), edit(2, MONDAY + HOUR, "tier", "Silver", "Gold")]
    one = issue(fields={"tier": "Gold"})
    assert at(one, changes, "Customer Tier", BEFORE) is None
    assert at(one, changes, "Customer Tier", MONDAY) == "Silver"
    assert at(one, changes, "customer tier ", MONDAY + HOUR) == "Gold"


def test_a_value_that_was_taken_away_was_there_before() -> None:
    assert at(issue(), [edit(1, MONDAY + HOUR, "tier", "Gold", "")], "Customer Tier", MONDAY) == "Gold"


def test_a_list_told_element_by_element_keeps_the_elements_that_were_there() -> None:
    """Some trackers tell "nothing became B" when B was added beside A."""
    changes = [edit(1, MONDAY, "components", None, "A"), edit(2, MONDAY + HOUR, "components", None, "B")]
    one = issue(components=("A", "B"))
    assert at(one, changes, "Components", MONDAY) == "A"
    assert at(one, changes, "component", BEFORE) is None


def test_a_list_told_whole_is_undone_whole() -> None:
    changes = [edit(1, MONDAY, "labels", "", "a b"), edit(2, MONDAY + HOUR, "labels", "a b", "a b c")]
    one = issue(labels=("a", "b", "c"))
    assert at(one, changes, "labels", MONDAY) == "a b"
    assert at(one, changes, "labels", BEFORE) is None


def test_a_change_that_tells_neither_side_tells_nothing() -> None:
    assert at(issue(fields={"tier": "Gold"}), [edit(1, MONDAY, "tier", None, None)], "tier", BEFORE) == "Gold"


def test_estimates_are_found_by_any_of_their_names() -> None:
    """Their value stands in a place of its own, their history under the tracker's id."""
    changes = [edit(1, MONDAY, "points-1", None, "3")]
    for name in ("Story Points", "points", "points-1"):
        assert at(issue(points=3.0), changes, name, MONDAY) == 3.0
        assert at(issue(points=3.0), changes, name, BEFORE) is None


def test_of_two_fields_with_one_name_the_filled_one_answers() -> None:
    names = Names(Vocabulary({}, {"f1": Field("f1", "Size", "text"), "f2": Field("f2", "Size", "text")}))
    trace = build_trace(issue(fields={"f2": "L"}), [edit(1, MONDAY, "f1", "S", None)])
    assert field_at(trace, names.fields("size"), BEFORE) == "S"
    assert field_at(trace, names.fields("size"), MONDAY) == "L"


def test_no_and_zero_are_values() -> None:
    values: list[Value] = [None, "", "  ", (), False, 0.0, ("x",)]
    assert [is_empty(value) for value in values] == [True, True, True, True, False, False, False]


@given(histories())
def test_going_back_and_going_forward_agree(history: tuple[Issue, list[Change]]) -> None:
    """Undoing later changes from today gives what doing the earlier ones from nothing gives."""
    one, changes = history
    trace = build_trace(one, changes)
    for field in ("labels", "assignee"):
        for moment in {change.at for change in changes}:
            forward: str | None = None
            for change in changes:
                if change.field == field and change.at <= moment:
                    forward = change.to_text if field == "labels" else change.to_id
            back = field_at(trace, [field], moment)
            assert (Actor(back[0]) if isinstance(back, tuple) else back) == forward

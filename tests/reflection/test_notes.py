"""What people write on a page: actions, a goal, questions, and everything else that is none of these."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.reflection.notes import LONGEST, MOST_ACTIONS, read_notes, same


def test_the_words_are_found_in_any_case_behind_any_bullet() -> None:
    notes = read_notes(
        "We talked.\nAction: pair on the next migration\n  - ACTION:  ask the shop.\n1. [ ] write it down\n"
        "☐ mend the build\n"
        "* [ ] Action: close the gap\ngoal: fewer calls\nGoal: no calls\nQuestion for Payments: what would you stop?\n"
        "Question: and you?"
    )
    assert notes.actions == (
        "pair on the next migration",
        "ask the shop.",
        "write it down",
        "mend the build",
        "close the gap",
    )
    assert notes.goal == "no calls"
    assert notes.question_for("payments") == "what would you stop?"
    assert notes.question_for("Search") == "and you?"
    assert read_notes("").question_for("Search") == ""


def test_the_host_and_what_others_could_use_are_read_and_no_action_is_made_of_them() -> None:
    notes = read_notes(
        "Host: Ann\nhost: a tester\nFor others: pair on it\n- for  others: Pair on it.\nFor others: ask early"
    )
    assert (notes.host, notes.for_others, notes.actions) == ("a tester", ("pair on it", "ask early"), ())
    assert read_notes("Forothers: x\nFor other: y\nHosts: z") == read_notes("")


def test_what_is_done_or_only_mentioned_asks_for_nothing() -> None:
    assert read_notes(
        "[x] was done\nThe action: none\nActions: many\n[]nothing else [ ]\nAction:\nAction:   "
    ).actions == ("nothing else [ ]",)


def test_the_same_action_twice_is_one() -> None:
    assert read_notes("Action: Ask the shop.\nAction: ask  the shop").actions == ("Ask the shop.",)
    assert same("Ask the shop.") == same(" ask the SHOP ")
    assert same("Ask the shop") != same("Ask the shops")


@given(st.text())
def test_any_text_is_notes(text: str) -> None:
    notes = read_notes(text)
    assert len(notes.actions) <= MOST_ACTIONS
    assert all("\n" not in action and 0 < len(action) <= LONGEST for action in notes.actions)


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=100))
def test_an_action_comes_out_as_it_was_written(action: str) -> None:
    plain = action.removeprefix("[]").removeprefix("☐").removeprefix("□")
    if plain == action:
        assert read_notes(f"before\nAction: {action}\nafter").actions == (action,)


def test_a_megabyte_on_one_line_takes_no_time_and_no_more_actions_than_a_page_may_have() -> None:
    assert read_notes("Action: " + "a " * 500_000).actions[0].endswith("…")
    assert len(read_notes("\n".join(f"Action: {n}" for n in range(10_000))).actions) == MOST_ACTIONS
    assert read_notes("- " * 500_000).actions == ()

"""What always holds of decisions, whatever happens to a ticket; single cases are in tests/cycle/decisions.toml."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.model import Actor, Change, Comment
from eal_jira.reflection.decisions import (
    AtOdds,
    Choice,
    Decision,
    Heard,
    TextChanged,
    Unlisted,
    WithoutReason,
    read_decision,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
MEANING = {"approved": Choice.APPROVE, "declined": Choice.DECLINE, "try": Choice.TRY_FIRST}
BOSS, OTHER_BOSS, DEVELOPER, BOT = (Actor(name) for name in ("boss", "other-boss", "developer", "bot"))
APPROVERS = {BOSS, OTHER_BOSS}

Step = tuple[Actor | None, str]


def lived(steps: list[Step]) -> tuple[list[Change], list[Comment]]:
    """Steps an hour apart: "say …" is a comment, "edit" touches the text, everything else is a status."""
    changes: list[Change] = []
    comments: list[Comment] = []
    for n, (actor, what) in enumerate(steps):
        at = START + timedelta(hours=n)
        if what.startswith("say"):
            comments.append(Comment(str(n), at, at, actor, what))
        elif what == "edit":
            changes.append(Change(str(n), 0, at, actor, "description", None, "old", None, "new"))
        else:
            changes.append(Change(str(n), 0, at, actor, "status", None, None, what, what))
    return changes, comments


def read(*steps: Step, since: datetime | None = None) -> Heard | None:
    changes, comments = lived(list(steps))
    listed = {change.history_id: change.actor in APPROVERS for change in changes}
    return read_decision(changes, comments, MEANING, listed, since=since)


def test_the_decision_counts_from_the_later_of_move_and_reason() -> None:
    hour = timedelta(hours=1)
    assert read((BOSS, "say a"), (BOSS, "approved")) == Decision(Choice.APPROVE, START + hour, "say a")
    assert read((BOSS, "approved"), (BOSS, "say b")) == Decision(Choice.APPROVE, START + hour, "say b")


def test_the_last_word_before_the_move_is_the_reason() -> None:
    found = read((BOSS, "say a question"), (BOSS, "say why"), (BOSS, "approved"), (BOSS, "say thanks"))
    assert found == Decision(Choice.APPROVE, START + timedelta(hours=2), "say why")


def test_a_move_that_nobody_has_asked_about_is_nobodys() -> None:
    changes, comments = lived([(BOSS, "say a"), (BOSS, "approved")])
    assert isinstance(read_decision(changes, comments, MEANING, {}), Unlisted)


def test_votes_up_to_a_moment_do_not_count() -> None:
    steps = [(BOSS, "say a"), (BOSS, "approved"), (BOSS, "open"), (BOSS, "declined")]
    assert isinstance(read(*steps, since=START + timedelta(hours=1)), Decision)
    assert read(*steps, since=START + timedelta(hours=3)) is None


def test_another_text_makes_a_vote_void() -> None:
    changes, comments = lived([(BOSS, "say a"), (BOSS, "approved")])
    found = read_decision(changes, comments, MEANING, {"1": True}, same_text=False)
    assert found == TextChanged(Choice.APPROVE, "1")


STATUSES = ("approved", "declined", "try", "open")
others = st.tuples(st.sampled_from([DEVELOPER, BOT, None]), st.sampled_from([*STATUSES, "say it", "edit"]))
bosses = st.tuples(st.sampled_from([BOSS, OTHER_BOSS]), st.sampled_from([*STATUSES, "say it"]))


@given(st.lists(others, max_size=8))
def test_without_an_approver_nothing_is_ever_decided(steps: list[Step]) -> None:
    assert read(*steps) is None or isinstance(read(*steps), Unlisted)


@given(st.lists(bosses, max_size=8), st.lists(others.filter(lambda step: step[1] != "edit"), max_size=8))
def test_what_others_do_changes_no_decision(steps: list[Step], noise: list[Step]) -> None:
    """Their moves and words, before, between and after, neither decide nor undo."""
    alone = read(*steps)
    mixed: list[Step] = []
    for n in range(max(len(steps), len(noise))):
        mixed += noise[n : n + 1] + steps[n : n + 1]
    among = read(*mixed)
    if isinstance(alone, Decision):
        assert isinstance(among, Decision)
        assert (among.choice, among.reason) == (alone.choice, alone.reason)
    else:
        assert not isinstance(among, Decision)


@given(st.lists(bosses, max_size=8))
def test_a_decision_is_the_last_deciding_move_of_an_approver_and_has_their_own_reason(steps: list[Step]) -> None:
    found = read(*steps)
    moves = [(actor, what) for actor, what in steps if not what.startswith("say")]
    if isinstance(found, Decision):
        actor, status = moves[-1]
        assert MEANING[status] is found.choice
        assert (actor, found.reason) in steps
    elif isinstance(found, WithoutReason):
        assert all(actor != moves[-1][0] for actor, what in steps if what.startswith("say"))
    elif isinstance(found, AtOdds):
        assert len({actor for actor, _ in moves}) == 2


@given(st.lists(bosses, min_size=1, max_size=6), st.integers(0, 6))
def test_a_touched_text_lets_nothing_into_force(steps: list[Step], place: int) -> None:
    assert not isinstance(read(*steps[:place], (DEVELOPER, "edit"), *steps[place:]), Decision)

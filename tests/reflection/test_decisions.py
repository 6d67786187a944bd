"""Only a listed approver's transition decides; slips, automations and onlookers never do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.model import Actor, Change
from eal_jira.reflection.decisions import Choice, Decision, Unlisted, read_decision

START = datetime(2026, 1, 1, tzinfo=UTC)
MEANING = {"approved": Choice.APPROVE, "declined": Choice.DECLINE, "try": Choice.TRY_FIRST}
BOSS, OTHER_BOSS, DEVELOPER, BOT = (Actor(name) for name in ("boss", "other-boss", "developer", "bot"))
APPROVERS = {BOSS, OTHER_BOSS}


def moves(*steps: tuple[Actor | None, str]) -> list[Change]:
    return [
        Change(str(n), 0, START + timedelta(hours=n), actor, "status", None, None, to, to)
        for n, (actor, to) in enumerate(steps)
    ]


def test_an_untouched_ticket_decides_nothing() -> None:
    assert read_decision([], MEANING, APPROVERS) is None


def test_an_approvers_transition_decides_at_its_moment() -> None:
    assert read_decision(moves((BOSS, "approved")), MEANING, APPROVERS) == Decision(Choice.APPROVE, START)


def test_anyone_elses_transition_is_noticed_and_decides_nothing() -> None:
    assert read_decision(moves((DEVELOPER, "approved")), MEANING, APPROVERS) == Unlisted(Choice.APPROVE, "0")


def test_a_transition_by_nobody_decides_nothing() -> None:
    assert isinstance(read_decision(moves((None, "approved")), MEANING, {*APPROVERS}), Unlisted)


def test_an_onlooker_who_moves_there_and_back_leaves_no_trace() -> None:
    assert read_decision(moves((DEVELOPER, "approved"), (DEVELOPER, "open")), MEANING, APPROVERS) is None


def test_an_approver_who_takes_a_slip_back_has_not_decided() -> None:
    assert read_decision(moves((BOSS, "declined"), (BOSS, "open")), MEANING, APPROVERS) is None


def test_an_onlooker_cannot_undo_a_decision() -> None:
    found = read_decision(moves((BOSS, "approved"), (DEVELOPER, "open")), MEANING, APPROVERS)
    assert found == Decision(Choice.APPROVE, START)


def test_the_last_approver_counts() -> None:
    found = read_decision(moves((BOSS, "approved"), (OTHER_BOSS, "declined")), MEANING, APPROVERS)
    assert found == Decision(Choice.DECLINE, START + timedelta(hours=1))


def test_changes_of_other_fields_mean_nothing() -> None:
    change = Change("1", 0, START, BOSS, "labels", None, None, "approved", "approved")
    assert read_decision([change], MEANING, APPROVERS) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([DEVELOPER, BOT, None]), st.sampled_from(["approved", "declined", "open", "try"])),
        max_size=8,
    )
)
def test_without_an_approver_nothing_is_ever_decided(steps: list[tuple[Actor | None, str]]) -> None:
    assert not isinstance(read_decision(moves(*steps), MEANING, APPROVERS), Decision)

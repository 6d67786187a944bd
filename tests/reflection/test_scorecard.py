"""Seven contrasts, each with a trend; a loop whose phases have owners and time; managers who are told what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from eal_jira.reflection.digest import Candidate, Material, digest
from eal_jira.reflection.follow import Action, Known
from eal_jira.reflection.learned import Outlook, Tried
from eal_jira.reflection.phases import Kept, phases
from eal_jira.reflection.scorecard import Contrast, Evidence, Held, Indicator, scorecard
from tests.documents.contexts import plainly, practice, version
from tests.learning.builders import DAY, MONDAY

END = MONDAY + 200 * DAY
FIRST = replace(version(plainly), version=1, in_force_from=MONDAY - 300 * DAY, in_force_until=None)
OUTLOOK = Outlook("g", "s", "Change it?", "EAL-1", "", "open", END - 20 * DAY, None)


def evidence(**more: object) -> Evidence:
    plain = Evidence((FIRST,), (), (), (), (), (), MONDAY - 99 * DAY, 2, UTC, 5)
    return replace(plain, **more)  # type: ignore[arg-type]


def indicator(card: tuple[Contrast, ...], name: str) -> Indicator:
    (found,) = [i for contrast in card for i in contrast.indicators if i.name == name]
    return found


def test_there_are_seven_contrasts_and_none_is_empty() -> None:
    card = scorecard(evidence(), END)
    assert len(card) == 7
    for contrast in card:
        assert 1 <= len(contrast.indicators) <= 2
        assert all((contrast.title, contrast.efficiency, contrast.learning, contrast.move))
        assert all(i.now and i.before and i.trend for i in contrast.indicators)


def test_a_trend_is_this_quarter_against_the_one_before() -> None:
    """Two versions in the last quarter, one in the quarter before it."""
    later = [replace(FIRST, version=n, in_force_from=END - back * DAY) for n, back in ((2, 120), (3, 60), (4, 9))]
    found = indicator(scorecard(evidence(versions=(FIRST, *later)), END), "Changes of guidelines")
    assert (found.now, found.before, found.trend) == ("2", "1", "up")


def test_a_team_without_an_earlier_quarter_has_no_trend() -> None:
    for contrast in scorecard(evidence(since=END - 100 * DAY), END):
        assert {i.trend for i in contrast.indicators} == {"cannot tell yet"}
        assert {i.before for i in contrast.indicators} == {"not known yet"}


@pytest.mark.parametrize(
    ("count", "flag"), [(0, "No experiment for a whole quarter."), (1, ""), (2, ""), (3, "More than 2 at once")]
)
def test_no_experiment_for_long_is_flagged_and_so_are_too_many(count: int, flag: str) -> None:
    tried = [Tried(f"e{n}", "h", "gathering", END - 9 * DAY, None, ()) for n in range(count)]
    found = indicator(scorecard(evidence(experiments=tried), END), "Experiments under way at the end")
    assert found.now == str(count)
    assert found.flag.startswith(flag)
    assert bool(found.flag) == bool(flag)


def test_a_quarter_in_which_nothing_came_back_is_flagged() -> None:
    name = "Answers that came with words"
    spoken = [Action("a", "EAL-2", "", END - DAY, None)]
    assert indicator(scorecard(evidence(actions=spoken), END), name).flag == "Nothing came back to what the team said."
    answered = [replace(OUTLOOK, state="declined", decided=END - DAY, answer="Not yet.")]
    found = indicator(scorecard(evidence(actions=spoken, proposals=answered), END), name)
    assert (found.now, found.flag) == ("1 of 1", "")
    asked = [Held(END, True, 0, 0)]
    assert indicator(scorecard(evidence(actions=spoken, retros=asked), END), name).flag == ""


def test_an_answer_that_is_late_is_flagged() -> None:
    found = indicator(scorecard(evidence(proposals=[OUTLOOK]), END), "Half of the answers took up to")
    assert found.flag == "1 proposal has waited for more than 14 days."


def test_how_often_people_speak_up_is_not_told_below_the_smallest_group() -> None:
    name = "Experiments begun and actions written by the team"
    for count, told in ((0, "0"), (4, "fewer than 5"), (5, "5")):
        spoken = [Action(f"a{n}", "", "", END - DAY, None) for n in range(count)]
        found = indicator(scorecard(evidence(actions=spoken), END), name)
        assert found.now == told
        assert found.trend == {0: "as before", 4: "cannot tell yet", 5: "up"}[count]


# --- the health of the loop -----------------------------------------------------------------------------------

WELL = Kept(True, True, True, True, True, (replace(FIRST, review_on=date(2026, 9, 1)),), (Held(END, True, 4, 2),), 4)


def test_a_loop_that_is_looked_after_misses_nothing() -> None:
    assert all(not phase.missing for phase in phases(WELL))


@pytest.mark.parametrize(
    ("change", "phase"),
    [
        ({"guidelines_owned": False}, "Guidelines"),
        ({"collaboration_owned": False}, "Working together"),
        ({"data_owned": False}, "Process data"),
        ({"reflection_owned": False}, "Reflection"),
        ({"reflection_hours": 0}, "Reflection"),
        ({"retros": (Held(END, True, 4, 0),)}, "Reflection"),
        ({"approvers": False}, "Decisions"),
        ({"guidelines": (FIRST,)}, "Guidelines"),
    ],
)
def test_removing_one_owner_or_the_time_names_that_phase(change: dict[str, object], phase: str) -> None:
    assert [p.name for p in phases(replace(WELL, **change)) if p.missing] == [phase]  # type: ignore[arg-type]


# --- the managers' digest -------------------------------------------------------------------------------------


def candidate(made: int = 20, state: str = "open", trial: int = 24) -> Candidate:
    outlook = replace(OUTLOOK, made=END - made * DAY, state=state, title=f"Change {made}?")
    seen = replace(practice(plainly), trial=tuple(str(n) for n in range(trial)))
    return Candidate(outlook, seen, ("exception added",))


def team(name: str, *candidates: Candidate, question: str = "") -> Material:
    return Material(name, candidates, (), question, 5)


def test_managers_see_open_proposals_with_evidence_the_longest_waiting_first() -> None:
    (part,) = digest([team("Payments", candidate(3), candidate(20), candidate(30, "approved"))], END)
    assert [(item.title, item.days, item.late) for item in part.waiting] == [
        ("Change 20?", 20, True),
        ("Change 3?", 3, False),
    ]
    assert part.waiting[0].evidence == practice(plainly).sentences
    assert "What is the waiting costing you?" in part.questions


def test_managers_see_nothing_below_the_smallest_group() -> None:
    (part,) = digest([team("Payments", candidate(trial=4))], END)
    assert part.waiting == ()
    (part,) = digest([team("Payments", candidate(trial=5))], END)
    assert len(part.waiting) == 1


def test_teams_stand_in_the_order_of_their_names_whatever_they_did() -> None:
    busy, idle = team("Zebra", candidate(1), candidate(2)), team("ant")
    for given in ([busy, idle], [idle, busy]):
        assert [part.team for part in digest(given, END)] == ["ant", "Zebra"]


def test_a_missing_question_reminds_the_manager() -> None:
    parts = digest([team("A"), team("B", question="What would you stop?")], END)
    assert [part.question_missing for part in parts] == [True, False]


def test_known_ways_are_counted_once_they_are_known() -> None:
    known = [Known(practice(plainly), END - 10 * DAY), Known(practice(plainly), END + timedelta(days=3))]
    name = "Known ways of departing of which we can tell what comes"
    assert indicator(scorecard(evidence(known=known), END), name).now == "1 of 1"

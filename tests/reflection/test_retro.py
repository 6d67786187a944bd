"""The retro's two ledgers, and what it says where there is little to say."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.documents import render
from eal_jira.documents.templates import Templates
from eal_jira.learning.evidence import Verdict
from eal_jira.model import Deviation
from eal_jira.reflection.follow import Action, Known
from eal_jira.reflection.learned import Asked, Outlook, Tried
from eal_jira.reflection.performance import Pair
from eal_jira.reflection.periods import Period
from eal_jira.reflection.retro import Material, Retro, Time, build
from tests.documents.contexts import plainly, practice, version
from tests.learning.builders import DAY, MONDAY, ORDER, VOCABULARY, done

PERIOD = Period("k", "2–29 March 2026", MONDAY, MONDAY + 28 * DAY)
NOW = PERIOD.end + DAY


def deviation(number: int, signature: str = "no In Review", at: float = 3) -> Deviation:
    key = f"{number}-{signature}"
    return Deviation(
        key, "T", str(number), "review-before-done", 2, MONDAY + at * DAY, (), signature, f"Done with {signature}", "?"
    )


def material(finished: int = 30, **more: object) -> Material:
    dice = random.Random(2)
    issues = [done(n, dice.uniform(1, 9), finished=MONDAY + (n % 27) * DAY) for n in range(finished)]
    plain = Material(
        measures=issues,
        deviations=(),
        about={},
        guidelines=(replace(version(plainly), in_force_from=MONDAY - 300 * DAY),),
        known=(),
        proposals=(),
        order=ORDER,
        vocabulary=VOCABULARY,
        urls={},
        zone=UTC,
        min_group=5,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def retro(given: Material) -> Retro:
    return build("Payments", PERIOD, given, NOW)[0]


def said(given: Material) -> str:
    found = retro(given)
    context = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return str(render(Templates().render("retro.md", context), "text"))


def performance(given: Material) -> str:
    text = said(given)
    return text[text.index("How the work flowed") : text.index("What we are learning")]


def learning(given: Material) -> str:
    text = said(given)
    return text[text.index("What we are learning") : text.index("Worth talking about")]


LEARNT = {
    "deviations": [deviation(n) for n in range(100)],
    "known": [Known(practice(plainly), MONDAY)],
    "actions": [Action(f"a {n}", f"EAL-{n}", "", MONDAY, None) for n in range(40)],
    "asked": Asked(100, 60),
    "experiments": [Tried("Pairing", "It helps", "works", MONDAY, None, ("So it is.",))],
    "manager_question": "What would you stop doing?",
    "reflection": Time(4, 3),
}


def test_no_departure_question_action_or_experiment_changes_a_figure_of_performance() -> None:
    """A hundred of each: the ledger of performance keeps every byte, charts included."""
    plain, rich = material(), material(**LEARNT)
    assert performance(plain) == performance(rich)
    names = [chart.name for chart in retro(plain).figures]
    figures = [{f.name: f for f in build("Payments", PERIOD, m, NOW)[1]} for m in (plain, rich)]
    assert len(names) == 6
    assert all(figures[0][name] == figures[1][name] for name in names)


def test_how_long_work_took_changes_nothing_in_the_ledger_of_learning() -> None:
    slow = [
        replace(m, cycle_time=3 * m.cycle_time, handoffs=9, rework=7) if m.cycle_time else m
        for m in material().measures
    ]
    assert learning(material(**LEARNT)) == learning(material(measures=slow, **LEARNT))


def test_an_outcome_figure_without_a_process_figure_can_not_be_made() -> None:
    with pytest.raises(ValueError, match="without a process figure"):
        Pair("Finished", "12", "", "")


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 9))
def test_each_outcome_stands_beside_a_process_figure_or_nothing_stands(finished: int) -> None:
    pairs = retro(material(finished)).flow
    assert bool(pairs) == (finished >= 5)


def test_the_page_stands_without_a_single_figure() -> None:
    text = said(material(0))
    assert "What did we want to reach" in text
    assert "too few for figures" in text
    assert "What did we learn that no number shows?" in text


def test_under_way_at_the_end_counts_what_was_finished_after_it() -> None:
    issues = [done(n, 40, finished=PERIOD.end + 9 * DAY) for n in range(7)]
    assert retro(material(measures=issues)).unfinished == 7
    later = [done(n, 2, finished=PERIOD.end + 9 * DAY) for n in range(7)]
    assert retro(material(measures=later)).unfinished == 0


def test_what_nobody_expected_is_told_when_enough_issues_show_it() -> None:
    before = [done(100 + n, 2, finished=MONDAY - (n + 1) * DAY) for n in range(30)]
    odd = [done(500, 60, finished=MONDAY + 9 * DAY)]
    known = [deviation(1, "old way", at=-30)]
    new = [deviation(n, "new way") for n in range(5)]
    found = retro(material(measures=[*before, *odd], deviations=[*known, *new])).surprises
    assert [s.text for s in found] == [
        "“Done with new way” was seen for the first time, in 5 issues.",
        "These took longer than 95 of 100 issues that were finished before:",
    ]
    assert found[1].issues == (("PAY-500", ""),)
    assert retro(material(0, deviations=[*known, *new[:4]])).surprises == (), "four are too few"


def test_help_below_the_smallest_group_has_no_figure() -> None:
    assert retro(material(asked=Asked(4, 4))).asked is None
    assert retro(material(asked=Asked(5, 2))).asked == Asked(5, 2)


def test_actions_of_before_come_back_with_what_became_of_them() -> None:
    actions = [
        Action("old and done before", "EAL-1", "", MONDAY - 40 * DAY, MONDAY - 30 * DAY),
        Action("old and done now", "EAL-2", "", MONDAY - 20 * DAY, MONDAY + 3 * DAY),
        Action("old and open", "EAL-3", "", MONDAY - 20 * DAY, None),
        Action("done after the period", "EAL-4", "", MONDAY - 20 * DAY, PERIOD.end + DAY),
        Action("of the time to come", "EAL-5", "", PERIOD.end + DAY, None),
    ]
    found = retro(material(actions=actions))
    assert [(a.key, a.done) for a in found.actions] == [("EAL-2", True), ("EAL-3", False), ("EAL-4", False)]
    assert [s.key for s in found.said] == ["EAL-3", "EAL-4"]


def test_what_was_said_and_led_to_nothing_stays_in_sight_until_something_follows() -> None:
    old, new = Known(practice(plainly), MONDAY - 9 * DAY), Known(practice(plainly), MONDAY + 9 * DAY)
    (line,) = retro(material(known=[old])).said
    assert line.text == "“Done without In Review” went well, and nothing was tried or proposed"
    assert retro(material(known=[new])).said == (), "there was no time for it yet"
    unclear = Known(practice(plainly, Verdict.CANNOT_TELL), MONDAY - 9 * DAY)
    assert retro(material(known=[unclear])).said == ()

    tried = Tried("Pairing", "h", "gathering", MONDAY, None, (), guideline="review-before-done")
    assert retro(material(known=[old], experiments=[tried])).said == ()
    outlook = Outlook("review-before-done", "no In Review", "Change it?", "EAL-1", "", "open", MONDAY, None)
    assert retro(material(known=[old], proposals=[outlook])).said == ()
    first = replace(outlook, state="tried first", decided=MONDAY - 9 * DAY)
    assert [s.text for s in retro(material(known=[old], proposals=[first])).said] == ["Try it first: Change it?"]
    assert retro(material(known=[old], proposals=[first], experiments=[tried])).said == ()


def test_a_proposal_stands_beside_the_practice_that_it_is_about_and_no_other() -> None:
    narrow = replace(practice(plainly), where={"type": ("Bug",)})
    outlook = Outlook("review-before-done", narrow.subject, "Except bugs?", "EAL-1", "", "open", MONDAY, None)
    known = [Known(each, MONDAY - 9 * DAY) for each in (practice(plainly), narrow)]
    departed = [deviation(n, narrow.signature) for n in range(9)]
    found = retro(material(known=known, deviations=departed, proposals=[outlook]))
    assert [(bool(d.practice.where), d.proposal) for d in found.departures] == [(False, None), (True, outlook)]
    assert len(found.said) == 1, "about the wider one nothing was proposed yet"


def test_cutting_the_time_for_reflection_is_told() -> None:
    assert Time(2, 1.5, cut_from=4).said == (
        "1.5 of 2 planned hours were used for reflection; 4 hours were planned for the time before"
    )
    assert "none of 3 planned hours" in Time(3, 0).said


def test_the_managers_answer_and_question_stand_on_the_page() -> None:
    answered = Outlook("g", "s", "Change it?", "EAL-1", "", "declined", MONDAY, MONDAY + DAY, "Not yet, and why.")
    text = said(material(proposals=[answered], manager_question="What would you stop doing?"))
    assert "“Not yet, and why.”" in text
    assert "1. What would you stop doing? (the manager's question)" in text


def test_questions_come_from_the_data_and_are_few() -> None:
    many = [Known(replace(practice(plainly), signature=f"s{n}", label=f"way {n}"), MONDAY) for n in range(9)]
    found = retro(material(known=many, deviations=[deviation(n, f"s{n}") for n in range(9)])).questions
    assert len(found) == 4
    assert all(question.endswith("?") for question in found)


def test_the_same_material_on_another_day_makes_the_same_charts() -> None:
    one, other = (build("Payments", PERIOD, material(**LEARNT), NOW + n * DAY)[1] for n in (0, 400))
    assert one == other


WORDS_NEVER_SAID = re.compile(r"\b(violat\w+|offend\w+|non-compliant|culprit|blame\w*|faults?)\b", re.IGNORECASE)


def test_words_that_never_appear_do_not() -> None:
    for name in ("retro.md", "scorecard.md", "digest.md", "action.md"):
        assert not WORDS_NEVER_SAID.search(
            (Templates()._environment.loader.get_source(Templates()._environment, name))[0]
        )  # type: ignore[union-attr]
    assert not WORDS_NEVER_SAID.search(said(material(**LEARNT)))
    assert timedelta(days=28) == PERIOD.end - PERIOD.start


def test_departures_take_nothing_from_what_was_finished() -> None:
    assert retro(material(**LEARNT)).departures
    assert retro(material(**LEARNT)).finished == retro(material()).finished == 30

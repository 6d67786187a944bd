"""The judge: the rule of the day, deviations that stay themselves, and guidelines that can't be used."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.model import Category, Change, Deviation, Issue, Status, Vocabulary
from eal_jira.process.judge import Judge, judge
from eal_jira.process.log import build_trace
from tests.process.building import (
    BLOCKED,
    DOING,
    DONE,
    HOUR,
    MONDAY,
    OPEN,
    REVIEW,
    RULES,
    VOCABULARY,
    context,
    edit,
    histories,
    issue,
    move,
    one_of_each,
    version,
    walk,
)

History = tuple[Issue, list[Change]]
LATER = MONDAY + timedelta(days=400)
moments = st.integers(-1, 300).map(lambda days: MONDAY + timedelta(days=days))


def facts(deviations: tuple[Deviation, ...]) -> list[tuple[datetime, str, str]]:
    return sorted((d.at, d.guideline, d.signature) for d in deviations)


def test_a_deviation_names_guideline_version_moment_events_and_asks() -> None:
    (deviation,) = judge(walk(OPEN, DOING, DONE), [version(number=3)], context()).deviations
    assert replace(deviation, key="") == Deviation(
        key="",
        team="Payments",
        issue_id="100",
        guideline="review-before-done",
        version=3,
        at=MONDAY + 2 * HOUR,
        events=(2,),
        signature="5 without 4",
        label="Done without In Review",
        sentence="PAY-12 reached Done before it had been in In Review. What made that the better way here?",
    )
    assert len(deviation.key) == 32


# --- the rule of the day --------------------------------------------------------------------------------------


def test_each_event_is_judged_by_the_version_in_force_at_its_moment() -> None:
    """The second of the two arrivals happens at the very moment at which version 2 starts."""
    trace = walk(OPEN, DONE, OPEN, DONE)
    versions = [version(number=2, in_force_from=MONDAY + 3 * HOUR), version()]
    found = judge(trace, versions, context()).deviations
    assert [(d.version, d.at) for d in found] == [(1, MONDAY + HOUR), (2, MONDAY + 3 * HOUR)]


def test_a_rule_never_judges_what_was_done_before_it() -> None:
    trace = walk(OPEN, DONE)
    assert judge(trace, [version(in_force_from=MONDAY + 2 * HOUR)], context()).deviations == ()
    assert judge(trace, [version()], context(since=MONDAY + 2 * HOUR)).deviations == ()


def test_work_in_progress_meets_each_version_in_its_time() -> None:
    """In review since Monday 10:00: the limit of two days is up on Wednesday, when it no longer counts."""
    trace = walk(OPEN, REVIEW)
    two = {"kind": "time_limit", "status": "In Review", "at_most": "2 days"}
    one_week = {"kind": "time_limit", "status": "In Review", "at_most": "1 week"}
    tuesday = MONDAY + timedelta(days=1)
    versions = [version(two), version(one_week, 2, in_force_from=tuesday)]
    verdict = judge(trace, versions, context(now=MONDAY + timedelta(days=4)))
    assert verdict.deviations == ()
    assert verdict.due == MONDAY + HOUR + timedelta(weeks=1)
    (late,) = judge(trace, versions, context(now=MONDAY + timedelta(days=9))).deviations
    assert (late.version, late.at) == (2, MONDAY + HOUR + timedelta(weeks=1))


def test_what_is_retired_is_not_checked_any_more_and_still_was_before() -> None:
    trace = walk(OPEN, DONE, OPEN, DONE)
    versions = [version(), version(None, 2, in_force_from=MONDAY + 2 * HOUR)]
    assert [d.at for d in judge(trace, versions, context()).deviations] == [MONDAY + HOUR]


@given(histories(), moments)
def test_a_version_that_changes_nothing_changes_no_finding(history: History, boundary: datetime) -> None:
    trace = build_trace(*history)
    whole = judge(trace, one_of_each(), context(LATER)).deviations
    split = [*one_of_each(), *one_of_each(number=2, in_force_from=boundary)]
    parts = judge(trace, [replace(v, version=2 if v.in_force_from == boundary else 1) for v in split], context(LATER))
    assert facts(parts.deviations) == facts(whole)
    assert all((d.version == 2) == (d.at >= boundary) for d in parts.deviations)


# --- work that stays on its version ----------------------------------------------------------------------------

QUICK = {"kind": "absence", "status": "Done"}
TUESDAY = MONDAY + timedelta(days=1)


def test_work_begun_under_a_pinned_version_stays_on_it() -> None:
    """Begun an hour before version 2 starts: the way into Done in two days is judged by version 1."""
    versions = [version(pin="start"), version(QUICK, 2, in_force_from=MONDAY + 2 * HOUR)]
    trace = walk(OPEN, DOING, REVIEW, DONE)
    assert judge(trace, versions, context()).deviations == ()
    assert judge(trace, versions, context()).applied == (("review-before-done", 1),)
    (late,) = judge(walk(OPEN, DOING, DONE, every=2 * HOUR), versions, context()).deviations
    assert late.version == 2, "begun when version 2 had started"
    (skipped,) = judge(walk(OPEN, DOING, BLOCKED, DONE), versions, context()).deviations
    assert (skipped.version, skipped.label) == (1, "Done without In Review")
    unpinned = [replace(v, pin="event") for v in versions]
    assert [d.version for d in judge(trace, unpinned, context()).deviations] == [2]
    told = [e.text for e in Judge(versions, context()).explain(trace)]
    assert told[1] == "The work on this issue began under an earlier version, and stays on it."


def test_a_guideline_that_ends_ends_also_for_pinned_work() -> None:
    versions = [version(pin="start"), version(None, 2, in_force_from=MONDAY + 2 * HOUR)]
    assert judge(walk(OPEN, DOING, BLOCKED, DONE), versions, context()).deviations == ()


def test_a_limit_of_a_pinned_version_runs_on_after_it_was_replaced() -> None:
    two = {"kind": "time_limit", "status": "In Review", "at_most": "2 days"}
    versions = [version(two, pin="start"), version(QUICK, 2, in_force_from=TUESDAY)]
    assert judge(walk(OPEN, REVIEW), versions, context(TUESDAY)).due == MONDAY + HOUR + timedelta(days=2)


# --- what is probed, and where a guideline holds ---------------------------------------------------------------


@pytest.mark.parametrize(("domain", "count"), [("clear", 1), ("complicated", 1), ("complex", 0), ("chaotic", 0)])
def test_what_is_complex_is_probed_and_not_checked(domain: str, count: int) -> None:
    verdict = judge(walk(OPEN, DONE), [version(domain=domain)], context())
    assert (len(verdict.deviations), len(verdict.applied)) == (count, count)
    (told,) = Judge([version(domain=domain)], context()).explain(walk(OPEN, DONE))
    assert ("probed, not checked" in told.text) == (count == 0)


def test_a_guideline_is_checked_only_where_it_is_known_to_hold() -> None:
    web = version(holds_when={"component": ["Web"]})
    assert len(judge(walk(OPEN, DONE, components=("Web",)), [web], context()).deviations) == 1
    elsewhere = walk(OPEN, DONE, components=("Shop",))
    assert judge(elsewhere, [web], context()).deviations == ()
    (told,) = Judge([web], context()).explain(elsewhere)
    assert "it helps when component Web, and component is Shop, not Web" in told.text


def test_only_the_marked_one_of_two_guidelines_is_mandatory() -> None:
    both = [version(guideline="a", mandatory=True, why="w"), version(guideline="b")]
    assert [d.guideline for d in judge(walk(OPEN, DONE), both, context()).deviations] == ["a", "b"]


# --- the issue as it was ---------------------------------------------------------------------------------------


def labelled(before: str | None, after: str | None) -> History:
    """From Open to Done with these labels, which are changed afterwards."""
    labels = () if after is None else tuple(after.split())
    changes = [move(1, MONDAY + HOUR, OPEN, DONE), edit(2, MONDAY + 2 * HOUR, "labels", before, after)]
    return issue(DONE, labels=labels), changes


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [("x", None, 1), (None, "x", 0), ("a x", "a", 1), ("a", "a x", 0), ("x", "x y", 1), ("xx", "x", 0)],
)
def test_a_guideline_looks_at_an_issue_as_it_was_at_that_moment(
    before: str | None, after: str | None, count: int
) -> None:
    verdict = judge(build_trace(*labelled(before, after)), [version(applies_to={"labels": ["x"]})], context())
    assert len(verdict.deviations) == count
    excepted = judge(build_trace(*labelled(before, after)), [version(except_=({"labels": ["x"]},))], context())
    assert len(excepted.deviations) == 1 - count


def test_a_number_in_a_history_is_compared_as_a_number() -> None:
    changes = [move(1, MONDAY + HOUR, OPEN, DONE), edit(2, MONDAY + 2 * HOUR, "points-1", "3", "8")]
    small = version(applies_to={"points": ["<= 3"]})
    assert len(judge(build_trace(issue(DONE, points=8.0), changes), [small], context()).deviations) == 1
    assert judge(build_trace(issue(DONE, points=8.0), changes[:1]), [small], context()).deviations == ()


# --- deviations stay themselves -------------------------------------------------------------------------------


@given(histories(), st.integers(0, 2**16), moments, moments)
def test_judging_again_gives_the_same_and_later_only_more(
    history: History, seed: int, one: datetime, other: datetime
) -> None:
    issue_, changes = history
    shuffled = list(changes)
    Random(seed).shuffle(shuffled)
    sooner, later = sorted((one, other))
    sooner = max(sooner, *(change.at for change in changes)) if changes else sooner
    later = max(sooner, later)
    versions = one_of_each()
    first = judge(build_trace(issue_, changes), versions, context(sooner)).deviations
    again = judge(build_trace(issue_, shuffled), versions[::-1], context(sooner)).deviations
    assert first == again
    assert {d.key for d in first} <= {
        d.key for d in judge(build_trace(issue_, changes), versions, context(later)).deviations
    }


@given(histories())
def test_keys_are_all_different(history: History) -> None:
    """Also where an issue goes back and forth within one instant."""
    deviations = judge(build_trace(*history), one_of_each(), context(LATER)).deviations
    assert len({d.key for d in deviations}) == len(deviations)


def test_each_of_several_arrivals_is_named_by_its_own_event() -> None:
    """All of them rest on the first arrival too."""
    found = judge(walk(DOING, OPEN, DOING, OPEN, DOING), [version(RULES[2])], context()).deviations
    assert [d.events for d in found] == [(0, 2), (0, 2, 4)]
    assert not any(d.key.endswith("-2") for d in found)


def test_the_same_step_twice_within_one_instant_is_two_deviations() -> None:
    changes = [move(1, MONDAY, OPEN, DONE), move(2, MONDAY, DONE, OPEN), move(3, MONDAY, OPEN, DONE)]
    first, second = judge(build_trace(issue(DONE), changes), [version()], context()).deviations
    assert second.key == f"{first.key}-2"


def test_an_older_event_that_arrives_late_leaves_the_other_keys_alone() -> None:
    """It shifts the numbers of all events after it."""
    changes = [move(2, MONDAY + 2 * HOUR, OPEN, DONE)]
    late = edit(1, MONDAY + HOUR, "labels", None, "x")
    (before,) = judge(build_trace(issue(DONE), changes), [version()], context()).deviations
    (after,) = judge(build_trace(issue(DONE, labels=("x",)), [*changes, late]), [version()], context()).deviations
    assert (before.key, before.events) != (after.key, after.events)
    assert before.key == after.key


def test_keys_differ_by_team_issue_guideline_and_version() -> None:
    trace = walk(OPEN, DONE)
    found = [
        judge(trace, [version()], context()),
        judge(trace, [version()], context(team="Search")),
        judge(walk(OPEN, DONE, id="101"), [version()], context()),
        judge(trace, [version(guideline="other")], context()),
        judge(trace, [version(number=2)], context()),
    ]
    assert len({verdict.deviations[0].key for verdict in found}) == len(found)


def test_a_moved_issue_and_a_renamed_status_keep_their_deviations() -> None:
    finished = {**VOCABULARY.statuses, DOING: Status(DOING, "Doing", Category.DOING)}
    (before,) = judge(walk(OPEN, DOING, DONE), [version()], context()).deviations
    renamed = context(vocabulary=Vocabulary(finished, VOCABULARY.fields))
    (after,) = judge(walk(OPEN, DOING, DONE, key="WEB-3"), [version()], renamed).deviations
    assert before.key == after.key
    assert "WEB-3" in after.sentence


# --- what time alone will change ------------------------------------------------------------------------------


@given(histories(), moments)
def test_nothing_changes_before_it_is_due_and_something_does_then(history: History, now: datetime) -> None:
    issue_, changes = history
    trace = build_trace(issue_, changes)
    now = max([now, *(change.at for change in changes)])
    verdict = judge(trace, one_of_each(), context(now))

    def found(at: datetime) -> int:
        return len(judge(trace, one_of_each(), context(at)).deviations)

    if verdict.due is None:
        assert found(LATER) == len(verdict.deviations)
    else:
        assert verdict.due > now
        assert found(verdict.due - timedelta(microseconds=1)) == len(verdict.deviations)
        assert found(verdict.due) > len(verdict.deviations)


def test_what_is_over_before_its_time_is_up_is_not_waited_for() -> None:
    until = version(RULES[3], in_force_until=MONDAY + HOUR)
    assert judge(walk(REVIEW), [until], context(MONDAY)).due is None
    assert judge(walk(REVIEW), [version(RULES[3])], context(MONDAY)).due is not None


# --- which issues, which guidelines ---------------------------------------------------------------------------


def test_a_guideline_is_about_its_issues_except_the_excepted() -> None:
    hotfix, bug, story = (
        walk(OPEN, DONE, type=t, labels=x) for t, x in (("Bug", ("hotfix",)), ("Bug", ()), ("Story", ()))
    )
    about = version(applies_to={"type": ["Bug"]}, except_=({"labels": ["other"]}, {"labels": ["hotfix"]}))
    verdicts = [judge(trace, [about], context()) for trace in (hotfix, bug, story)]
    assert [len(verdict.deviations) for verdict in verdicts] == [0, 1, 0]
    assert [verdict.applied for verdict in verdicts] == [(), (("review-before-done", 1),), ()]
    waiting = version(RULES[3], applies_to={"type": ["Bug"]})
    assert judge(walk(REVIEW, type="Story"), [waiting], context(MONDAY)).due is None


def test_a_version_applied_when_it_was_in_force_while_the_issue_was_under_way() -> None:
    versions = [
        version(guideline="g", in_force_until=MONDAY),
        version(None, 2, guideline="g", in_force_from=MONDAY),
        version(guideline="h"),
        version(number=2, guideline="h", in_force_from=MONDAY + HOUR),
        version(number=3, guideline="h", in_force_from=MONDAY + 2 * HOUR),
    ]
    assert judge(walk(OPEN, DONE), versions, context()).applied == (("h", 1), ("h", 2))
    assert judge(walk(OPEN, DOING), versions, context()).applied == (("h", 1), ("h", 2), ("h", 3))
    assert judge(walk(OPEN, DOING), versions, context(since=MONDAY + 2 * HOUR)).applied == (("h", 3),)


def test_a_guideline_with_an_unknown_name_is_skipped_and_told_and_the_rest_works() -> None:
    unknown = version({"kind": "precedence", "first": "In Reveiw", "then": "Done"}, guideline="misspelt")
    gone = version({"kind": "of a plugin that is gone"}, guideline="gone")
    old = version({"kind": "precedence", "first": "Quality", "then": "Done"}, in_force_until=MONDAY, guideline="old")
    todo = context(since=MONDAY)
    verdict = judge(walk(OPEN, DONE), [unknown, gone, old, version()], todo)
    assert [d.guideline for d in verdict.deviations] == ["review-before-done"]
    assert [(p.guideline, p.key) for p in verdict.problems] == [("gone", "rule.kind"), ("misspelt", "rule")]
    assert verdict.problems[1].remedy == 'Did you mean "In Review"?'
    assert Judge([unknown, gone, old, version()], todo).problems == verdict.problems


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (version(), "PAY-12 reached Done before it had been in In Review. What made that the better way here?"),
        (version(RULES[2]), "An issue enters In Progress at most once. The issue follows that."),
        (version(None), "It has been retired since 1970-01-01."),
        (version(None, retired=False), "Nothing in the tracker shows it: it is not checkable."),
        (version(applies_to={"type": ["Bug"]}), "It is not about this issue: type is Story, not Bug."),
        (version(except_=({"team": ["Payments"]},)), "It is not about this issue: team Payments is excepted."),
        (
            version(in_force_from=MONDAY + 2 * HOUR, in_force_until=MONDAY + 3 * HOUR),
            "An issue reaches Done only after it has been in In Review. The issue departed from that on "
            "2026-03-02 10:00 UTC, when this version did not count: it counts from 2026-03-02 11:00 UTC "
            "until 2026-03-02 12:00 UTC.",
        ),
        (version(in_force_until=MONDAY), "It was replaced before 2026-03-02, from when on deviations count."),
        (
            version({"kind": "absence", "status": "Opne"}),
            'It can\'t be checked: The tracker has no status "Opne". Did you mean "Open"?',
        ),
    ],
)
def test_it_is_explained_why_an_issue_is_tagged_or_not(one: object, told: str) -> None:
    trace = walk(OPEN, DONE)
    judging = Judge([one], context(since=MONDAY))  # type: ignore[list-item]
    (explanation,) = judging.explain(trace)
    assert explanation.text == told
    assert explanation.deviations == judging(trace).deviations

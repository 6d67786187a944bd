"""A draft tried on a history: what it would have tagged, what is explained already, and how that fared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from eal_jira.learning.backtest import Backtest, Tried, backtest, gives_a_reason
from eal_jira.learning.measures import measure
from eal_jira.model import Comment, Deviation, Trace
from eal_jira.process.judge import Judge
from eal_jira.process.versions import ALWAYS, GuidelineVersion
from tests.process.building import DOING, DONE, HOUR, MONDAY, OPEN, REVIEW, VOCABULARY, context, version, walk

NOW = MONDAY + timedelta(days=90)
ORDER = (OPEN, DOING, REVIEW, DONE)
FUTURE = datetime(2030, 1, 1, tzinfo=UTC)


def team(usual: int, short: int, **values: str) -> list[Trace]:
    """`usual` issues by way of a review (3 hours), then `short` ones straight to done (2 hours)."""
    paths = [(OPEN, DOING, REVIEW, DONE)] * usual + [(OPEN, DOING, DONE)] * short
    return [walk(*path, id=str(n), key=f"PAY-{n}", **values) for n, path in enumerate(paths, start=1)]


def tried(
    traces: Sequence[Trace],
    *drafts: GuidelineVersion,
    comments: Mapping[str, Sequence[Comment]] | None = None,
    standing: Iterable[Deviation] = (),
    known: Iterable[GuidelineVersion] = (),
    min_group: int = 5,
) -> Backtest:
    return backtest(
        drafts or (version(in_force_from=FUTURE),),
        traces,
        context(NOW, since=FUTURE),
        measures={t.issue.id: measure(t, VOCABULARY, ORDER, NOW) for t in traces},
        comments=lambda issue_ids: {i: (comments or {}).get(i, ()) for i in issue_ids},
        standing=standing,
        known=known,
        min_group=min_group,
    )


def only(found: Backtest) -> Tried:
    (one,) = found.guidelines
    return one


def said(text: str, hours: float, marker: str | None = None) -> list[Comment]:
    at = MONDAY + hours * HOUR
    return [Comment("1", at, at, None, text, marker)]


def test_a_draft_counts_over_the_whole_past_whenever_it_is_to_be_in_force() -> None:
    one = only(tried(team(10, 6)))
    assert (one.about, one.issues, one.departures) == (16, 6, 6)
    assert one.kinds == (("Done without In Review", 6),)


def test_only_the_newest_text_of_a_guideline_is_tried() -> None:
    older = version({"kind": "precedence", "first": "Blocked", "then": "Done"}, in_force_until=FUTURE)
    assert only(tried(team(10, 6), older, version(number=2, in_force_from=FUTURE))).departures == 6


def test_what_is_excepted_in_the_draft_is_not_tagged() -> None:
    one = only(tried(team(10, 6, type="Bug"), version(except_=({"type": ["Bug"]},))))
    assert (one.about, one.departures) == (0, 0)
    assert one.sentences == ("It is about none of the team's issues.",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Skipped the review because it was only a typing error", True),
        ("hotfix, customers were waiting for it", True),
        ("Ohne Review, weil dringend", True),
        ("Deployed to staging", False),
        ("becausewas", False),
        ("", False),
    ],
)
def test_a_reason_is_told_by_its_words(text: str, reason: bool) -> None:
    assert gives_a_reason(text) is reason


@pytest.mark.parametrize(("hours", "near"), [(2, 1), (2 - 23, 1), (2 - 25, 0), (2 + 71, 1), (2 + 73, 0)])
def test_only_a_comment_near_the_departure_explains_it(hours: float, near: int) -> None:
    """The departures of the short issues are two hours after the start; a day before to three days after is near."""
    comments = {"11": said("because of the outage", hours)}
    assert only(tried(team(10, 6), comments=comments)).explained.comment == near


def test_what_the_team_already_sees_or_has_excepted_needs_no_new_question() -> None:
    traces = team(10, 6)
    in_force = version(in_force_from=ALWAYS, except_=({"points": [1.0]},))
    standing = [d for t in traces for d in Judge([in_force], context(NOW))(t).deviations]
    small = [replace(t, issue=replace(t.issue, points=1.0)) if t.issue.id == "16" else t for t in traces]
    e = only(
        tried(
            small, known=[in_force], standing=standing[:4], comments={"15": said("because", 2), "11": said("since", 2)}
        )
    ).explained
    assert (e.exception, e.deviation, e.comment) == (1, 4, 1), "each once, under the first that explains it"
    assert e.total == 6


def test_the_tagged_are_compared_with_the_rest_and_no_cause_is_claimed() -> None:
    one = only(tried(team(20, 8)))
    cycle = one.fared[0].evidence
    assert cycle is not None
    assert (cycle.n_trial, cycle.n_comparison) == (8, 20)
    assert cycle.verdict == "better"
    (sentence,) = [s for s in one.sentences if s.startswith("Cycle time")]
    assert "an association and no cause" in sentence


def test_no_figure_is_told_for_fewer_than_min_group() -> None:
    one = only(tried(team(20, 4)))
    assert all(fared.evidence is not None and fared.evidence.effect is None for fared in one.fared)
    assert only(tried(team(20, 4), min_group=4)).fared[0].evidence.effect is not None  # type: ignore[union-attr]


def test_a_limit_on_time_is_not_judged_by_time() -> None:
    quick = version({"kind": "time_limit", "status": "In Review", "at_most": "30 minutes"})
    one = only(tried(team(10, 6), quick))
    assert one.fared[0].evidence is None
    assert any("would say nothing" in sentence for sentence in one.sentences)


def test_issues_outside_of_the_drafts_scope_are_on_neither_side() -> None:
    bugs = [replace(t, issue=replace(t.issue, type="Bug")) if int(t.issue.id) % 2 else t for t in team(20, 12)]
    one = only(tried(bugs, version(applies_to={"type": ["Bug"]})))
    evidence = one.fared[0].evidence
    assert evidence is not None
    assert (one.about, one.issues, evidence.n_trial, evidence.n_comparison) == (16, 6, 6, 10)


def test_a_draft_that_everything_follows_says_so() -> None:
    assert only(tried(team(10, 0))).sentences == (
        "It would have tagged nothing; all 10 issues that it is about follow it.",
    )


def test_a_guideline_with_an_unknown_status_is_named_and_the_others_are_tried() -> None:
    wrong = version({"kind": "precedence", "first": "Nowhere", "then": "Done"}, guideline="wrong")
    found = tried(team(10, 6), wrong, version())
    assert [one.guideline for one in found.guidelines] == ["review-before-done"]
    assert [problem.guideline for problem in found.problems] == ["wrong"]


def test_what_was_tried_survives_json() -> None:
    one = only(tried(team(20, 8)))
    assert Tried.from_json(one.to_json()) == one

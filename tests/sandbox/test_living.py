"""The organisation on a site: what can be found in the tracker, and how people answer what they find there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from statistics import mean
from zoneinfo import ZoneInfo

import pytest

from eal_jira.process.guidelines import parse_guidelines
from eal_jira.process.rules import parse_rule
from eal_jira.sandbox.acts import Act, Create, Edit, Move, Say
from eal_jira.sandbox.clock import RealClock, VirtualClock
from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.hours import DAY_HOURS, at_work, later, zone
from eal_jira.sandbox.living import NINE_MONTHS, START, Organisation, guidelines
from eal_jira.sandbox.site import Site
from eal_jira.sandbox.state import Issue
from eal_jira.sandbox.teams import BOT, CURIOUS, MANAGERS, PAYMENTS, STATUSES, TEAMS, Team

END = START + NINE_MONTHS
FOUND = START + timedelta(weeks=17, days=2, hours=5)
"""A Wednesday, four months in: when the product may have found the practice."""
RUTH, VICTOR = (manager.account_id for manager in MANAGERS)


def organisation(flavour: Flavour = "cloud", seed: int = 1) -> Organisation:
    return Organisation(Site(flavour, VirtualClock(START)), seed)


@cache
def undisturbed() -> Organisation:
    """Nine months in which nothing is found in the tracker that asks for an answer. Not to be lived on."""
    org = organisation()
    org.live(END)
    return org


def told(site: Site, key: str) -> list[tuple[datetime, str | None, str]]:
    """What happened to a ticket's status: when, who, to which."""
    return [
        (history.created, history.author, item["toString"])
        for history in site.issue(key).histories
        for item in history.items
        if item["fieldId"] == "status"
    ]


def propose(
    org: Organisation,
    summary: str = "Guideline update: testing-before-done",
    *,
    actor: str = BOT.account_id,
    fields: Mapping[str, object] | None = None,
) -> str:
    """A ticket in the learning project, made now, as the product would."""
    key = f"EAL-{org.site.project('EAL').next_number}"
    org.site.perform(Create(org.site.clock.now(), actor, key, "Task", summary, fields or {}))
    return key


def everything(site: Site) -> list[tuple[object, ...]]:
    """All that a reader of the site could see of its issues, without ids of single entries."""
    return [
        (
            issue.key,
            issue.created,
            issue.updated,
            issue.resolved,
            sorted((name, repr(value)) for name, value in issue.fields.items()),
            [(history.created, history.author, history.items) for history in issue.histories],
            [(comment.created, comment.author, comment.body) for comment in issue.comments],
        )
        for issue in sorted(site.issues.values(), key=lambda issue: issue.id)
    ]


# --- the history on the site ------------------------------------------------------------------------------------


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_nine_months_of_three_teams_stand_on_the_site(flavour: Flavour) -> None:
    org = organisation(flavour)
    org.live(END)
    site = org.site
    assert site.clock.now() == END
    for team in TEAMS:
        assert 250 <= len(site.project(team.key).issues) <= 400
    assert len(site.journal) == len(org.acts)
    finished = [issue for issue in site.issues.values() if issue.resolved]
    assert 0.85 < len(finished) / len(site.issues) < 1
    points = site.fields.by_display_name("Story Points").id
    assert all(issue.fields[points] for issue in site.issues.values() if not issue.key.startswith("EAL-"))
    (plan,) = site.project("EAL").issues
    assert site.issues[plan].fields["summary"] == "Small batches instead of a review at the end"


def test_the_truths_can_be_seen_in_the_tracker() -> None:
    """Every issue that is named as paired has the label, and came to Done without Testing."""
    org = undisturbed()
    truths = org.truths()
    assert len(truths.practice.issues) > 40
    for key in truths.practice.issues:
        way = [status for _, _, status in told(org.site, key)]
        assert "Testing" not in way[: way.index("Done")]
        assert "paired" in org.site.issue(key).fields["labels"]


def test_small_steps_and_one_big_step_make_the_same_history() -> None:
    steady, hasty = organisation(), organisation()
    end = START + timedelta(weeks=12)
    moment, step = START, timedelta(minutes=1)
    while moment < end:
        steady.live(moment)
        moment, step = moment + step, step * 1.5 if step < timedelta(days=5) else timedelta(minutes=7)
    steady.live(end)
    hasty.live(end)
    assert steady.acts == hasty.acts
    assert everything(steady.site) == everything(hasty.site)
    assert steady.site.sprints == hasty.site.sprints


def test_living_to_a_moment_that_is_past_changes_nothing() -> None:
    org = organisation()
    org.live(FOUND)
    before = list(org.acts)
    org.live(START)
    assert org.acts == before
    assert org.site.clock.now() == FOUND


def test_both_flavours_live_through_the_same_acts() -> None:
    cloud, datacenter = organisation("cloud"), organisation("datacenter")
    cloud.live(FOUND)
    datacenter.live(FOUND)
    assert cloud.acts == datacenter.acts


def test_a_site_with_a_real_clock_gets_a_past() -> None:
    org = Organisation(Site("cloud", RealClock()), start=START)
    org.live(START + timedelta(weeks=8))
    assert len(org.site.issues) > 100
    assert max(issue.updated for issue in org.site.issues.values()) <= START + timedelta(weeks=8)


def test_payments_works_in_sprints_of_two_weeks_one_after_the_other() -> None:
    org = organisation()
    org.live(FOUND)
    sprints = sorted(org.site.sprints.values(), key=lambda sprint: sprint.id)
    assert [sprint.state for sprint in sprints] == ["closed"] * 8 + ["active", "future"]
    for sprint, after in pairwise(sprints[:-1]):
        assert sprint.completed == sprint.end == after.start == after.activated
    running = sprints[-2].id
    field = org.site.fields.by_display_name("Sprint").id
    open_ = [
        issue
        for issue in map(org.site.issues.__getitem__, org.site.project("PAY").issues)
        if org.site.catalogue.statuses[issue.fields["status"]].name
        in ("Ready", "In Progress", "Blocked", "In Review", "Testing")
    ]
    assert open_
    assert all(issue.fields[field] == [running] for issue in open_)


def test_a_label_that_somebody_else_has_put_on_stays_there() -> None:
    """The bot may have tagged an issue before its people label it."""
    labels = [act for act in undisturbed().acts if isinstance(act, Edit) and act.field == "labels"]
    org = organisation()
    org.live(FOUND)
    label = next(act for act in labels if act.at > FOUND and org.site.find(act.key))
    org.site.perform(Edit(FOUND, BOT.account_id, label.key, "labels", ["eal-deviation"]))
    org.live(END)
    assert org.site.issue(label.key).fields["labels"] == sorted(["eal-deviation", *label.value])


def test_nobody_works_on_an_issue_that_was_deleted() -> None:
    org = organisation()
    org.live(FOUND)
    under_way = next(act.key for act in reversed(org.acts) if isinstance(act, Move) and act.to == "In Progress")
    org.site.delete(under_way)
    seen = len(org.acts)
    org.live(END)
    assert org.site.find(under_way) is None
    assert under_way not in {act.key for act in org.acts[seen:]}


# --- what people answer -----------------------------------------------------------------------------------------


def test_a_manager_approves_about_two_working_days_later_and_says_why() -> None:
    org = organisation()
    org.live(FOUND)
    key = propose(org)
    org.live(FOUND + timedelta(days=7))
    *_, (at, actor, status) = told(org.site, key)
    assert (actor, status) == (RUTH, "Approved")
    two_days = later(FOUND, 2 * DAY_HOURS, zone(MANAGERS[0].time_zone))
    assert two_days <= at < two_days + timedelta(days=1)
    assert at_work(at, zone(MANAGERS[0].time_zone))
    reason = org.site.issue(key).comments[-1]
    assert (reason.author, reason.created) == (RUTH, at)
    assert "half the time" in reason.body


def test_before_that_a_developer_tries_the_button_and_takes_it_back() -> None:
    org = organisation()
    org.live(FOUND)
    key = propose(org)
    org.live(FOUND + timedelta(days=7))
    moves = told(org.site, key)
    assert [(actor, status) for _, actor, status in moves] == [
        (CURIOUS.account_id, "Approved"),
        (CURIOUS.account_id, "Open"),
        (RUTH, "Approved"),
    ]
    assert moves[1][0] - moves[0][0] >= timedelta(hours=3), "long enough for a cycle to see it standing there"
    assert not org.site.people.accounts[CURIOUS.account_id].groups
    assert org.site.people.accounts[RUTH].groups == {"eng-managers"}


@pytest.mark.parametrize(
    ("summary", "properties"),
    [
        ("testing-before-done: a change is proposed", {}),
        ("Stories and bugs are tested before they are done: except small bugs?", {}),
        ("A change to how Payments works", {"eal-jira": {"guideline": "testing-before-done"}}),
    ],
    ids=["id in summary", "title in summary", "id in property"],
)
def test_the_manager_reads_what_the_ticket_is_about(summary: str, properties: dict[str, object]) -> None:
    org = organisation()
    org.live(FOUND)
    key = propose(org, summary)
    for name, value in properties.items():
        org.site.write(BOT.account_id).property(org.site.issue(key), name, value)
    org.live(FOUND + timedelta(days=7))
    assert told(org.site, key)[-1][1:] == (RUTH, "Approved")


def test_tickets_that_ask_nothing_of_them_are_left_alone() -> None:
    """A retro that only tells of the guideline in its text, another guideline, a ticket that isn't the bot's."""
    org = organisation()
    org.live(FOUND)
    keys = [
        propose(org, "Retro Payments, April", fields={"description": "testing-before-done was departed from"}),
        propose(org, "Guideline update: four-eyes"),
        propose(org, "What about testing-before-done?", actor=PAYMENTS.people[3].account_id),
    ]
    org.live(FOUND + timedelta(days=20))
    assert [told(org.site, key) for key in keys] == [[], [], []]


def test_other_proposals_are_declined_or_to_be_tried_first_each_with_a_reason() -> None:
    org = organisation()
    org.live(FOUND)
    rework, trial = propose(org, "Change ready-before-start?"), propose(org, "Change review-before-testing?")
    org.live(FOUND + timedelta(days=7))
    assert told(org.site, rework)[-1][1:] == (VICTOR, "Declined")
    assert told(org.site, trial)[-1][1:] == (RUTH, "Try first")
    assert all(org.site.issue(key).comments for key in (rework, trial))


def share_paired(org: Organisation, since: datetime) -> float:
    """Of the small bugs written since then and finished: the share that was paired."""
    site = org.site
    points = site.fields.by_display_name("Story Points").id
    bug = site.catalogue.type("Bug").id
    small: list[Issue] = [
        issue
        for issue in map(site.issues.__getitem__, site.project("PAY").issues)
        if issue.fields["issuetype"] == bug and issue.fields[points] <= 5 and issue.created >= since and issue.resolved
    ]
    assert len(small) > 50
    return mean("paired" in issue.fields["labels"] for issue in small)


def test_payments_pairs_far_more_once_the_manager_has_approved() -> None:
    org = organisation()
    org.live(FOUND)
    key = propose(org)
    org.live(END)
    approved = told(org.site, key)[-1][0]
    assert share_paired(org, approved) > 0.7
    assert share_paired(undisturbed(), approved) < 0.5


def test_an_approval_by_somebody_who_may_not_decide_changes_nothing() -> None:
    """Nobody takes it back here; the team still waits for a manager, and the managers see a ticket that isn't open."""
    org = organisation()
    org.live(FOUND)
    key = propose(org)
    org.site.perform(Move(FOUND, PAYMENTS.people[3].account_id, key, "Approved"))
    org.live(END)
    assert [actor for _, actor, _ in told(org.site, key)] == [PAYMENTS.people[3].account_id]
    assert share_paired(org, FOUND) < 0.5


def test_the_team_believes_the_tracker_not_the_plan() -> None:
    """Another approver than the expected one says yes by hand: that counts as well."""
    org = organisation()
    org.live(FOUND)
    key = propose(org)
    org.site.perform(Move(FOUND, VICTOR, key, "Approved"))
    org.live(END)
    assert [actor for _, actor, _ in told(org.site, key)] == [VICTOR]
    assert share_paired(org, FOUND + timedelta(days=2)) > 0.7


def test_other_teams_work_on_as_if_nothing_had_been_decided() -> None:
    org = organisation()
    org.live(FOUND)
    propose(org)
    org.live(END)

    def others(acts: list[Act]) -> list[Act]:
        return [act for act in acts if act.key.startswith(("SEA-", "MOB-"))]

    assert others(org.acts) == others(undisturbed().acts)
    assert [act.at for act in org.acts] == sorted(act.at for act in org.acts)
    assert any(isinstance(act, Say) and act.key.startswith("EAL-") for act in org.acts)


# --- guidelines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("team", TEAMS, ids=lambda team: team.key)
def test_the_guideline_files_can_be_used_as_they_are(team: Team) -> None:
    org = organisation()
    parsed = parse_guidelines(guidelines(team), team.name, ZoneInfo(team.time_zone))
    assert parsed.problems == ()
    assert team.practice.guideline in {version.guideline for version in parsed.versions}
    assert all(version.in_force_from <= START for version in parsed.versions)
    assert all(version.purpose and version.why and version.source for version in parsed.versions)
    known = {name.casefold() for name, _ in STATUSES}
    for version in parsed.versions:
        rule = parse_rule(version.rule)
        assert {name.casefold() for name in rule.statuses()} <= known
        assert all(org.site.fields.by_display_name(name) for name in rule.field_names())


def test_the_guidelines_use_every_kind_of_rule_that_one_issue_can_be_checked_by() -> None:
    kinds = {
        version.rule["kind"]
        for team in TEAMS
        for version in parse_guidelines(guidelines(team), team.name, ZoneInfo(team.time_zone)).versions
    }
    assert kinds == {
        "precedence",
        "allowed_transitions",
        "absence",
        "time_limit",
        "required_fields",
        "different_people",
    }


def test_guidelines_can_be_in_force_from_another_day() -> None:
    day = START.date() - timedelta(days=100)
    parsed = parse_guidelines(guidelines(PAYMENTS, day), "Payments", ZoneInfo("UTC"))
    assert {version.in_force_from.date() for version in parsed.versions} == {day}

"""What `doctor` finds out about a Jira: each trouble one finding with its remedy, nothing written, no second login."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from eal_jira.hookspecs import Check, Colour, Connection, Needs
from eal_jira.model import Scope
from eal_jira.sandbox import ProjectPlan
from eal_jira.sandbox.faults import Exchange, Instead, Rewrite, Times, login_page, on
from eal_jira.sandbox.flavour import Flavour
from eal_tracker_jira.options import Options
from eal_tracker_jira.screens import SENT
from eal_tracker_jira.service import JiraTracker
from tests.plugins.jira_world import BOT, JiraWorld, served

LEARNING = ProjectPlan("EAL", "Learning", (("Open", "new"), ("Approved", "done"), ("Declined", "done")))
DECISIONS = {"decisions.approve": ("Approved",), "decisions.decline": ("Declined", "Rejected")}


@pytest.fixture(params=["cloud", "datacenter"])
def flavour(request: pytest.FixtureRequest) -> Flavour:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def world(flavour: Flavour) -> Iterator[JiraWorld]:
    with served(flavour) as world:
        world.site.add_project(LEARNING)
        world.make_issue("Something")
        world.clock.set(datetime.now(UTC))
        yield world


def needs(
    *scopes: Scope,
    commented: tuple[Scope, ...] = (),
    ticket_type: str = "Task",
    decisions: Mapping[str, tuple[str, ...]] = {"decisions.approve": ("Approved",)},
) -> Needs:
    return Needs(scopes or (Scope(projects=("DO",)),), commented, "EAL", ticket_type, decisions)


def looked(world: JiraWorld, wanted: Needs | None = None, tracker: JiraTracker | None = None) -> list[Check]:
    """All findings; whatever they are, none holds the token and none writes."""
    before = len(world.site.journal)
    found = list((tracker or world.tracker()).checks(wanted or needs()))
    token = world.site.credentials(BOT)[1]
    assert all(token not in check.found + check.remedy for check in found)
    assert len(world.site.journal) == before
    return found


def troubles(found: list[Check]) -> list[Check]:
    return [check for check in found if check.colour is not Colour.GREEN]


def trouble(found: list[Check]) -> Check:
    (only,) = troubles(found)
    return only


def test_a_jira_where_all_is_well_is_green_and_costs_few_requests(world: JiraWorld) -> None:
    with world.counted() as arrived:
        found = looked(world)
    assert troubles(found) == []
    assert {check.name for check in found} == {
        "tracker", "account", "time zone", "clock", "project DO", "project EAL", "decisions.approve",
        "screen of Task in EAL", "search", "copies",
    }  # fmt: skip
    assert len(arrived) <= 11


def test_the_account_is_named_by_its_id_alone(world: JiraWorld) -> None:
    account = world.site.people.accounts[BOT]
    account.name = "Grace Hopper"
    told = " ".join(check.found for check in looked(world))
    assert BOT in told
    assert account.name not in told
    assert account.email not in told


# --- permissions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "permission", "colour"),
    [
        ("DO", "EDIT_ISSUES", Colour.RED),
        ("EAL", "EDIT_ISSUES", Colour.RED),
        ("EAL", "ADD_COMMENTS", Colour.RED),
        ("EAL", "CREATE_ISSUES", Colour.RED),
        ("EAL", "TRANSITION_ISSUES", Colour.YELLOW),
        ("EAL", "LINK_ISSUES", Colour.YELLOW),
    ],
)
def test_a_missing_permission_is_named_with_its_project(
    world: JiraWorld, project: str, permission: str, colour: Colour
) -> None:
    world.site.revoke(BOT, project, permission)
    found = trouble(looked(world))
    assert (found.name, found.colour) == (f"project {project}", colour)
    assert permission in found.found
    assert permission in found.remedy


@pytest.mark.parametrize("project", ["DO", "EAL"])
def test_a_project_that_may_not_be_browsed_does_not_hide_the_other(world: JiraWorld, project: str) -> None:
    world.site.revoke(BOT, project, "BROWSE_PROJECTS")
    found = looked(world)
    assert trouble(found).found == f"There is no project {project}, or our account may not see it."
    other = "EAL" if project == "DO" else "DO"
    assert f"project {other}" in {check.name for check in found if check.colour is Colour.GREEN}


def test_the_right_to_comment_is_only_asked_where_comments_are_wanted(world: JiraWorld) -> None:
    world.site.revoke(BOT, "DO", "ADD_COMMENTS")
    assert troubles(looked(world)) == []
    scope = Scope(projects=("DO",))
    assert "ADD_COMMENTS" in trouble(looked(world, needs(scope, commented=(scope,)))).found


def test_an_administrator_of_the_whole_site_is_more_than_needed(world: JiraWorld) -> None:
    world.site.grant(BOT, None, "ADMINISTER")
    found = trouble(looked(world))
    assert (found.name, found.colour) == ("account", Colour.YELLOW)


def test_a_project_administrator_edits_without_mail(world: JiraWorld) -> None:
    world.site.grant(BOT, "DO", "ADMINISTER_PROJECTS")
    told = {check.name: check.found for check in looked(world)}
    assert "edits send no mail" in told["project DO"]
    assert "may get mail" in told["project EAL"]


# --- who we are -----------------------------------------------------------------------------------------------


def test_a_wrong_token_ends_it_after_one_attempt(world: JiraWorld, flavour: Flavour) -> None:
    """More attempts would lock the account (facts 4)."""
    with world.counted() as arrived:
        found = looked(world, tracker=world.tracker(secret=lambda: "not-the-token"))
    (only,) = found
    assert (only.name, only.colour) == ("account", Colour.RED)
    assert "not-the-token" not in only.found + only.remedy
    assert [each.status for each in arrived].count(401) == 1
    assert (f"https://api.atlassian.com/ex/jira/{world.site.cloud_id}" in only.remedy) is (flavour == "cloud")
    assert "tracker.token" in only.remedy


def test_a_wrong_token_at_the_gateway_is_not_sent_there_again() -> None:
    with served("cloud") as world:
        world.url += f"/ex/jira/{world.site.cloud_id}"
        (only,) = looked(world, tracker=world.tracker(secret=lambda: "not-the-token"))
    assert only.colour is Colour.RED
    assert "api.atlassian.com" not in only.remedy


def test_the_gateway_hint_is_fetched_without_the_credential() -> None:
    """It would be a second failing login."""
    with served("cloud") as world:
        world.site.revoke_token(BOT)
        with world.counted() as arrived:
            looked(world)
        account = world.site.people.accounts[BOT]
    assert [(each.path, each.status) for each in arrived] == [
        ("/rest/api/2/serverInfo", 401),
        ("/_edge/tenant_info", 200),
    ]
    assert account.failed_logins == 1


def test_a_token_that_ends_while_we_look_ends_it(world: JiraWorld) -> None:
    def revoke(exchange: Exchange) -> bool:
        if exchange.path.endswith("/mypermissions"):
            world.site.revoke_token(BOT)
        return False

    world.site.faults = Times(revoke, Instead(500))
    with world.counted() as arrived:
        found = looked(world)
    assert trouble(found).name == "account"
    assert [each.status for each in arrived].count(401) == 1


def test_being_taken_for_nobody_is_red(world: JiraWorld) -> None:
    """A broken credential can yield answers for everybody (facts 4)."""
    world.site.anonymous_fallback = True
    found = looked(world, tracker=world.tracker(secret=lambda: "not-the-token"))
    assert trouble(found).colour is Colour.RED
    assert "project DO" not in {check.name for check in found}


def test_a_login_page_is_red_and_ends_it(world: JiraWorld) -> None:
    world.site.faults = Times(on("GET", "/myself"), login_page())
    with world.counted() as arrived:
        found = looked(world)
    assert "login page" in trouble(found).found
    assert not any("mypermissions" in each.path for each in arrived)


def test_a_captcha_is_told_with_its_remedy() -> None:
    with served("cloud") as world:
        world.site.people.accounts[BOT].failed_logins = world.site.limits.failed_logins
        (only,) = looked(world)
    assert "CAPTCHA" in only.found
    assert "browser" in only.remedy


def test_answers_that_do_not_say_whose_they_are_are_yellow(world: JiraWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a proxy that takes headers away."""
    monkeypatch.setattr("eal_tracker_jira.site.Site._remember_signature", lambda *_: None)
    found = trouble(looked(world))
    assert (found.name, found.colour) == ("account", Colour.YELLOW)


@pytest.mark.parametrize(("version", "colour"), [("8.13.27", Colour.RED), ("8.14.0", Colour.GREEN)])
def test_a_data_center_without_tokens_is_red(version: str, colour: Colour) -> None:
    def older(body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "version": version}).encode()

    with served("datacenter") as world:
        world.site.add_project(LEARNING)
        world.site.faults = Times(on("GET", "/serverInfo"), Rewrite(older))
        found = next(check for check in looked(world) if check.name == "tracker")
    assert found.colour is colour
    assert version in found.found


def test_an_address_that_is_no_jira_is_told_as_such(world: JiraWorld) -> None:
    world.site.faults = Times(on("GET", "/serverInfo"), Instead(200, b"{}"))
    (only,) = looked(world)
    assert only.colour is Colour.RED
    assert "tracker.url" in only.remedy


# --- clock and time zone --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "colour"),
    [
        (timedelta(seconds=20), Colour.GREEN),
        (timedelta(minutes=2), Colour.YELLOW),
        (timedelta(minutes=-2), Colour.YELLOW),
        (timedelta(minutes=11), Colour.RED),
        (timedelta(minutes=-11), Colour.RED),
    ],
)
def test_the_clock_is_held_against_jiras(world: JiraWorld, offset: timedelta, colour: Colour) -> None:
    world.clock.set(datetime.now(UTC) + offset)
    found = next(check for check in looked(world) if check.name == "clock")
    assert found.colour is colour
    if colour is not Colour.GREEN:
        assert ("behind" if offset > timedelta() else "ahead of") in found.found


def test_the_accounts_time_zone_is_told(world: JiraWorld) -> None:
    assert any("Asia/Tokyo" in check.found for check in looked(world) if check.name == "time zone")


def test_a_time_zone_that_this_machine_does_not_know_is_yellow(world: JiraWorld) -> None:
    def elsewhere(body: bytes) -> bytes:
        return body.replace(b"Asia/Tokyo", b"Mars/Olympus_Mons")

    world.site.faults = Times(on("GET", "/myself"), Rewrite(elsewhere))
    found = trouble(looked(world))
    assert (found.name, found.colour) == ("time zone", Colour.YELLOW)


# --- the learning project -------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["labels", "description"])
def test_a_field_off_the_create_screen_is_red(world: JiraWorld, field: str) -> None:
    world.site.project("EAL").hidden["create"] = {field}
    found = trouble(looked(world))
    assert (found.name, found.colour) == ("screen of Task in EAL", Colour.RED)
    assert field in found.found


def test_a_field_that_we_do_not_fill_may_not_be_required(world: JiraWorld) -> None:
    project = world.site.project("EAL")
    project.required[world.site.catalogue.type("Task").id] = {"priority"}
    found = trouble(looked(world))
    assert found.colour is Colour.RED
    assert "Priority" in found.found


def test_what_the_screen_is_held_against_is_what_is_sent(world: JiraWorld) -> None:
    from eal_jira.model import TicketDraft

    sent: list[set[str]] = []
    tracker = world.tracker()
    tracker.whoami()
    create = tracker._site.gateway.create

    def spied(path: str, body: dict[str, dict[str, object]], **params: object) -> object:
        sent.append(set(body["fields"]))
        return create(path, body, **params)

    tracker._site.gateway.create = spied  # type: ignore[method-assign]
    tracker.create(TicketDraft("EAL", "Task", "A ticket", "Text", "marker"))
    assert sent == [set(SENT)]


def test_a_ticket_type_that_is_not_there_is_red_and_the_others_are_named(world: JiraWorld) -> None:
    found = looked(world, needs(ticket_type="Proposal", decisions={}))
    assert trouble(found).colour is Colour.RED
    assert "'Proposal'" in trouble(found).found
    assert "Story" in trouble(found).remedy


def test_a_decision_that_no_status_stands_for_is_red(world: JiraWorld) -> None:
    decisions = {**DECISIONS, "decisions.try_first": ("Try first",)}
    found = troubles(looked(world, needs(decisions=decisions)))
    assert [(check.name, check.colour) for check in found] == [
        ("decisions.decline", Colour.YELLOW),
        ("decisions.try_first", Colour.RED),
    ]
    assert "'Rejected'" in found[0].found
    assert "Approved, Declined, Open" in found[1].remedy


def test_experiments_that_can_be_closed_are_green(world: JiraWorld) -> None:
    found = looked(world, replace(needs(), experiment_done="declined"))
    assert troubles(found) == []
    assert "experiments.done" in {check.name for check in found}


def test_an_end_of_experiments_that_is_not_in_the_workflow_is_yellow_and_those_that_are_get_named(
    world: JiraWorld,
) -> None:
    found = trouble(looked(world, replace(needs(), experiment_done="Done")))
    assert (found.name, found.colour) == ("experiments.done", Colour.YELLOW)
    assert "no status 'Done'" in found.found
    assert "Approved, Declined" in found.remedy


def test_an_end_of_experiments_that_ends_nothing_is_yellow(world: JiraWorld) -> None:
    found = trouble(looked(world, replace(needs(), experiment_done="Open")))
    assert found.colour is Colour.YELLOW
    assert "a category other than done" in found.found


def test_a_workflow_in_which_nothing_is_ever_done_is_red(world: JiraWorld) -> None:
    world.site.add_project(ProjectPlan("LAB", "Lab", (("Open", "new"), ("Approved", "indeterminate"))))
    found = trouble(looked(world, replace(needs(), learning_project="LAB", experiment_done="Approved")))
    assert (found.name, found.colour) == ("experiments.done", Colour.RED)
    assert "no status of the category done" in found.found


def test_a_type_of_experiments_that_is_not_there_is_red_and_the_rest_is_looked_at(world: JiraWorld) -> None:
    found = looked(world, replace(needs(), experiment_type="Probe", experiment_done="Declined"))
    assert {(check.name, check.colour) for check in troubles(found)} == {("experiments", Colour.RED)}
    assert "'Probe'" in troubles(found)[0].found
    assert "search" in {check.name for check in found}


# --- scopes and the index -------------------------------------------------------------------------------------


def test_boards_and_queries_are_looked_at_through_their_newest_issue(world: JiraWorld) -> None:
    board = world.site.add_board("Board", "DO")
    wanted = needs(Scope(board=str(board.id)), Scope(query='project = "DO"'))
    names = [f"board {board.id}", 'query project = "DO"']
    assert set(names) <= {check.name for check in looked(world, wanted) if check.colour is Colour.GREEN}
    world.site.revoke(BOT, "DO", "EDIT_ISSUES")
    found = troubles(looked(world, wanted))
    assert [check.name for check in found] == names
    assert all("EDIT_ISSUES" in check.found for check in found)


def test_a_board_that_is_not_there_and_a_query_that_is_none_are_red(world: JiraWorld) -> None:
    wanted = needs(Scope(board="99"), Scope(query="project ="), Scope(query="labels = nothing-has-this"))
    found = troubles(looked(world, wanted))
    assert [(check.name, check.colour) for check in found] == [
        ("board 99", Colour.RED),
        ("query project =", Colour.RED),
        ("query labels = nothing-has-this", Colour.YELLOW),
    ]


@pytest.mark.parametrize(("late", "colour"), [(20, Colour.GREEN), (300, Colour.YELLOW)])
def test_search_that_lags_is_seen_without_writing(world: JiraWorld, late: int, colour: Colour) -> None:
    issue = world.make_issue("Known to search")
    world.later(timedelta(hours=1))
    world.site.index_lag = timedelta(minutes=30)
    world.label(issue, "unknown-to-search")
    world.later(timedelta(seconds=late))
    found = next(check for check in looked(world) if check.name == "search")
    assert found.colour is colour
    if colour is Colour.YELLOW:
        assert "5 minutes" in found.found


# --- when it goes wrong ---------------------------------------------------------------------------------------


def test_a_site_that_never_answers_is_told_within_its_patience(
    world: JiraWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eal_jira.sandbox.faults import Silence

    monkeypatch.setattr("eal_tracker_jira.doctor.PATIENCE", 0.3)
    world.site.faults = Times(lambda _: True, Silence(), times=99)
    (only,) = looked(world)
    assert only.colour is Colour.RED
    assert "no answer within the time limit" in only.found


def test_strange_answers_are_findings_not_exceptions(world: JiraWorld) -> None:
    world.site.faults = Times(on("GET", "/mypermissions"), Instead(200, b'{"permissions": []}'))
    assert trouble(looked(world)).colour is Colour.RED


def test_looking_leaves_the_trackers_own_connection_alone(world: JiraWorld) -> None:
    user, token = world.site.credentials(BOT)
    tracker = JiraTracker(Connection(world.url, user, lambda: token, {}), Options(timeout=2))
    list(tracker.checks(needs()))
    assert tracker.whoami().actor == BOT
    tracker.close()

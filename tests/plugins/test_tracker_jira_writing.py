"""Writing: quietly, without harming anybody's words, and never more than was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from eal_jira.documents import escape
from eal_jira.errors import Gone, NotAllowed, RefusedByTracker
from eal_jira.model import TicketDraft
from eal_jira.sandbox.faults import Exchange, Fault, Instead, Times, on
from eal_jira.sandbox.flavour import Flavour
from eal_tracker_jira.tickets import label_of
from tests.plugins.jira_world import BOT, JiraWorld, paths, served

FLAVOURS: list[Flavour] = ["cloud", "datacenter"]


@pytest.fixture(params=FLAVOURS, scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[JiraWorld]:
    with served(request.param) as world:
        yield world


@pytest.fixture
def world(site: JiraWorld) -> Iterator[JiraWorld]:
    world = site.in_new_project()
    yield world
    world.close()


def draft(world: JiraWorld, summary: str = "A better guideline", marker: str = "") -> TicketDraft:
    return TicketDraft(world.project, world.ticket_type, summary, "Because.", marker or f"m/{world.project}")


# --- labels ------------------------------------------------------------------------------------------------------


def test_a_label_that_somebody_adds_meanwhile_survives(world: JiraWorld) -> None:
    """Trap 15: between our look and our write a person adds a label."""
    issue = world.make_issue("Shared")
    tracker = world.tracker()
    tracker.whoami()

    @dataclass
    class Meanwhile:
        done: bool = False

        def fault(self, exchange: Exchange) -> Fault | None:
            if exchange.method == "PUT" and not self.done:
                self.done = True
                world.label(issue, "theirs")
            return None

    world.site.faults = Meanwhile()
    tracker.edit_labels(issue.id, ["ours"], [])
    assert tracker.look(issue.id).labels == {"theirs", "ours"}


def test_labels_are_edited_without_mail_where_we_may(world: JiraWorld) -> None:
    issue = world.make_issue("Quiet")
    tracker = world.tracker()
    tracker.whoami()
    world.site.grant(BOT, world.project, "ADMINISTER_PROJECTS")
    with world.counted() as arrived:
        tracker.edit_labels(issue.id, ["ours"], [])
    edits = [each for each in arrived if each.method == "PUT"]
    assert ["notifyUsers=false" in each.query for each in edits] == [True]


def test_labels_are_edited_all_the_same_where_we_may_not_silence_the_mail(world: JiraWorld) -> None:
    """Data Center refuses such an edit as a whole; Cloud may ignore it. Either way the label arrives (facts 5.1)."""
    issue = world.make_issue("Loud")
    tracker = world.tracker()
    tracker.whoami()
    tracker.edit_labels(issue.id, ["ours"], [])
    assert tracker.look(issue.id).labels == {"ours"}


def test_an_edit_that_is_answered_and_ignored_is_noticed(world: JiraWorld) -> None:
    issue = world.make_issue("Ignored")
    tracker = world.tracker()
    tracker.whoami()
    signed = {"X-AAccountId": BOT, "X-AUSERNAME": world.site.people.accounts[BOT].login}
    ignored = Instead(204, headers=signed)
    world.site.faults = Times(on("PUT", f"/issue/{issue.id}"), ignored, times=1)
    tracker.edit_labels(issue.id, ["ours"], [])
    assert tracker.look(issue.id).labels == {"ours"}
    world.site.faults = Times(on("PUT", f"/issue/{issue.id}"), ignored, times=9)
    with pytest.raises(RefusedByTracker, match="does not have them"):
        tracker.edit_labels(issue.id, ["more"], ["ours"])


def test_a_jira_that_knows_no_verbs_takes_the_whole_set(world: JiraWorld) -> None:
    issue = world.make_issue("Old", labels=["theirs"])
    tracker = world.tracker()
    tracker.whoami()
    signed = {"X-AAccountId": BOT, "X-AUSERNAME": world.site.people.accounts[BOT].login}
    world.site.faults = Times(on("PUT", f"/issue/{issue.id}"), Instead(204, headers=signed), times=2)
    tracker.edit_labels(issue.id, ["ours"], [])
    assert tracker.look(issue.id).labels == {"theirs", "ours"}


def test_a_label_that_jira_would_not_take_is_refused_with_the_field(world: JiraWorld) -> None:
    issue = world.make_issue("Strict")
    tracker = world.tracker()
    tracker.whoami()
    with pytest.raises(RefusedByTracker) as raised:
        tracker.edit_labels(issue.id, ["with space"], [])
    assert "labels" in raised.value.problems


# --- property and comments ---------------------------------------------------------------------------------------


def test_a_property_that_is_too_long_is_not_even_sent(world: JiraWorld) -> None:
    issue = world.make_issue("Full")
    tracker = world.tracker()
    tracker.whoami()
    with world.counted() as arrived, pytest.raises(RefusedByTracker, match="32768"):
        tracker.set_property(issue.id, {"deviations": ["x" * 33_000]})
    assert arrived == []


def test_our_property_comes_with_the_issue_on_cloud_and_with_a_look_everywhere(world: JiraWorld) -> None:
    issue = world.make_issue("Tagged")
    tracker = world.tracker()
    tracker.whoami()
    tracker.set_property(issue.id, {"deviations": [1, 2]})
    assert tracker.look(issue.id).property == {"deviations": [1, 2]}
    (record,) = tracker.read([issue.id]).records
    assert record.issue.property == ({"deviations": [1, 2]} if world.site.flavour == "cloud" else None)


def test_a_comment_keeps_foreign_text_as_text(world: JiraWorld) -> None:
    """Trap 20: what would be a mention, a macro or an image stays what somebody typed."""
    issue = world.make_issue("Hostile")
    tracker = world.tracker()
    tracker.whoami()
    hostile = "{html}[~accountid:x] !http://t/x.png! | [~all] {quote}"
    tracker.add_comment(issue.id, f"Somebody wrote: {escape(hostile)}", "m/1")
    (record,) = tracker.read([issue.id]).records
    assert record.comments[0].text == f"Somebody wrote: {hostile}"
    body = world.site.issue(issue.key).comments[0].body
    if world.site.flavour == "cloud":
        assert '"mention"' not in json.dumps(body)
    else:
        assert "[~all]" not in body


def test_a_comment_is_never_shown_to_a_service_desks_customers(world: JiraWorld) -> None:
    issue = world.make_issue("Request")
    tracker = world.tracker()
    tracker.whoami()
    tracker.add_comment(issue.id, "Between us.", "m/1")
    (comment,) = world.site.issue(issue.key).comments
    assert comment.properties["sd.public.comment"] == {"internal": True}


def test_a_comment_far_down_the_list_is_found(world: JiraWorld) -> None:
    issue = world.make_issue("Much said")
    tracker = world.tracker()
    tracker.whoami()
    ours = tracker.add_comment(issue.id, "Ours", "m/1")
    for number in range(130):
        world.comment(issue, f"Comment {number}")
    assert tracker.find_comment(issue.id, "m/1") == ours
    assert tracker.find_comment(issue.id, "m/2") is None


def test_a_comment_is_edited_without_mail_on_cloud(world: JiraWorld) -> None:
    issue = world.make_issue("Standing")
    tracker = world.tracker()
    tracker.whoami()
    id = tracker.add_comment(issue.id, "Before", "m/1")
    with world.counted() as arrived:
        tracker.edit_comment(issue.id, id, "After", "m/1")
    assert [each.query for each in arrived] == ["notifyUsers=false" if world.site.flavour == "cloud" else ""]


def test_writes_on_what_has_gone_say_so(world: JiraWorld) -> None:
    issue = world.make_issue("Goes")
    tracker = world.tracker()
    tracker.whoami()
    world.delete(issue)
    with pytest.raises(Gone):
        tracker.edit_labels(issue.id, ["ours"], [])
    with pytest.raises(Gone):
        tracker.set_property(issue.id, {})
    with pytest.raises(Gone):
        tracker.add_comment(issue.id, "Hello?", "m/1")
    with pytest.raises(Gone):
        tracker.transition(issue.id, "Done")


# --- transitions -------------------------------------------------------------------------------------------------


def test_a_status_is_chosen_by_name_whatever_its_case(world: JiraWorld) -> None:
    issue = world.make_issue("Case")
    tracker = world.tracker()
    tracker.whoami()
    tracker.transition(issue.id, " in progress ")
    with world.counted() as arrived:
        tracker.transition(issue.id, "IN PROGRESS")
    assert not any(each.write for each in arrived)


def test_a_move_that_ends_elsewhere_is_said(world: JiraWorld) -> None:
    """A post function or an automation moves the issue on at once."""
    issue = world.make_issue("Bounces")
    tracker = world.tracker()
    tracker.whoami()

    @dataclass
    class Bounce:
        posted: bool = False

        def fault(self, exchange: Exchange) -> Fault | None:
            if self.posted and exchange.method == "GET":
                self.posted = False
                world.move(issue, "To Do")
            self.posted |= exchange.method == "POST" and exchange.path.endswith("/transitions")
            return None

    world.site.faults = Bounce()
    with pytest.raises(RefusedByTracker, match="'Done' and is in 'To Do'"):
        tracker.transition(issue.id, "Done")


# --- tickets -----------------------------------------------------------------------------------------------------


def test_a_ticket_carries_its_marker_as_property_and_as_label_in_one_request(world: JiraWorld) -> None:
    tracker = world.tracker()
    tracker.whoami()
    with world.counted() as arrived:
        ref = tracker.create(draft(world))
    assert [each.path.rpartition("/")[2] for each in arrived if each.write] == ["issue"]
    made = world.site.issue(ref.key)
    assert made.properties["eal-jira"] == {"marker": f"m/{world.project}"}
    assert made.fields["labels"] == [label_of(f"m/{world.project}")]


def test_the_words_of_a_project_are_asked_for_once(world: JiraWorld) -> None:
    tracker = world.tracker()
    tracker.whoami()
    tracker.create(draft(world, marker=f"a/{world.project}"))
    with world.counted() as arrived:
        tracker.create(draft(world, marker=f"b/{world.project}"))
    assert len(arrived) == 1


def test_a_summary_is_one_line_of_what_jira_takes(world: JiraWorld) -> None:
    tracker = world.tracker()
    tracker.whoami()
    ref = tracker.create(draft(world, summary="One\nline " + "x" * 300))
    summary = world.site.issue(ref.key).fields["summary"]
    assert summary.startswith("One line xxx")
    assert len(summary) == 255
    assert summary.endswith("…")


def test_a_field_that_the_project_requires_is_named(world: JiraWorld) -> None:
    project = world.site.project(world.project)
    task = next(id for id in project.types if world.site.catalogue.types[id].name == "Task")
    project.required[task] = {"components"}
    tracker = world.tracker()
    tracker.whoami()
    with world.counted() as arrived, pytest.raises(RefusedByTracker, match="create screen") as raised:
        tracker.create(draft(world))
    assert "components" in raised.value.problems
    assert len([each for each in arrived if each.write]) == 1
    assert world.site.project(world.project).issues == set()


def test_labels_missing_from_the_create_screen_are_named(world: JiraWorld) -> None:
    """Without its label a ticket could not be found by search: better none than one that is made every cycle."""
    world.site.project(world.project).hidden["create"] = {"labels"}
    tracker = world.tracker()
    tracker.whoami()
    with pytest.raises(RefusedByTracker) as raised:
        tracker.create(draft(world))
    assert "labels" in raised.value.problems


def test_a_project_that_we_may_not_see_is_said_before_anything_is_made(world: JiraWorld) -> None:
    tracker = world.tracker()
    tracker.whoami()
    with pytest.raises(NotAllowed, match="TYPO"):
        tracker.create(TicketDraft("TYPO", "Task", "x", "x", "m/x"))


def test_looking_for_a_ticket_goes_on_over_what_others_made_meanwhile(world: JiraWorld) -> None:
    tracker = world.tracker()
    tracker.whoami()
    # more than one look's worth of keys
    world.make_issues(115, every=timedelta(seconds=1))
    ref = tracker.create(draft(world))
    world.make_issues(5, every=timedelta(seconds=1))
    assert tracker.find_tickets(world.project, f"m/{world.project}", f"{world.project}-3") == (ref,)
    assert tracker.find_tickets(world.project, f"m/{world.project}", "") == (ref,)


def test_a_copy_of_a_ticket_is_not_the_ticket(world: JiraWorld) -> None:
    """Cloning copies the labels but not the property."""
    tracker = world.tracker()
    tracker.whoami()
    ref = tracker.create(draft(world))
    world.make_issue("CLONE - A better guideline", labels=[label_of(f"m/{world.project}")])
    world.later(timedelta(hours=1))
    assert tracker.find_tickets(world.project, f"m/{world.project}", "") == (ref,)


def test_two_tickets_with_one_marker_are_both_found_the_older_first(world: JiraWorld) -> None:
    tracker = world.tracker()
    tracker.whoami()
    refs = [tracker.create(draft(world)) for _ in range(2)]
    assert tracker.find_tickets(world.project, f"m/{world.project}", "") == tuple(refs)


def test_a_ticket_that_was_moved_away_is_found_by_its_label(world: JiraWorld) -> None:
    tracker = world.tracker()
    tracker.whoami()
    ref = tracker.create(draft(world))
    world.site.move_to(ref.key, "DO")
    world.later(timedelta(hours=1))
    (found,) = tracker.find_tickets(world.project, f"m/{world.project}", f"{world.project}-9")
    assert found.id == ref.id
    assert found.key.startswith("DO-")


def test_a_ticket_is_found_while_the_index_lags(world: JiraWorld) -> None:
    """Trap 14: three minutes of lag, a lost answer, another process."""
    world.site.index_lag = timedelta(minutes=3)
    try:
        tracker = world.tracker()
        tracker.whoami()
        before = tracker.highest_key(world.project)
        ref = tracker.create(draft(world))
        again = world.tracker()
        again.whoami()
        assert again.find_tickets(world.project, f"m/{world.project}", before) == (ref,)
    finally:
        world.site.index_lag = timedelta(seconds=30)


def test_every_read_is_a_read(world: JiraWorld) -> None:
    """Dry run rests on it: nothing but the writing methods writes."""
    issue = world.make_issue("Only looked at")
    world.later(timedelta(minutes=1))
    tracker = world.tracker()
    with world.counted() as arrived:
        tracker.whoami()
        tracker.vocabulary()
        list(tracker.changed(world.scope, None))
        list(tracker.changed(world.scope, timedelta(minutes=5)))
        tracker.read([issue.id])
        tracker.members(world.scope)
        tracker.sprints(world.scope)
        tracker.look(issue.id)
        tracker.find_comment(issue.id, "m/1")
        tracker.highest_key(world.project)
        tracker.find_tickets(world.project, "m/none", issue.key)
    assert arrived
    assert not any(each.write for each in arrived), paths(arrived)

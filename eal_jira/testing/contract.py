"""What every tracker adapter promises, as tests. Inherit `TrackerContract` and give it two fixtures (see the package).

A test that needs what the adapter's `Capabilities` leave out is skipped, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest

from eal_jira.errors import Gone, RefusedByTracker
from eal_jira.hookspecs import Presence, Tracker
from eal_jira.model import Capabilities, Installation, IssuePage, IssueRecord, IssueRef, Scope, TicketDraft
from eal_jira.testing.world import World

LATELY = timedelta(minutes=11)
"""An increment's window in these tests."""

LONG_AGO = timedelta(hours=3)


def needs(tracker: Tracker, capability: str) -> None:
    """Skips the test, saying why, when the adapter says that it can't do this."""
    known = {field.name for field in fields(Capabilities)}
    assert capability in known
    if not getattr(tracker.capabilities, capability):
        pytest.skip(f"this adapter says that it has no {capability}")


def all_of(pages: Iterable[IssuePage]) -> list[IssueRecord]:
    return [record for page in pages for record in page.records]


def by_key(records: Iterable[IssueRecord]) -> dict[str, IssueRecord]:
    return {record.issue.key: record for record in records}


class TrackerContract:
    """Promises in the order in which a cycle meets them."""

    @pytest.fixture
    def world(self) -> World:
        raise NotImplementedError("give this class a fixture `world`, see eal_jira.testing.world.World")

    @pytest.fixture
    def tracker(self, world: World) -> Tracker:
        raise NotImplementedError("give this class a fixture `tracker`: the adapter, connected to `world`")

    # --- who we are, and the tracker's words ------------------------------------------------------------------

    def test_it_says_who_we_are_by_the_trackers_own_clock(self, tracker: Tracker, world: World) -> None:
        first = tracker.whoami()
        world.later(timedelta(hours=1))
        second = tracker.whoami()
        assert first.actor
        assert first.actor == second.actor
        assert first.now.tzinfo is UTC
        assert timedelta(minutes=59) <= second.now - first.now <= timedelta(minutes=61)
        assert first.flavour

    def test_the_vocabulary_knows_every_status_and_what_it_means(self, tracker: Tracker, world: World) -> None:
        tracker.whoami()
        words = tracker.vocabulary()
        for name in world.statuses:
            assert words.status_ids(name), f"status {name!r} is missing"
        assert all(id == status.id for id, status in words.statuses.items())
        assert all(id == field.id for id, field in words.fields.items())

    # --- reading ----------------------------------------------------------------------------------------------

    def test_a_first_pass_brings_every_issue_with_its_history_oldest_first(
        self, tracker: Tracker, world: World
    ) -> None:
        still, moved = world.make_issue("Nothing happens"), world.make_issue("Much happens")
        for status in [*world.statuses[1:], world.statuses[0]]:
            world.later(timedelta(minutes=5))
            world.move(moved, status)
        world.later(LONG_AGO)
        tracker.whoami()
        records = all_of(tracker.changed(world.scope, None))
        assert sorted(record.issue.id for record in records) == sorted([still.id, moved.id])
        found = by_key(records)
        assert found[still.key].issue.summary == "Nothing happens"
        assert found[still.key].changes == ()
        words = tracker.vocabulary()
        steps = [change for change in found[moved.key].changes if change.field == "status"]
        reached = [*world.statuses[1:], world.statuses[0]]
        assert [words.status_name(step.to_id) for step in steps] == reached
        assert [words.status_name(step.from_id) for step in steps] == [world.statuses[0], *reached[:-1]]
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert all(step.actor for step in steps)
        assert words.status_name(found[moved.key].issue.status) == world.statuses[0]

    def test_every_time_is_aware_and_in_utc(self, tracker: Tracker, world: World) -> None:
        issue = world.make_issue("When?")
        world.move(issue, world.statuses[1])
        world.comment(issue, "Now.")
        world.later(LONG_AGO)
        tracker.whoami()
        (record,) = all_of(tracker.changed(world.scope, None))
        times = [record.issue.created, record.issue.updated]
        times += [change.at for change in record.changes]
        times += [time for comment in record.comments for time in (comment.at, comment.updated)]
        assert all(time.tzinfo is UTC for time in times)

    def test_a_pass_goes_on_where_any_of_its_pages_ended(self, tracker: Tracker, world: World) -> None:
        """Also when it was another process that read the pages before."""
        refs = []
        for number in range(12):
            refs.append(world.make_issue(f"Issue {number}"))
            world.later(timedelta(seconds=40))
        world.later(LONG_AGO)
        tracker.whoami()
        pages = list(tracker.changed(world.scope, None))
        for ended in range(len(pages)):
            before = {record.issue.id for record in all_of(pages[: ended + 1])}
            after = {record.issue.id for record in all_of(tracker.changed(world.scope, None, pages[ended].cursor))}
            assert before | after == {ref.id for ref in refs}

    def test_nothing_new_brings_nothing(self, tracker: Tracker, world: World) -> None:
        world.make_issue("Old")
        world.later(LONG_AGO)
        tracker.whoami()
        assert all_of(tracker.changed(world.scope, LATELY)) == []

    def test_an_increment_brings_what_changed_and_all_of_its_history(self, tracker: Tracker, world: World) -> None:
        moved, commented, quiet = (world.make_issue(name) for name in ("Moved", "Commented", "Quiet"))
        world.move(moved, world.statuses[1])
        world.later(LONG_AGO)
        world.move(moved, world.statuses[2])
        world.comment(commented, "A word.")
        fresh = world.make_issue("Fresh")
        world.later(timedelta(seconds=90))
        tracker.whoami()
        found = by_key(all_of(tracker.changed(world.scope, LATELY)))
        assert {moved.key, commented.key, fresh.key} <= set(found)
        assert quiet.key not in found
        assert len([change for change in found[moved.key].changes if change.field == "status"]) == 2

    def test_an_issue_can_be_read_by_its_id(self, tracker: Tracker, world: World) -> None:
        issue = world.make_issue("Read me")
        world.move(issue, world.statuses[1])
        tracker.whoami()
        (record,) = tracker.read([issue.id]).records
        assert (record.issue.id, record.issue.key, record.issue.summary) == (issue.id, issue.key, "Read me")
        assert [change.field for change in record.changes].count("status") == 1

    def test_what_has_gone_is_left_out_of_a_reading(self, tracker: Tracker, world: World) -> None:
        stays, goes = world.make_issue("Stays"), world.make_issue("Goes")
        world.delete(goes)
        tracker.whoami()
        page = tracker.read([goes.id, stays.id])
        assert [record.issue.id for record in page.records] == [stays.id]
        assert page.set_aside == ()

    def test_what_became_of_an_issue_can_be_asked(self, tracker: Tracker, world: World) -> None:
        stays, goes = world.make_issue("Stays"), world.make_issue("Goes")
        world.delete(goes)
        tracker.whoami()
        assert tracker.presence([stays.id, goes.id]) == {stays.id: Presence.PRESENT, goes.id: Presence.UNSEEN}

    def test_the_members_of_a_scope_are_its_issues(self, tracker: Tracker, world: World) -> None:
        refs = [world.make_issue(f"Member {number}") for number in range(3)]
        world.delete(refs.pop())
        world.later(LONG_AGO)
        tracker.whoami()
        assert tracker.members(world.scope) == {ref.id for ref in refs}

    def test_some_issues_can_be_asked_about(self, tracker: Tracker, world: World) -> None:
        """Whether these are in the scope, though one of them has gone."""
        asked, other, gone = (world.make_issue(f"Member {number}") for number in range(3))
        world.delete(gone)
        world.later(LONG_AGO)
        tracker.whoami()
        assert tracker.members(world.scope, [asked.id, gone.id]) == {asked.id}
        assert tracker.members(world.scope, [gone.id]) == frozenset()
        assert tracker.members(world.scope, []) == frozenset()
        assert other.id in tracker.members(world.scope)

    def test_a_query_that_can_not_be_read_is_refused(self, tracker: Tracker, world: World) -> None:
        """It may come from a ticket: whoever wrote it is told."""
        needs(tracker, "queries")
        issue = world.make_issue("Looked for")
        world.later(LONG_AGO)
        tracker.whoami()
        with pytest.raises(RefusedByTracker):
            tracker.members(Scope(query="((( no query"), [issue.id])

    def test_comments_come_with_their_words_oldest_first(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "comments")
        issue = world.make_issue("Talked about")
        for text in ("First.", "Second.", "Third."):
            world.comment(issue, text)
            world.later(timedelta(minutes=1))
        tracker.whoami()
        (record,) = tracker.read([issue.id]).records
        assert [comment.text for comment in record.comments] == ["First.", "Second.", "Third."]
        assert all(comment.actor and comment.marker is None for comment in record.comments)

    def test_worklogs_come_with_their_seconds_oldest_first(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "worklogs")
        issue, other = world.make_issue("Worked on"), world.make_issue("Not worked on")
        for seconds in (60, 7200):
            world.log_work(issue, seconds)
            world.later(timedelta(minutes=1))
        tracker.whoami()
        found = by_key(tracker.read([issue.id, other.id]).records)
        logged = found[issue.key].worklogs
        assert logged is not None
        assert [worklog.seconds for worklog in logged] == [60, 7200]
        assert all(worklog.actor and worklog.started.tzinfo is UTC for worklog in logged)
        assert not found[other.key].worklogs

    def test_remote_links_are_told_of_each_issue_that_is_there(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "remote_links")
        linked, plain, goes = (world.make_issue(name) for name in ("Linked", "Plain", "Goes"))
        world.link_page(linked, "https://example.com/page", "A page")
        world.delete(goes)
        tracker.whoami()
        found = tracker.remote_links([goes.id, linked.id, plain.id])
        assert set(found) == {linked.id, plain.id}
        assert [(link.url, link.title) for link in found[linked.id]] == [("https://example.com/page", "A page")]
        assert found[plain.id] == ()

    # --- writing on issues ------------------------------------------------------------------------------------

    def test_a_look_shows_what_is_there_now(self, tracker: Tracker, world: World) -> None:
        issue = world.make_issue("Look at me")
        world.label(issue, "theirs")
        tracker.whoami()
        state = tracker.look(issue.id)
        assert state.ref == issue
        assert state.labels == {"theirs"}
        assert tracker.vocabulary().status_name(state.status) == world.statuses[0]
        assert state.property is None

    def test_a_look_at_what_has_gone_says_so(self, tracker: Tracker, world: World) -> None:
        issue = world.make_issue("Goes")
        world.delete(issue)
        tracker.whoami()
        with pytest.raises(Gone):
            tracker.look(issue.id)

    def test_labels_of_others_stay(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "labels")
        issue = world.make_issue("Labelled")
        world.label(issue, "theirs")
        tracker.whoami()
        tracker.edit_labels(issue.id, ["ours", "ours-too"], [])
        tracker.edit_labels(issue.id, ["ours"], ["ours-too", "never-there"])
        assert tracker.look(issue.id).labels == {"theirs", "ours"}

    def test_our_property_is_kept_and_replaced_as_a_whole(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "properties")
        issue = world.make_issue("Explained")
        tracker.whoami()
        tracker.set_property(issue.id, {"deviations": [{"guideline": "review", "text": 'ä "quoted" €'}]})
        tracker.set_property(issue.id, {"deviations": []})
        tracker.set_property(issue.id, {"deviations": []})
        assert tracker.look(issue.id).property == {"deviations": []}

    def test_our_comment_is_found_by_its_marker(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "comments")
        issue, other = world.make_issue("Commented"), world.make_issue("Not commented")
        world.comment(issue, "Somebody else's")
        tracker.whoami()
        assert tracker.find_comment(issue.id, "marker/1") is None
        id = tracker.add_comment(issue.id, "What do you think?", "marker/1")
        assert tracker.find_comment(issue.id, "marker/1") == id
        assert tracker.find_comment(issue.id, "marker/2") is None
        assert tracker.find_comment(other.id, "marker/1") is None

    def test_our_comment_is_known_as_ours_when_it_is_read(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "comments")
        issue = world.make_issue("Commented")
        us = tracker.whoami().actor
        tracker.add_comment(issue.id, "What do you think?", "marker/1")
        world.comment(issue, "Good.")
        (record,) = tracker.read([issue.id]).records
        ours = [comment for comment in record.comments if comment.actor == us]
        assert [(comment.text, comment.marker) for comment in ours] == [("What do you think?", "marker/1")]
        assert [comment.marker for comment in record.comments if comment.actor != us] == [None]

    def test_our_comment_is_edited_in_place(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "edit_comments")
        issue = world.make_issue("Commented")
        tracker.whoami()
        id = tracker.add_comment(issue.id, "Before", "marker/1")
        tracker.edit_comment(issue.id, id, "After", "marker/1")
        (record,) = tracker.read([issue.id]).records
        assert [comment.text for comment in record.comments] == ["After"]
        assert tracker.find_comment(issue.id, "marker/1") == id

    def test_an_issue_moves_to_a_status_by_name(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "transitions")
        issue = world.make_issue("Moved by us")
        tracker.whoami()
        tracker.transition(issue.id, world.statuses[1])
        tracker.transition(issue.id, world.statuses[1])
        (record,) = tracker.read([issue.id]).records
        assert tracker.vocabulary().status_name(record.issue.status) == world.statuses[1]
        assert [change.field for change in record.changes].count("status") == 1

    def test_an_impossible_move_is_refused_with_what_is_possible(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "transitions")
        issue = world.make_issue("Stuck")
        tracker.whoami()
        with pytest.raises(RefusedByTracker, match=world.statuses[1]):
            tracker.transition(issue.id, "A status that nobody has")

    # --- tickets ----------------------------------------------------------------------------------------------

    def test_a_ticket_is_found_before_the_search_knows_it(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "tickets")
        world.make_issue("Something older")
        tracker.whoami()
        before = tracker.highest_key(world.project)
        ref = tracker.create(self._draft(world))
        # no time has passed: only looking at the keys themselves can find it
        assert tracker.find_tickets(world.project, self._marker(world), before) == (ref,)
        assert tracker.find_tickets(world.project, "marker/of/none", before) == ()

    def test_a_ticket_is_found_by_search_when_its_key_is_not_where_we_look(
        self, tracker: Tracker, world: World
    ) -> None:
        needs(tracker, "tickets")
        tracker.whoami()
        ref = tracker.create(self._draft(world))
        world.later(LONG_AGO)
        assert tracker.find_tickets(world.project, self._marker(world), ref.key) == (ref,)

    def test_a_ticket_says_what_its_draft_says(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "tickets")
        tracker.whoami()
        ref = tracker.create(self._draft(world))
        (record,) = tracker.read([ref.id]).records
        assert record.issue.summary == "A better guideline"
        assert record.issue.type == world.ticket_type
        assert record.issue.project == world.project
        assert "eal-proposal" in record.issue.labels

    def test_the_highest_key_grows(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "tickets")
        tracker.whoami()
        assert tracker.highest_key(world.project) == ""
        refs = []
        for number in range(11):
            refs.append(world.make_issue(f"Issue {number}"))
        world.later(LONG_AGO)
        # as a number, not as a text: 11 is more than 9
        assert tracker.highest_key(world.project) == refs[-1].key

    def test_a_type_that_does_not_exist_is_refused_and_nothing_is_made(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "tickets")
        tracker.whoami()
        with pytest.raises(RefusedByTracker):
            tracker.create(self._draft(world, type="A type that nobody has"))
        world.later(LONG_AGO)
        assert tracker.members(world.scope) == frozenset()

    def test_whoever_installs_is_told_to_the_next_one(self, tracker: Tracker, world: World) -> None:
        needs(tracker, "installations")
        project = world.project
        for number in (1, 2):
            installation = Installation(f"run-{number}", datetime(2026, 1, number, tzinfo=UTC))
            tracker.install(project, installation)
            tracker.install(project, installation)
            assert tracker.installation(project) == installation
        assert tracker.installation("NEVER") is None

    def test_people_can_open_an_issue(self, tracker: Tracker, world: World) -> None:
        issue = world.make_issue("Open me")
        tracker.whoami()
        url = tracker.url(issue)
        assert url.startswith("http")
        assert issue.key in url or issue.id in url

    def _marker(self, world: World) -> str:
        # a marker is one of its kind on the whole site, and a ticket may be found wherever it was moved to
        return f"proposal/{world.project}"

    def _draft(self, world: World, type: str | None = None) -> TicketDraft:
        return TicketDraft(
            project=world.project,
            type=type or world.ticket_type,
            summary="A better guideline",
            body="# Why\n\nBecause **it works**:\n\n- faster\n- calmer\n",
            marker=self._marker(world),
            labels=("eal-proposal",),
        )


__all__ = ["IssueRef", "TrackerContract", "all_of", "by_key", "needs"]

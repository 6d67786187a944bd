"""Reading: nothing lost whatever moves meanwhile, lists completed, and no request too many.

Trap numbers are those of the project's fact sheet on Jira.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eal_jira.errors import NotAllowed, RefusedByTracker, TrackerUnreachable
from eal_jira.model import IssueRecord, IssueRef, Scope
from eal_jira.sandbox import Say
from eal_jira.sandbox.faults import Exchange, Fault, Instead, Rewrite, Times, on
from eal_jira.sandbox.flavour import Flavour
from eal_jira.testing.contract import all_of, by_key
from eal_tracker_jira import cloud as cloud_module
from eal_tracker_jira import datacenter as datacenter_module
from eal_tracker_jira.options import Options
from tests.plugins.jira_world import ANN, BOT, NOW, JiraWorld, paths, served

FLAVOURS: list[Flavour] = ["cloud", "datacenter"]
LATELY = timedelta(minutes=11)


@pytest.fixture(params=FLAVOURS)
def either(request: pytest.FixtureRequest) -> Iterator[JiraWorld]:
    with served(request.param) as world:
        yield world


@pytest.fixture
def cloud() -> Iterator[JiraWorld]:
    with served("cloud") as world:
        yield world


@pytest.fixture
def datacenter() -> Iterator[JiraWorld]:
    with served("datacenter") as world:
        yield world


def ids(records: list[IssueRecord]) -> set[str]:
    return {record.issue.id for record in records}


def busy_issue(world: JiraWorld, histories: int, comments: int = 0) -> IssueRef:
    issue = world.make_issue("Busy")
    for number in range(histories):
        world.move(issue, world.statuses[1 + number % 2])
        world.later(timedelta(seconds=20))
    for number in range(comments):
        world.comment(issue, f"Comment {number}")
        world.later(timedelta(seconds=20))
    return issue


# --- no request too many -----------------------------------------------------------------------------------------


def test_a_first_sync_of_cloud_takes_about_ten_requests_per_thousand(cloud: JiraWorld) -> None:
    cloud.make_issues(1000, every=timedelta(seconds=40))
    busy = [busy_issue(cloud, histories=45) for _ in range(3)]
    cloud.later(timedelta(hours=1))
    tracker = cloud.tracker()
    tracker.whoami()
    tracker.vocabulary()
    with cloud.counted() as arrived:
        records = all_of(tracker.changed(cloud.scope, None))
    assert len(ids(records)) == len(records) == 1003
    assert Counter(paths(arrived)) == {
        "POST search/approximate-count": 1,
        "POST search/jql": 2,
        "POST issue/bulkfetch": 11,
        "POST changelog/bulkfetch": 1,
    }
    assert {len(record.changes) for record in records if record.issue.id in {ref.id for ref in busy}} == {45}


def test_a_first_sync_of_data_center_takes_about_ten_requests_per_thousand(datacenter: JiraWorld) -> None:
    datacenter.make_issues(1000, every=timedelta(seconds=40))
    datacenter.later(timedelta(hours=1))
    tracker = datacenter.tracker()
    tracker.whoami()
    tracker.vocabulary()
    with datacenter.counted() as arrived:
        records = all_of(tracker.changed(datacenter.scope, None))
    assert len(ids(records)) == 1000
    assert set(paths(arrived)) == {"GET search"}
    assert len(arrived) <= 12


def test_an_idle_cycle_costs_two_requests(either: JiraWorld) -> None:
    either.make_issues(5)
    either.later(timedelta(hours=1))
    tracker = either.tracker()
    with either.counted() as first:
        tracker.whoami()
    assert paths(first) == ["GET serverInfo", "GET myself"]
    with either.counted() as arrived:
        tracker.whoami()
        assert list(tracker.changed(either.scope, LATELY)) == []
    assert len(arrived) == 2
    assert not any(each.write for each in arrived)


def test_an_increment_of_twenty_issues_costs_few_requests(either: JiraWorld) -> None:
    refs = either.make_issues(60)
    either.later(timedelta(hours=1))
    for ref in refs[:20]:
        either.move(ref, "Done")
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    with either.counted() as arrived:
        found = ids(all_of(tracker.changed(either.scope, LATELY)))
    assert found == {ref.id for ref in refs[:20]}
    assert len(arrived) <= 4


def test_several_projects_share_one_question(either: JiraWorld) -> None:
    other = either.in_new_project()
    refs = [either.make_issue("Here"), other.make_issue("There")]
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    tracker.vocabulary()
    scope = Scope(projects=(either.project, other.project))
    assert ids(all_of(tracker.changed(scope, LATELY))) == {ref.id for ref in refs}
    either.later(timedelta(hours=1))
    with either.counted() as arrived:
        assert list(tracker.changed(scope, LATELY)) == []
    assert len(arrived) == 1


# --- pages of Cloud's search -------------------------------------------------------------------------------------


@dataclass
class Script:
    """Answers the n-th search with the n-th page; later ones pass."""

    pages: list[dict[str, Any]]
    asked: list[Exchange] = field(default_factory=list)

    def fault(self, exchange: Exchange) -> Fault | None:
        if not exchange.path.endswith("/search/jql"):
            return None
        self.asked.append(exchange)
        if len(self.asked) > len(self.pages):
            return None
        body = json.dumps(self.pages[len(self.asked) - 1]).encode()
        return Instead(200, body, headers={"X-AAccountId": BOT})


def page(refs: list[IssueRef], token: str | None = None, **more: object) -> dict[str, Any]:
    return {"issues": [{"id": ref.id} for ref in refs], **({"nextPageToken": token} if token else {}), **more}


def test_a_short_page_is_not_the_last_one(cloud: JiraWorld) -> None:
    """Trap 5: pages of 100, 3, 100, 0 and 7 issues."""
    refs = cloud.make_issues(210, every=timedelta(seconds=1))
    cloud.later(timedelta(minutes=1))
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Script(
        [
            page(refs[:100], "a"),
            page(refs[100:103], "b", isLast=False),
            page(refs[103:203], "c"),
            page([], "d"),
            page(refs[203:], isLast=True),
        ]
    )
    assert ids(all_of(tracker.changed(cloud.scope, timedelta(days=1)))) == {ref.id for ref in refs}


def test_a_page_that_says_it_is_the_last_is_the_last_though_it_brings_a_token(cloud: JiraWorld) -> None:
    refs = cloud.make_issues(2)
    cloud.later(timedelta(minutes=1))
    tracker = cloud.tracker()
    tracker.whoami()
    script = Script([page(refs, "a", isLast=True)])
    cloud.site.faults = script
    assert len(all_of(tracker.changed(cloud.scope, timedelta(days=1)))) == 2
    assert len(script.asked) == 1


def test_a_token_that_comes_twice_ends_the_pass(cloud: JiraWorld) -> None:
    """Trap 6."""
    refs = cloud.make_issues(3)
    tracker = cloud.tracker()
    tracker.whoami()
    script = Script([page(refs, "again")] * 50)
    cloud.site.faults = script
    with pytest.raises(TrackerUnreachable, match="token came twice"):
        list(tracker.changed(cloud.scope, LATELY))
    assert len(script.asked) == 2


def test_empty_pages_without_end_end_the_pass(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    script = Script([page([], str(number)) for number in range(50)])
    cloud.site.faults = script
    with pytest.raises(TrackerUnreachable, match="all are empty"):
        list(tracker.changed(cloud.scope, LATELY))
    assert len(script.asked) < 10


def test_a_search_that_says_it_left_something_out_is_not_used(cloud: JiraWorld) -> None:
    refs = cloud.make_issues(3)
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Script([page(refs, warnings=[{"code": "CLAUSE_LIMIT_EXCEEDED"}])])
    with pytest.raises(TrackerUnreachable, match="CLAUSE_LIMIT_EXCEEDED"):
        list(tracker.changed(cloud.scope, LATELY))


def test_a_search_that_ends_too_early_is_gone_on_with(cloud: JiraWorld) -> None:
    """A pass over 197,000 issues that ended normally after 126,000 has been seen (facts 1.1)."""
    refs = cloud.make_issues(30)
    cloud.later(timedelta(minutes=1))
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Script([page(refs[:10])])
    assert ids(all_of(tracker.changed(cloud.scope, None))) == {ref.id for ref in refs}


@pytest.mark.parametrize("to", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_search_that_ends_too_early_is_gone_on_with_though_the_zone_changes(cloud: JiraWorld, to: str) -> None:
    refs = cloud.make_issues(30)
    cloud.later(timedelta(minutes=1))
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Script([page(refs[:10])])
    seen: set[str] = set()
    for each in tracker.changed(cloud.scope, None):
        seen |= ids(list(each.records))
        cloud.site.people.accounts[BOT].time_zone = to
    assert seen == {ref.id for ref in refs}


def test_a_zone_that_nobody_here_knows_costs_time_but_no_issue(either: JiraWorld) -> None:
    either.site.people.accounts[BOT].time_zone = "Etc/GMT-14"
    refs = either.make_issues(30, timedelta(hours=1))
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    tracker._site._zone = None
    first = next(iter(tracker.changed(either.scope, None)))
    assert ids(all_of(tracker.changed(either.scope, None, first.cursor))) | ids(list(first.records)) == {
        ref.id for ref in refs
    }


# --- nothing is lost while people work ---------------------------------------------------------------------------


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten, so that a test needs dozens of issues and not thousands."""
    monkeypatch.setattr(cloud_module, "SEARCH_PAGE", 15)
    monkeypatch.setattr(cloud_module, "BULK", 5)
    monkeypatch.setattr(cloud_module, "PAGE", 10)
    for name, size in (("SMALLEST", 2), ("FIRST", 10), ("LARGEST", 10)):
        monkeypatch.setattr(datacenter_module, name, size)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("every", [timedelta(seconds=1), timedelta(minutes=1)], ids=str)
def test_a_first_pass_loses_nothing_while_issues_are_edited_and_deleted(either: JiraWorld, every: timedelta) -> None:
    """Trap 7: unread issues are edited, read ones deleted, the one that a page ended with among them."""
    refs = either.make_issues(60, every)
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    seen: set[str] = set()
    deleted: set[str] = set()
    for number, each in enumerate(tracker.changed(either.scope, None)):
        seen |= ids(list(each.records))
        if number < 5:
            either.move(refs[59 - number], "Done")
            last = next(ref for ref in refs if ref.id == each.records[-1].issue.id)
            if last.id not in deleted:
                either.delete(last)
                deleted.add(last.id)
            either.later(timedelta(minutes=1))
    assert {ref.id for ref in refs} - deleted <= seen


@pytest.mark.usefixtures("small_pages")
def test_an_increment_loses_nothing_while_issues_are_edited(either: JiraWorld) -> None:
    refs = either.make_issues(40, timedelta(seconds=5))
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    seen: set[str] = set()
    for number, each in enumerate(tracker.changed(either.scope, timedelta(hours=1))):
        seen |= ids(list(each.records))
        if number < 3:
            for ref in refs[number * 5 : number * 5 + 5]:
                either.move(ref, either.statuses[1 + number % 2])
            either.later(timedelta(minutes=1))
    assert {ref.id for ref in refs} <= seen


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_pass_goes_on_by_the_accounts_own_clock(flavour: Flavour, zone: str) -> None:
    """Trap 3, for the passes that go on at a moment."""
    with served(flavour, zone) as world:
        refs = world.make_issues(35, timedelta(minutes=7))
        world.later(timedelta(minutes=1))
        tracker = world.tracker()
        tracker.whoami()
        first = next(iter(tracker.changed(world.scope, None)))
        rest = all_of(world.tracker().changed(world.scope, None, first.cursor))
        assert ids(list(first.records)) | ids(rest) == {ref.id for ref in refs}
        # and it does not read from the beginning again
        assert len(rest) <= 30


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("to", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_an_account_that_changes_its_zone_in_the_middle_loses_nothing(either: JiraWorld, to: str) -> None:
    refs = either.make_issues(45, timedelta(minutes=7))
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    seen: set[str] = set()
    for each in tracker.changed(either.scope, None):
        seen |= ids(list(each.records))
        either.site.people.accounts[BOT].time_zone = to
    assert seen == {ref.id for ref in refs}


def test_an_issue_changed_a_minute_ago_is_found_in_the_autumn_night(either: JiraWorld) -> None:
    """Trap 3: the account's hour from two to three exists twice."""
    either.site.people.accounts[BOT].time_zone = "Europe/Berlin"
    issue = either.make_issue("Night shift")
    tracker = either.tracker()
    for minutes in range(0, 180, 20):
        either.clock.set(datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + timedelta(minutes=minutes))
        either.move(issue, either.statuses[1 + minutes // 20 % 2])
        either.later(timedelta(minutes=1))
        tracker.whoami()
        assert ids(all_of(tracker.changed(either.scope, timedelta(minutes=2)))) == {issue.id}


def test_two_changes_in_one_minute_both_arrive(either: JiraWorld) -> None:
    """Trap 4: a poll between them, and the window is rounded up, never down."""
    either.site.index_lag = timedelta(0)
    issue = either.make_issue("Quick")
    either.clock.set(NOW.replace(second=2) + timedelta(hours=1))
    either.move(issue, "In Progress")
    tracker = either.tracker()
    before = tracker.whoami().now
    assert moves_of(all_of(tracker.changed(either.scope, timedelta(minutes=1)))) == ["In Progress"]
    either.later(timedelta(seconds=30))
    either.move(issue, "Done")
    either.later(timedelta(seconds=61))
    since = tracker.whoami().now - before
    assert moves_of(all_of(tracker.changed(either.scope, since))) == ["In Progress", "Done"]


def moves_of(records: list[IssueRecord]) -> list[str | None]:
    return [change.to_text for record in records for change in record.changes if change.field == "status"]


def test_a_moved_issue_is_known_by_its_id(either: JiraWorld) -> None:
    """Trap 10: the old key still leads to it, under its new one."""
    issue = either.make_issue("Wanders")
    either.move(issue, "In Progress")
    other = either.in_new_project()
    either.site.move_to(issue.key, other.project, ANN)
    tracker = either.tracker()
    tracker.whoami()
    for ref in (issue.id, issue.key):
        (record,) = tracker.read([ref]).records
        assert record.issue.id == issue.id
        assert record.issue.project == other.project
        assert record.issue.key.startswith(other.project)
        assert any(change.field == "status" for change in record.changes)


# --- lists that Jira cuts short ----------------------------------------------------------------------------------


def test_long_histories_and_many_comments_arrive_whole_and_in_order(either: JiraWorld) -> None:
    """Trap 8: more than forty histories, more comments than are embedded."""
    either.site.limits.embedded_comments = 20
    issue = busy_issue(either, histories=57, comments=31)
    tracker = either.tracker()
    tracker.whoami()
    result = tracker.read([issue.id])
    (record,) = result.records
    assert len({change.history_id for change in record.changes}) == 57
    assert [change.at for change in record.changes] == sorted(change.at for change in record.changes)
    assert [comment.text for comment in record.comments] == [f"Comment {number}" for number in range(31)]
    assert result.set_aside == ()


@pytest.mark.parametrize("written", ["iso", "seconds", "milliseconds"])
def test_histories_split_over_pages_are_put_together(
    cloud: JiraWorld, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 9: pages are sorted by time over all issues, so that one issue's entries lie on pages 1 and 3."""
    monkeypatch.setattr(cloud_module, "HISTORIES", 25)
    cloud.site.bulk_changelog_time = written
    issues = [cloud.make_issue(f"Issue {number}") for number in range(3)]
    for number in range(50):
        for issue in issues:
            cloud.move(issue, cloud.statuses[1 + number % 2])
            cloud.later(timedelta(seconds=7))
    tracker = cloud.tracker()
    tracker.whoami()
    for record in tracker.read([issue.id for issue in issues]).records:
        assert [change.history_id for change in record.changes] == [
            str(history.id) for history in cloud.site.issue(record.issue.key).histories
        ]
        assert len(record.changes) == 50


def test_a_history_that_stays_short_is_kept_and_set_aside(either: JiraWorld) -> None:
    issue = busy_issue(either, histories=3)
    either.site.issue(issue.key).declared_histories = 8
    tracker = either.tracker()
    tracker.whoami()
    result = tracker.read([issue.id])
    assert len(result.records[0].changes) == 3
    (aside,) = result.set_aside
    assert (aside.kind, aside.ref) == ("history", issue.key)
    assert "8 entries stated, 3 given" in aside.reason


def test_own_comments_are_told_by_their_marker_not_by_their_author(either: JiraWorld) -> None:
    """A person may be using our token: only what carries our marker is ours."""
    issue = either.make_issue("Talked about")
    tracker = either.tracker()
    tracker.whoami()
    tracker.add_comment(issue.id, "From the daemon", "m/1")
    either.site.perform(Say(either.clock.now(), BOT, issue.key, "From the person behind the token"))
    either.comment(issue, "From Ann")
    (record,) = tracker.read([issue.id]).records
    assert {comment.text: comment.marker for comment in record.comments} == {
        "From the daemon": "m/1",
        "From the person behind the token": None,
        "From Ann": None,
    }


# --- broken answers ----------------------------------------------------------------------------------------------


def breaking(word: str) -> Callable[[bytes], bytes]:
    """Cuts an answer that holds this word."""
    return lambda body: body[: len(body) // 2] if word.encode() in body else body


def test_one_record_that_breaks_the_answer_is_found_by_halving(cloud: JiraWorld) -> None:
    refs = cloud.make_issues(20)
    poison = cloud.make_issue("POISON")
    cloud.later(timedelta(minutes=1))
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("POST", "/issue/bulkfetch"), Rewrite(breaking("POISON")), times=99)
    pages = list(tracker.changed(cloud.scope, None))
    assert ids(all_of(pages)) == {ref.id for ref in refs}
    assert {aside.ref for each in pages for aside in each.set_aside} == {poison.id}
    assert {aside.kind for each in pages for aside in each.set_aside} == {"record"}


def test_a_jira_that_gives_no_record_at_all_is_an_outage_not_a_heap_of_bad_records(cloud: JiraWorld) -> None:
    cloud.make_issues(100, timedelta(seconds=1))
    cloud.later(timedelta(minutes=1))
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("POST", "/issue/bulkfetch"), Rewrite(lambda _: b'{"issues": ['), times=999)
    with cloud.counted() as arrived, pytest.raises(TrackerUnreachable, match="broken JSON"):
        list(tracker.changed(cloud.scope, None))
    assert len(arrived) < 15


def test_what_jira_could_not_give_is_set_aside(cloud: JiraWorld) -> None:
    refs = cloud.make_issues(2)
    tracker = cloud.tracker()
    tracker.whoami()

    def without_first(body: bytes) -> bytes:
        answer = json.loads(body)
        gone = answer["issues"].pop(0)
        return json.dumps({**answer, "issueErrors": [{"id": gone["id"], "errorMessage": "try again"}]}).encode()

    cloud.site.faults = Times(on("POST", "/issue/bulkfetch"), Rewrite(without_first))
    result = tracker.read([ref.id for ref in refs])
    assert ids(list(result.records)) == {refs[1].id}
    assert [(aside.kind, aside.ref) for aside in result.set_aside] == [("record", refs[0].id)]


def test_data_center_gets_smaller_pages_when_large_ones_break(datacenter: JiraWorld) -> None:
    refs = datacenter.make_issues(60)
    datacenter.later(timedelta(minutes=1))
    tracker = datacenter.tracker()
    tracker.whoami()
    asked: list[int] = []

    @dataclass
    class TooLarge:
        def fault(self, exchange: Exchange) -> Fault | None:
            if size := re.search(r"maxResults=(\d+)", exchange.query):
                asked.append(int(size[1]))
                return Rewrite(lambda body: body[:-9]) if asked[-1] > 20 else None
            return None

    datacenter.site.faults = TooLarge()
    assert ids(all_of(tracker.changed(datacenter.scope, None))) == {ref.id for ref in refs}
    assert asked[:3] == [50, 25, 12]


def test_data_centers_pages_are_sized_by_their_weight(datacenter: JiraWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datacenter_module, "WEIGHT", 150_000)
    for _ in range(60):
        datacenter.make_issue("Heavy", description="x" * 20_000)
        datacenter.later(timedelta(minutes=1))
    tracker = datacenter.tracker()
    tracker.whoami()
    pages = list(tracker.changed(datacenter.scope, None))
    assert len(ids(all_of(pages))) == 60
    assert max(len(each.records) for each in pages[1:]) <= 10


def test_what_data_centers_search_leaves_out_is_asked_of_the_issue(datacenter: JiraWorld) -> None:
    """Some look-alikes and apps answer a search without `changelog` or `comment`."""
    issue, gone = busy_issue(datacenter, histories=3, comments=2), datacenter.make_issue("Gone")
    datacenter.later(timedelta(minutes=1))
    tracker = datacenter.tracker()
    tracker.whoami()

    def bare(body: bytes) -> bytes:
        answer = json.loads(body)
        for each in answer["issues"]:
            del each["changelog"], each["fields"]["comment"]
        # deleted between the search and the question
        if datacenter.site.find(gone.id):
            datacenter.delete(gone)
        return json.dumps(answer).encode()

    datacenter.site.faults = Times(on("GET", "/search"), Rewrite(bare), times=9)
    (record,) = all_of(tracker.changed(datacenter.scope, None))
    assert record.issue.id == issue.id
    assert len(record.changes) == 3
    assert [comment.text for comment in record.comments] == ["Comment 0", "Comment 1"]


def test_a_long_query_travels_in_the_body(datacenter: JiraWorld) -> None:
    issue = datacenter.make_issue("Found")
    datacenter.later(timedelta(minutes=1))
    tracker = datacenter.tracker()
    tracker.whoami()
    tracker.vocabulary()
    labels = ", ".join(f'"label-{number:04}"' for number in range(400))
    scope = Scope(query=f'project = "DO" AND (labels is EMPTY OR labels in ({labels})) ORDER BY Rank')
    with datacenter.counted() as arrived:
        assert ids(all_of(tracker.changed(scope, timedelta(hours=1)))) == {issue.id}
    assert paths(arrived) == ["POST search"]
    assert not arrived[0].write


# --- scopes ------------------------------------------------------------------------------------------------------


def test_a_project_that_does_not_exist_is_an_error_not_an_empty_project(either: JiraWorld) -> None:
    either.site.unknown_in_jql = "empty"
    tracker = either.tracker()
    tracker.whoami()
    with pytest.raises((NotAllowed, RefusedByTracker), match="TYPO"):
        list(tracker.changed(Scope(projects=("TYPO",)), None))


def test_a_project_without_issues_is_empty(either: JiraWorld) -> None:
    tracker = either.tracker()
    tracker.whoami()
    assert list(tracker.changed(either.scope, None)) == []
    assert tracker.members(either.scope) == frozenset()


def test_a_boards_scope_is_its_filter_without_its_order(either: JiraWorld) -> None:
    board = either.site.add_board("Team", either.project, jql='labels = "team" ORDER BY Rank ASC')
    inside, outside = either.make_issue("In", labels=["team"]), either.make_issue("Out")
    either.later(timedelta(hours=1))
    tracker = either.tracker()
    tracker.whoami()
    scope = Scope(board=str(board.id))
    assert ids(all_of(tracker.changed(scope, None))) == {inside.id}
    assert tracker.members(scope) == {inside.id}
    either.label(outside, "team")
    either.later(timedelta(minutes=1))
    assert tracker.members(scope) == {inside.id, outside.id}
    with either.counted() as arrived:
        assert ids(all_of(tracker.changed(scope, LATELY))) == {outside.id}
    assert not any("board" in each.path for each in arrived), "the filter is not asked for in every cycle"


def test_a_board_whose_filter_is_not_shared_falls_back_to_its_project(either: JiraWorld) -> None:
    board = either.site.add_board("Team", either.project, jql='labels = "team"')
    issue = either.make_issue("Without the label")
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    signed = {"X-AAccountId": BOT, "X-AUSERNAME": either.site.people.accounts[BOT].login}
    projects = json.dumps({"isLast": True, "values": [{"id": "1", "key": either.project}]}).encode()
    answers = {
        f"/filter/{board.filter}": Instead(403, b'{"errorMessages":["not shared"]}'),
        f"/board/{board.id}/project": Instead(200, projects, headers=signed),
    }
    either.site.faults = Answers(answers)
    assert tracker.members(Scope(board=str(board.id))) == {issue.id}
    answers[f"/board/{board.id}/project"] = Instead(200, b'{"isLast": true, "values": []}', headers=signed)
    with pytest.raises(NotAllowed, match="not shared"):
        tracker.members(Scope(board=str(board.id)))


@dataclass
class Answers:
    """Paths that end so get these answers, all others pass."""

    by_end: dict[str, Instead]

    def fault(self, exchange: Exchange) -> Fault | None:
        return next((what for end, what in self.by_end.items() if exchange.path.endswith(end)), None)


def test_a_query_with_an_or_keeps_to_itself(either: JiraWorld) -> None:
    """Without parentheses the time would bind to the last part only."""
    old, new = either.make_issue("Old", labels=["red"]), either.make_issue("New", labels=["blue"])
    either.later(timedelta(hours=3))
    either.move(new, "Done")
    either.later(timedelta(minutes=1))
    tracker = either.tracker()
    tracker.whoami()
    scope = Scope(query="labels = red OR labels = blue order by created")
    assert ids(all_of(tracker.changed(scope, LATELY))) == {new.id}
    assert tracker.members(scope) == {old.id, new.id}


def test_sprints_of_a_projects_boards_come_once_with_their_real_dates(either: JiraWorld) -> None:
    scrum = either.site.add_board("Scrum", either.project)
    either.site.add_board("Kanban", either.project, type="kanban")
    start, end = NOW - timedelta(days=14), NOW
    done = either.site.add_sprint(scrum.id, "Sprint 1, name=x", start=start, end=end, goal="Ship", state="closed")
    soon = either.site.add_sprint(scrum.id, "Sprint 2")
    issue = either.make_issue("Planned", sprint=done.id)
    tracker = either.tracker()
    tracker.whoami()
    sprints = {sprint.id: sprint for sprint in tracker.sprints(either.scope)}
    assert set(sprints) == {str(done.id), str(soon.id)}
    assert sprints[str(done.id)].state == "closed"
    assert (sprints[str(done.id)].start, sprints[str(done.id)].end) == (start, end)
    assert sprints[str(done.id)].completed is not None
    assert sprints[str(soon.id)].state == "future"
    assert tracker.sprints(Scope(board=str(scrum.id))) == tuple(sprints.values())
    (record,) = tracker.read([issue.id]).records
    assert record.issue.sprints == (str(done.id),)


def test_the_estimate_is_found_whatever_number_its_field_has(either: JiraWorld) -> None:
    points = next(f.id for f in either.site.fields if f.name == "Story Points")
    issue = either.make_issue("Estimated", **{points: 5})
    tracker = either.tracker()
    tracker.whoami()
    either.site.add_board("Team", either.project)
    assert tracker.read([issue.id]).records[0].issue.points == 5
    assert tracker.vocabulary().fields[points].kind == "points"


def test_the_config_can_say_which_field_holds_the_estimate(either: JiraWorld) -> None:
    effort = either.site.fields.add("Effort", "number", "com.atlassian.jira.plugin.system.customfieldtypes:float")
    issue = either.make_issue("Estimated", **{effort.id: 13})
    tracker = either.tracker(Options(timeout=2, points_field=effort.id))
    tracker.whoami()
    assert tracker.read([issue.id]).records[0].issue.points == 13


def test_renames_show_in_the_vocabulary(either: JiraWorld) -> None:
    """Trap 12: no issue's `updated` moves when a status is renamed."""
    issue = either.make_issue("Stays")
    tracker = either.tracker()
    tracker.whoami()
    before = tracker.read([issue.id]).records[0].issue.status
    either.site.rename_status("To Do", "Ready")
    words = tracker.vocabulary()
    assert words.status_name(before) == "Ready"
    assert by_key(list(tracker.read([issue.id]).records))[issue.key].issue.status == before

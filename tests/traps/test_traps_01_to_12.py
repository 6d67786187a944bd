"""The traps of reading, 1 to 12 of the fact sheet on Jira: what the mirror holds after each is what the site holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eal_jira.errors import NotAllowed, TrackerUnreachable
from eal_jira.mirror import pull as pull_module
from eal_jira.sandbox.acts import Say
from eal_jira.sandbox.state import History, Worklog
from eal_jira.store import issues, readings
from eal_tracker_jira import cloud as cloud_module
from tests.mirror.conftest import ANN, NOW

from .conftest import BOT, ONLY_CLOUD, ONLY_DATA_CENTER, SEARCH, Script, Trap, Upon


@pytest.mark.parametrize("search", [1, 2], ids=["changes", "census"])
def test_trap_01_empty_means_gone(trap: Trap, search: int) -> None:
    """The token ends in the middle of a cycle: from then on Jira answers 200, as to nobody, with nothing."""
    trap.create_many(12)
    trap.pull()
    trap.later(hours=25)
    trap.site.anonymous_fallback = True
    trap.site.faults = Upon(lambda: trap.site.revoke_token(BOT), *SEARCH, number=search)
    with pytest.raises(NotAllowed, match="without knowing us"):
        trap.pull()
    assert len(trap.known()) == 12
    assert trap.vanished() == {}
    trap.site.restore_token(BOT)
    trap.create("P-13")
    trap.pull()
    assert len(trap.known()) == 13


def test_trap_01_empty_for_all_projects_because_one_is_hidden(trap: Trap) -> None:
    """Asked about two projects of which it hides one, this Jira finds nothing in the other either, for hours."""
    trap.projects = ("P", "Q")
    trap.create_many(2)
    trap.pull()
    trap.later(hours=1)
    trap.pull()
    trap.site.unknown_in_jql = "empty"
    trap.site.revoke(BOT, "Q", "BROWSE_PROJECTS")
    trap.edit("P-1", "labels", ["meanwhile"])
    for _ in range(3):
        trap.later(hours=1)
        trap.pull()
    assert trap.labels("P-1") == ()
    trap.site.grant(BOT, "Q", "BROWSE_PROJECTS")
    trap.pull()
    assert trap.labels("P-1") == ("meanwhile",)


def test_trap_02_max_updated_as_watermark(trap: Trap) -> None:
    """P-1 changes before P-2 and is indexed after it."""
    trap.create_many(2)
    trap.pull()
    trap.later(hours=1)
    trap.pull()
    trap.site.index_lag = lambda issue: timedelta(minutes=8 if issue.key == "P-1" else 0)
    trap.edit("P-1", "labels", ["first"])
    trap.later(minutes=5)
    trap.edit("P-2", "labels", ["second"])
    trap.later(seconds=1)
    trap.pull()
    assert (trap.labels("P-1"), trap.labels("P-2")) == ((), ("second",))
    trap.later(minutes=4)
    trap.pull()
    assert trap.labels("P-1") == ("first",)


@pytest.mark.usefixtures("small_pages")
def test_trap_02_max_updated_as_watermark_of_a_long_pass(trap: Trap) -> None:
    """P-1 changes behind the pass's back, and P-30, which changes later, is read in the same pass."""
    trap.projects = ("P",)
    trap.create_many(30, timedelta(minutes=1))

    def meanwhile(read: int, _total: int | None) -> None:
        if read == 10:
            trap.later(minutes=15)
            trap.edit("P-1", "labels", ["first"])
            trap.later(minutes=15)
            trap.edit("P-30", "labels", ["second"])

    trap.pull(meanwhile)
    assert (trap.labels("P-1"), trap.labels("P-30")) == ((), ("second",))
    trap.later(minutes=1)
    trap.pull()
    assert trap.labels("P-1") == ("first",)


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("Asia/Tokyo", NOW),
        ("America/Los_Angeles", NOW),
        # the hour from two to three exists twice: 0:00 to 1:00 and 1:00 to 2:00 UTC
        ("Europe/Berlin", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
    ],
    ids=["tokyo", "los-angeles", "autumn-night"],
)
def test_trap_03_times_of_queries_in_utc(trap: Trap, zone: str, begin: datetime) -> None:
    """Killed in the first pass, it goes on where it was; then an issue that changed a minute ago is found."""
    trap.site.people.accounts[BOT].time_zone = zone
    trap.set_clock(begin)
    keys = trap.create_many(25, timedelta(minutes=3))

    def kill(_read: int, _total: int | None) -> None:
        raise Killed

    with pytest.raises(Killed):
        trap.pull(kill)
    assert 0 < len(trap.known()) < 25
    trap.pull()
    assert trap.known() == sorted(keys)
    trap.edit("P-1", "labels", ["a-minute-ago"])
    trap.later(minutes=1)
    trap.pull()
    assert trap.labels("P-1") == ("a-minute-ago",)


def test_trap_04_seconds_lost_in_minutes(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two changes in one minute, a poll between them. Without the overlap, so that only the rounding is left."""
    monkeypatch.setattr(pull_module, "OVERLAP", timedelta(0))
    trap.create_many(1)
    trap.pull()
    at = NOW + timedelta(hours=1)
    for second, status in ((5, "Doing"), (40, "Done")):
        trap.set_clock(at.replace(second=second))
        trap.move("P-1", status)
        # 10 seconds after the first, in the same minute; 61 after the second, in the next but one
        trap.later(seconds=5 if status == "Doing" else 61)
        trap.pull()
    assert [c.to_text for c in trap.changes("P-1") if c.field == "status"] == ["Doing", "Done"]


@ONLY_CLOUD
def test_trap_05_a_short_page_taken_for_the_last(trap: Trap) -> None:
    """Pages of 100, 3, 100, none at all, and 7."""
    trap.create("Q-1")
    trap.pull()
    trap.later(hours=1)
    keys = trap.create_many(210)
    ids = [str(trap.site.issue(key).id) for key in keys]
    trap.site.faults = Script(
        [(ids[:100], "a"), (ids[100:103], "b"), (ids[103:203], "c"), ([], "d"), (ids[203:], None)]
    )
    trap.pull()
    assert len(trap.known()) == 211


@ONLY_DATA_CENTER
def test_trap_05_a_page_shorter_than_asked_for(trap: Trap) -> None:
    """The administrator allows seven rows a page, whatever is asked for."""
    trap.site.limits.dc_search_page = 7
    keys = trap.create_many(40)
    trap.pull()
    assert trap.known() == sorted(keys)


@ONLY_CLOUD
def test_trap_06_a_token_that_repeats(trap: Trap) -> None:
    keys = trap.create_many(3)
    trap.pull()
    script = Script([([str(trap.site.issue(keys[0]).id)], "again")] * 50)
    trap.site.faults = script
    with pytest.raises(TrackerUnreachable, match="token came twice"):
        trap.pull()
    assert len(script.asked) == 2


@pytest.mark.usefixtures("small_pages")
def test_trap_07_counting_on_shifting_ground(trap: Trap) -> None:
    """All in one minute. After each page, an unread issue is edited, and the one that ended the page is deleted."""
    keys = trap.create_many(60, timedelta(milliseconds=500))
    trap.later(minutes=1)
    deleted: set[str] = set()

    def meanwhile(_read: int, _total: int | None) -> None:
        last = max(trap.known(), key=lambda key: int(key[2:]))
        if last not in deleted and len(deleted) < 4:
            trap.edit(f"P-{60 - len(deleted)}", "labels", ["edited"])
            trap.site.delete(last)
            deleted.add(last)
            trap.later(seconds=5)

    trap.pull(meanwhile)
    assert len(deleted) == 4
    # what was read before it was deleted is a matter for the census
    assert trap.known() == sorted(keys)


def test_trap_08_embedded_lists_taken_as_whole(trap: Trap) -> None:
    trap.create_many(1)
    for number in range(101):
        if number < 41:
            trap.move("P-1", ("Doing", "Open")[number % 2])
        trap.site.perform(Say(trap.now, ANN, "P-1", f"Comment {number}"))
        if number < 21:
            trap.site.write(ANN).worklog(trap.site.issue("P-1"), 60 * (number + 1), trap.now)
        trap.later(seconds=20)
    trap.pull()
    site = trap.site.issue("P-1")
    assert [change.history_id for change in trap.changes("P-1")] == [str(history.id) for history in site.histories]
    assert len(site.histories) == 41
    with trap.store.read() as connection:
        comments = issues.comments(connection, str(site.id))
        worklogs = issues.worklogs(connection, str(site.id))
    assert [comment.text for comment in comments] == [f"Comment {number}" for number in range(101)]
    assert [worklog.seconds for worklog in worklogs] == [60 * (number + 1) for number in range(21)]


def test_trap_08_a_history_of_ten_thousand_entries(trap: Trap) -> None:
    """And as many worklogs as one issue may have (facts 5.6). Beside it an issue with a history of one entry."""
    trap.create_many(2)
    trap.move("P-2", "Doing")
    long = trap.site.issue("P-1")
    item = {"field": "summary", "fieldId": "summary", "fieldtype": "jira", "from": None, "to": None}
    with trap.site.lock:
        # written down at once: so many acts would take longer than everything else here
        for number in range(10_000):
            at = NOW + timedelta(seconds=number)
            change = item | {"fromString": f"Summary {number}", "toString": f"Summary {number + 1}"}
            long.histories.append(History(trap.site.next_id("history"), at, ANN, [change]))
            if number < 5000:
                long.worklogs.append(Worklog(trap.site.next_id("worklog"), ANN, None, at, 60 + number, at, at))
    trap.later(hours=3)
    trap.edit("P-1", "labels", ["long"])
    trap.pull()
    assert [change.history_id for change in trap.changes("P-1")] == [str(history.id) for history in long.histories]
    assert [change.field for change in trap.changes("P-1")] == ["summary"] * 10_000 + ["labels"]
    assert len(trap.changes("P-2")) == 1
    with trap.store.read() as connection:
        worklogs = issues.worklogs(connection, str(long.id))
    assert [(worklog.id, worklog.seconds) for worklog in worklogs] == [(str(w.id), w.seconds) for w in long.worklogs]
    assert len(worklogs) == 5000


@ONLY_CLOUD
def test_trap_09_histories_split_over_pages(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are in the order of time over all issues: each issue's entries lie on several of them."""
    monkeypatch.setattr(cloud_module, "HISTORIES", 25)
    keys = trap.create_many(3)
    for number in range(45):
        for key in keys:
            trap.move(key, ("Doing", "Open")[number % 2])
            trap.later(seconds=7)
    trap.pull()
    for key in keys:
        told = [str(history.id) for history in trap.site.issue(key).histories]
        assert [change.history_id for change in trap.changes(key)] == told
        assert len(told) == 45


def test_trap_10_key_as_identity(trap: Trap) -> None:
    """P-1 moves to Q-1, and its old key still leads to it."""
    trap.create_many(1)
    trap.move("P-1", "Doing")
    trap.pull()
    before = trap.issue("P-1")
    assert before is not None
    trap.later(hours=1)
    trap.site.move_to("P-1", "Q", ANN)
    assert trap.site.issue("P-1").key == "Q-1"
    trap.later(minutes=1)
    trap.pull()
    after = trap.issue("Q-1")
    assert after is not None
    assert (after.id, trap.known()) == (before.id, ["Q-1"])
    assert "Doing" in [change.to_text for change in trap.changes("Q-1")]


@pytest.mark.parametrize("answer", ["refuse", "empty"])
def test_trap_11_one_bad_census_deletes_the_mirror(trap: Trap, answer: str) -> None:
    """For one pass we may not browse the project. Jira refuses to search it, or finds nothing: both have been seen."""
    keys = trap.create_many(12)
    trap.pull()
    trap.site.unknown_in_jql = answer
    trap.later(hours=25)
    trap.site.revoke(BOT, "P", "BROWSE_PROJECTS")
    if answer == "refuse":
        trap.pull()
        (refusal,) = trap.set_aside("scope")
        assert "'P'" in refusal
    else:
        trap.pull()
        (warning,) = trap.set_aside("census")
        assert "listed 0 of the 12" in warning
    assert (trap.known(), trap.vanished()) == (sorted(keys), {})
    trap.site.grant(BOT, "P", "BROWSE_PROJECTS")
    trap.later(hours=25)
    trap.pull()
    assert (trap.known(), trap.vanished()) == (sorted(keys), {})
    assert (trap.set_aside("census"), trap.set_aside("scope")) == ([], [])


def test_trap_11_one_project_that_is_refused_does_not_stop_the_others(trap: Trap) -> None:
    """Asked about both, Jira refuses; asked about each, it refuses one of them. That one comes back by itself."""
    trap.projects = ("P", "Q")
    trap.create_many(2)
    trap.pull()
    trap.site.revoke(BOT, "Q", "BROWSE_PROJECTS")
    trap.edit("P-1", "labels", ["meanwhile"])
    trap.later(minutes=20)
    trap.pull()
    assert trap.labels("P-1") == ("meanwhile",)
    (refusal,) = trap.set_aside("scope")
    assert "'Q'" in refusal
    trap.create("Q-1")
    trap.site.grant(BOT, "Q", "BROWSE_PROJECTS")
    trap.later(minutes=20)
    trap.pull()
    assert trap.known() == ["P-1", "P-2", "Q-1"]
    assert trap.set_aside("scope") == []


def test_trap_12_updated_as_the_only_bell(trap: Trap) -> None:
    """A sprint is closed, a status and a field are renamed, issues are linked, and one to a page elsewhere, of which
    not even its history tells: no issue's `updated` moves."""
    trap.sprints = True
    board = trap.site.add_board("Team", "P")
    sprint = trap.site.add_sprint(board.id, "Sprint 1", start=NOW, end=NOW + timedelta(days=14), state="active")
    effort = trap.site.fields.add("Effort", "number", "com.atlassian.jira.plugin.system.customfieldtypes:float")
    trap.create_many(2, sprint=sprint.id)
    trap.pull()
    updated = trap.site.issue("P-1").updated
    trap.site.close_sprint(sprint.id)
    trap.site.rename_status("Doing", "In progress")
    trap.site.rename_field(effort.id, "Size")
    page = {"url": "https://example.com/page", "title": "A page"}

    def known() -> tuple[str, bool, str, int, int]:
        issue = trap.issue("P-1")
        assert issue is not None
        with trap.store.read() as connection:
            (told,) = issues.sprints(connection, "Team")
            words = issues.vocabulary(connection)
            remote = readings.remote_links(connection, [issue.id])[issue.id]
        assert all((r.url, r.title, r.global_id, r.relationship) == (*page.values(), "page", "see") for r in remote)
        named = bool(words.status_ids("In progress")), words.fields[effort.id].name
        return told.state, *named, len(issue.links), len(remote)

    assert known() == ("active", False, "Effort", 0, 0)
    trap.later(hours=1)
    trap.pull()
    assert known() == ("closed", False, "Effort", 0, 0), "sprints every hour"
    write = trap.site.write(ANN)
    write.link("10000", trap.site.issue("P-1"), trap.site.issue("P-2"))
    write.remote_link(trap.site.issue("P-1"), "page", {"object": page, "relationship": "see"}, told=False)
    trap.later(hours=1)
    trap.pull()
    assert known() == ("closed", False, "Effort", 0, 0)
    trap.later(hours=22)
    trap.pull()
    assert known() == ("closed", True, "Size", 1, 1), "the vocabulary every day, and so many issues"
    assert trap.site.issue("P-1").updated == updated

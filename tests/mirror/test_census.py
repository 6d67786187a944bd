"""What vanished: deleted, moved, hidden and doubted are told apart, and nothing is ever erased by absence."""

from __future__ import annotations

from eal_jira.store import work

from .conftest import Mirror


def fill(mirror: Mirror, count: int = 12) -> None:
    mirror.create(*(f"P-{n}" for n in range(1, count + 1)))
    mirror.pull()


def next_day(mirror: Mirror) -> None:
    mirror.later(hours=25)
    mirror.pull()


def test_a_deleted_issue_is_gone_only_after_two_listings(mirror: Mirror) -> None:
    fill(mirror)
    mirror.site.delete("P-3")
    next_day(mirror)
    assert mirror.vanished() == {"unseen": 1}
    assert "P-3" in mirror.known()
    next_day(mirror)
    assert mirror.vanished() == {"gone": 1}
    assert mirror.issue("P-3") is not None, "its history stays"
    assert "P-3" not in mirror.known()


def test_a_moved_issue_keeps_its_row_and_history_under_its_new_key(mirror: Mirror) -> None:
    fill(mirror)
    before = mirror.issue("P-3")
    assert before is not None
    mirror.site.move_to("P-3", "R")
    next_day(mirror)
    after = mirror.issue("R-1")
    assert after is not None
    assert after.id == before.id
    assert mirror.issue("P-3") is None
    assert mirror.vanished() == {}


def test_a_listing_that_lacks_most_of_a_project_is_doubted(mirror: Mirror) -> None:
    fill(mirror)
    for n in range(1, 9):
        mirror.site.delete(f"P-{n}")
    next_day(mirror)
    assert mirror.vanished() == {}
    (reason,) = mirror.set_aside("census")
    assert "listed 4 of the 12" in reason


def test_the_doubt_is_forgotten_when_the_listing_is_whole_again(mirror: Mirror) -> None:
    fill(mirror)
    for n in range(1, 9):
        mirror.site.restrict(f"P-{n}", ["ann"])
    next_day(mirror)
    assert mirror.set_aside("census")
    for n in range(1, 9):
        mirror.site.restrict(f"P-{n}", None)
    next_day(mirror)
    assert mirror.set_aside("census") == []
    assert mirror.vanished() == {}


def test_a_hidden_issue_comes_back_when_it_is_shown_again(mirror: Mirror) -> None:
    fill(mirror)
    mirror.site.restrict("P-3", ["ann"])
    next_day(mirror)
    next_day(mirror)
    assert mirror.vanished() == {"gone": 1}
    mirror.site.restrict("P-3", None)
    next_day(mirror)
    assert mirror.vanished() == {}
    assert "P-3" in mirror.known()


def test_an_issue_that_the_increments_missed_is_read_by_the_census(mirror: Mirror) -> None:
    """Hidden when it was made and shown without any change later: no increment ever brings it."""
    fill(mirror)
    mirror.create("P-13")
    mirror.site.restrict("P-13", ["ann"])
    mirror.pull()
    for _ in range(3):
        next_day(mirror)
    assert mirror.issue("P-13") is None
    mirror.site.restrict("P-13", None)
    next_day(mirror)
    assert mirror.issue("P-13") is not None


def test_the_census_is_taken_once_a_day(mirror: Mirror) -> None:
    fill(mirror)
    next_day(mirror)
    before = len(mirror.site.requests)
    mirror.later(minutes=5)
    mirror.pull()
    assert len(mirror.site.requests) - before <= 3  # serverInfo, whoami, one search


def test_an_issue_that_a_webhook_named_and_nobody_can_read_is_not_called_gone_at_once(mirror: Mirror) -> None:
    fill(mirror)
    issue = mirror.issue("P-3")
    assert issue is not None
    mirror.site.delete("P-3")
    with mirror.store.write() as connection:
        work.add(connection, "census", [issue.id])
    mirror.pull()
    assert mirror.vanished() == {"unseen": 1}
    with mirror.store.read() as connection:
        assert work.waiting(connection, "census") == 0
    next_day(mirror)
    assert mirror.vanished() == {"gone": 1}

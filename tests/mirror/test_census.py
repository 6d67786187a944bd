"""What vanished: deleted, moved, hidden and doubted are told apart, and nothing is ever erased by absence."""

from __future__ import annotations

from datetime import timedelta

from eal_jira.mirror.census import confirm_absent
from eal_jira.store import issues, work

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


def test_an_archived_issue_is_told_from_a_deleted_one_and_comes_back(mirror: Mirror) -> None:
    fill(mirror)
    mirror.site.archive("P-3")
    mirror.site.delete("P-4")
    next_day(mirror)
    assert mirror.vanished() == {"archived": 1, "unseen": 1}
    next_day(mirror)
    assert mirror.vanished() == {"archived": 1, "gone": 1}
    mirror.site.archive("P-3", False)
    next_day(mirror)
    assert mirror.vanished() == {"gone": 1}
    assert "P-3" in mirror.known()


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


# --- more than half of a project, really deleted ------------------------------------------------------------------


def in_doubt(mirror: Mirror) -> list[str]:
    with mirror.store.read() as connection:
        ids = work.of_project(connection, work.IN_DOUBT, "P")
        keys = issues.keys(connection, ids)
    return [keys[id] for id in ids]


def confirm(mirror: Mirror) -> int:
    with mirror.store.read() as connection:
        ids = set(work.of_project(connection, work.IN_DOUBT, "P"))
    return confirm_absent(mirror.store, "P", ids)


def delete(mirror: Mirror, first: int, last: int) -> None:
    for n in range(first, last + 1):
        mirror.site.delete(f"P-{n}")


def test_a_doubt_says_which_issues_it_is_about_and_what_to_type(mirror: Mirror) -> None:
    fill(mirror)
    delete(mirror, 1, 8)
    next_day(mirror)
    assert in_doubt(mirror) == [f"P-{n}" for n in range(1, 9)]
    (reason,) = mirror.set_aside("census")
    assert reason.endswith("eal-jira census confirm P")


def test_unconfirmed_the_doubt_stays_for_ever(mirror: Mirror) -> None:
    fill(mirror)
    delete(mirror, 1, 8)
    for _ in range(4):
        next_day(mirror)
    assert mirror.vanished() == {}
    assert len(in_doubt(mirror)) == 8


def test_what_was_confirmed_is_gone_after_two_listings_and_its_history_stays(mirror: Mirror) -> None:
    fill(mirror)
    delete(mirror, 1, 8)
    next_day(mirror)
    assert confirm(mirror) == 8
    assert mirror.vanished() == {}, "nothing is marked by the word alone"
    mirror.later(minutes=5)
    mirror.pull()
    assert mirror.vanished() == {"unseen": 8}, "the next cycle takes the census"
    assert mirror.set_aside("census") == []
    assert in_doubt(mirror) == []
    next_day(mirror)
    assert mirror.vanished() == {"gone": 8}
    assert mirror.issue("P-3") is not None
    assert mirror.known() == [f"P-{n}" for n in (10, 11, 12, 9)]


def test_a_confirmed_issue_that_can_be_read_by_itself_is_not_called_gone(mirror: Mirror) -> None:
    """Search lost it: the listing lacks it, the operator believes the listing, and still it is there."""
    fill(mirror)
    delete(mirror, 1, 7)
    next_day(mirror)
    confirm(mirror)
    mirror.site.index_lag = timedelta(minutes=10)
    mirror.site.move_to("P-8", "R")
    for _ in range(2):
        next_day(mirror)
    assert mirror.vanished() == {"gone": 7}
    assert mirror.issue("R-1") is not None


def test_the_word_covers_the_issues_that_were_shown_and_no_others(mirror: Mirror) -> None:
    """Access is lost after somebody confirmed a deletion: that listing is in doubt again, and nothing is marked."""
    fill(mirror, 30)
    delete(mirror, 1, 16)
    next_day(mirror)
    confirm(mirror)
    for n in range(17, 29):
        mirror.site.restrict(f"P-{n}", ["ann"])
    next_day(mirror)
    assert mirror.vanished() == {}
    assert in_doubt(mirror) == [f"P-{n}" for n in range(17, 29)]
    (reason,) = mirror.set_aside("census")
    assert "listed 2 of the 30" in reason
    for n in range(17, 29):
        mirror.site.restrict(f"P-{n}", None)
    for _ in range(2):
        next_day(mirror)
    assert mirror.vanished() == {"gone": 16}


def test_what_comes_back_between_the_word_and_the_listing_is_simply_there(mirror: Mirror) -> None:
    fill(mirror)
    for n in range(1, 9):
        mirror.site.restrict(f"P-{n}", ["ann"])
    next_day(mirror)
    confirm(mirror)
    for n in range(1, 9):
        mirror.site.restrict(f"P-{n}", None)
    for _ in range(2):
        next_day(mirror)
    assert mirror.vanished() == {}
    assert len(mirror.known()) == 12
    # and the word is used up: the same loss another day is doubted anew
    for n in range(1, 9):
        mirror.site.restrict(f"P-{n}", ["ann"])
    next_day(mirror)
    assert mirror.vanished() == {}
    assert len(in_doubt(mirror)) == 8


def test_nothing_is_confirmed_that_is_not_in_doubt(mirror: Mirror) -> None:
    fill(mirror)
    with mirror.store.read() as connection:
        every = issues.ids_in_project(connection, "P")
    assert confirm_absent(mirror.store, "P", every) == 0
    for _ in range(2):
        next_day(mirror)
    assert mirror.vanished() == {}

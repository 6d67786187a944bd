"""What nothing tells of, and remote links: when they are read, in what order, and what that costs at most."""

from __future__ import annotations

from collections import Counter

import pytest

from eal_jira.mirror import rereading
from eal_jira.mirror.pseudonyms import Pseudonyms
from eal_jira.model import RemoteLink
from eal_jira.sandbox import Edit, Move
from eal_jira.sandbox.faults import Instead, Times, on
from eal_jira.store import facts, issues, readings, work
from tests.mirror.conftest import ANN, Mirror

PAGE = {"object": {"url": "https://example.com/a", "title": "A"}, "application": {"name": "Wiki"}}
LINKS = "/remotelink"


def link(mirror: Mirror, key: str, told: bool = True) -> None:
    mirror.site.write(ANN).remote_link(mirror.site.issue(key), "a", PAGE, told=told)


def linked(mirror: Mirror) -> dict[str, tuple[RemoteLink, ...]]:
    """Key → remote links, of the issues that have some in the mirror."""
    with mirror.store.read() as connection:
        keys = issues.keys(connection, [str(id) for id in mirror.site.issues])
        found = readings.remote_links(connection, list(keys))
    return {keys[id]: links for id, links in found.items() if links}


def asked(mirror: Mirror, since: int) -> list[str]:
    """Keys of the issues whose remote links were asked for."""
    paths = [r.path for r in mirror.site.requests[since:] if r.path.endswith(LINKS)]
    return [mirror.site.issue(path.split("/")[-2]).key for path in paths]


def test_remote_links_are_read_when_a_history_tells_of_one_and_not_again(mirror: Mirror) -> None:
    mirror.create("P-1", "P-2")
    mirror.pull()
    before = len(mirror.site.requests)
    link(mirror, "P-1")
    # what tells of the link is the history; something else makes the issue one that has changed
    mirror.site.perform(Edit(mirror.site.clock.now(), ANN, "P-1", "summary", "Changed"))
    mirror.site.perform(Edit(mirror.site.clock.now(), ANN, "P-2", "summary", "Changed"))
    mirror.later(minutes=1)
    assert mirror.pull().changed == 3, "two issues, and the links of one"
    assert asked(mirror, before) == ["P-1"]
    (made,) = mirror.site.issue("P-1").remote_links
    assert linked(mirror) == {"P-1": (RemoteLink(str(made.id), "https://example.com/a", "A", "a", "", "Wiki"),)}
    mirror.site.perform(Edit(mirror.site.clock.now(), ANN, "P-1", "summary", "Changed again"))
    mirror.later(minutes=1)
    mirror.pull()
    assert asked(mirror, before) == ["P-1"], "its links are known already"
    mirror.site.write(ANN).delete_remote_link(mirror.site.issue("P-1"), made)
    mirror.site.perform(Edit(mirror.site.clock.now(), ANN, "P-1", "summary", "And again"))
    mirror.later(minutes=1)
    mirror.pull()
    assert linked(mirror) == {}


def test_a_first_pass_asks_for_no_more_remote_links_than_one_pull_may(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many histories tell of one; the others wait for the next pulls, and none is lost."""
    monkeypatch.setattr(rereading, "A_PULL", 4)
    keys = [f"P-{number}" for number in range(1, 11)]
    mirror.create(*keys)
    for key in keys:
        link(mirror, key)
    known = []
    for _ in range(4):
        before = len(mirror.site.requests)
        mirror.pull()
        known.append((len(linked(mirror)), len(asked(mirror, before))))
        mirror.later(minutes=20)
    assert known == [(4, 4), (8, 4), (10, 2), (10, 0)]


def test_a_day_reads_so_many_issues_again_however_many_there_are(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six a day, of which four unfinished; every issue has its turn, and what waited longest comes first."""
    monkeypatch.setattr(rereading, "A_DAY", 6)
    monkeypatch.setattr(rereading, "UNFINISHED_A_DAY", 4)
    keys = [f"P-{number}" for number in range(1, 21)]
    mirror.create(*keys)
    done = keys[:10]
    for key in done:
        mirror.site.perform(Move(mirror.site.clock.now(), ANN, key, "Done"))
    mirror.pull()
    mirror.later(hours=1)
    for key in keys:
        link(mirror, key, told=False)
    turns: list[list[str]] = []
    for _ in range(5):
        mirror.later(hours=24, minutes=1)
        before = len(mirror.site.requests)
        mirror.pull()
        turns.append(asked(mirror, before))
        again = len(mirror.site.requests)
        mirror.later(hours=2)
        mirror.pull()
        assert asked(mirror, again) == [], "once a day"
    assert [len(turn) for turn in turns] == [6] * 5
    assert all(sum(key not in done for key in turn) >= 4 for turn in turns)
    # 10 unfinished ones at 4 a day, 10 others at 2 a day
    assert set().union(*turns[:3]) >= set(keys) - set(done)
    assert set().union(*turns) == set(keys)
    assert max(Counter(key for turn in turns for key in turn if key in done).values()) == 1
    assert set(linked(mirror)) == set(keys)


def test_what_gives_no_remote_links_stops_neither_the_pull_nor_the_others(mirror: Mirror) -> None:
    mirror.create("P-1", "P-2", "P-3")
    mirror.pull()
    for key in ("P-1", "P-2", "P-3"):
        link(mirror, key, told=False)
    broken = f"{mirror.site.issue('P-2').id}{LINKS}"
    mirror.site.faults = Times(on("GET", broken), Instead(200, b'{"cut":'), 100)
    mirror.later(hours=25)
    mirror.pull()
    assert sorted(linked(mirror)) == ["P-1", "P-3"]
    mirror.site.faults = None
    mirror.later(hours=25)
    mirror.pull()
    assert sorted(linked(mirror)) == ["P-1", "P-2", "P-3"]


def test_where_linking_is_switched_off_the_issues_themselves_are_read_all_the_same(mirror: Mirror) -> None:
    """Jira then answers 403 (as both documents say). What was known of remote links stays."""
    mirror.create("P-1", "P-2")
    link(mirror, "P-1")
    mirror.pull()
    assert list(linked(mirror)) == ["P-1"]
    mirror.site.faults = Times(on("GET", LINKS), Instead(403, b'{"errorMessages":["Issue linking is disabled."]}'), 100)
    mirror.site.write(ANN).link("10000", mirror.site.issue("P-1"), mirror.site.issue("P-2"))
    mirror.later(hours=25)
    mirror.pull()
    issue = mirror.issue("P-1")
    assert issue is not None
    assert [link.other_key for link in issue.links] == ["P-2"]
    assert list(linked(mirror)) == ["P-1"]
    with mirror.store.read() as connection:
        assert not work.waiting(connection, readings.WHOLE)


def test_an_issue_that_vanished_is_a_matter_for_the_census(mirror: Mirror) -> None:
    mirror.create(*(f"P-{number}" for number in range(1, 9)))
    mirror.pull()
    mirror.site.delete("P-3")
    for _ in range(3):
        mirror.later(hours=25)
        mirror.pull()
    assert mirror.vanished() == {"gone": 1}
    with mirror.store.read() as connection:
        assert not work.waiting(connection, readings.WHOLE)
        ours = readings.longest_unread(connection, ["P"], [], 100, unfinished=False)
    assert str(next(iter(mirror.site.issues))) in ours
    assert len(ours) == 7


def test_worklogs_stay_when_the_tracker_stops_telling_of_them(mirror: Mirror) -> None:
    """Time tracking switched off: Jira leaves the field out, and what people logged is no less true for it."""
    mirror.create("P-1")
    mirror.site.write(ANN).worklog(mirror.site.issue("P-1"), 3600, mirror.site.clock.now())
    mirror.pull()
    present = mirror.site.fields.by_id.pop("worklog")
    mirror.site.perform(Edit(mirror.site.clock.now(), ANN, "P-1", "summary", "Changed"))
    mirror.later(minutes=1)
    before = len(mirror.site.requests)
    assert mirror.pull().changed == 1
    assert not any(r.path.endswith("/worklog") for r in mirror.site.requests[before:])
    issue = mirror.issue("P-1")
    assert issue is not None
    with mirror.store.read() as connection:
        assert [w.seconds for w in issues.worklogs(connection, issue.id)] == [3600]
    mirror.site.fields.by_id["worklog"] = present


def test_a_worklog_that_is_edited_or_deleted_is_so_in_the_mirror(mirror: Mirror) -> None:
    mirror.create("P-1")
    at = mirror.site.clock.now()
    first, second = (mirror.site.write(ANN).worklog(mirror.site.issue("P-1"), 60, at) for _ in range(2))
    mirror.pull()
    issue = mirror.issue("P-1")
    assert issue is not None

    def logged() -> list[tuple[str, int]]:
        with mirror.store.read() as connection:
            people = Pseudonyms(facts.pseudonym_key(connection))
            found = issues.worklogs(connection, issue.id)
        assert {worklog.actor for worklog in found} == {people.of(ANN)}
        return [(worklog.id, worklog.seconds) for worklog in found]

    assert logged() == [(str(first.id), 60), (str(second.id), 60)]
    mirror.later(minutes=20)
    mirror.site.write("bot").edit_worklog(mirror.site.issue("P-1"), first, 90, at, None)
    mirror.later(minutes=1)
    assert mirror.pull().changed == 1
    assert logged() == [(str(first.id), 90), (str(second.id), 60)]
    mirror.site.write(ANN).delete_worklog(mirror.site.issue("P-1"), second)
    mirror.later(minutes=1)
    mirror.pull()
    assert logged() == [(str(first.id), 90)]

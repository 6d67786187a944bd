"""An emulator of Data Center 8.20 that nobody here wrote: PyPI's jira820, started as it comes.

Its search answers without histories and comments and compares dates by day, it knows issues by key only, no issue or
comment properties, and no verbs for labels. The adapter notices what is missing and asks the issue itself.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from jira820.config import Config  # type: ignore[import-untyped]
from jira820.store import Store  # type: ignore[import-untyped]

from eal_jira.hookspecs import Connection
from eal_jira.model import IssueRecord, IssueRef, Scope, TicketDraft
from eal_jira.testing.contract import all_of, by_key
from eal_tracker_jira import datacenter
from eal_tracker_jira.options import Options
from eal_tracker_jira.plaintext import said
from eal_tracker_jira.service import JiraTracker

TODAY = date.today()
SCOPE = Scope(projects=("JIRA820",))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    settings = {"JIRA820_PORT": str(port), "JIRA820_SEED": "7", "JIRA820_DATE": TODAY.isoformat()}
    running = subprocess.Popen(
        [sys.executable, "-m", "jira820"],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _answering(f"http://127.0.0.1:{port}", running)
    finally:
        running.terminate()
        running.wait(timeout=10)


def _answering(url: str, running: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and running.poll() is None:
        try:
            with urlopen(f"{url}/rest/api/2/serverInfo", timeout=1):
                return url
        except (URLError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError("jira820 did not start")


@pytest.fixture(scope="module")
def world() -> Store:
    """What the emulator holds: it makes the same world of the same seed and date."""
    return Store(Config(seed="7", base_date=TODAY))


@pytest.fixture
def tracker(url: str) -> Iterator[JiraTracker]:
    tracker = JiraTracker(Connection(url, None, lambda: "any-token", {}), Options(timeout=20))
    tracker.whoami()
    yield tracker
    tracker.close()


def assert_same(record: IssueRecord, held: dict[str, Any], store: Store) -> None:
    fields = store.serializer.issue_fields(held)
    assert record.issue.summary == held["summary"]
    assert record.issue.status == fields["status"]["id"]
    assert record.issue.type == held["type"]
    assert record.issue.assignee == held["assignee"]
    assert record.issue.points == held["sp"]
    assert set(record.issue.labels) == set(fields["labels"])
    assert set(record.issue.sprints) == {str(sprint["id"]) for sprint in fields[store.config.sprint_field] or ()}
    assert {link.other_key for link in record.issue.links} == {link["key"] for link in held["links"]}
    told = {(c.from_text, c.to_text, c.at.date()) for c in record.changes}
    assert told == {
        (item["fromString"], item["toString"], entry["date"]) for entry in held["changelog"] for item in entry["items"]
    }
    assert len({change.history_id for change in record.changes}) == len(held["changelog"])
    assert {comment.id: comment.text for comment in record.comments} == {
        str(comment["id"]): said(comment["body"]) for comment in store.jira_comments(held["key"])
    }
    for times in ([change.at for change in record.changes], [comment.at for comment in record.comments]):
        assert times == sorted(times)


@pytest.mark.parametrize("page", [100, 23], ids=["in large pages", "in small pages"])
def test_it_is_mirrored_completely(
    tracker: JiraTracker, world: Store, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SMALLEST", "FIRST", "LARGEST"):
        monkeypatch.setattr(datacenter, name, page)
    pages = list(tracker.changed(SCOPE, None))
    assert [aside for each in pages for aside in each.set_aside] == []
    found = by_key(all_of(pages))
    # what another test of this module has made meanwhile is not in the world it began with
    assert set(world.issues) <= set(found)
    for key, held in world.issues.items():
        assert_same(found[key], held, world)


def test_its_members_are_all_its_issues(tracker: JiraTracker, world: Store) -> None:
    ids = {world.serializer.issue_res(held, "")["id"] for held in world.issues.values()}
    assert ids <= tracker.members(SCOPE)


def test_a_pass_goes_on_where_it_was_cut_off(
    tracker: JiraTracker, world: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dates are compared by day there, so more comes again than would on a real Jira; nothing may be missing."""
    for name in ("SMALLEST", "FIRST", "LARGEST"):
        monkeypatch.setattr(datacenter, name, 60)
    pages = iter(tracker.changed(SCOPE, None))
    begun = [next(pages), next(pages)]
    rest = all_of(tracker.changed(SCOPE, None, begun[-1].cursor))
    assert set(world.issues) <= set(by_key(all_of(begun))) | set(by_key(rest))
    assert len(rest) < len(world.issues)


def a_ticket(tracker: JiraTracker, marker: str) -> IssueRef:
    return tracker.create(TicketDraft("JIRA820", "Task", "A better guideline", "Because.", marker, ("eal-proposal",)))


def test_it_takes_a_label_a_comment_and_a_move(tracker: JiraTracker) -> None:
    key = a_ticket(tracker, "marker/1").key
    theirs = tracker.look(key).labels
    assert "eal-proposal" in theirs
    tracker.edit_labels(key, ["eal-deviation"], [])
    assert tracker.look(key).labels == theirs | {"eal-deviation"}
    tracker.edit_labels(key, [], ["eal-deviation"])
    assert tracker.look(key).labels == theirs

    id = tracker.add_comment(key, "What do you **think**?", "marker/1")
    (record,) = tracker.read([key]).records
    assert "What do you" in next(comment.text for comment in record.comments if comment.id == id)
    tracker.edit_comment(key, id, "Thank you.", "marker/1")
    (record,) = tracker.read([key]).records
    assert next(comment.text for comment in record.comments if comment.id == id) == "Thank you."

    tracker.transition(key, "In Review")
    (record,) = tracker.read([key]).records
    assert tracker.vocabulary().status_name(record.issue.status) == "In Review"


def test_it_takes_a_ticket_and_gives_it_back(tracker: JiraTracker) -> None:
    """It shows no properties, so the label alone tells which ticket is ours."""
    before = tracker.highest_key("JIRA820")
    ref = a_ticket(tracker, "marker/820")
    assert tracker.find_tickets("JIRA820", "marker/820", before) == (ref,)
    assert tracker.find_tickets("JIRA820", "marker/none", before) == ()
    found = by_key(all_of(tracker.changed(SCOPE, timedelta(minutes=11))))
    assert found[ref.key].issue.summary == "A better guideline"

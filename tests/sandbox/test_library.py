"""The `jira` library, as anyone would use it, against both flavours: what it can do with a real Jira it can do here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from jira import JIRA

from eal_jira.sandbox import Create, Edit, Site
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, small_site


@pytest.fixture
def site(flavour: str) -> Site:
    site = small_site(flavour)
    for number in range(1, 4):
        site.perform(Create(START, "ada", f"PAY-{number}", "Story", f"No {number}"))
    for number in range(45):
        site.perform(Edit(START + timedelta(minutes=number), "ada", "PAY-1", "summary", f"v{number}"))
    return site


@pytest.fixture
def jira(site: Site, connect: Connect) -> Iterator[JIRA]:
    user, token = site.credentials("bot")
    login = {"basic_auth": (user, token)} if user else {"token_auth": token}
    library = JIRA(connect(site).url, max_retries=0, timeout=10, **login)
    yield library
    library.close()


def test_it_reads(site: Site, jira: JIRA) -> None:
    assert jira.myself()["displayName"] == "EAL Bot"
    assert [p.key for p in jira.projects()] == ["PAY", "WEB"]
    found = jira.search_issues("project = PAY ORDER BY key", expand="changelog")
    assert [issue.key for issue in found] == ["PAY-1", "PAY-2", "PAY-3"]
    kept = 40 if site.flavour == "cloud" else 45
    assert len(found[0].changelog.histories) == kept, "Cloud cuts without a word: the oldest are missing"


def test_it_writes(site: Site, jira: JIRA) -> None:
    made = jira.create_issue(project="PAY", issuetype={"name": "Bug"}, summary="New", description="h1. Why")
    made.add_field_value("labels", "eal")
    made.update(summary="Newer")
    comment = jira.add_comment(made, "hello")
    comment.update(body="hello again")
    jira.transition_issue(made, "Done")
    jira.create_issue_link("Blocks", made, "PAY-1")
    seen = jira.issue(made.key)
    assert (seen.fields.summary, seen.fields.labels, seen.fields.status.name) == ("Newer", ["eal"], "Done")
    assert [c.body for c in seen.fields.comment.comments] == ["hello again"]
    assert len(site.issue("PAY-1").links) == 1


def test_it_sees_boards_and_sprints(site: Site, jira: JIRA) -> None:
    board = site.add_board("Payments", "PAY")
    site.add_sprint(board.id, "S 1", start=START, state="active")
    assert [b.name for b in jira.boards()] == ["Payments"]
    assert [s.name for s in jira.sprints(board.id)] == ["S 1"]

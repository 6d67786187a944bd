"""The pages for people: what they show, and that text from issues is never more than text there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from eal_jira.sandbox import Create, Move, Say, Site
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, small_site

HOSTILE = '<script>alert(1)</script> {{ 7 * 7 }} "><img src=x onerror=alert(1)> [x|javascript:alert(1)]'


def page(connect: Connect, site: Site, path: str, **query: Any) -> str:
    answer = requests.get(connect(site).url + path, params=query, timeout=10)
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.text


@pytest.fixture
def site(flavour: str) -> Site:
    site = small_site(flavour)
    site.perform(
        Create(
            START,
            "ada",
            "PAY-1",
            "Story",
            "Pay by card",
            {"labels": ["eal-deviation"], "description": "Why\n\n* one\n* two"},
        )
    )
    site.perform(Move(START + timedelta(hours=1), "ada", "PAY-1", "In Progress"))
    site.perform(Say(START + timedelta(hours=2), "bob", "PAY-1", "Looks *good*"))
    site.perform(Create(START, "bob", "WEB-1", "Bug", "Page is slow"))
    site.write("bot").property(site.issue("PAY-1"), "eal-jira", {"deviations": ["review-before-done"]})
    return site


def test_the_list_shows_every_issue_and_filters(connect: Connect, site: Site) -> None:
    assert {"PAY-1", "WEB-1"} <= set(page(connect, site, "/").replace("/browse/", " ").replace('"', " ").split())
    assert "WEB-1" not in page(connect, site, "/", project="PAY")
    assert "WEB-1" not in page(connect, site, "/", label="eal-deviation")
    assert "PAY-1" not in page(connect, site, "/", text="SLOW")
    assert "No issue fits." in page(connect, site, "/", text="nothing says this")


def test_an_issue_shows_all_that_is_known(connect: Connect, site: Site) -> None:
    html = page(connect, site, "/browse/PAY-1")
    for said in (
        "Pay by card",
        "Ada Lovelace",
        "<li><p>one</p>",
        "<strong>good</strong>",
        "review-before-done",
        "In Progress",
    ):
        assert said in html.replace("\n", ""), said
    assert "To Do" in html, "the history says where it came from"


def test_an_unknown_key_is_a_page_that_says_so(connect: Connect, site: Site) -> None:
    answer = requests.get(connect(site).url + "/browse/PAY-99", timeout=10)
    assert answer.status_code == 404
    assert "There is no issue PAY-99" in answer.text


def test_hostile_text_is_only_text(connect: Connect) -> None:
    site = small_site()
    link = {"type": "text", "text": "x", "marks": [{"type": "link", "attrs": {"href": "javascript:alert(1)"}}]}
    document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [link]}]}
    site.perform(Create(START, "ada", "PAY-1", "Story", HOSTILE, {"description": document, "environment": HOSTILE}))
    site.perform(Say(START, "ada", "PAY-1", HOSTILE))
    site.write("ada").property(site.issue("PAY-1"), "p", {HOSTILE: HOSTILE})
    for path in "/", "/browse/PAY-1", "/browse/" + requests.utils.quote(HOSTILE.replace("/", "")):
        html = page(connect, site, path)
        for bad in "<script", "<img", 'href="javascript', ">49<":
            assert bad not in html


def test_a_document_as_deep_as_jira_takes_it_is_shown(connect: Connect) -> None:
    from eal_jira.sandbox.text import adf

    inner: Any = {"type": "paragraph", "content": [{"type": "text", "text": "bottom"}]}
    document: Any = None
    while document is None or adf.problem(document) is None:
        deepest, inner = (
            document,
            {"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "paragraph"}, inner]}]},
        )
        document = {"type": "doc", "version": 1, "content": [inner]}
    site = small_site()
    site.perform(Create(START, "ada", "PAY-1", "Story", "Deep", {"description": deepest}))
    assert "bottom" in page(connect, site, "/browse/PAY-1")

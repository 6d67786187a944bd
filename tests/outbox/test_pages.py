"""A place for pages that is away holds back its own pages and nothing else, and `status` says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from eal_jira.adapters import Adapters
from eal_jira.errors import AnswerUnknown, EalError, NotAllowed, TrackerUnreachable, TryLater
from eal_jira.hookspecs import Pages
from eal_jira.model import Page, PageRef
from eal_jira.outbox.deliver import Delivered, Outbox
from eal_jira.outbox.intents import Described, PutPage, Ticket
from eal_jira.sandbox.faults import Reset
from eal_jira.store import work
from tests.outbox.conftest import TICKET, Bench, Once

FIRST, SECOND = (PutPage("wiki", Page(f"retro:{n}", "Team", f"Retro {n}", "Hello.")) for n in (1, 2))
FILE = PutPage("html", Page("retro:1", "Team", "Retro 1", "Hello."))


class Away(Pages):
    """A place that can't be reached, until it can."""

    def __init__(self, error: EalError | None) -> None:
        self.error = error
        self.asked: list[str] = []

    def put(self, page: Page) -> PageRef:
        self.asked.append(page.key)
        if self.error is not None:
            raise self.error
        return PageRef(page.key, "")


def deliver(bench: Bench, place: Pages, folder: Path) -> Delivered:
    pages = {"wiki": place, "html": Adapters.installed().pages("html", {"folder": str(folder)}, folder)}
    with bench.tracker() as tracker:
        return Outbox(bench.store, tracker, pages, bench.bounds).deliver(tracker.whoami().now)


def told(bench: Bench) -> list[str]:
    with bench.store.read() as connection:
        return [item.reason for item, _ in work.listed(connection) if item.kind == "pages"]


@pytest.mark.parametrize(
    "error",
    [TrackerUnreachable("No wiki."), NotAllowed("No."), TryLater("Later.", wait=timedelta(minutes=5))],
    ids=lambda error: type(error).__name__,
)
def test_a_place_that_is_away_stops_neither_the_tracker_nor_other_places(
    bench: Bench, tmp_path: Path, error: EalError
) -> None:
    place = Away(error)
    bench.wants(FIRST, SECOND, FILE, TICKET)
    report = deliver(bench, place, tmp_path)
    assert report.stopped == ""
    assert [bench.state(wish) for wish in (FIRST, SECOND, FILE, TICKET)] == ["waiting", "waiting", "done", "done"]
    assert len(place.asked) == 1
    assert told(bench) == [str(error)]
    place.error = None
    bench.later(timedelta(hours=2))
    deliver(bench, place, tmp_path)
    assert [bench.state(wish) for wish in (FIRST, SECOND)] == ["done", "done"]
    assert told(bench) == []


def test_one_page_that_is_busy_holds_back_no_other_of_its_place(bench: Bench, tmp_path: Path) -> None:
    place = Away(TryLater("Somebody writes on it.", about="issue"))
    bench.wants(FIRST, SECOND)
    deliver(bench, place, tmp_path)
    assert sorted(place.asked) == ["retro:1", "retro:2"]


def test_a_put_whose_answer_was_lost_is_put_again_at_the_next_delivery(bench: Bench, tmp_path: Path) -> None:
    place = Away(AnswerUnknown("Lost."))
    bench.wants(FIRST)
    deliver(bench, place, tmp_path)
    assert bench.state(FIRST) == "unknown"
    place.error = None
    deliver(bench, place, tmp_path)
    assert bench.state(FIRST) == "done"


def test_a_page_in_confluence_stands_once_after_its_answer_was_lost(bench: Bench, tmp_path: Path) -> None:
    wiki = bench.site.wiki
    space = wiki.add_space("TEAM", "The team", "ann")
    user, token = bench.site.credentials("bot")
    url = f"{bench.url}/wiki" if bench.site.flavour == "cloud" else f"{bench.url}/confluence"
    table = {"url": url, "space": "TEAM", **({"user": user} if user else {})}
    place = Adapters.installed().pages("confluence", table, tmp_path, lambda: token)
    ending = "/pages" if bench.site.flavour == "cloud" else "/content"
    bench.site.faults = Once("POST", ending, Reset(after_effect=True))
    bench.wants(FIRST, TICKET)
    deliver(bench, place, tmp_path)
    assert (bench.state(FIRST), bench.state(TICKET)) == ("unknown", "done")
    deliver(bench, place, tmp_path)
    (page,) = [page for page in wiki.pages.values() if page.id != space.home]
    assert bench.state(FIRST) == "done"
    assert (bench.row(FIRST).result or {})["id"] == str(page.id)


def test_a_retro_that_is_an_issue_is_made_once_and_then_edited_in_place(bench: Bench) -> None:
    ticket = Ticket("retro/one", "EAL", "Task", "A retro", "First.", ("eal-retro",), shared=True)
    bench.wants(ticket, Described("retro/one", "First."))
    assert bench.deliver().written == 1
    bench.wants(Described("retro/one", "Second."))
    bench.deliver()
    (key,) = bench.tickets()
    said = str(bench.site.issue(key).fields["description"])
    assert "Second" in said
    assert "First" not in said
    assert bench.state(Described("retro/one", "")) == "done"

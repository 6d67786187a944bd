"""A sandbox wiki for the tests of the pages adapter, and what people do on it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from eal_jira.hookspecs import PatienceInMemory
from eal_jira.model import Figure, Page
from eal_jira.sandbox import Person, RequestEntry, Site, VirtualClock, serve
from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.wiki.state import Page as WikiPage
from eal_pages_confluence.options import Options, read_options
from eal_pages_confluence.site import Confluence

ANN, BOT = "712020:ann", "712020:bot"
FIGURE = Figure("cycle", "Cycle time", "Half took under 3 days.", ("issue",), (("PAY-1",),), "", "aW1hZ2U=")
BODY = "Hello **you**.\n\n## How it went\n\nIt went well, on the whole.\n\n![How?](figure:cycle)\n\n- one\n- two\n"
PAGE = Page("retro:1", "Payments", "Payments: retro March 2026", BODY, (FIGURE,), "2026-03-31")


def figure(content: bytes) -> Figure:
    return Figure("cycle", "Cycle time", "Half took.", ("a",), (("b",),), "", base64.b64encode(content).decode())


class WikiWorld:
    def __init__(self, site: Site, url: str) -> None:
        self.site, self.wiki = site, site.wiki
        self.url = f"{url}/wiki" if site.flavour == "cloud" else f"{url}/confluence"
        self.space = site.wiki.add_space("TEAM", "The team", ANN)
        self.waits: list[float] = []

    def options(self, **given: object) -> Options:
        user, token = self.site.credentials(BOT)
        table = {"url": self.url, "space": "TEAM", **({"user": user} if user else {}), **given}
        return read_options(table, lambda: token)

    def pages(self, **given: object) -> Confluence:
        """A fresh one, as after a restart."""
        return Confluence(self.options(**given), PatienceInMemory(), self.waits.append)

    def ours(self) -> list[WikiPage]:
        """Pages beside the homepage, those in the trash left out."""
        return [p for p in self.wiki.pages.values() if p.id != self.space.home and p.status == "current"]

    @property
    def page(self) -> WikiPage:
        (page,) = self.ours()
        return page

    @property
    def body(self) -> str:
        return self.page.now.body

    def edit(self, change: Callable[[str], str]) -> None:
        self.wiki.write(self.page.id, change, ANN)

    @contextmanager
    def counted(self) -> Iterator[list[RequestEntry]]:
        before = len(self.site.requests)
        arrived: list[RequestEntry] = []
        yield arrived
        arrived.extend(self.site.requests[before:])


@contextmanager
def served(flavour: Flavour) -> Iterator[WikiWorld]:
    site = Site(flavour, VirtualClock(datetime(2026, 4, 1, 9, tzinfo=UTC)))
    site.add_person(Person(ANN, "Ann"))
    site.add_person(Person(BOT, "Bot"))
    with serve(site) as running:
        yield WikiWorld(site, running.url)

"""A site asked where it stands answers, and fails, as it does over a socket: what the histories rely on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from eal_jira.errors import EalError
from eal_jira.hookspecs import Connection, PatienceInMemory
from eal_jira.sandbox import Create, Person, ProjectPlan, Site, VirtualClock, serve
from eal_jira.sandbox.faults import Cut, Fault, Instead, Reset, Rewrite, Silence, Times, login_page, on, unavailable
from eal_tracker_jira.limits import Limits
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker
from tests.direct import reached

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FAULTS = [
    Reset(after_effect=False),
    Reset(after_effect=True),
    Silence(),
    Cut(20),
    Cut(0),
    Instead(502, b"<html>Bad Gateway</html>", "text/html"),
    Instead(429, b"{}", headers={"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"}),
    Rewrite(lambda body: body[:-1]),
    login_page(),
    unavailable("3"),
]


@contextmanager
def opened(flavour: Literal["cloud", "datacenter"], direct: bool) -> Iterator[tuple[Site, JiraTracker]]:
    clock = VirtualClock(NOW)
    site = Site(flavour=flavour, clock=clock)
    site.add_person(Person("bot", "Bot"))
    site.add_person(Person("ann", "Ann"))
    site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Done", "done"))))
    site.perform(Create(NOW, "ann", "P-1", "Task", "Überweisung 日本語"))
    user, token = site.credentials("bot")

    def wait(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    with reached(site) if direct else serve(site) as way:
        url = way if isinstance(way, str) else way.url
        patience = PatienceInMemory()
        connection = Connection(url, user, lambda: token, {}, patience)
        tracker = JiraTracker(connection, Options(timeout=0.5), wait, Limits(patience, wait, clock.now))
        yield site, tracker
        tracker.close()


def told(site: Site, tracker: JiraTracker) -> tuple[str, str]:
    try:
        page = tracker.read([str(site.issue("P-1").id)])
    except EalError as error:
        # traces are numbered by chance, and addresses differ
        words = [word for word in str(error).split() if not word.startswith(("127.0.0.1", "sandbox.invalid"))]
        return type(error).__name__, " ".join(words).split(", trace")[0]
    return "read", " ".join(record.issue.summary for record in page.records)


@pytest.mark.parametrize(("flavour", "times"), [("cloud", 1), ("cloud", 10), ("datacenter", 1)])
def test_each_fault_looks_the_same_without_a_socket(flavour: Literal["cloud", "datacenter"], times: int) -> None:
    outcomes = []
    for direct in (True, False):
        found = []
        for what in FAULTS:
            with opened(flavour, direct) as (site, tracker):
                tracker.whoami()
                tracker.vocabulary()
                method, path = ("POST", "/bulkfetch") if flavour == "cloud" else ("GET", f"/{site.issue('P-1').id}")
                site.faults = Times(on(method, path), what, times=times)
                found.append((told(site, tracker), len(site.requests), [request.status for request in site.requests]))
        outcomes.append(found)
    direct_ones, served_ones = outcomes
    assert direct_ones == served_ones
    if times == 1:
        assert direct_ones[0][0] == ("read", "Überweisung 日本語"), "the second attempt brings it"


def test_every_kind_of_fault_is_compared() -> None:
    kinds = {type(what) for what in FAULTS}
    assert kinds == set(Fault.__args__) - {next(kind for kind in Fault.__args__ if kind.__name__ == "Delay")}

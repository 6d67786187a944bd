"""What stands twice after all is found, healed within one cycle, and counted; what is not ours is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eal_jira.model import TicketDraft
from eal_jira.outbox.bounds import SEARCH_LAG
from eal_jira.outbox.duplicates import LABEL, choose
from eal_jira.outbox.intents import Comment
from eal_jira.sandbox.faults import Reset, Times, on
from eal_jira.store import intents, issues, strays
from eal_jira.testing.builders import STATUSES

from .conftest import TICKET, Bench


def live(bench: Bench) -> list[str]:
    """Keys of the tickets that stand for the wish: neither closed nor marked as put away."""
    done = {status.id for status in bench.site.catalogue.statuses.values() if status.category == "done"}
    return [
        issue.key
        for issue in bench.site.issues.values()
        if issue.key.startswith("EAL-") and issue.fields["status"] not in done and LABEL not in issue.fields["labels"]
    ]


def create_late(bench: Bench) -> None:
    """The request whose connection had gone takes effect now: too late for everybody who waited for it."""
    with bench.tracker() as tracker:
        tracker.whoami()
        tracker.create(
            TicketDraft(TICKET.project, TICKET.type, TICKET.summary, TICKET.body, TICKET.marker, TICKET.labels)
        )


def read_words(bench: Bench) -> None:
    with bench.tracker() as tracker, bench.store.write() as connection:
        issues.save_vocabulary(connection, tracker.vocabulary())


def test_a_request_that_takes_effect_after_the_window_is_healed_within_one_cycle(bench: Bench) -> None:
    read_words(bench)
    bench.wants(TICKET)
    bench.site.faults = Times(on("POST", "/issue"), Reset(after_effect=False))
    bench.until_done(TICKET)
    bench.site.index_lag = timedelta(minutes=15)
    create_late(bench)
    assert len(live(bench)) == 2
    bench.later(timedelta(minutes=16))
    assert bench.deliver().healed == 1
    first, second = sorted(bench.tickets())
    assert live(bench) == [first]
    assert bench.site.catalogue.statuses[bench.site.issue(second).fields["status"]].category == "done"
    (link,) = bench.site.links.values()
    kind = bench.site.catalogue.link_types[link.type]
    assert (kind.name, bench.site.issues[link.outward].key, bench.site.issues[link.inward].key) == (
        "Duplicate",
        second,
        first,
    )
    written = len(bench.site.journal)
    bench.later(timedelta(minutes=5))
    assert bench.deliver().healed == 0
    assert len(bench.site.journal) == written
    with bench.store.read() as connection:
        assert strays.healed(connection) == 1


def test_a_ticket_that_nobody_could_see_for_longer_than_the_window_is_the_one_that_stays(bench: Bench) -> None:
    """Neither its key nor the search shows it, until after the create was sent again: the older one is kept."""
    read_words(bench)
    bench.wants(TICKET)
    bench.site.faults = Times(on("POST", "/issue"), Reset(after_effect=True))
    bench.deliver()
    (first,) = bench.tickets()
    bench.site.restrict(first, ["ann"])
    bench.until_done(TICKET)
    assert len(bench.tickets()) == 2
    bench.site.restrict(first, None)
    bench.later(timedelta(minutes=1))
    assert bench.deliver().healed == 1
    assert live(bench) == [first]
    assert (bench.row(TICKET).result or {})["key"] == first
    note = Comment("decision/one", "Approved.", ticket=TICKET.marker)
    bench.wants(note)
    bench.deliver()
    assert len(bench.site.issue(first).comments) == 1


@pytest.mark.parametrize("lag", [0, 3, 10])
@pytest.mark.parametrize("after_effect", [True, False])
def test_however_far_search_is_behind_within_the_window_there_is_one_ticket(
    bench: Bench, lag: int, after_effect: bool
) -> None:
    bench.site.index_lag = timedelta(minutes=lag)
    bench.wants(TICKET)
    bench.site.faults = Times(on("POST", "/issue"), Reset(after_effect))
    bench.until_done(TICKET)
    bench.later(SEARCH_LAG)
    bench.wants(TICKET)
    assert bench.deliver().healed == 0
    assert len(bench.tickets()) == 1


def test_a_comment_that_stands_twice_stands_once_again(bench: Bench) -> None:
    issue = bench.site.issue("P-1")
    comment = Comment("deviation/one", "What made that better?", issue_id=str(issue.id))
    bench.wants(comment)
    bench.site.faults = Times(on("POST", "/comment"), Reset(after_effect=False))
    bench.until_done(comment)
    with bench.tracker() as tracker:
        tracker.whoami()
        tracker.add_comment(str(issue.id), "What made that better?", "deviation/one")
    first = min(each.id for each in issue.comments)
    bench.later(timedelta(minutes=1))
    assert bench.deliver().healed == 1
    assert [each.id for each in issue.comments] == [first]


def test_a_second_ticket_is_put_away_where_that_means_no_decision() -> None:
    todo, *_, done = STATUSES
    named = [type(done)(str(n), name, done.category) for n, name in enumerate(("Approved", "Declined", "Closed"))]
    assert choose([todo, *named], ["Declined"], ["Approved"]) == named[2]
    assert choose(named[:2], ["Declined"], ["Approved"]) == named[1]
    assert choose(named[:1], ["Declined"], ["Approved"]) is None


def test_what_an_operator_tries_again_is_looked_up_first(bench: Bench) -> None:
    """Parked in the middle of a lost answer, then released: the ticket that is there already is found."""
    bench.wants(TICKET)
    bench.site.faults = Times(on("POST", "/issue"), Reset(after_effect=True))
    bench.deliver()
    with bench.store.write() as connection:
        intents.mark(connection, TICKET.key, intents.PARKED)
    with bench.store.write() as connection:
        intents.release(connection, bench.row(TICKET))
    assert bench.state(TICKET) == "unknown"
    bench.until_done(TICKET)
    assert len(bench.tickets()) == 1

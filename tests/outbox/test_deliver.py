"""Written once, whatever happens to the answer; refused wishes are parked; nobody's words are lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from eal_jira.outbox.deliver import SEARCH_LAG
from eal_jira.outbox.intents import Comment, Tag
from eal_jira.sandbox.acts import Edit
from eal_jira.sandbox.faults import Exchange, Fault, Instead, Reset
from eal_jira.store import work

from .conftest import NOW, TICKET, Bench, Once, new_store


def tag(bench: Bench, sentence: str = "Why?") -> Tag:
    return Tag(
        str(bench.site.issue("P-1").id), ("eal-deviation",), (), {"schema": 1, "deviations": [{"what": sentence}]}
    )


def test_a_ticket_is_made_once_and_never_again(bench: Bench) -> None:
    bench.wants(TICKET)
    assert bench.deliver().written == 1
    bench.wants(TICKET)
    assert bench.deliver().written == 0
    assert len(bench.tickets()) == 1


@pytest.mark.parametrize("fault", [Reset(after_effect=True), Instead(503, after_effect=True)])
def test_a_create_whose_answer_was_lost_is_adopted_and_not_repeated(bench: Bench, fault: Fault) -> None:
    """Trap 13: the server made the ticket, then the connection broke."""
    bench.wants(TICKET)
    bench.site.faults = Once("POST", "/issue", fault)
    bench.deliver()
    assert bench.state(TICKET) == "unknown"
    bench.deliver()
    assert bench.state(TICKET) == "done"
    assert len(bench.tickets()) == 1


def test_a_create_that_never_happened_is_sent_again_only_after_the_search_must_have_caught_up(bench: Bench) -> None:
    bench.wants(TICKET)
    bench.site.faults = Once("POST", "/issue", Reset(after_effect=False))
    bench.deliver()
    for _ in range(int(SEARCH_LAG / timedelta(minutes=2)) - 1):
        bench.later(timedelta(minutes=2))
        bench.deliver()
        assert bench.tickets() == []
    bench.later(timedelta(minutes=4))
    bench.deliver()
    assert bench.state(TICKET) == "done"
    assert len(bench.tickets()) == 1


def test_search_lagging_three_minutes_makes_no_second_ticket(bench: Bench) -> None:
    """Trap 14: the answer is lost, we restart, and search does not show the ticket yet."""
    bench.site.index_lag = timedelta(minutes=3)
    bench.wants(TICKET)
    bench.site.faults = Once("POST", "/issue", Reset(after_effect=True))
    bench.deliver()
    for _ in range(8):
        bench.later(timedelta(minutes=2))
        bench.deliver()
    assert len(bench.tickets()) == 1
    assert bench.state(TICKET) == "done"


def test_with_an_empty_database_the_ticket_is_found_again(bench: Bench, new_store_url: Callable[[], str]) -> None:
    bench.wants(TICKET)
    bench.deliver()
    bench.later(timedelta(hours=1))
    bench.store.close()
    bench.store = new_store(new_store_url())
    bench.wants(TICKET)
    assert bench.deliver().written == 0
    assert len(bench.tickets()) == 1


def test_a_label_that_a_person_adds_meanwhile_survives(bench: Bench) -> None:
    """Trap 15: we never write the whole set."""
    bench.wants(tag(bench))
    bench.site.perform(Edit(NOW, "ann", "P-1", "labels", ["hers", "just-now"]))
    bench.deliver()
    assert set(bench.site.issue("P-1").fields["labels"]) == {"hers", "just-now", "eal-deviation"}


def test_a_tag_that_is_there_already_is_not_written_again(bench: Bench) -> None:
    bench.wants(tag(bench))
    assert bench.deliver().written == 1, "label and property travel together"
    bench.wants(tag(bench, "Why?"), tag(bench, "Why not?"))
    assert bench.deliver().written == 1, "only the property differs"


def test_what_the_tracker_refuses_is_parked_with_its_reason_and_stops_nothing(bench: Bench) -> None:
    lost = Tag("99999999", ("eal-deviation",), (), {"schema": 1, "deviations": []})
    bench.wants(lost, tag(bench))
    bench.deliver()
    assert (bench.state(lost), bench.state(tag(bench))) == ("parked", "done")
    with bench.store.read() as connection:
        (aside,) = [item for item, _ in work.listed(connection) if item.kind == "intent"]
    assert aside.ref == lost.key
    assert aside.reason


def test_a_comment_whose_answer_was_lost_stands_once(bench: Bench) -> None:
    comment = Comment("deviation/one", "What made that better?", issue_id=str(bench.site.issue("P-1").id))
    bench.wants(comment)
    bench.site.faults = Once("POST", "/comment", Reset(after_effect=True))
    bench.deliver()
    bench.deliver()
    assert bench.state(comment) == "done"
    assert len(bench.site.issue("P-1").comments) == 1


def test_a_comment_on_a_ticket_goes_out_behind_it_even_when_its_answer_was_lost(bench: Bench) -> None:
    note = Comment("decision/one", "Approved.", ticket=TICKET.marker)
    bench.wants(TICKET, note)
    bench.site.faults = Once("POST", "/issue", Reset(after_effect=True))
    bench.deliver()
    assert (bench.state(TICKET), bench.state(note)) == ("unknown", "waiting")
    bench.deliver()
    assert (bench.state(TICKET), bench.state(note)) == ("done", "done")
    assert len(bench.site.issue(bench.tickets()[0]).comments) == 1


def test_a_tracker_that_is_away_leaves_everything_waiting(bench: Bench) -> None:
    bench.wants(tag(bench))
    bench.site.faults = Down()
    done = bench.deliver()
    assert done.stopped
    assert bench.state(tag(bench)) == "waiting"
    bench.site.faults = None
    bench.deliver()
    assert bench.state(tag(bench)) == "done"


class Down:
    """Every write and look fails; who we are is still told."""

    def fault(self, exchange: Exchange) -> Fault | None:
        return None if exchange.path.endswith(("/myself", "/serverInfo")) else Instead(503)

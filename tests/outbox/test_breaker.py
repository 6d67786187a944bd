"""The breaker stops floods and loops, says so once, and later lets go on what was only too fast."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.outbox.bounds import CONVERSATION_ENDS, Bounds
from eal_jira.outbox.breaker import HOUR, Effect, Held, check
from eal_jira.outbox.intents import Comment, Ticket
from eal_jira.sandbox.faults import Instead, Times
from eal_jira.store import work

from .conftest import NOW, Bench

MINUTES = st.lists(st.integers(0, 300), max_size=60).map(sorted)


def notices(bench: Bench) -> list[str]:
    with bench.store.read() as connection:
        return [item.ref for item, _ in work.listed(connection) if item.kind == "breaker"]


def held_back(effect: Effect, sent: list[datetime], now: datetime, bounds: Bounds) -> Held | None:
    try:
        check(effect, sent, now, bounds)
    except Held as held:
        return held
    return None


@given(MINUTES, st.integers(1, 12))
def test_whatever_is_wanted_when_no_hour_has_more_tickets_than_allowed(wanted: list[int], most: int) -> None:
    sent: list[datetime] = []
    for minute in wanted:
        now = NOW + timedelta(minutes=minute)
        held = held_back(Effect("ticket", "EAL"), sent, now, Bounds(tickets_per_hour=most))
        if held is None:
            sent.append(now)
        else:
            assert held.until is not None
            assert now < held.until <= now + HOUR
    assert all(sent[i + most] - sent[i] >= HOUR for i in range(len(sent) - most))


@given(MINUTES)
def test_a_conversation_has_three_replies_and_a_day_of_silence_begins_another(wanted: list[int]) -> None:
    sent: list[datetime] = []
    for minute in wanted:
        now = NOW + timedelta(minutes=minute * 10)
        held = held_back(Effect("reply", "P-1"), sent, now, Bounds())
        if held is None:
            sent.append(now)
        else:
            assert held.until is None
            assert len(sent) >= 3
            assert now - sent[-1] <= CONVERSATION_ENDS
    for four in zip(sent, sent[1:], sent[2:], sent[3:], strict=False):
        assert any(b - a > CONVERSATION_ENDS for a, b in pairwise(four))


def test_eleven_and_more_tickets_within_an_hour_wait_and_follow_later(bench: Bench) -> None:
    tickets = [Ticket(f"proposal/{n}", "EAL", "Task", f"Proposal {n}", "Why") for n in range(23)]
    bench.wants(*tickets)
    done = bench.deliver()
    assert (len(bench.tickets()), done.postponed) == (10, 13)
    for _ in range(3):
        bench.later(timedelta(minutes=10))
        bench.deliver()
        assert len(bench.tickets()) == 10
        assert notices(bench) == ["ticket EAL"], "one notice, however often it is met"
    bench.later(timedelta(minutes=31))
    bench.deliver()
    assert len(bench.tickets()) == 20
    bench.later(timedelta(minutes=61))
    bench.deliver()
    assert len(bench.tickets()) == 23
    assert notices(bench) == []


def test_one_comment_on_an_issue_in_ten_minutes_the_others_follow(bench: Bench) -> None:
    here = str(bench.site.issue("P-1").id)
    comments = [Comment(f"deviation/{n}", f"Question {n}", issue_id=here) for n in range(3)]
    bench.wants(*comments)
    for minute in range(25):
        bench.deliver()
        assert len(bench.site.issue("P-1").comments) == 1 + minute // 10
        # a little more, for a delivery takes its time
        bench.later(timedelta(minutes=1, seconds=1))
    assert notices(bench) == []
    at = [comment.created for comment in bench.site.issue("P-1").comments]
    assert all(b - a >= timedelta(minutes=10) for a, b in pairwise(at))


def test_a_request_that_was_refused_for_there_were_too_many_is_not_counted(bench: Bench) -> None:
    comment = Comment("deviation/one", "What made that better?", issue_id=str(bench.site.issue("P-1").id))
    bench.wants(comment)
    busy = Instead(429, b"{}", headers={"Retry-After": "5", "RateLimit-Reason": "jira-per-issue-on-write"})
    bench.site.faults = Times(lambda e: e.method == "POST", busy)
    bench.deliver()
    assert bench.site.issue("P-1").comments == []
    bench.later(timedelta(seconds=30))
    bench.deliver()
    assert len(bench.site.issue("P-1").comments) == 1


def test_a_loop_with_an_automation_ends_after_three_replies_and_one_notice(bench: Bench) -> None:
    """The echo filter is off: we answer every comment, our own included, and a rule of Jira's answers each of ours."""
    issue = bench.site.issue("P-1")
    bench.site.write("ann").comment(issue, "@eal help", {})
    answered: set[int] = set()
    for _ in range(12):
        for comment in list(issue.comments):
            if comment.id not in answered:
                answered.add(comment.id)
                bench.wants(Comment(f"reply/{comment.id}", "I can help.", str(issue.id), conversation=str(issue.id)))
        before = len(issue.comments)
        bench.deliver()
        for _ in issue.comments[before:]:
            bench.site.write("bot", bench.now).comment(issue, "An automation under our account says thanks.", {})
        bench.later(timedelta(minutes=5))
    ours = [comment for comment in issue.comments if "eal-jira" in comment.properties]
    assert len([c for c in ours if c.properties["eal-jira"]["marker"].startswith("reply/")]) == 3
    assert len([c for c in ours if c.properties["eal-jira"]["marker"].startswith("breaker/")]) == 1
    assert len(ours) == 4
    assert notices(bench) == [f"reply {issue.id}"]
    # a day of silence later somebody asks again: that is another conversation
    bench.later(timedelta(hours=25))
    bench.wants(Comment("reply/later", "I can help.", issue_id=str(issue.id), conversation=str(issue.id)))
    bench.deliver()
    assert len([c for c in issue.comments if "eal-jira" in c.properties]) == 5
    assert notices(bench) == []

"""Experiments as tickets: offered, read, begun, stopped, and judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from eal_jira.learning.plans import Plan
from eal_jira.outbox.intents import Ticket, want
from eal_jira.stages.experiments import offer
from eal_jira.store import experiments, intents

from .test_incremental import BEGIN, opened

NOW = BEGIN + timedelta(days=10)
PLAN = Plan(
    title="Small batches",
    hypothesis="Reviewed while it is written, a story is done sooner.",
    team="Team",
    guideline="g0",
    guards=("returns",),
    label="small-batches",
    origin="proposal/x",
)


def test_an_offer_is_one_ticket_with_the_plan_filled_in_and_linked_to_what_it_comes_from() -> None:
    with opened() as house:
        (team,) = house.teams
        with house.store.write() as connection:
            want(connection, "Team", Ticket("proposal/x", "EAL", "Task", "A proposal", "…"), NOW)
            key = offer(house, connection, team, PLAN, NOW)
            assert offer(house, connection, team, PLAN, NOW + timedelta(days=1)) == key
            assert offer(house, connection, team, replace(PLAN, origin="proposal/y"), NOW) == key, "one is under way"
        with house.store.read() as connection:
            ticket = intents.get(connection, f"ticket:{key}")
            (row,) = experiments.listed(connection, "Team")
            made = [each.key for each in intents.listed(connection, ["waiting"])]
        assert ticket is not None
        assert "Hypothesis**: Reviewed while it is written" in ticket.payload["body"]
        assert "Start**: when moved" in ticket.payload["body"]
        assert (row.state, row.origin) == ("offered", "proposal/x")
        assert f"link:Relates:{key}:proposal/x" in made
        assert len(made) == 3


def test_an_offer_of_the_same_origin_is_made_once_even_after_it_has_ended() -> None:
    with opened() as house:
        (team,) = house.teams
        with house.store.write() as connection:
            key = offer(house, connection, team, PLAN, NOW)
            experiments.change(connection, key, state="works")
            assert offer(house, connection, team, PLAN, NOW) == key
            assert offer(house, connection, team, replace(PLAN, origin="practice/z"), NOW) != key

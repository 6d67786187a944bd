"""Experiments: offered, asked for, and begun; the ticket of each is its plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from eal_jira.learning.plans import WHEN_MOVED, Plan, lines_of
from eal_jira.model import IssueRef
from eal_jira.outbox.intents import Linked, Ticket, marker, want
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import Connection, experiments, intents
from eal_jira.store.experiments import ExperimentRow

LABEL = "eal-experiment"
"""Of the tickets of experiments that we make."""

UNDER_WAY = ("offered", "asking", "waiting", "running")


def offer(house: House, connection: Connection, team: TeamPart, plan: Plan, now: datetime) -> str:
    """An experiment ticket with this plan, ready to start; in the caller's transaction, with the decision behind it.

    Returns the experiment's key. One that is under way for the same guideline and label answers the same question:
    then its key is returned and nothing new is made. The same plan from the same origin is offered once, ever.
    """
    for row in experiments.listed(connection, team.name, UNDER_WAY):
        if _of_same(row, plan):
            return row.key
    key = marker("experiment", team.name, plan.guideline, plan.origin or plan.title)
    row = ExperimentRow(key, "", team.name, "offered", now, plan.origin, {"plan": plan.to_json()})
    if experiments.add(connection, row):
        file_ticket(
            house, connection, team, key, plan.title, lines_of(plan), now, origin=_ticket(house, connection, plan)
        )
        if plan.origin is not None and intents.get(connection, f"ticket:{plan.origin}") is not None:
            kind = house.settings.experiments.link
            want(connection, team.name, Linked(kind, ticket=key, other_ticket=plan.origin), now)
    return key


def file_ticket(
    house: House,
    connection: Connection,
    team: TeamPart,
    key: str,
    title: str,
    plan: Mapping[str, str],
    now: datetime,
    origin: Mapping[str, str] | None = None,
) -> None:
    """There is a ticket with these lines of a plan; from there on, what stands on the ticket counts."""
    waits = WHEN_MOVED in plan.get("Start", "")
    body = house.templates.render("experiment.md", {"plan": plan, "origin": origin, "waits": waits})
    part = house.settings
    kind = part.experiments.ticket_type or part.tracker.ticket_type
    want(connection, team.name, Ticket(key, part.tracker.learning_project, kind, title, body, (LABEL,)), now)


def _of_same(row: ExperimentRow, plan: Plan) -> bool:
    if row.design is None:
        return False
    other = Plan.from_json(row.design["plan"])
    return (other.guideline, other.label) == (plan.guideline, plan.label)


def _ticket(house: House, connection: Connection, plan: Plan) -> Mapping[str, str] | None:
    """Where the plan comes from, where that is a ticket that is there already."""
    found = None if plan.origin is None else intents.get(connection, f"ticket:{plan.origin}")
    if found is None or found.result is None:
        return None
    ref = IssueRef(str(found.result["id"]), str(found.result["key"]))
    return {"key": ref.key, "url": house.tracker.url(ref)}

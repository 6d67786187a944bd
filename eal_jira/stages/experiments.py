"""Experiments: offered, asked for, and begun; the ticket of each is its plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from eal_jira.learning.plan_text import lines_of
from eal_jira.learning.plans import WHEN_MOVED, Plan
from eal_jira.model import Issue, IssueRef
from eal_jira.outbox.intents import Linked, Ticket, marker, want
from eal_jira.reflection.experiments import quiet
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import Connection, experiments, facts, intents
from eal_jira.store.experiments import ExperimentRow

LABEL = "eal-experiment"
"""Of the tickets of experiments that we make."""

STAGE = "experiments"
"""Stage of work: issues that somebody has touched and whose comments nobody has looked at."""

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


def is_experiment(house: House, issue: Issue) -> bool:
    """The ticket of an experiment: by its type or one of its labels, in the learning project."""
    part = house.settings
    if issue.project != part.tracker.learning_project:
        return False
    types = {name.strip().casefold() for name in part.experiments.types}
    return issue.type.strip().casefold() in types or bool({LABEL, *part.experiments.labels}.intersection(issue.labels))


def team_of(house: House, name: str) -> TeamPart:
    """The team of this name; where nobody has said which, the first one speaks for all."""
    wanted = name.strip().casefold()
    return next((team for team in house.teams if team.name.casefold() == wanted), house.teams[0])


def stillness_of(house: House, connection: Connection, team: TeamPart, at: datetime) -> int | None:
    """For how many weeks the team had tried nothing on purpose, where that is long enough to wonder; else None."""
    state = facts.team(connection, team.name)
    if state is None or not team.experiments:
        return None
    begun = [row for row in experiments.listed(connection, team.name) if row.started is not None and row.started < at]
    running = sum(row.ended is None or row.ended >= at for row in begun)
    last = max((row.ended for row in begun if row.ended is not None), default=None)
    return quiet(running, last, state.first_cycle, at, house.settings.experiments.quiet_weeks)

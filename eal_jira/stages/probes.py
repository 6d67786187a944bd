"""A probe: the experiment that finds out on purpose what was only seen so far. It is offered; the team starts it."""

from __future__ import annotations

from datetime import datetime

from eal_jira.learning.practices import Practice
from eal_jira.reflection.probing import plan_for, plan_of_idea
from eal_jira.settings import TeamPart
from eal_jira.stages.experiments import offer
from eal_jira.stages.house import House
from eal_jira.store import Connection
from eal_jira.store.learning import ProposalRow


def offer_probe(
    house: House, connection: Connection, team: TeamPart, practice: Practice, origin: str, now: datetime
) -> str:
    """For a practice that does better, though not so surely that a change is proposed. The experiment's key."""
    return offer(house, connection, team, plan_for(team.name, practice, origin), now)


def try_first(house: House, connection: Connection, team: TeamPart, proposal: ProposalRow, now: datetime) -> str:
    """The experiment that a decision asks for. Its key."""
    seen = proposal.evidence
    if seen is not None:
        plan = plan_for(team.name, Practice.from_json(seen), proposal.key)
    else:
        title = str(proposal.body["version"]["title"])
        change = "; ".join(proposal.body["change"])
        plan = plan_of_idea(team.name, proposal.guideline, title, change, proposal.key)
    return offer(house, connection, team, plan, now)

"""A probe: the experiment that finds out on purpose what was only seen so far. It is offered; the team starts it."""

from __future__ import annotations

from datetime import datetime

from eal_jira.learning.practices import Practice
from eal_jira.outbox.intents import Ticket, marker, want
from eal_jira.process.versions import GuidelineVersion
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import Connection

EXPERIMENT_LABEL = "eal-experiment"


def offer_probe(
    house: House, connection: Connection, team: TeamPart, practice: Practice, version: GuidelineVersion, now: datetime
) -> None:
    key = marker("probe", team.name, version.guideline, f"v{version.version}", practice.subject)
    body = house.templates.render("probe.md", {"practice": practice, "current": version})
    part = house.settings.tracker
    title = f"{team.name}: try “{practice.label}” on purpose?"
    want(
        connection,
        team.name,
        Ticket(key, part.learning_project, part.ticket_type, title, body, (EXPERIMENT_LABEL,)),
        now,
    )

"""What the daemon's page for people shows, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eal_jira.checkup.expiry import token_warning
from eal_jira.model import IssueRef
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import Connection, bans, counts, facts, intents, issues, learning, work
from eal_jira.store.bans import Ban

SHOWN = 50
"""Of a list that can be long; how many more there are is said."""


@dataclass(frozen=True, slots=True)
class Reading:
    scope: str
    #: None: its first reading goes on
    behind: timedelta | None


@dataclass(frozen=True, slots=True)
class Team:
    name: str
    #: None: no cycle yet
    since: datetime | None
    #: False: its first plan waits for approval
    approved: bool
    planned: int
    #: None: fewer than the team's min_group, so no figure is shown
    deviations: int | None
    min_group: int
    retro_until: datetime | None


@dataclass(frozen=True, slots=True)
class Proposal:
    team: str
    title: str
    #: "" while its ticket is not there yet
    key: str
    url: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Aside:
    kind: str
    ref: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    at: datetime
    last_cycle: datetime | None
    readings: Sequence[Reading]
    teams: Sequence[Team]
    proposals: Sequence[Proposal]
    waiting: Sequence[counts.Waiting]
    aside: Sequence[Aside]
    more_aside: int
    bans: Sequence[Ban]
    token: str | None


def overview(house: House, now: datetime) -> Overview:
    settings = house.settings
    with house.store.read() as connection:
        aside = [Aside(item.kind, item.ref, item.reason, since) for item, since in work.listed(connection)]
        return Overview(
            at=now,
            last_cycle=facts.get_moment(connection, "last_cycle"),
            readings=[
                Reading(scope, None if mark.complete is None else max(timedelta(), now - mark.complete))
                for scope, mark in issues.watermarks(connection).items()
            ],
            teams=[_team(connection, team) for team in settings.teams],
            proposals=[*_proposals(house, connection)],
            waiting=counts.undelivered(connection),
            aside=aside[:SHOWN],
            more_aside=max(0, len(aside) - SHOWN),
            bans=bans.active(connection, now),
            token=token_warning(settings.tracker.token_expires, now),
        )


def _team(connection: Connection, part: TeamPart) -> Team:
    state = facts.team(connection, part.name)
    stand = sum(number for (team, _), number in counts.standing(connection).items() if team == part.name)
    planned = sum(n for (kind, _), n in intents.count(connection, part.name).items() if kind != "done")
    return Team(
        part.name,
        since=None if state is None else state.first_cycle,
        approved=state is not None and state.approved is not None,
        planned=planned,
        deviations=stand if stand >= part.min_group else None,
        min_group=part.min_group,
        retro_until=learning.last_retro_end(connection, part.name),
    )


def _proposals(house: House, connection: Connection) -> list[Proposal]:
    found = []
    for row in learning.proposals(connection):
        if row.state != "open":
            continue
        ticket = intents.get(connection, f"ticket:{row.key}")
        made = None if ticket is None else ticket.result
        ref = None if made is None else IssueRef(made["id"], made["key"])
        key, url = ("", "") if ref is None else (ref.key, house.tracker.url(ref))
        found.append(Proposal(row.team, row.body["title"], key, url, row.made))
    return found

"""The page of each team's guidelines, and the tickets that ask for another look on the day the team chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from eal_jira.learning.designs import Design
from eal_jira.learning.practices import Practice
from eal_jira.model import Page
from eal_jira.outbox.intents import Ticket, marker, want
from eal_jira.process.versions import GuidelineVersion, in_force
from eal_jira.reflection.guideline_page import Seen, Stillness, asked, often_enough, page
from eal_jira.settings import TeamPart
from eal_jira.stages import places
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.store import Connection, experiments, facts, intents, learning, process

REVIEW_LABEL, PAGE_LABEL = "eal-review", "eal-guidelines"


def write_guidelines(house: House, connection: Connection, team: TeamPart, now: datetime) -> int:
    """States the team's page and the reviews that are due. How many of them are new."""
    every, seen = versions(connection, team.name), process.ways(connection, team.name)
    if not every:
        return 0
    written = _page(house, connection, team, every, seen, now)
    today = now.astimezone(team.zone).date()
    for version in in_force(every, now):
        if version.review_on is not None and version.review_on <= today:
            written += _review(house, connection, team, version, seen, now)
    return written


def _page(
    house: House,
    connection: Connection,
    team: TeamPart,
    every: Sequence[GuidelineVersion],
    seen: Seen,
    now: datetime,
) -> int:
    wanted = [place for place in team.pages if _is_kept(house, place)]
    if not wanted:
        return 0
    practices = [Practice.from_json(row.body) for row in learning.practices(connection, team.name)]
    state = facts.team(connection, team.name)
    stirred = process.last_departures(connection, team.name)
    moments = [(row.guideline, row.decided or row.made) for row in learning.proposals(connection, team.name)]
    for guideline, at in (*moments, *_probes(connection, team.name)):
        stirred[guideline] = max(at, stirred.get(guideline, at))
    begun = now if state is None else state.first_cycle
    stillness = Stillness(stirred, begun, timedelta(days=team.quiet_days))
    content = page(every, now, team.zone, seen, practices, team.min_group, stillness)
    document = house.templates.render("guidelines.md", {"team": team.name, **content})
    written = Page(marker("guidelines", team.name), team.name, f"{team.name}: how we work", document)
    return places.put(house, connection, wanted, written, PAGE_LABEL, now)


def _probes(connection: Connection, team: str) -> Iterator[tuple[str, datetime]]:
    """Each experiment on a guideline that has begun, with when it last was something new."""
    for row in experiments.listed(connection, team):
        # before it has begun, there is only its plan
        if row.started is None or row.design is None:
            continue
        if guideline := Design.from_json(row.design).plan.guideline:
            yield guideline, row.ended or row.started


def _is_kept(house: House, place: str) -> bool:
    """A ticket whose words stay for ever is no page of what is in force."""
    return place != house.settings.tracker.adapter or house.tracker.capabilities.descriptions


def _review(
    house: House, connection: Connection, team: TeamPart, version: GuidelineVersion, seen: Seen, now: datetime
) -> int:
    """One ticket per guideline and day, whatever changes afterwards."""
    key = marker("review", team.name, version.guideline, version.review_on)
    part = house.settings.tracker
    title = f"{team.name}: look at the guideline “{version.title}” again"
    ways = often_enough(seen, version.guideline, team.min_group)
    document = house.templates.render(
        "review.md", {"team": team.name, "version": version, "rule": asked(version), "seen": ways, "reversed": ""}
    )
    ticket = Ticket(key, part.learning_project, part.ticket_type, title, document, (REVIEW_LABEL,))
    return 0 if intents.get(connection, ticket.key) else int(want(connection, team.name, ticket, now))

"""Each team's scorecard, made again with each of its retros."""

from __future__ import annotations

from datetime import datetime

from eal_jira.learning.practices import Practice
from eal_jira.model import Page
from eal_jira.outbox.intents import PutPage, marker, want
from eal_jira.process.versions import in_force
from eal_jira.reflection.follow import Known
from eal_jira.reflection.phases import Kept, phases
from eal_jira.reflection.scorecard import Evidence, Held, scorecard
from eal_jira.settings import TeamPart
from eal_jira.stages import said
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.store import facts, issues, learning
from eal_jira.store.learning import RetroRow

UNTIL = "scorecard until: "
"""Where the store remembers the retro that the page was last made with: killed in between, the next cycle makes it."""

SHOWN = 6
"""Retros whose time for reflection is told."""

A_YEAR_AND_MORE = 60
"""Retros that the two quarters are looked for in."""


def write_scorecard(house: House, team: TeamPart, now: datetime) -> int:
    """States the team's page. Where the tracker takes the pages there is none: a scorecard is no ticket."""
    places = [place for place in team.pages if place != house.settings.tracker.adapter]
    if not places:
        return 0
    with house.store.read() as connection:
        state = facts.team(connection, team.name)
        rows = learning.retros(connection, team.name, A_YEAR_AND_MORE)
        if state is None or not rows or facts.get_moment(connection, f"{UNTIL}{team.name}") == rows[0].end:
            return 0
        every = versions(connection, team.name)
        held = [_held(row) for row in rows]
        evidence = Evidence(
            versions=every,
            proposals=[said.outlook(house, connection, row) for row in learning.proposals(connection, team.name)],
            experiments=said.tried(house, connection, team.name),
            known=[
                Known(Practice.from_json(row.body), row.first_seen) for row in learning.practices(connection, team.name)
            ],
            actions=said.actions(house, connection, team.name, issues.vocabulary(connection)),
            retros=held,
            since=state.first_cycle,
            most_experiments=team.experiments,
            zone=team.zone,
            min_group=team.min_group,
        )
    end = rows[0].end
    owners = team.owners
    kept = Kept(
        guidelines_owned=bool(owners.guidelines),
        collaboration_owned=bool(owners.collaboration),
        data_owned=bool(owners.data),
        reflection_owned=bool(owners.reflection),
        approvers=bool(team.approvers),
        guidelines=in_force(every, end),
        retros=held,
        reflection_hours=team.reflection_hours,
    )
    context = {
        "team": team.name,
        "until": end.astimezone(team.zone).date(),
        "contrasts": scorecard(evidence, end),
        "phases": phases(kept),
        "times": [_time(row) for row in rows[:SHOWN]],
    }
    document = house.templates.render("scorecard.md", context)
    page = Page(marker("scorecard", team.name), team.name, f"{team.name}: how we learn", document)
    with house.store.write() as connection:
        facts.put_moment(connection, f"{UNTIL}{team.name}", end)
        return sum(want(connection, team.name, PutPage(place, page), now) for place in places)


def _held(row: RetroRow) -> Held:
    body = row.body or {}
    return Held(row.end, bool(body.get("question")), float(body.get("planned", 0)), float(body.get("used", 0)))


def _time(row: RetroRow) -> dict[str, object]:
    body = row.body or {}
    return {
        "title": body.get("title", row.period),
        "planned": float(body.get("planned", 0)),
        "used": float(body.get("used", 0)),
    }

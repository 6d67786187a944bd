"""The managers' digest: written when it is due, to every place that the config names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from eal_jira.learning.practices import Practice
from eal_jira.model import Page
from eal_jira.outbox.intents import PutPage, Ticket, marker, want
from eal_jira.reflection import digest as values
from eal_jira.reflection.notes import read_notes
from eal_jira.reflection.periods import next_tick
from eal_jira.settings import DigestPart, TeamPart
from eal_jira.stages import said
from eal_jira.stages.house import House
from eal_jira.store import Connection, facts, learning
from eal_jira.store.learning import RetroRow

MADE = "digest made"
LABEL = "eal-digest"
TITLE = "For managers: what waits for an answer"
PAGE = marker("digest")


def write_digest(house: House, now: datetime) -> int:
    """States the digest when it is due. A page is kept up to date; where it is a ticket, there is one each time."""
    part = house.settings.digest
    if part is None:
        return 0
    with house.store.read() as connection:
        last = facts.get_moment(connection, MADE)
        if last is not None and next_tick(part.cron, part.zone, last) > now:
            return 0
        approved = [team for team in house.teams if _approved(connection, team)]
        if not approved:
            return 0
        teams = [_material(house, connection, team) for team in approved]
    context = {"until": now.astimezone(part.zone).date(), "teams": values.digest(teams, now)}
    document = house.templates.render("digest.md", context)
    with house.store.write() as connection:
        facts.put_moment(connection, MADE, now)
        for place in part.pages:
            want(connection, approved[0].name, _intent(house, part, place, document, now), now)
    return 1


def asked_of(house: House, connection: Connection, team: str) -> str:
    """The open question that a manager wrote to this team on the digest; "" where none did."""
    part = house.settings.digest
    last = None if part is None else facts.get_moment(connection, MADE)
    if part is None or last is None:
        return ""
    keys = {place: _key(house, place, last) for place in part.pages}
    texts = [said.written_on(house, connection, [place], key) for place, key in keys.items()]
    return read_notes("\n".join(texts)).question_for(team)


def answered(newest: Sequence[RetroRow]) -> str:
    """The manager's question that the newest retro knew of: it has stood on a retro by now. "" where there was none."""
    return str((newest[0].body or {}).get("heard", "")) if newest else ""


def _key(house: House, place: str, made: datetime) -> str:
    return marker("digest", made.date().isoformat()) if place == house.settings.tracker.adapter else PAGE


def _intent(house: House, part: DigestPart, place: str, document: str, now: datetime) -> Ticket | PutPage:
    key = _key(house, place, now)
    tracker = house.settings.tracker
    if place == tracker.adapter:
        title = f"{TITLE} ({now.astimezone(part.zone).date()})"
        return Ticket(key, tracker.learning_project, tracker.ticket_type, title, document, (LABEL,))
    return PutPage(place, Page(key, "Managers", TITLE, document))


def _approved(connection: Connection, team: TeamPart) -> bool:
    state = facts.team(connection, team.name)
    return state is not None and state.approved is not None


def _material(house: House, connection: Connection, team: TeamPart) -> values.Material:
    candidates = [
        values.Candidate(
            said.outlook(house, connection, row),
            Practice.from_json(row.body["practice"]),
            tuple(row.body["change"]),
        )
        for row in learning.proposals(connection, team.name)
        if row.waits and "practice" in row.body
    ]
    question = asked_of(house, connection, team.name)
    if question == answered(learning.retros(connection, team.name, 1)):
        question = ""
    return values.Material(team.name, candidates, said.tried(house, connection, team.name), question, team.min_group)

"""Writes the retros that are due: one document, to every place where the team wants its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, time

from eal_jira.learning.measures import Measures
from eal_jira.learning.practices import Practice
from eal_jira.model import Figure, IssueRef, Page
from eal_jira.outbox.intents import Described, Intent, PutPage, Ticket, marker, want
from eal_jira.process.versions import in_force
from eal_jira.reflection.periods import Period, due_by_cron, due_by_sprint
from eal_jira.reflection.retro import Material, Outlook, build
from eal_jira.settings import TeamPart
from eal_jira.stages.experiments import stillness_of
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import Yardstick, traces_of
from eal_jira.store import Connection, facts, intents, issues, learning, process
from eal_jira.store.learning import ProposalRow, RetroRow

RETRO_LABEL = "eal-retro"


def write_retros(house: House, team: TeamPart, now: datetime) -> int:
    """Builds each due retro; the retro, its pages and its ticket are committed together."""
    with house.store.read() as connection:
        periods = _due(connection, team, now)
        if not periods:
            return 0
        material = _material(house, connection, team, now)
        stillness = stillness_of(house, connection, team, now)
    for period in periods:
        retro, figures = build(team.name, period, material, now)
        content = {f.name: getattr(retro, f.name) for f in fields(retro)}
        document = house.templates.render("retro.md", {**content, "stillness": stillness})
        with house.store.write() as connection:
            learning.save_retro(connection, RetroRow(team.name, period.key, period.start, period.end, now))
            for intent in _intents(house, team, period, document, figures):
                want(connection, team.name, intent, now)
    return len(periods)


def _due(connection: Connection, team: TeamPart, now: datetime) -> Sequence[Period]:
    state = facts.team(connection, team.name)
    if state is None:
        return ()
    since = state.first_cycle
    if team.since is not None:
        since = datetime.combine(team.since, time(), team.zone).astimezone(UTC)
    last = learning.last_retro_end(connection, team.name)
    if team.cron is None:
        return due_by_sprint(issues.sprints(connection, team.name), last, since)
    return due_by_cron(team.cron, team.zone, last, since, now)


def _intents(
    house: House, team: TeamPart, period: Period, document: str, figures: tuple[Figure, ...]
) -> Sequence[Intent]:
    title = f"{team.name}: retro {period.title}"
    key = marker("retro", team.name, period.key)
    part = house.settings.tracker
    page = Page(key, team.name, title, document, figures, date=period.end.astimezone(team.zone).date().isoformat())
    found: list[Intent] = []
    for place in team.pages:
        if place == part.adapter:
            labels = (RETRO_LABEL,)
            words = tuple(replace(figure, svg="", png="") for figure in figures)
            found.append(
                Ticket(key, part.learning_project, part.ticket_type, title, document, labels, words, shared=True)
            )
            if house.tracker.capabilities.descriptions:
                found.append(Described(key, document, words))
        else:
            found.append(PutPage(place, page))
    return found


def _material(house: House, connection: Connection, team: TeamPart, now: datetime) -> Material:
    words = issues.vocabulary(connection)
    state = facts.team(connection, team.name)
    order = () if state is None else state.status_order
    rows = process.measures(connection, team.name)
    guidelines = in_force(versions(connection, team.name), now)
    measures = [Measures.from_json(row.body) for row in rows]
    # what is unfinished has grown older since it was last looked at
    yardstick = Yardstick.of(team, words, order, now)
    unfinished = traces_of(connection, [m.issue_id for m in measures if m.censored])
    older = dict(yardstick.measured(connection, unfinished))
    measures = [older.get(m.issue_id, m) for m in measures]
    current = {version.guideline: version.version for version in guidelines}
    practices = [
        practice
        for row in learning.practices(connection, team.name)
        if (practice := Practice.from_json(row.body)).version == current.get(row.guideline)
    ]
    return Material(
        measures=measures,
        deviations=process.deviations(connection, team.name),
        about={
            version.guideline: frozenset(
                row.issue_id for row in rows if any(pair[0] == version.guideline for pair in row.applied)
            )
            for version in guidelines
        },
        guidelines=guidelines,
        practices=practices,
        proposals=[_outlook(house, connection, row) for row in learning.proposals(connection, team.name)],
        order=order,
        vocabulary=words,
        urls={m.key: house.tracker.url(IssueRef(m.issue_id, m.key)) for m in measures},
        zone=team.zone,
        min_group=team.min_group,
    )


def _outlook(house: House, connection: Connection, row: ProposalRow) -> Outlook:
    ticket = intents.get(connection, f"ticket:{row.key}")
    known = None if ticket is None else ticket.result
    return Outlook(
        guideline=row.guideline,
        signature=row.signature,
        title=row.body["title"],
        key="its ticket is not there yet" if known is None else known["key"],
        url="" if known is None else house.tracker.url(IssueRef(known["id"], known["key"])),
        state=row.state,
        made=row.made,
        decided=row.decided,
    )

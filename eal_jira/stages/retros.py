"""Writes the retros that are due: one document, to every place where the team wants its pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, time
from typing import Any

from eal_jira.learning.measures import Measures
from eal_jira.learning.practices import Practice
from eal_jira.model import Figure, IssueRef, Page
from eal_jira.process.log import up_to
from eal_jira.process.versions import in_force
from eal_jira.reflection.follow import Known
from eal_jira.reflection.hosting import next_host
from eal_jira.reflection.notes import Notes, read_notes
from eal_jira.reflection.periods import Period, due_by_cron, due_by_sprint
from eal_jira.reflection.retro import Material, Time, build
from eal_jira.settings import TeamPart
from eal_jira.stages import learnt, places, said
from eal_jira.stages.actions import retro_key
from eal_jira.stages.digest import answered, asked_of
from eal_jira.stages.experiments import stillness_of
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import Yardstick, traces_of
from eal_jira.stages.surprises import noted
from eal_jira.store import Connection, facts, issues, learning, process
from eal_jira.store.learning import RetroRow

RETRO_LABEL = "eal-retro"


def write_retros(house: House, team: TeamPart, now: datetime) -> int:
    """Builds each due retro; the retro, its pages and its ticket are committed together."""
    made = 0
    for row, page in due_retros(house, team, now):
        with house.store.write() as connection:
            learning.save_retro(connection, row)
            places.put(house, connection, team.pages, page, RETRO_LABEL, now)
        made += 1
    return made


def due_retros(house: House, team: TeamPart, now: datetime) -> Iterator[tuple[RetroRow, Page]]:
    """Each due retro with its page; writes nothing.

    It tells of what had happened when its period ended: made a week later of the same data, it is the same.
    """
    with house.store.read() as connection:
        periods = _due(connection, team, now)
        if not periods:
            return
        earlier = learning.retros(connection, team.name, 1)
        said_last = _written(house, connection, team, earlier[0] if earlier else None)
        heard, goal, host = asked_of(house, connection, team.name), said_last.goal, said_last.host
        # what had its retro is not asked again
        question = "" if heard == answered(earlier) else heard
    png = places.want_png(house, team.pages)
    for period in periods:
        with house.store.read() as connection:
            material = _material(house, connection, team, period, now)
            used = said.hours_on_tickets(connection, team.name, period.start, period.end)
        time_for_it = _reflection(team, used, earlier[0] if earlier else None)
        turn = next_host(team.hosts, str((earlier[0].body or {}).get("host", "")) if earlier else "", host)
        own = replace(material, goal=goal, manager_question=question, reflection=time_for_it, host=turn)
        # what was written for the next retro is for one
        goal = question = host = ""
        retro, figures = build(team.name, period, own, now, png=png)
        document = house.templates.render("retro.md", {f.name: getattr(retro, f.name) for f in fields(retro)})
        row = RetroRow(team.name, period.key, period.start, period.end, now, _body(team, period, own, heard))
        yield row, _page(team, period, document, figures)
        earlier = [row]


def _written(house: House, connection: Connection, team: TeamPart, last: RetroRow | None) -> Notes:
    """What people wrote on the last retro for the one to come: its goal, and who hosted."""
    if last is None:
        return Notes()
    return read_notes(said.written_on(house, connection, team.pages, retro_key(team.name, last.period)))


def _reflection(team: TeamPart, used: float, last: RetroRow | None) -> Time | None:
    planned = team.reflection_hours
    before = 0.0 if last is None or last.body is None else float(last.body.get("planned", 0))
    if not planned and not before:
        return None
    return Time(planned, used, before if before > planned else None)


def _body(team: TeamPart, period: Period, material: Material, heard: str) -> dict[str, Any]:
    return {
        "title": _title(team, period),
        "question": material.manager_question,
        "heard": heard,
        "host": material.host,
        "planned": team.reflection_hours,
        "used": 0.0 if material.reflection is None else material.reflection.used,
    }


def _title(team: TeamPart, period: Period) -> str:
    return f"{team.name}: retro {period.title}"


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


def _page(team: TeamPart, period: Period, document: str, figures: tuple[Figure, ...]) -> Page:
    date = period.end.astimezone(team.zone).date().isoformat()
    return Page(retro_key(team.name, period.key), team.name, _title(team, period), document, figures, date=date)


def _material(house: House, connection: Connection, team: TeamPart, period: Period, now: datetime) -> Material:
    words = issues.vocabulary(connection)
    state = facts.team(connection, team.name)
    order = () if state is None else state.status_order
    every, until = versions(connection, team.name), min(now, period.end)
    guidelines = in_force(every, min(now, period.last))
    measures: list[Measures] = []
    about: dict[object, set[str]] = defaultdict(set)
    for row in process.each_measured(connection, team.name):
        measures.append(Measures.from_json(row.body))
        for guideline, _ in row.applied:
            about[guideline].add(row.issue_id)
    # what was under way then was older than when it was last looked at, or was not finished yet
    yardstick = Yardstick.of(team, words, order, until)
    under_way = [m.issue_id for m in measures if m.created < until and (m.finished is None or m.finished >= until)]
    traces = {i: up_to(trace, until) for i, trace in traces_of(connection, under_way).items()}
    then = dict(yardstick.measured(connection, traces))
    measures = [then.get(m.issue_id, m) for m in measures]
    current = {version.guideline: version.version for version in guidelines}
    known = [
        Known(practice, row.first_seen)
        for row in learning.practices(connection, team.name)
        if (practice := Practice.from_json(row.body)).version == current.get(row.guideline)
    ]
    return Material(
        measures=measures,
        deviations=process.deviations(connection, team.name),
        about={version.guideline: frozenset(about[version.guideline]) for version in guidelines},
        guidelines=guidelines,
        known=known,
        proposals=[said.outlook(house, connection, row) for row in learning.proposals(connection, team.name)],
        order=order,
        vocabulary=words,
        urls={m.issue_id: house.tracker.url(IssueRef(m.issue_id, m.key)) for m in measures},
        zone=team.zone,
        min_group=team.min_group,
        experiments=said.tried(house, connection, team.name),
        stillness=stillness_of(house, connection, team, until),
        actions=said.actions(house, connection, team.name, words),
        useful=learnt.for_others(house, connection, team),
        changes=[v.in_force_from for v in every if v.version > 1],
        noted=noted(house, connection, team.name),
    )

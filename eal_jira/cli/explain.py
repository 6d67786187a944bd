"""``eal-jira explain ISSUE``: what is known of one issue, and for every guideline why it is tagged or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out
from eal_jira.cli.read import reading, when

if TYPE_CHECKING:
    from eal_jira.model import Issue, Trace
    from eal_jira.process.context import JudgeContext
    from eal_jira.settings import Settings, TeamPart
    from eal_jira.store import Connection


def add_to(app: typer.Typer) -> None:
    app.command()(explain)


def explain(
    issue: Annotated[
        str, typer.Argument(metavar="ISSUE", help="An issue's key, a proposal's ticket, or a guideline's id.")
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why an issue is tagged and why not. Of a proposal or a guideline: the chain from its departures to its versions,
    with what was seen, decided and why, and what came of it."""
    from eal_jira.cli import chain
    from eal_jira.errors import UsageError
    from eal_jira.store import issues, process

    with reading(config) as (settings, connection):
        versions = chain.chains(connection, settings, issue)
        if versions:
            if as_json:
                emit({"chain": versions})
            else:
                for line in chain.told(versions):
                    out(line)
            return
        found = issues.issue_by_key(connection, issue) or issues.issue_by_key(connection, issue.upper())
        if found is None:
            raise UsageError(
                f"The mirror has no issue {issue}.", remedy="Check the key, or run a cycle: eal-jira cycle --dry-run"
            )
        trace = process.traces(connection, [found.id]).get(found.id)
        teams = [_team(connection, settings, part, found, trace) for part in _teams_of(connection, settings, found)]
        document = {"issue": _facts(connection, found, trace), "teams": teams}
    if as_json:
        emit(document)
        return
    for line in _told(document):
        out(line)


def _teams_of(connection: Connection, settings: Settings, issue: Issue) -> list[TeamPart]:
    from eal_jira.store import work

    return [team for team in settings.teams if work.of_team(connection, [issue.id], team.name, team.scope)]


def _facts(connection: Connection, issue: Issue, trace: Trace | None) -> dict[str, Any]:
    from eal_jira.store import issues, work

    words = issues.vocabulary(connection)
    aside = next((i.reason for i, _ in work.listed(connection) if i.kind == "trace" and i.ref == issue.key), None)
    return {
        "key": issue.key,
        "type": issue.type,
        "priority": issue.priority,
        "points": issue.points,
        "labels": issue.labels,
        "components": issue.components,
        "status": words.status_name(issue.status),
        "created": issue.created,
        "updated": issue.updated,
        "path": [
            {"status": words.status_name(stay.status), "entered": stay.entered, "left": stay.left}
            for stay in (trace.stays if trace else ())
        ],
        "set_aside": aside,
    }


def _team(
    connection: Connection, settings: Settings, team: TeamPart, issue: Issue, trace: Trace | None
) -> dict[str, Any]:
    from eal_jira.process.judge import Judge
    from eal_jira.stages import history, neighbours
    from eal_jira.stages.chain import proposed_ways
    from eal_jira.stages.guidelines import versions
    from eal_jira.store import process

    context = history.looking_back(connection, team)
    known = versions(connection, team.name)
    judge = Judge(known, context)
    explained = judge.explain(trace, neighbours.among(connection, team, judge, [issue.id])) if trace else ()
    told = {(e.guideline, e.version): e for e in explained}
    proposed = proposed_ways(connection, team.name)
    measured = next((row.body for row in process.measures(connection, team.name) if row.issue_id == issue.id), None)
    return {
        "team": team.name,
        "counts_since": context.since,
        "measures": measured,
        "guidelines": [
            {
                "guideline": v.guideline,
                "version": v.version,
                "title": v.title,
                "in_force_from": v.in_force_from,
                "in_force_until": v.in_force_until,
                "in_force": _in_force(v.in_force_from, v.in_force_until, context),
                "tagged": bool(e.deviations),
                "why": e.text,
                "deviations": [
                    {
                        "at": d.at,
                        "what": d.label,
                        "sentence": d.sentence,
                        "events": list(d.events),
                        "proposals": proposed.get((d.guideline, d.version, d.signature), []),
                    }
                    for d in e.deviations
                ],
            }
            for v in known
            for e in [told.get((v.guideline, v.version))]
            if e is not None
        ],
    }


def _in_force(begin: Any, until: Any, context: JudgeContext) -> bool:
    return bool(begin <= context.now and (until is None or context.now < until))


def _told(document: dict[str, Any]) -> list[str]:
    facts = document["issue"]
    about = [facts["type"], facts["priority"], None if facts["points"] is None else f"{facts['points']:g} points"]
    lines = [
        f"{facts['key']}: {', '.join(filter(None, about))}; in {facts['status']}, created {when(facts['created'])}"
    ]
    for name in ("labels", "components"):
        if facts[name]:
            lines.append(f"  {name}: {', '.join(facts[name])}")
    for stay in facts["path"]:
        lines.append(f"  {when(stay['entered'])}  {stay['status']}")
    if not facts["path"]:
        lines.append(f"  Its history can't be told. {facts['set_aside'] or 'It was not looked at yet.'}")
    if not document["teams"]:
        lines.append("It belongs to none of the teams in the config, so no guideline is held against it.")
    for team in document["teams"]:
        lines.append(f"{team['team']}, where deviations count since {when(team['counts_since'])}:")
        for one in team["guidelines"]:
            lines.append(f"  {one['guideline']} v{one['version']} ({_span(one)}): {one['title']}")
            lines.append(f"    {'Tagged: ' if one['tagged'] else 'Not tagged: '}{one['why']}")
            for d in one["deviations"]:
                lines.append(f"    {when(d['at'])}: {d['what']}")
                lines.extend(f"      led to {p['ticket'] or p['proposal']}: {p['state']}" for p in d["proposals"])
        if not team["guidelines"]:
            lines.append("  No guideline is known, or its history can't be told.")
    return lines


def _span(one: dict[str, Any]) -> str:
    state = "in force" if one["in_force"] else "not in force now"
    since = one["in_force_from"]
    begin = "from the beginning" if since.year <= 1970 else f"since {since:%Y-%m-%d %H:%M} UTC"
    return f"{state}, {begin}" + ("" if one["in_force_until"] is None else f" until {when(one['in_force_until'])}")

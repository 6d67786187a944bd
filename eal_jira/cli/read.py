"""Commands that only read: status, deviations, practices, proposals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from eal_jira.settings import Settings

TeamOption = Annotated[str | None, typer.Option("--team", help="Only this team.")]


def add_to(app: typer.Typer) -> None:
    for command in (status, deviations, practices, proposals):
        app.command()(command)


@contextmanager
def reading(config: ConfigOption) -> Iterator[tuple[Settings, Connection]]:
    """The settings and one consistent view of the store."""
    from eal_jira.settings import find_config, load_settings
    from eal_jira.store import open_store

    settings = load_settings(find_config(config))
    store = open_store(settings.store.url, settings.folder)
    try:
        with store.read() as connection:
            yield settings, connection
    finally:
        store.close()


def chosen(settings: Settings, team: str | None) -> list[str]:
    """The teams to show. Raises `UsageError` for one that the config doesn't have."""
    from eal_jira.errors import UsageError

    names = [part.name for part in settings.teams]
    if team is None:
        return names
    if team not in names:
        raise UsageError(f"There is no team {team!r} in the config.", remedy=f"Teams: {', '.join(names)}.")
    return [team]


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """How far each team and the outbox have got, and what was set aside."""
    from eal_jira.store import facts, intents, issues, process, work

    with reading(config) as (settings, connection):
        teams = [_team_status(connection, part.name) for part in settings.teams]
        document: dict[str, Any] = {
            "last_cycle": facts.get_moment(connection, "last_cycle"),
            "mirror": issues.counts(connection),
            "teams": teams,
            "deviations": {part.name: process.count_deviations(connection, part.name) for part in settings.teams},
            "outbox": [
                {"state": state, "verb": verb, "count": count}
                for (state, verb), count in sorted(intents.count(connection).items())
            ],
            "set_aside": [
                {"kind": item.kind, "ref": item.ref, "reason": item.reason, "since": since}
                for item, since in work.listed(connection)
            ],
        }
    if as_json:
        emit(document)
        return
    mirror = document["mirror"]
    out(f"Last cycle: {_when(document['last_cycle'])}")
    out(f"Mirror: {mirror.issues} issues, {mirror.histories} history entries, {mirror.comments} comments")
    for team in teams:
        out(f"Team {team['name']}: {team['sentence']} {document['deviations'][team['name']]} deviations stand.")
    waiting = [row for row in document["outbox"] if row["state"] != "done"]
    out("Outbox: " + (", ".join(f"{r['count']} {r['verb']} {r['state']}" for r in waiting) or "all delivered"))
    for item in document["set_aside"]:
        out(f"Set aside since {_when(item['since'])}: {item['kind']} {item['ref']}: {item['reason']}")


def _team_status(connection: Connection, name: str) -> dict[str, Any]:
    from eal_jira.store import facts, intents

    state = facts.team(connection, name)
    if state is None:
        return {"name": name, "approved": None, "sentence": "no cycle yet."}
    if state.approved is None:
        wanted = sum(count for (kind, _), count in intents.count(connection, name).items() if kind != "done")
        sentence = (
            f"its first plan ({wanted} writes) waits for approval; see it with `eal-jira cycle --dry-run`, "
            "approve it with `eal-jira cycle --approve`."
        )
    else:
        sentence = f"at work since {_when(state.first_cycle)}."
    return {"name": name, "approved": state.approved, "first_cycle": state.first_cycle, "sentence": sentence}


def deviations(config: ConfigOption = None, team: TeamOption = None, as_json: JsonOption = False) -> None:
    """Where work departed from the guideline of the day: something to learn from."""
    from eal_jira.store import issues, process

    with reading(config) as (settings, connection):
        found = [d for name in chosen(settings, team) for d in process.deviations(connection, name)]
        keys = issues.keys(connection, sorted({d.issue_id for d in found}))
    rows = [
        {
            "team": d.team,
            "issue": keys[d.issue_id],
            "at": d.at,
            "guideline": d.guideline,
            "version": d.version,
            "kind": d.label,
            "sentence": d.sentence,
        }
        for d in found
    ]
    if as_json:
        emit({"deviations": rows})
        return
    table(
        ["issue", "when", "guideline", "what"],
        [(r["issue"], _when(r["at"]), f"{r['guideline']} v{r['version']}", r["sentence"]) for r in rows],
        empty="No deviation stands.",
    )


def practices(config: ConfigOption = None, team: TeamOption = None, as_json: JsonOption = False) -> None:
    """Deviations that many issues share, and how these fared."""
    from eal_jira.store import learning

    with reading(config) as (settings, connection):
        rows = [
            {"team": name, "guideline": row.guideline, "verdict": row.verdict, **row.body}
            for name in chosen(settings, team)
            for row in learning.practices(connection, name)
        ]
    if as_json:
        emit({"practices": rows})
        return
    table(
        ["team", "guideline", "practice", "verdict", "what was seen"],
        [(r["team"], r["guideline"], r["label"], r["verdict"], " ".join(r["sentences"])) for r in rows],
        empty="No practice has enough issues to be looked at yet.",
    )


def proposals(config: ConfigOption = None, team: TeamOption = None, as_json: JsonOption = False) -> None:
    """Guideline updates that were proposed, and what was decided."""
    from eal_jira.store import intents, learning

    with reading(config) as (settings, connection):
        rows = []
        for name in chosen(settings, team):
            for row in learning.proposals(connection, name):
                ticket = intents.get(connection, f"ticket:{row.key}")
                rows.append(
                    {
                        "team": name,
                        "proposal": row.key,
                        "ticket": (ticket.result or {}).get("key") if ticket else None,
                        "guideline": row.guideline,
                        "state": row.state,
                        "made": row.made,
                        "decided": row.decided,
                        "new_version": row.new_version,
                        "change": row.body["change"],
                        "adoption": row.adoption,
                    }
                )
    if as_json:
        emit({"proposals": rows})
        return
    table(
        ["team", "ticket", "guideline", "state", "change"],
        [(r["team"], r["ticket"] or "-", r["guideline"], r["state"], "; ".join(r["change"])) for r in rows],
        empty="Nothing has been proposed yet.",
    )


def _when(at: Any) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"

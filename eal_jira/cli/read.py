"""Commands that only read: deviations, practices, proposals. What all reading commands share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, table

if TYPE_CHECKING:
    from eal_jira.errors import UsageError
    from eal_jira.settings import Settings
    from eal_jira.store import Connection

TeamOption = Annotated[str | None, typer.Option("--team", help="Only this team.")]


def add_to(app: typer.Typer) -> None:
    for command in (deviations, practices, proposals):
        app.command()(command)


@contextmanager
def reading(config: ConfigOption) -> Iterator[tuple[Settings, Connection]]:
    """The settings and one consistent view of the store."""
    from eal_jira.settings import find_config, load_settings
    from eal_jira.store import open_store

    settings = load_settings(find_config(config))
    store = open_store(settings.store.url, settings.folder, settings.store.read_password)
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


def no_such_guideline(connection: Connection, teams: Sequence[str], guideline: str) -> UsageError:
    """None of these teams has it: says so, with the nearest one that they have."""
    from eal_jira.errors import UsageError
    from eal_jira.process.names import suggestion
    from eal_jira.stages.guidelines import versions

    known = sorted({version.guideline for name in teams for version in versions(connection, name)})
    who = f"{teams[0]} has no" if len(teams) == 1 else "No team has a"
    remedy = f"{suggestion(guideline, known)} See: eal-jira guidelines list"
    return UsageError(f"{who} guideline {guideline!r}.", remedy=remedy)


def deviations(config: ConfigOption = None, team: TeamOption = None, as_json: JsonOption = False) -> None:
    """Where work departed from the guideline of the day: something to learn from."""
    from eal_jira.store import issues, process

    with reading(config) as (settings, connection):
        found = [d for name in chosen(settings, team) for d in process.deviations(connection, name)]
        keys = issues.keys(connection, sorted({d.issue_id for d in found}))
    rows: list[dict[str, Any]] = [
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
        [(r["issue"], when(r["at"]), f"{r['guideline']} v{r['version']}", r["sentence"]) for r in rows],
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


def when(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"

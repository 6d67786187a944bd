"""``eal-jira learnings`` and ``eal-jira share``: what is known, and what a team shows of its own accord."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, say, table
from eal_jira.cli.read import TeamOption, chosen, reading


def add_to(app: typer.Typer) -> None:
    for command in (learnings, share):
        app.command()(command)


def learnings(
    words: Annotated[list[str] | None, typer.Argument(help="Only what has all of these words in it.")] = None,
    config: ConfigOption = None,
    team: TeamOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is known by now: what works and what doesn't, where, and how well founded it is."""
    from eal_jira.learning.learnings import Learning, matches
    from eal_jira.stages.chain import ticket_key
    from eal_jira.stages.learnt import reused
    from eal_jira.store import learnings as store

    rows: list[dict[str, Any]] = []
    with reading(config) as (settings, connection):
        own = {part.name: frozenset({*part.projects, settings.tracker.learning_project}) for part in settings.teams}
        for name in chosen(settings, team):
            for row in store.listed(connection, name):
                told = Learning.from_json(row.body)
                if matches(told, row.team, row.guideline, words or ()):
                    rows.append(
                        {
                            "team": row.team,
                            "guideline": row.guideline,
                            "from": row.kind,
                            "ticket": ticket_key(connection, row.source),
                            "known_since": row.made,
                            **told.to_json(),
                            "reused": reused(connection, row, own[row.team]),
                        }
                    )
    if as_json:
        emit({"learnings": rows})
        return
    table(
        ["team", "from", "what", "outcome", "grade", "where", "reused"],
        [
            (r["team"], r["ticket"] or r["from"], r["what"], r["outcome"], r["grade"], _where(r), r["reused"])
            for r in rows
        ],
        empty="Nothing is known yet." if not words else "Nothing that is known has all of these words in it.",
    )


def _where(row: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {', '.join(values)}" for name, values in row["where"].items()) or "everywhere"


def share(
    team: Annotated[str, typer.Argument(help="The team that wants it.")],
    guideline: Annotated[str, typer.Argument(help="The guideline's id.")],
    config: ConfigOption = None,
) -> None:
    """Show what the team has found under a guideline to its managers now, before the days for the team are over."""
    from datetime import UTC, datetime

    from eal_jira.errors import UsageError
    from eal_jira.settings import find_config, load_settings
    from eal_jira.store import facts, learning, open_store

    settings = load_settings(find_config(config))
    (name,) = chosen(settings, team)
    store = open_store(settings.store.url, settings.folder, settings.store.read_password)
    try:
        with store.write() as connection:
            found = [row for row in learning.practices(connection, name) if row.guideline == guideline]
            if not found:
                raise UsageError(
                    f"{name} has no practice under {guideline!r} that could be shared.",
                    remedy="See what there is: eal-jira practices",
                )
            now = facts.get_moment(connection, "last_cycle") or datetime.now(UTC)
            for row in found:
                learning.share_practice(connection, name, guideline, row.signature, now)
    finally:
        store.close()
    say(f"Shared: {', '.join(row.body['label'] for row in found)}. The next cycle tells.")

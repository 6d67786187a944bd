"""``eal-jira export``: the event log, for process mining tools and spreadsheets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from eal_jira.cli.output import ConfigOption, say
from eal_jira.cli.read import TeamOption, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eal_jira.export import Case
    from eal_jira.settings import TeamPart
    from eal_jira.store import Connection


def add_to(app: typer.Typer) -> None:
    app.command()(export)


def export(
    format: Annotated[Literal["xes", "ocel", "csv"], typer.Option("--format", help="XES, OCEL 2.0 (JSON), or CSV.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file [default: stdout].")] = None,
    every_change: Annotated[
        bool, typer.Option("--every-change", help="Changes of fields as events too, not only moves.")
    ] = False,
    config: ConfigOption = None,
    team: TeamOption = None,
) -> None:
    """Write a team's event log for other tools: moves, deviations and outcomes. People stay pseudonyms."""
    from eal_jira.cli.drafts import the_team
    from eal_jira.errors import UsageError
    from eal_jira.export import FORMATS

    with reading(config) as (settings, connection):
        chunks = FORMATS[format](_cases(connection, the_team(settings, team), every_change))
        if output is None:
            sys.stdout.writelines(chunks)
            return
        try:
            with output.open("w", encoding="utf-8", newline="") as file:
                file.writelines(chunks)
        except OSError as error:
            raise UsageError(
                f"{output} can't be written ({type(error).__name__}).", remedy="Name a file in a folder that exists."
            ) from error
    say(f"Written to {output}.")


def _cases(connection: Connection, team: TeamPart, every_change: bool) -> Iterator[Case]:
    from eal_jira.export import cases
    from eal_jira.stages import history
    from eal_jira.store import process

    context = history.looking_back(connection, team)
    measures = history.measured(connection, team)
    deviations = process.deviations(connection, team.name)
    traces = (trace for batch in history.in_batches(connection, team) for trace in batch.values())
    return cases(
        traces,
        context.vocabulary,
        measures=measures,
        deviations=deviations,
        team=team.name,
        every_change=every_change,
    )

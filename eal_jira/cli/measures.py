"""``eal-jira measures``: how the work flows, week by week, and the measures of single issues as data."""

from __future__ import annotations

from typing import Annotated

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, table
from eal_jira.cli.read import TeamOption, chosen, reading


def add_to(app: typer.Typer) -> None:
    app.command()(measures)


def measures(
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=260, help="How many weeks to look back.")] = 12,
    config: ConfigOption = None,
    team: TeamOption = None,
    as_json: JsonOption = False,
) -> None:
    """Throughput and work in progress by week; with --json, the measures of every issue as well."""
    from eal_jira.learning import team_flow
    from eal_jira.stages import history

    found = []
    with reading(config) as (settings, connection):
        for part in settings.teams:
            if part.name in chosen(settings, team):
                context = history.looking_back(connection, part)
                measured = list(history.measured(connection, part).values())
                told = team_flow.weeks(measured, context.now, part.zone, weeks, part.min_group)
                found.append((part, measured, told))
    if as_json:
        emit(
            {
                "teams": [
                    {
                        "team": part.name,
                        "min_group": part.min_group,
                        "weeks": [week.to_json() for week in told],
                        "issues": [one.to_json() for one in measured],
                    }
                    for part, measured, told in found
                ]
            }
        )
        return
    table(
        ["team", "week of", "finished", "in progress at its end"],
        [
            (
                part.name,
                f"{week.start:%Y-%m-%d}",
                _words(week.throughput, part.min_group),
                _words(week.in_progress, part.min_group),
            )
            for part, _, told in found
            for week in told
        ],
        empty="No team is in the config.",
    )


def _words(number: int | None, min_group: int) -> str:
    return f"fewer than {min_group}" if number is None else str(number)

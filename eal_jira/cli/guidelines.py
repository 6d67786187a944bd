"""``eal-jira guidelines …``: how the teams normally work, by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli import drafts
from eal_jira.cli.guidelines_diff import diff
from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say, table
from eal_jira.cli.read import TeamOption, chosen, no_such_guideline, reading

if TYPE_CHECKING:
    from eal_jira.process.versions import GuidelineVersion

commands = typer.Typer(help="How the teams normally work, by version.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    commands.command()(diff)
    drafts.add_to(commands)
    app.add_typer(commands, name="guidelines")


@commands.command("list")
def list_(config: ConfigOption = None, team: TeamOption = None, as_json: JsonOption = False) -> None:
    """The guidelines in force."""
    from eal_jira.stages.guidelines import versions
    from eal_jira.store import facts

    with reading(config) as (settings, connection):
        now = facts.get_moment(connection, "last_cycle")
        found = [(name, v) for name in chosen(settings, team) for v in versions(connection, name)]
    current = [
        (name, v)
        for name, v in found
        if now is not None and v.in_force_from <= now and (v.in_force_until is None or now < v.in_force_until)
    ]
    if as_json:
        emit({"guidelines": [{"team": name, **v.to_json()} for name, v in current]})
        return
    rows = [(name, v.guideline, f"v{v.version}", f"{v.in_force_from:%Y-%m-%d}", _sentence(v)) for name, v in current]
    table(["team", "guideline", "version", "since", "what"], rows, empty="No guideline is in force yet.")


@commands.command()
def show(
    guideline: Annotated[str, typer.Argument(help="The guideline's id.")],
    config: ConfigOption = None,
    team: TeamOption = None,
    as_json: JsonOption = False,
) -> None:
    """One guideline with its history: every version, and what it changed."""
    from eal_jira.process.differences import difference
    from eal_jira.stages.guidelines import versions

    with reading(config) as (settings, connection):
        found = {
            name: [v for v in versions(connection, name) if v.guideline == guideline] for name in chosen(settings, team)
        }
        if not any(found.values()):
            raise no_such_guideline(connection, list(found), guideline)
    document: list[dict[str, Any]] = [
        {
            "team": name,
            **version.to_json(),
            "changed": list(difference(before, version)) if before else [],
        }
        for name, history in found.items()
        for before, version in zip([None, *history], history, strict=False)
    ]
    if as_json:
        emit({"versions": document})
        return
    for name, history in found.items():
        for before, version in zip([None, *history], history, strict=False):
            out(f"{name}: {version.title} (v{version.version}, since {version.in_force_from:%Y-%m-%d})")
            out(f"  {_sentence(version)}")
            for line in difference(before, version) if before else [f"Purpose: {version.purpose}"]:
                out(f"  {line}")


@commands.command()
def lint(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check the guideline files. Exit code 1 when there is something to mend; what is only worth a thought is told."""
    from eal_jira.errors import ConfigError
    from eal_jira.stages.guidelines import read_file
    from eal_jira.store import issues

    told: list[str] = []
    hints: list[str] = []
    count = 0
    with reading(config) as (settings, connection):
        words = issues.vocabulary(connection)
        for team in settings.teams:
            try:
                parsed = read_file(settings, team)
            except ConfigError as error:
                told.append(str(error))
                continue
            count += len(parsed.versions)
            # before the first cycle we don't know the tracker's words, so names can't be held against them
            names = parsed.unknown_names(words) if words.statuses else ()
            told.extend(str(problem) for problem in (*parsed.problems, *names))
            hints.extend(map(str, parsed.hints))
    if as_json:
        emit({"versions": count, "problems": told, "hints": hints})
    else:
        for line in (*told, *(f"Worth a thought: {hint}" for hint in hints)):
            out(line)
        say(f"{count} guideline versions can be used, {len(told)} problems.")
    if told:
        raise typer.Exit(1)


def _sentence(version: GuidelineVersion) -> str:
    from eal_jira.process.rules import parse_rule

    if version.retired:
        return "Retired."
    if version.rule is None:
        return "Not checkable: nothing in the tracker shows it."
    return parse_rule(version.rule).describe()

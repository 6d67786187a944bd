"""``eal-jira guidelines learn``, ``library``, ``backtest``: where guidelines come from, and what they would ask."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say, table
from eal_jira.cli.read import TeamOption, reading

if TYPE_CHECKING:
    from eal_jira.learning.backtest import Backtest
    from eal_jira.process.discover import Habits
    from eal_jira.process.guidelines import ParsedGuidelines
    from eal_jira.settings import Settings, TeamPart

library = typer.Typer(help="Known practices, to start from.", no_args_is_help=True, rich_markup_mode=None)


def add_to(commands: typer.Typer) -> None:
    commands.command()(learn)
    commands.command()(backtest)
    commands.add_typer(library, name="library")


def learn(config: ConfigOption = None, team: TeamOption = None, as_json: JsonOption = False) -> None:
    """Draft a first set of guidelines from the team's own history, each line with its support."""
    from eal_jira.process.discover import learn as habits_of
    from eal_jira.process.discover.draft import draft
    from eal_jira.stages import history

    with reading(config) as (settings, connection):
        part = the_team(settings, team)
        context = history.everything(connection, part)
        habits = habits_of(list(history.traces(connection, part).values()), context)
    if as_json:
        emit({"habits": _plain(habits)})
        return
    out(draft(habits, context.now.astimezone(part.zone).date()))
    say(
        f"{len(habits.learnt)} guidelines drafted from {habits.issues} issues. Keep the text in a file, correct it, "
        "and try it: eal-jira guidelines backtest FILE"
    )
    for sentence in habits.left_out:
        say(f"Not learnt. {sentence}")


def _plain(habits: Habits) -> dict[str, Any]:
    body = dataclasses.asdict(habits)
    for learnt, told in zip(habits.learnt, body["learnt"], strict=True):
        told["support"] = learnt.support
    return body


def backtest(
    file: Annotated[Path, typer.Argument(help="The draft: a guideline file.")],
    config: ConfigOption = None,
    team: TeamOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a draft would have tagged in the mirrored history, and how the tagged issues fared. Switches nothing on."""
    from eal_jira.learning.backtest import backtest as tried
    from eal_jira.stages import history
    from eal_jira.stages.guidelines import versions
    from eal_jira.store import process

    with reading(config) as (settings, connection):
        part = the_team(settings, team)
        context = history.everything(connection, part)
        parsed = _usable(file, part)
        traces = history.traces(connection, part)
        found = tried(
            parsed.versions,
            list(traces.values()),
            context,
            measures=history.measured(connection, part),
            comments=lambda issue_ids: history.comments_of(connection, issue_ids),
            standing=process.deviations(connection, part.name),
            known=versions(connection, part.name),
            min_group=part.min_group,
        )
    for problem in (*parsed.problems, *found.problems):
        say(str(problem))
    if as_json:
        emit({"team": part.name, "issues": found.issues, "guidelines": [g.to_json() for g in found.guidelines]})
        return
    for line in _told(found):
        out(line)


def _told(found: Backtest) -> list[str]:
    lines = [f"Held against {found.issues} issues as if it had always been in force. Nothing was switched on."]
    for one in found.guidelines:
        lines.append(f"{one.guideline}: {one.title}")
        lines.extend(f"  {sentence}" for sentence in one.sentences)
    return lines


@library.command("list")
def list_(as_json: JsonOption = False) -> None:
    """The known practices."""
    from eal_jira.library import practices

    known = practices()
    if as_json:
        emit({"practices": [practice.to_json() for practice in known]})
        return
    rows = [(p.id, p.topic, p.title, p.source) for p in known]
    table(["id", "topic", "practice", "source"], rows, empty="The library is empty.")


@library.command()
def show(
    practice: Annotated[str, typer.Argument(metavar="ID", help="The practice's id.")], as_json: JsonOption = False
) -> None:
    """One practice: what it is good for, where it comes from, how to adapt it."""
    from eal_jira.library import practice as known

    found = known(practice)
    if as_json:
        emit({"practice": found.to_json()})
        return
    for line in found.told():
        out(line)


@library.command()
def copy(practice: Annotated[list[str], typer.Argument(metavar="ID...", help="The practices' ids.")]) -> None:
    """Print practices as text for the team's guideline file: … copy ID >> guidelines/payments.toml"""
    from datetime import UTC, datetime

    from eal_jira.library import practice as known

    today = datetime.now(UTC).date()
    out("\n".join(known(id_).as_guideline(today) for id_ in practice))


def the_team(settings: Settings, name: str | None) -> TeamPart:
    """The team that is meant. Raises `UsageError` where there are several and none was named."""
    from eal_jira.errors import UsageError

    names = ", ".join(part.name for part in settings.teams)
    if name is None and len(settings.teams) == 1:
        return settings.teams[0]
    if name is None:
        raise UsageError("Which team?", remedy=f"Name one with --team: {names}.")
    for part in settings.teams:
        if part.name == name:
            return part
    raise UsageError(f"There is no team {name!r} in the config.", remedy=f"Teams: {names}.")


def _usable(file: Path, team: TeamPart) -> ParsedGuidelines:
    """What can be used of the draft. Raises `ConfigError` when that is nothing."""
    from eal_jira.errors import ConfigError, UsageError
    from eal_jira.process.guidelines import parse_guidelines

    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"There is no file {file}.", remedy="Draft one: eal-jira guidelines learn > FILE") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The draft {file} can't be read ({type(error).__name__}).", remedy="It should be a TOML file in UTF-8."
        ) from error
    parsed = parse_guidelines(text, str(file), team.zone)
    if not parsed.versions:
        told = " ".join(map(str, parsed.problems)) or "It holds no [[guideline]]."
        raise ConfigError(f"The draft {file} has no guideline that can be used. {told}", remedy="Mend it first.")
    return parsed

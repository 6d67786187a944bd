"""What the teams bring: their guideline files, and the places where their pages go."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from eal_jira.errors import ConfigError
from eal_jira.hookspecs import Check, Pages
from eal_jira.settings import Settings, TeamPart
from eal_jira.stages.guidelines import read_file


def look_at_guidelines(settings: Settings) -> Iterator[Check]:
    """One finding per team whose file is fine, one per problem where it isn't."""
    for team in settings.teams:
        yield from _of_team(settings, team)


def _of_team(settings: Settings, team: TeamPart) -> Iterator[Check]:
    name = f"guidelines of {team.name}"
    try:
        parsed = read_file(settings, team)
    except ConfigError as error:
        yield Check.of_error(name, error)
        return
    for problem in parsed.problems:
        # what can't be used is left out and the rest works, unless there is no rest
        colour = Check.yellow if parsed.versions else Check.red
        yield colour(name, f"{problem.where}: {problem.what}", problem.remedy)
    if team.guidelines is None:
        yield Check.green(name, "It names no guideline file: there is nothing to depart from yet.")
    elif not parsed.problems:
        yield Check.green(name, f"{team.guidelines}: {len(parsed.versions)} versions can be used.")


def look_at_pages(name: str, open_pages: Callable[[], Pages]) -> Iterator[Check]:
    """`open_pages` raises `ConfigError` for settings that the adapter can't use."""
    try:
        pages = open_pages()
    except ConfigError as error:
        yield Check.of_error(f"pages {name}", error)
        return
    yield from pages.checks()

"""``eal-jira census …``: listings that lack most of a project, and the operator's word about them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say, table, terminal
from eal_jira.cli.read import reading, when

if TYPE_CHECKING:
    from eal_jira.store import Connection

SHOWN = 20
"""Keys that a person gets to see at once; `--json` has them all."""

commands = typer.Typer(
    help="What a listing lacks, where it lacks too much to be believed.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(commands, name="census")


@commands.command("list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Projects of which a listing lacked more than half: how many issues are in doubt, and which."""
    with reading(config) as (_, connection):
        found = [_doubt(connection, project) for project in _in_doubt(connection)]
    if as_json:
        emit({"in_doubt": found})
        return
    table(
        ["project", "in doubt", "since", "issues"],
        [(d["project"], f"{len(d['issues'])} of {d['known']}", when(d["since"]), _shortened(d)) for d in found],
        empty="No listing is in doubt.",
    )


@commands.command()
def confirm(
    project: Annotated[str, typer.Argument(help="The project's key.")],
    config: ConfigOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask: the issues shown are meant to be absent.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say that the issues of PROJECT that are in doubt were really deleted, moved away or hidden.

    Nothing is marked at once: the next two listings must lack each of them, and each is asked for by itself.
    Histories stay, and an issue that shows up again is there again.
    """
    from eal_jira.errors import UsageError
    from eal_jira.mirror.census import confirm_absent
    from eal_jira.settings import find_config, load_settings
    from eal_jira.store import open_store

    with reading(config) as (_, connection):
        projects = _in_doubt(connection)
        found = _doubt(connection, project) if project in projects else None
    if found is None:
        known = f"In doubt: {', '.join(projects)}." if projects else "No listing is in doubt."
        raise UsageError(f"No issue of {project!r} is in doubt.", refused="Nothing was confirmed.", remedy=known)
    say(f"{len(found['issues'])} of the {found['known']} known issues of {project} are in doubt: {_shortened(found)}")
    if not yes:
        if not terminal(sys.stdin):
            raise UsageError(
                "Nobody is there to be asked.", refused="Nothing was confirmed.", remedy="Look first, then add --yes."
            )
        if not typer.confirm("Are they meant to be absent?", err=True):
            raise typer.Exit(1)
    settings = load_settings(find_config(config))
    store = open_store(settings.store.url, settings.folder)
    try:
        count = confirm_absent(store, project, {issue["id"] for issue in found["issues"]})
    finally:
        store.close()
    if as_json:
        emit({"project": project, "confirmed": count})
        return
    out(
        f"Confirmed: {count} issues of {project}. The next cycle lists the project again; what is missing then and a "
        "day later is marked as gone."
    )


def _in_doubt(connection: Connection) -> list[str]:
    from eal_jira.store import work

    return work.projects(connection, work.IN_DOUBT)


def _doubt(connection: Connection, project: str) -> dict[str, Any]:
    from eal_jira.store import issues, work

    ids = work.of_project(connection, work.IN_DOUBT, project)
    keys = {}
    for start in range(0, len(ids), work.BATCH):
        keys.update(issues.keys(connection, ids[start : start + work.BATCH]))
    since = {item.ref: at for item, at in work.listed(connection) if item.kind == "census"}
    return {
        "project": project,
        "known": len(issues.ids_in_project(connection, project)),
        "since": since.get(project),
        "issues": [{"id": id, "key": keys[id]} for id in ids],
    }


def _shortened(doubt: dict[str, Any]) -> str:
    keys = [issue["key"] for issue in doubt["issues"]]
    more = len(keys) - SHOWN
    return ", ".join(keys[:SHOWN]) + (f" and {more} more" if more > 0 else "")

"""``eal-jira backup`` and ``eal-jira restore``: the whole database in one file, and back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out


def add_to(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="Where the backup goes; one of that name is replaced.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole database into one file, while the daemon works. Keep it safe: the pseudonyms' key is in it."""
    from eal_jira.settings import find_config, load_settings
    from eal_jira.store import copies, open_store

    settings = load_settings(find_config(config))
    with closing(open_store(settings.store.url, settings.folder, settings.store.read_password)) as store:
        size = copies.backup(store, file)
    if as_json:
        emit({"backup": str(file), "bytes": size})
        return
    out(f"{file} holds the whole database ({size / 1024 / 1024:.1f} MiB) and was looked through.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `eal-jira backup` or a migration made.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the database. No daemon may run; what is newer than it is read again."""
    from eal_jira.settings import find_config, load_settings
    from eal_jira.store import restoring

    settings = load_settings(find_config(config))
    aside = restoring.restore(settings.store.url, settings.folder, file, settings.store.read_password)
    if as_json:
        emit({"restored": str(file), "replaced": None if aside is None else str(aside)})
        return
    out(f"The database is now as it was in {file}." + (f" The old one lies in {aside}." if aside else ""))

"""``eal-jira doctor``: is everything there that a cycle needs, and if not, what is to be done."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say, terminal

if TYPE_CHECKING:
    from eal_jira.adapters import Adapters
    from eal_jira.checkup.webhooks import Serve
    from eal_jira.hookspecs import Check

LIMIT = 12.0
"""Seconds for all checks together: with starting up, a person has waited fifteen."""

SYMBOLS = {"green": ("✔", "green"), "yellow": ("!", "yellow"), "red": ("✘", "bold red")}


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look at config, connection, permissions, screens, store and webhooks. Exit code 1 when something is red.

    Nothing is written to the tracker. A config that can't be used is a red line like others, so the exit code is 1
    here where other commands give 78.
    """
    _only_errors()
    found: list[Check] = []
    for check in _checks(config):
        found.append(check)
        if not as_json:
            _show(check)
    count = Counter(check.colour.value for check in found)
    if as_json:
        emit({"checks": found, **{colour: count[colour] for colour in SYMBOLS}})
    else:
        say(", ".join(f"{count[colour]} {colour}" for colour in SYMBOLS) + ".")
    if count["red"]:
        raise typer.Exit(1)


def _checks(config: ConfigOption) -> Iterator[Check]:
    from datetime import UTC, datetime

    from eal_jira.adapters import Adapters
    from eal_jira.checkup.parts import parts
    from eal_jira.checkup.run import examine
    from eal_jira.errors import AdapterError, ConfigError
    from eal_jira.hookspecs import Check
    from eal_jira.settings import find_config, load_settings

    path = find_config(config)
    try:
        settings = load_settings(path)
        adapters = Adapters.installed()
    except AdapterError as error:
        yield Check.of_error("adapters", error)
        return
    except ConfigError as error:
        for problem in error.happened.splitlines():
            yield Check.red("config", problem, error.remedy or "Mend it there; config.example.toml explains every key.")
        return
    yield Check.green("config", f"{path}: {', '.join(team.name for team in settings.teams)}.")
    yield from examine(
        parts(settings, adapters, serve_for(settings.tracker.adapter, adapters), datetime.now(UTC)), LIMIT
    )


def serve_for(adapter: str, adapters: Adapters) -> Serve:
    """Our webhook endpoint as the daemon has it, with the secret of the config and a store that lasts as long."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from eal_jira.daemon.intake import Intake
    from eal_jira.daemon.web import WebServer, application
    from eal_jira.settings import Secret
    from eal_jira.store import open_store

    @contextmanager
    def serve(listen: str, secret: Secret) -> Iterator[str]:
        with TemporaryDirectory() as folder, closing(open_store("sqlite:///doctor.db", Path(folder))) as store:
            server = WebServer(listen, application({adapter: Intake(adapter, adapters, store, secret.read, _nothing)}))
            server.start()
            try:
                yield server.url
            finally:
                server.stop()

    return serve


def _nothing() -> None:
    """What our self-test brings wakes nobody."""


def _show(check: Check) -> None:
    """A line or two on a terminal; elsewhere one line that can be searched."""
    if not terminal(sys.stdout):
        out(" ".join(filter(None, [f"{check.colour}: {check.name}: {check.found}", check.remedy])))
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    symbol, style = SYMBOLS[check.colour]
    if not console.encoding.startswith("utf"):
        symbol = check.colour.value
    console.print(Text.assemble((symbol, style), " ", (check.name, "bold"), f"  {check.found}"))
    if check.remedy:
        console.print(Padding(Text(f"→ {check.remedy}"), (0, 0, 0, 2)))


def _only_errors() -> None:
    """What goes as it should is in the list: the log is for what should not happen."""
    import logging

    import structlog

    from eal_jira.cli.logs import logging_to_stderr

    logging_to_stderr()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

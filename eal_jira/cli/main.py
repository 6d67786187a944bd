"""``eal-jira``: the way in. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from eal_jira import __version__
from eal_jira.cli import (
    backup,
    census,
    cycle,
    demo,
    doctor,
    experiments,
    explain,
    export,
    guidelines,
    learnings,
    measures,
    outbox,
    read,
    sandbox,
    status,
)
from eal_jira.cli import run as daemon
from eal_jira.cli.output import out, say
from eal_jira.errors import EalError
from eal_jira.memory import return_what_is_free

app = typer.Typer(
    name="eal-jira",
    help="Execution as Learning beside Jira: the process itself learns, in the tracker you already have.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        out(f"eal-jira {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What holds for every command."""
    return_what_is_free()


demo.add_to(app)
doctor.add_to(app)
cycle.add_to(app)
daemon.add_to(app)
status.add_to(app)
outbox.add_to(app)
backup.add_to(app)
read.add_to(app)
census.add_to(app)
explain.add_to(app)
learnings.add_to(app)
guidelines.add_to(app)
experiments.add_to(app)
export.add_to(app)
measures.add_to(app)
sandbox.add_to(app)


def run() -> None:
    """The console script: words every known error in one place and gives the exit code of DESIGN 9."""
    try:
        app()
    except EalError as error:
        say(f"eal-jira: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("eal-jira: interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # whoever read our output has enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)

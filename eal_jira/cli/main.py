"""``eal-jira``: the way in. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from eal_jira import __version__
from eal_jira.cli import backup, cycle, demo, doctor, guidelines, read, sandbox, status
from eal_jira.cli.output import out, say
from eal_jira.errors import EalError

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
    """Nothing to do before the command itself."""


demo.add_to(app)
doctor.add_to(app)
cycle.add_to(app)
status.add_to(app)
backup.add_to(app)
read.add_to(app)
guidelines.add_to(app)
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

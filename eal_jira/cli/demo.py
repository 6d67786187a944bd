"""``eal-jira demo``: nine months of a small organisation on the sandbox, and what the process learnt in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from eal_jira.cli.output import JsonOption, emit, out, say, terminal

if TYPE_CHECKING:
    from eal_jira.sandbox.living import Organisation
    from eal_jira.stages.house import House

FIRST_LOOK = timedelta(weeks=13)
"""Nobody installs a tool like this on the first day of a project: the first cycle finds a quarter of history."""
STEP = timedelta(weeks=2)


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    folder: Annotated[Path, typer.Option(help="Where config, database and retro pages go.")] = Path("demo"),
    flavour: Annotated[Literal["cloud", "datacenter"], typer.Option(help="Which Jira the sandbox is.")] = "cloud",
    seed: Annotated[int, typer.Option(help="Which history to live through.")] = 3,
    port: Annotated[int, typer.Option(help="Port of the sandbox on 127.0.0.1; 0: any free one.")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox running, to look around in it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Live through nine months on a sandbox tracker and tell what was learnt. Needs no tracker of your own."""
    from eal_jira.cli.demo_story import facts_of, told
    from eal_jira.cli.demo_world import demo_settings, demo_world
    from eal_jira.cli.logs import logging_to_stderr

    logging_to_stderr()
    with demo_world(folder, flavour, seed, port) as world:
        say(f"A sandbox of {'Jira Cloud' if flavour == 'cloud' else 'Jira Data Center'} is at {world.url}")
        with _opened(demo_settings(world)) as house:
            _live(house, world.organisation)
            facts = facts_of(house, world)
        if as_json:
            emit(facts)
        else:
            for line in told(facts):
                out(line)
        if keep:
            import threading

            say(f"The sandbox goes on at {world.url} until Ctrl-C.")
            threading.Event().wait()


@contextmanager
def _opened(settings: Any) -> Iterator[House]:
    from eal_jira.assemble import assembled

    with assembled(settings) as house:
        yield house


def _live(house: House, organisation: Organisation) -> None:
    """A quarter of a year goes by, the first plan is made and approved; then a look every two weeks."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from eal_jira.cli.cycle import approve_plans
    from eal_jira.cycle import run_cycle
    from eal_jira.sandbox.living import NINE_MONTHS

    end = organisation.start + NINE_MONTHS
    console = Console(stderr=True, quiet=not terminal(sys.stderr))
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[week]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Living through nine months", total=(NINE_MONTHS - FIRST_LOOK) / STEP, week="")
        now = organisation.start + FIRST_LOOK
        organisation.live(now)
        run_cycle(house)
        approve_plans(house)
        while now < end:
            run_cycle(house)
            progress.update(task, advance=1, week=f"{now:%d %B %Y}")
            now = min(now + STEP, end)
            organisation.live(now)
        run_cycle(house)

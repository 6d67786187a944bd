"""``eal-jira sandbox``: a small Jira on this machine, to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eal_jira.cli.output import out, say


def add_to(app: typer.Typer) -> None:
    app.command()(sandbox)


def sandbox(
    flavour: Annotated[Literal["cloud", "datacenter"], typer.Option(help="Which Jira to be.")] = "cloud",
    data: Annotated[
        Path | None, typer.Option(help="Issues to load: Jira REST JSON, one per line (.jsonl or .jsonl.gz).")
    ] = None,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.")] = 8081,
    seed: Annotated[int, typer.Option(help="Which living history to grow when there is no --data.")] = 1,
) -> None:
    """Run a small Jira on 127.0.0.1 with a living history or with your data, until Ctrl-C."""
    import threading

    from eal_jira.sandbox import RealClock, Site, VirtualClock, serve
    from eal_jira.sandbox.living import START, Organisation

    if data is not None:
        from eal_jira.sandbox.load import read_lines

        site = Site(flavour=flavour, clock=RealClock())
        report = site.load(read_lines(data))
        say(f"{report}")
    else:
        clock = VirtualClock(START)
        site = Site(flavour=flavour, clock=clock)
        organisation = Organisation(site, seed)
        say("Growing nine months of history …")
        organisation.live(organisation.end)
        clock.set(organisation.end)
    user, token = site.credentials("eal-bot")
    with serve(site, port=port) as served:
        out(served.url)
        say(f"Sign in as {user or 'a bearer of the token'} with the token {token!r}. Stop with Ctrl-C.")
        threading.Event().wait()

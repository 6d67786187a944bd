"""``eal-jira sandbox``: a small Jira on this machine, to try things on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

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
    from eal_jira.sandbox.living import NINE_MONTHS, START, Organisation
    from eal_jira.sandbox.teams import BOT

    if data is not None:
        site = Site(flavour=flavour, clock=RealClock())
        site.add_person(BOT)
        report = site.load(_lines(data))
        say(f"{report.issues} issues, {report.histories} history entries, {report.comments} comments loaded.")
        for left_out in report.not_loaded:
            say(f"{data}, line {left_out.line}: {left_out.ref}: {left_out.reason}")
    else:
        site = Site(flavour=flavour, clock=VirtualClock(START))
        say("Growing nine months of history …")
        Organisation(site, seed).live(START + NINE_MONTHS)
    user, token = site.credentials(BOT.account_id)
    with serve(site, port=port) as served:
        out(served.url)
        say(f"Sign in as {user or 'the bearer of a token'} with the token {token}. Stop with Ctrl-C.")
        threading.Event().wait()


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """One JSON object a line, plain or gzipped. Raises `UsageError` when it can't be read."""
    import gzip
    import json

    from eal_jira.errors import UsageError

    try:
        with gzip.open(file, "rt") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)
    except FileNotFoundError:
        raise UsageError(f"There is no file {file}.", remedy="Name one with --data FILE.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(
            f"{file} can't be read as JSON lines ({type(error).__name__}).",
            remedy="It needs one issue a line, as `GET issue/{key}?expand=changelog` answers it.",
        ) from error

"""How commands speak: data to stdout, words for people to stderr, `--json` as one document with a schema version."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from eal_jira import redaction

SCHEMA_VERSION = 1

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The config file [default: $EAL_JIRA_CONFIG, else ./eal-jira.toml]."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def say(text: str) -> None:
    """A line for the person at the keyboard."""
    print(redaction.clean(text), file=sys.stderr)  # noqa: T201 - this room prints


def out(text: str) -> None:
    """A line of data."""
    print(text)  # noqa: T201 - this room prints


def emit(document: Mapping[str, Any]) -> None:
    out(json.dumps({"schema_version": SCHEMA_VERSION, **document}, default=_plain, indent=2, ensure_ascii=False))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


def table(header: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table on a terminal, tab-separated lines elsewhere; `empty` is what to say when there is no row."""
    if not rows:
        say(empty)
        return
    if not terminal(sys.stdout):
        for row in rows:
            out("\t".join(str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        drawn.add_column(name)
    for row in rows:
        drawn.add_row(*(Text(str(cell)) for cell in row))
    Console().print(drawn)


def terminal(stream: Any) -> bool:
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"

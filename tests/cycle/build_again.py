"""Builds the due retros of a config's only team once more, in a process of its own, and prints what each target gets.

    python -m tests.cycle.build_again CONFIG MOMENT

Writes nothing into the store. Of each target and chart: a name and the hash of its bytes, as JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import get_args

from eal_jira.assemble import assembled
from eal_jira.documents import Target, render
from eal_jira.settings import load_settings
from eal_jira.stages.retros import due_retros


def build_again(config: Path, now: datetime) -> dict[str, str]:
    told: dict[str, str | bytes] = {}
    with assembled(load_settings(config)) as house:
        (team,) = house.teams
        for row, page in due_retros(house, team, now):
            body = {**(row.body or {}), "start": row.start.isoformat(), "end": row.end.isoformat()}
            told[f"{page.key}: row"] = json.dumps(body, sort_keys=True)
            told[f"{page.key}: title and date"] = f"{page.title} {page.date}"
            figures = {figure.name: figure for figure in page.figures}
            for target in get_args(Target):
                made = render(page.body, target, figures)
                told[f"{page.key}: {target}"] = made if isinstance(made, str) else json.dumps(made)
            for name, figure in figures.items():
                told[f"{page.key}: {name}.svg"] = figure.svg
                told[f"{page.key}: {name}.png"] = figure.png
            for place in house.pages.values():
                place.put(page)
        folder = house.settings.path(Path("retros"))
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            told[str(file.relative_to(folder))] = file.read_bytes()
    return {
        name: hashlib.sha256(what.encode() if isinstance(what, str) else what).hexdigest()
        for name, what in told.items()
    }


if __name__ == "__main__":
    again = build_again(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
    sys.stdout.write(json.dumps({"zone": time.tzname, "told": again}))

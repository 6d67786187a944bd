"""The daemon is killed at its named places, at any moment and while it recovers; nothing is lost, nothing twice.

Each test is a run of its own (`run`), in a process without threads that can be forked. `make kills` is a run of 200, as
in the gate, `make faults` the long one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def figures(*arguments: str, seconds: float) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.run", "--json", "--workers", "1", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "point",
    [
        "write stages.retros.write_retros committed:1",
        "write stages.reflect.one committed:1",
        "request POST issue answered:1",
        "request POST issue/*/comment answered:2",
        "file .json written:1",
    ],
)
def test_killed_where_it_would_hurt_most(point: str) -> None:
    """Between a decision and its intents, between a write and its record."""
    found = figures("--point", point, seconds=110)
    assert found["kills"] == 1
    assert (found["duplicate"], found["lost"], found["stuck"]) == (0, 0, 0)

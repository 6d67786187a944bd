"""Asks pm4py, which lives in .venv-oracles and is never imported here. `make oracles` builds that environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-oracles" / "bin" / "python"
SAYS = Path(__file__).parent / "pm4py_says.py"

needs_pm4py = pytest.mark.skipif(
    not (ROOT / ".venv-oracles" / ".ready").exists(),
    reason="pm4py is not here; `make oracles` installs it into an environment of its own, .venv-oracles",
)


def pm4py_says(ask: str, **question: Any) -> Any:
    """The answer to one question. What went wrong over there is the failure's text."""
    done = subprocess.run(
        [PYTHON, SAYS],
        input=json.dumps({"ask": ask, **question}),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)

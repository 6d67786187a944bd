"""``backup``, ``restore``, and a second daemon, as people type them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from eal_jira.store import facts, leases, open_store

CONFIG = """
[tracker]
adapter = "jira"
url = "http://127.0.0.1:1"
token = { file = "token" }
learning_project = "EAL"
[[teams]]
name = "Team"
projects = ["P"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "eal-jira.toml").write_text(CONFIG)
    (tmp_path / "token").write_text("a token")
    return tmp_path


def typed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from eal_jira.cli.main import run; run()", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_what_was_backed_up_comes_back(folder: Path) -> None:
    store = open_store("sqlite:///eal.db", folder)
    with store.write() as connection:
        facts.put(connection, "a", "then")
    assert "looked through" in typed(folder, "backup", "b.backup").stdout
    with store.write() as connection:
        facts.put(connection, "a", "later")
    store.close()
    done = typed(folder, "restore", "b.backup")
    assert done.returncode == 0, done.stderr
    store = open_store("sqlite:///eal.db", folder)
    with store.read() as connection:
        assert facts.get(connection, "a") == "then"
    store.close()


def test_a_damaged_database_can_be_replaced(folder: Path) -> None:
    open_store("sqlite:///eal.db", folder).close()
    typed(folder, "backup", "b.backup")
    (folder / "eal.db").write_bytes(b"nothing but this" * 1000)
    refused = typed(folder, "cycle")
    assert refused.returncode == 78
    assert "eal-jira restore FILE" in refused.stderr
    assert typed(folder, "restore", "b.backup").returncode == 0
    open_store("sqlite:///eal.db", folder).close()


@pytest.mark.parametrize("command", ["run", "cycle"])
def test_the_second_one_at_work_is_refused_and_told_who_is_the_first(folder: Path, command: str) -> None:
    store = open_store("sqlite:///eal.db", folder)
    with leases.holding(store, leases.CYCLE):
        began = time.monotonic()
        refused = typed(folder, command)
        took = time.monotonic() - began
    store.close()
    assert refused.returncode == 75
    assert f"process {leases.ourselves()['pid']} on {leases.ourselves()['host']}" in refused.stderr
    assert "Traceback" not in refused.stderr
    # starting Python and reading the config is part of it
    assert took < leases.PATIENCE + 10

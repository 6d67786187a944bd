"""`eal-jira census`: what is in doubt is shown before anybody vouches for it, and nothing happens without a yes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from eal_jira.cli.main import app
from eal_jira.errors import UsageError
from eal_jira.model import SetAside
from eal_jira.store import issues, open_store, work
from eal_jira.store.content import content_hash
from eal_jira.testing.builders import record

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation in which eight of twelve issues are in doubt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eal-jira.toml").write_text(
        """
[tracker]
adapter = "jira"
url = "http://127.0.0.1:9"
token = { env = "EAL_JIRA_TOKEN" }
learning_project = "EAL"
[[teams]]
name = "Payments"
projects = ["PAY"]
"""
    )
    store = open_store("sqlite:///eal.db", tmp_path)
    with store.write() as connection:
        records = [record(number) for number in range(1, 13)]
        issues.save_records(connection, [(content_hash(each), each) for each in records])
        work.add(connection, work.IN_DOUBT, [each.issue.id for each in records[:8]])
        work.set_aside(
            connection,
            "census",
            NOW,
            [SetAside("census", "PAY", "Listed 4 of 12. Say so: eal-jira census confirm PAY")],
        )
    store.close()
    return tmp_path


def eal(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def listed(stage: str, folder: Path) -> list[str]:
    store = open_store("sqlite:///eal.db", folder)
    with store.read() as connection:
        found = work.of_project(connection, stage, "PAY")
    store.close()
    return found


def test_the_list_says_how_many_and_which(folder: Path) -> None:
    told = eal("census", "list")
    assert "8 of 12" in told.stdout
    assert "PAY-1, PAY-2, PAY-3" in told.stdout
    (doubt,) = json.loads(eal("census", "list", "--json").stdout)["in_doubt"]
    assert [issue["key"] for issue in doubt["issues"]] == [f"PAY-{n}" for n in range(1, 9)]
    assert (doubt["project"], doubt["known"]) == ("PAY", 12)


def test_status_names_the_command(folder: Path) -> None:
    assert "eal-jira census confirm PAY" in eal("status").stdout


def test_a_yes_is_needed_and_nobody_there_is_no_yes(folder: Path) -> None:
    refused = eal("census", "confirm", "PAY")
    assert isinstance(refused.exception, UsageError)
    assert "--yes" in str(refused.exception)
    assert "PAY-1, PAY-2" in refused.stderr, "what it is about is shown first"
    assert listed(work.CONFIRMED, folder) == []


def test_a_yes_confirms_what_was_shown_and_marks_nothing(folder: Path) -> None:
    told = eal("census", "confirm", "PAY", "--yes")
    assert told.exit_code == 0, told.exception
    assert "8 issues of PAY" in told.stdout
    assert len(listed(work.CONFIRMED, folder)) == 8
    assert listed(work.IN_DOUBT, folder) == []
    store = open_store("sqlite:///eal.db", folder)
    with store.read() as connection:
        assert issues.vanished(connection) == {}
        assert len(issues.ids_in_project(connection, "PAY")) == 12
    store.close()
    assert "confirmed as absent" in eal("status").stdout


def test_a_project_that_is_not_in_doubt_is_a_usage_error(folder: Path) -> None:
    refused = eal("census", "confirm", "PAYE", "--yes")
    assert isinstance(refused.exception, UsageError)
    assert "In doubt: PAY." in str(refused.exception)
    assert len(listed(work.IN_DOUBT, folder)) == 8

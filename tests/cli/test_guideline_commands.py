"""`guidelines diff` and `guidelines lint`: a change as people read it, both ways; what to mend and what to think of."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eal_jira.cli.main import app
from eal_jira.errors import UsageError
from eal_jira.process.versions import timeline
from eal_jira.stages.guidelines import add
from eal_jira.store import facts, open_store
from tests.process.building import MONDAY, version

DAY = timedelta(days=1)
LIMIT = {"kind": "time_limit", "status": "In Review", "at_most": "2 working days"}
QUICK = {"guideline": "reviews-are-quick", "title": "Reviews are quick"}

FIRST = version(LIMIT, 1, **QUICK, in_force_from=MONDAY, applies_to={"type": ["Story", "Bug"]})
SECOND = version(
    {**LIMIT, "at_most": "3 working days"},
    2,
    **QUICK,
    in_force_from=MONDAY + DAY,
    applies_to={"type": ["Story", "Task"]},
    except_=({"labels": ["hotfix"]},),
    mandatory=True,
    why="Auditors ask",
)
THIRD = version(None, 3, **QUICK, in_force_from=MONDAY + 2 * DAY)

FILE = """
[[guideline]]
id = "reviews-are-quick"
title = "Reviews are quick"
purpose = "A second pair of eyes sees what the first can't"
source = "Bacchelli & Bird, 2013"
in_force_from = 2027-01-04
rule = {{ kind = "time_limit", status = "In Review", at_most = "{limit}" }}
old_way = "It gave people time"
"""

CONFIG = """
[tracker]
adapter = "jira"
url = "http://127.0.0.1:9"
token = { env = "HOME" }
learning_project = "EAL"
[store]
url = "sqlite:///eal.db"
[[teams]]
name = "Payments"
projects = ["PAY"]
guidelines = "payments.toml"
[[teams]]
name = "Search"
projects = ["SEA"]
"""


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def diff(self, *words: object) -> Result:
        return self.guidelines("diff", *words)

    def guidelines(self, *words: object) -> Result:
        run = [*map(str, words), "--config", str(self.path / "eal-jira.toml")]
        done = CliRunner().invoke(app, ["guidelines", *run])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def json(self, *words: object) -> Any:
        document = json.loads(self.diff(*words, "--json").stdout)
        assert document.pop("schema_version") == 1
        return document["differences"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "eal-jira.toml").write_text(CONFIG)
    (tmp_path / "payments.toml").write_text("")
    store = open_store("sqlite:///eal.db", tmp_path)
    with store.write() as connection:
        for one in timeline([FIRST, SECOND, THIRD]):
            add(connection, "Payments", one)
        facts.put_moment(connection, "last_cycle", MONDAY + 3 * DAY)
    store.close()
    return Folder(tmp_path)


def test_two_versions_are_told_line_by_line(folder: Folder) -> None:
    done = folder.diff("reviews-are-quick", "--from", 1, "--to", 2)
    assert done.stdout.splitlines() == [
        "Payments: Reviews are quick (reviews-are-quick, v1 → v2, since 2026-03-03)",
        "  why reworded: Auditors ask",
        "  mandatory from now on",
        "  limit moved from 2 working days to 3 working days",
        "  applies also to type Task",
        "  no longer applies to type Bug",
        "  exception added: labels hotfix",
    ]
    assert done.stderr == ""


def test_the_way_back_reads_the_other_way_round(folder: Folder) -> None:
    (there,) = folder.json("reviews-are-quick", "--from", 1, "--to", 2)
    (back,) = folder.json("reviews-are-quick", "--from", 2, "--to", 1)
    assert (there["from"], there["to"], back["from"], back["to"]) == (1, 2, 2, 1)
    assert back["changed"] == [
        "why left out",
        "no longer mandatory",
        "limit moved from 3 working days to 2 working days",
        "applies also to type Bug",
        "no longer applies to type Task",
        "exception removed: labels hotfix",
    ]
    assert len(back["changed"]) == len(there["changed"])


def test_without_numbers_it_is_the_newest_version_beside_the_one_before(folder: Folder) -> None:
    (row,) = folder.json("reviews-are-quick")
    assert (row["from"], row["to"]) == (2, 3)
    assert "retired" in row["changed"]
    (earlier,) = folder.json("reviews-are-quick", "--to", 2)
    assert (earlier["from"], earlier["to"]) == (1, 2)
    (whole,) = folder.json("reviews-are-quick", "--from", 1)
    assert (whole["from"], whole["to"]) == (1, 3)
    (first,) = folder.json("reviews-are-quick", "--to", 1)
    assert (first["from"], first["to"], first["changed"]) == (None, 1, [])


@pytest.mark.parametrize(("option", "number"), [("--from", 7), ("--to", 7), ("--to", 0)])
def test_a_version_that_is_not_there_is_told_with_those_that_are(folder: Folder, option: str, number: int) -> None:
    with pytest.raises(UsageError) as caught:
        folder.diff("reviews-are-quick", option, number)
    assert str(caught.value).startswith(f"Payments has no version {number} of reviews-are-quick.")
    assert "There are v1, v2, v3." in str(caught.value)


def test_a_misspelt_guideline_is_led_to_the_nearest(folder: Folder) -> None:
    with pytest.raises(UsageError) as caught:
        folder.diff("review-are-quick")
    assert "No team has a guideline 'review-are-quick'." in str(caught.value)
    assert 'Did you mean "reviews-are-quick"?' in str(caught.value)
    with pytest.raises(UsageError, match='Known here: "reviews-are-quick"'):
        folder.diff("zzz")


def test_a_guideline_that_another_team_has_is_not_this_teams(folder: Folder) -> None:
    with pytest.raises(UsageError, match="Search has no guideline 'reviews-are-quick'"):
        folder.diff("reviews-are-quick", "--team", "Search")


def test_without_an_id_it_is_what_the_files_would_change_at_the_next_cycle(folder: Folder) -> None:
    assert folder.json() == []
    assert "The files say what is known already." in folder.diff().stderr
    (folder.path / "payments.toml").write_text(FILE.format(limit="1 week"))
    (row,) = folder.json()
    assert (row["team"], row["guideline"], row["from"], row["to"]) == ("Payments", "reviews-are-quick", 3, 4)
    assert "taken up again: An issue stays in In Review for at most 1 week." in row["changed"]
    told = folder.diff().stdout
    assert told.startswith("Payments: Reviews are quick (reviews-are-quick, v3 → v4, since 2027-01-0")
    assert folder.json() == [row], "looking changes nothing"


def test_lint_tells_a_missing_reason_as_worth_a_thought_and_finds_nothing_to_mend(folder: Folder) -> None:
    file = folder.path / "payments.toml"
    file.write_text(FILE.format(limit="1 week") + 'key_points = ["Read the test first"]\n')
    done = folder.guidelines("lint")
    assert done.exit_code == 0
    assert done.stdout.startswith("Worth a thought: payments.toml, line 10, guideline reviews-are-quick: ")
    assert "1 guideline versions can be used, 0 problems." in done.stderr
    document = json.loads(folder.guidelines("lint", "--json").stdout)
    assert (document["problems"], len(document["hints"])) == ([], 1)
    file.write_text(file.read_text() + 'why = "Tests tell what was meant"\n')
    assert folder.guidelines("lint").stdout == ""

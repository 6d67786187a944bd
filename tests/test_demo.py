"""The demo, as a new user runs it: what the sandbox planted is found, proposed, decided, and followed up."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

BANNED = re.compile(r"\b(violation|offender|non-compliant|culprit|blame|fault)", re.IGNORECASE)


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The folder of one demo a flavour and its facts; the little Jira runs on until the last test."""
    folder = tmp_path_factory.mktemp(request.param)
    command = [sys.executable, "-m", "eal_jira", "demo", "--json", "--keep", "--flavour", request.param]
    told, errors = folder / "facts.json", folder / "stderr"
    with told.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err)
    try:
        deadline = datetime.now() + timedelta(seconds=280)
        while "goes on at" not in errors.read_text():
            assert process.poll() is None, errors.read_text()
            assert datetime.now() < deadline, errors.read_text()
            time.sleep(0.2)
        yield folder / "demo", json.loads(told.read_text())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def team(facts: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (team for team in facts["teams"] if team["team"] == name)
    return found  # type: ignore[no-any-return]


def test_the_planted_practice_is_found_probed_proposed_and_decided(lived: tuple[Path, dict[str, Any]]) -> None:
    _, facts = lived
    truth = facts["truths"]["practice"]
    found = team(facts, truth["team"])
    assert [p["guideline"] for p in found["practices"] if p["verdict"] == "better"] == [truth["guideline"]]
    (probe,) = found["experiments"]
    assert probe["origin"].startswith(f"practice/payments/{truth['guideline']}/")
    assert (probe["guideline"], probe["state"]) == (truth["guideline"], "works")
    (proposal,) = found["proposals"]
    assert proposal["experiment"] == probe["key"]
    assert any("It works" in sentence for sentence in proposal["evidence"])
    moments = [_moment(at) for at in (probe["made"], probe["started"], probe["ended"], proposal["made"])]
    assert moments == sorted(moments)
    assert moments[0] < moments[1] < moments[2]
    assert proposal["guideline"] == truth["guideline"]
    assert proposal["state"] == "approved"
    assert proposal["ticket"].startswith("EAL-")
    (version,) = team(facts, truth["team"])["new_versions"]
    assert (version["guideline"], version["version"]) == (truth["guideline"], 2)
    assert version["change"] == proposal["change"]


def test_the_decision_is_the_managers_and_not_the_curious_developers(lived: tuple[Path, dict[str, Any]]) -> None:
    """The developer pressed Approve a day after the ticket was made; the manager decided two working days after."""
    _, facts = lived
    (proposal,) = team(facts, "Payments")["proposals"]
    days = (_moment(proposal["decided"]) - _moment(proposal["made"])).total_seconds() / 86_400
    assert 1.5 < days < 5


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_adoption_is_measured(lived: tuple[Path, dict[str, Any]]) -> None:
    (proposal,) = team(lived[1], "Payments")["proposals"]
    assert proposal["adoption"]["share_since"] > proposal["adoption"]["share_before"]


def test_the_planted_rework_is_not_proposed_and_stands_in_the_retro(lived: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = lived
    truth = facts["truths"]["rework"]
    found = team(facts, truth["team"])
    assert found["proposals"] == []
    assert [(p["guideline"], p["verdict"]) for p in found["practices"] if p["verdict"] != "cannot tell"] == [
        (truth["guideline"], "worse")
    ]
    pages = [page.read_text() for page in (folder / "retros").rglob("*.html")]
    assert any("made more rework" in page and "In Progress without Ready" in page for page in pages)


def test_the_planted_experiment_is_judged_as_planted(lived: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = lived
    truth = facts["truths"]["experiment"]
    assert truth["direction"] == "better"
    (trial,) = team(facts, truth["team"])["experiments"]
    assert trial["guideline"] == truth["guideline"]
    assert trial["state"] == "works"
    assert any("finished sooner" in sentence for sentence in trial["sentences"])
    assert 20 <= trial["trial_issues"] <= 36
    config = str(folder / "eal-jira.toml")
    shown = [sys.executable, "-m", "eal_jira", "experiments", "show", trial["ticket"], "--config", config, "--json"]
    told = json.loads(subprocess.run(shown, capture_output=True, text=True, check=True).stdout)["experiment"]
    assert told["plan"]["Scope"] == "label trial-small-batches"
    assert told["trial_issues"] == trial["trial_issues"]


def test_nothing_is_left_undelivered(lived: tuple[Path, dict[str, Any]]) -> None:
    assert lived[1]["undelivered"] == 0


def test_no_page_names_a_person_or_uses_a_word_we_do_not_use(lived: tuple[Path, dict[str, Any]]) -> None:
    from eal_jira.sandbox.teams import MANAGERS, TEAMS

    folder, _ = lived
    people = [person for team in TEAMS for person in team.people] + list(MANAGERS)
    pages = list((folder / "retros").rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text()
        assert not BANNED.search(re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
        for person in people:
            assert person.name not in text
            assert person.account_id not in text


def test_the_reading_commands_work_on_what_the_demo_left(lived: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = lived

    def told(*words: str) -> Any:
        command = [sys.executable, "-m", "eal_jira", *words, "--config", str(folder / "eal-jira.toml"), "--json"]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    # a later cycle mirrors what the last one wrote
    assert told("status")["mirror"]["issues"] >= facts["mirror"]["issues"]
    assert len(told("deviations", "--team", "Search")["deviations"]) == team(facts, "Search")["deviations"]
    assert {p["state"] for p in told("proposals")["proposals"]} == {"approved", "open"}
    versions = told("guidelines", "show", "testing-before-done")["versions"]
    assert [v["version"] for v in versions] == [1, 2]
    assert versions[1]["changed"]
    assert told("guidelines", "lint")["problems"] == []


def test_the_same_cycles_over_again_create_nothing_new(lived: tuple[Path, dict[str, Any]]) -> None:
    """Later on the last day nothing is written at all. Where the clock goes back, pages tell what was in force then."""
    folder, facts = lived
    sandbox = f"{facts['sandbox']}/_sandbox"
    ended = _moment(requests.get(f"{sandbox}/clock", timeout=30).json()["now"])
    retros = {page: page.read_bytes() for page in (folder / "retros").rglob("*.html")}

    def written_at(now: datetime) -> list[dict[str, Any]]:
        requests.post(f"{sandbox}/clock", json={"set": now.isoformat()}, timeout=30).raise_for_status()
        before = len(requests.get(f"{sandbox}/journal", timeout=30).json())
        command = [sys.executable, "-m", "eal_jira", "cycle", "--config", str(folder / "eal-jira.toml"), "--json"]
        done = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["cycle"]
        assert _moment(done["now"]) == now
        entries: list[dict[str, Any]] = requests.get(f"{sandbox}/journal", params={"since": before}, timeout=30).json()
        return entries

    for hours in (0, 1, 12):
        assert written_at(ended + timedelta(hours=hours)) == []
    for weeks in (12, 0):
        again = written_at(ended - timedelta(weeks=weeks))
        assert {(entry["kind"], *entry["artefact"]["fields"]) for entry in again} <= {("edit", "description")}
    assert {page: page.read_bytes() for page in (folder / "retros").rglob("*.html")} == retros


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("mine")
    command = [sys.executable, "-m", "eal_jira", "demo"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Nothing in it was touched" in done.stderr
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "mine"

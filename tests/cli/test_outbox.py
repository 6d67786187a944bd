"""`eal-jira outbox`: what is parked is seen with its reason, tried again on request, or given up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eal_jira.cli.main import app
from eal_jira.errors import UsageError
from eal_jira.model import SetAside
from eal_jira.outbox.intents import Comment, Ticket, want
from eal_jira.store import Store, facts, intents, open_store, work
from tests.outbox.conftest import NOW

TICKET = Ticket("proposal/one", "EAL", "Task", "A proposal", "Why")
COMMENT = Comment("deviation/one", "Why?", issue_id="10001")
Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "eal-jira.toml"
    file.write_text(
        '[tracker]\nadapter = "jira"\nurl = "http://127.0.0.1:9"\ntoken = { env = "X" }\nlearning_project = "EAL"\n'
        '[[teams]]\nname = "Team"\nprojects = ["P"]\n'
    )
    store = opened(config=file)
    with store.write() as connection:
        facts.meet_team(connection, "Team", NOW)
        for intent in (TICKET, COMMENT):
            want(connection, "Team", intent, NOW)
        intents.mark(connection, COMMENT.key, intents.PARKED)
        work.set_aside(connection, "intent", NOW, [SetAside("intent", COMMENT.key, "No such issue.")])
    store.close()
    return file


def opened(config: Path) -> Store:
    return open_store("sqlite:///eal.db", config.parent)


def state(config: Path, key: str) -> str:
    store = opened(config)
    with store.read() as connection:
        row = intents.get(connection, key)
    store.close()
    assert row is not None
    return row.state


@pytest.fixture
def run(config: Path) -> Run:
    return lambda *words: CliRunner().invoke(app, ["outbox", *words, "--config", str(config)])


def test_the_list_says_why_something_is_parked(run: Run) -> None:
    listed = json.loads(run("list", "--json").stdout)["intents"]
    assert {(row["key"], row["state"], row["reason"]) for row in listed} == {
        (TICKET.key, "waiting", None),
        (COMMENT.key, "parked", "No such issue."),
    }
    plain = run("list", "--state", "parked").stdout
    assert "No such issue." in plain
    assert TICKET.key not in plain


def test_one_intent_is_shown_whole(run: Run) -> None:
    shown = json.loads(run("show", COMMENT.key, "--json").stdout)["intent"]
    assert (shown["payload"]["body"], shown["reason"], shown["lane"]) == ("Why?", "No such issue.", "issue:10001")
    assert "lane: issue:10001" in run("show", COMMENT.key).stdout


@pytest.mark.parametrize("what", [COMMENT.key, "--all"])
def test_what_is_parked_is_tried_again(run: Run, config: Path, what: str) -> None:
    assert run("retry", what).exit_code == 0
    assert state(config, COMMENT.key) == "waiting"
    assert json.loads(run("show", COMMENT.key, "--json").stdout)["intent"]["reason"] is None


def test_what_is_dropped_stays_so_until_it_says_something_else(run: Run, config: Path) -> None:
    assert run("drop", COMMENT.key).exit_code == 0
    store = opened(config)
    with store.write() as connection:
        want(connection, "Team", COMMENT, NOW)
        facts.approve_plan(connection, ["Team"], NOW)
        assert [row.key for row in intents.next_of_lanes(connection, NOW, 9)] == [TICKET.key]
        want(connection, "Team", Comment("deviation/one", "And why now?", issue_id="10001"), NOW)
        assert len(intents.next_of_lanes(connection, NOW, 9)) == 2
    store.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "nothing"), "There is no intent 'nothing'."),
        (("drop", "nothing"), "There is no intent 'nothing'."),
        (("retry",), "Name one intent, or --all."),
        (("list", "--state", "lost"), "There is no state 'lost'."),
    ],
)
def test_a_mistake_is_told_what_to_do(run: Run, words: tuple[str, ...], says: str) -> None:
    failed = run(*words)
    assert isinstance(failed.exception, UsageError)
    assert says in str(failed.exception)
    assert failed.exception.remedy

"""learn, library, backtest, explain, export, measures: typed by a user, over what one cycle mirrored."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eal_jira.assemble import assembled
from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.errors import ConfigError, UsageError
from eal_jira.model import Issue, IssueRecord, Link
from eal_jira.process.guidelines import parse_guidelines
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Act, Create, Move, Person, ProjectPlan, Say
from eal_jira.settings import load_settings
from eal_jira.store import Store, issues
from tests.cycle.conftest import BOT, LEARNING, NOW

HOUR = timedelta(hours=1)
PEOPLE = ("ann", "ben", "cleo")
PLAN = ProjectPlan(
    "P",
    "Project",
    (("Open", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate"), ("Done", "done")),
)
REVIEW = """
[[guideline]]
id = "review"
title = "Work is reviewed"
purpose = "Two see more than one"
source = "Bacchelli & Bird, 2013"
rule = { kind = "precedence", first = "In Review", then = "Done" }
"""


@dataclass(frozen=True)
class World:
    folder: Path

    def eal(self, *words: object) -> Result:
        done = CliRunner().invoke(app, [*map(str, words), "--config", str(self.folder / "eal-jira.toml")])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def json(self, *words: object) -> Any:
        document = json.loads(self.eal(*words, "--json").stdout)
        assert document.pop("schema_version") == 1
        return document


def lives() -> Iterator[Act]:
    """30 issues: 24 go the usual way, ann to ben; 6 go straight to Done, two of them with a word about the reason."""
    begin = NOW - timedelta(days=60)
    for n in range(1, 31):
        at, key = begin + n * timedelta(days=1), f"P-{n}"
        yield Create(at, "cleo", key, "Task", f"Work for Ann number {n}")
        yield Move(at + HOUR, "ann", key, "In Progress")
        if n % 5:
            yield Move(at + 3 * HOUR, "ann", key, "In Review")
            yield Move(at + 5 * HOUR, "ben", key, "Done")
        else:
            yield Move(at + 3 * HOUR, "ann", key, "Done")
            if n in (5, 10):
                yield Say(at + 4 * HOUR, "ann", key, "Without review, because it was only a typing error.")
            else:
                yield Say(at + 4 * HOUR, "ann", key, "Deployed.")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("team")
    site = Site(flavour="cloud", clock=VirtualClock(NOW))
    for person in (BOT, *(Person(name, name.title()) for name in PEOPLE)):
        site.add_person(person)
    site.add_project(LEARNING)
    site.add_project(PLAN)
    for act in lives():
        site.perform(act)
    user, token = site.credentials(BOT.account_id)
    (folder / "token").write_text(token)
    (folder / "g.toml").write_text(REVIEW)
    with serve(site, port=0) as served:
        (folder / "eal-jira.toml").write_text(
            f"""
[tracker]
adapter = "jira"
url = "{served.url}"
user = "{user}"
token = {{ file = "{folder / "token"}" }}
learning_project = "EAL"
[[teams]]
name = "Team"
projects = ["P"]
guidelines = "g.toml"
since = 2020-01-01
"""
        )
        with assembled(load_settings(folder / "eal-jira.toml")) as house:
            run_cycle(house)
    return World(folder)


def names_nobody(text: str) -> None:
    for name in (*PEOPLE, *(name.title() for name in PEOPLE)):
        assert f'"{name}"' not in text
        assert f" {name} " not in text


# --- learn ----------------------------------------------------------------------------------------------------


def test_learn_prints_a_draft_that_loads(world: World) -> None:
    done = world.eal("guidelines", "learn")
    parsed = parse_guidelines(done.stdout, "draft.toml", UTC)
    assert parsed.problems == ()
    assert {"learnt-usual-path", "learnt-two-people-in-review-done"} <= {v.guideline for v in parsed.versions}
    assert "# Support: 84 of 84 steps (100.0 %)." in done.stdout
    assert "# 30 of 30 steps out of In Progress" in done.stdout, "six issues went straight to done: usual, too"
    names_nobody(done.stdout)
    assert ("Not learnt." in done.stderr) == ("# Not learnt:" in done.stdout)


def test_learn_as_data_holds_support_and_counter_examples(world: World) -> None:
    habits = world.json("guidelines", "learn")["habits"]
    assert habits["issues"] == 30
    path = next(one for one in habits["learnt"] if one["id"] == "learnt-usual-path")
    assert path["support"] == "84 of 84 steps (100.0 %)"
    assert path["rule"]["from"]["In Progress"] == ["In Review", "Done"]


def test_before_the_first_cycle_there_is_nothing_to_learn_from(tmp_path: Path, world: World) -> None:
    text = (world.folder / "eal-jira.toml").read_text()
    (tmp_path / "eal-jira.toml").write_text(text)
    (tmp_path / "g.toml").write_text(REVIEW)
    with pytest.raises(UsageError, match="no mirrored history yet"):
        World(tmp_path).eal("guidelines", "learn")


# --- library --------------------------------------------------------------------------------------------------


def test_the_library_can_be_listed_read_and_copied(tmp_path: Path) -> None:
    run = CliRunner().invoke
    listed = json.loads(run(app, ["guidelines", "library", "list", "--json"]).stdout)["practices"]
    assert len(listed) >= 25
    assert run(app, ["guidelines", "library", "list"]).stdout.count("\n") == len(listed)
    shown = run(app, ["guidelines", "library", "show", "review-before-done"]).stdout
    assert "Bacchelli" in shown
    assert "To adapt:" in shown
    copied = run(app, ["guidelines", "library", "copy", "review-before-done", "reviews-are-quick"]).stdout
    assert [g["id"] for g in tomllib.loads(copied)["guideline"]] == ["review-before-done", "reviews-are-quick"]


# --- backtest -------------------------------------------------------------------------------------------------

DRAFT = """
[[guideline]]
id = "review"
title = "Work is reviewed"
purpose = "p"
source = "s"
in_force_from = 2030-01-01
rule = { kind = "precedence", first = "In Review", then = "Done" }
[[guideline]]
id = "quick"
title = "Work is quick"
purpose = "p"
source = "s"
rule = { kind = "time_limit", status = "In Review", at_most = "1 hour" }
"""


def draft(world: World, text: str, name: str = "draft.toml") -> Path:
    file = world.folder / name
    file.write_text(text)
    return file


def test_backtest_tells_what_a_draft_would_have_tagged(world: World) -> None:
    document = world.json("guidelines", "backtest", draft(world, DRAFT))
    quick, review = document["guidelines"]
    assert document["issues"] == 30
    assert (review["about"], review["issues"], review["departures"]) == (30, 6, 6)
    assert review["explained"] == {"exception": 0, "deviation": 6, "comment": 0}, "the team's own guideline says so"
    assert (quick["issues"], quick["departures"]) == (24, 24)
    assert quick["explained"] == {"exception": 0, "deviation": 0, "comment": 0}


STEPS = """
[[guideline]]
id = "steps"
title = "Work moves step by step"
purpose = "p"
source = "s"
[guideline.rule]
kind = "allowed_transitions"
from = { Open = ["In Progress"], "In Progress" = ["In Review"], "In Review" = ["Done"] }
"""


def test_backtest_counts_reasons_and_compares_without_claiming_a_cause(world: World) -> None:
    (steps,) = world.json("guidelines", "backtest", draft(world, STEPS))["guidelines"]
    assert steps["explained"] == {"exception": 0, "deviation": 0, "comment": 2}, "four only say that they deployed"
    told = world.eal("guidelines", "backtest", draft(world, STEPS)).stdout
    assert "It would have tagged 6 of the 30 issues that it is about, 6 times in all." in told
    assert "Explained already: 2 of 6" in told
    assert "Cycle time, an association and no cause: In 10 of 10 comparisons the issue that departed finished" in told
    assert "6 issues against 24" in told
    names_nobody(told)


def test_backtest_switches_nothing_on(world: World) -> None:
    before = world.json("guidelines", "list")
    world.eal("guidelines", "backtest", draft(world, DRAFT))
    assert world.json("guidelines", "list") == before
    assert len(world.json("deviations")["deviations"]) == 6


def test_backtest_of_nothing_usable_says_what_to_mend(world: World) -> None:
    with pytest.raises(ConfigError, match="no guideline that can be used"):
        world.eal("guidelines", "backtest", draft(world, "[[guideline]]\nid = 'x'\n", "bad.toml"))
    with pytest.raises(UsageError, match="There is no file"):
        world.eal("guidelines", "backtest", world.folder / "missing.toml")


def test_a_guideline_of_the_draft_that_the_tracker_cannot_follow_is_named_and_the_others_are_tried(
    world: World,
) -> None:
    done = world.eal("guidelines", "backtest", draft(world, DRAFT.replace('"In Review", at', '"In Reviw", at')))
    assert 'no status "In Reviw"' in done.stderr
    assert "review: Work is reviewed" in done.stdout
    assert "quick" not in done.stdout


# --- explain --------------------------------------------------------------------------------------------------


def test_explain_says_why_an_issue_is_tagged(world: World) -> None:
    document = world.json("explain", "P-5")
    assert [stay["status"] for stay in document["issue"]["path"]] == ["Open", "In Progress", "Done"]
    (team,) = document["teams"]
    (review,) = team["guidelines"]
    assert (review["guideline"], review["version"], review["in_force"], review["tagged"]) == ("review", 1, True, True)
    assert review["deviations"][0]["what"] == "Done without In Review"
    assert team["measures"]["reopenings"] == 0
    told = world.eal("explain", "p-5").stdout
    assert "Tagged: P-5 reached Done before it had been in In Review." in told
    names_nobody(told)


def test_explain_says_why_an_issue_is_not_tagged(world: World) -> None:
    assert (
        "Not tagged: An issue reaches Done only after it has been in In Review." in world.eal("explain", "P-1").stdout
    )


def test_explain_of_an_unknown_issue_says_what_to_do(world: World) -> None:
    with pytest.raises(UsageError, match="no issue P-99"):
        world.eal("explain", "P-99")


# --- export ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["xes", "ocel", "csv"])
def test_every_export_holds_every_move_and_nobodys_name(world: World, form: str) -> None:
    text = world.eal("export", "--format", form).stdout
    assert text.count("In Review") >= 24
    assert "Work for Ann" not in text
    names_nobody(text)
    world.eal("export", "--format", form, "--output", world.folder / f"out.{form}")
    assert (world.folder / f"out.{form}").read_bytes().decode().splitlines() == text.splitlines()


def test_the_csv_tells_deviations_where_they_happened(world: World) -> None:
    rows = list(csv.DictReader(io.StringIO(world.eal("export", "--format", "csv").stdout)))
    assert len(rows) == 24 * 4 + 6 * 3
    assert {row["activity"] for row in rows if row["deviations"]} == {"Done"}
    assert sum(row["deviations"] == "review v1" for row in rows) == 6
    assert len({row["resource"] for row in rows}) == 3


def test_an_export_to_nowhere_is_told(world: World) -> None:
    with pytest.raises(UsageError, match="can't be written"):
        world.eal("export", "--format", "csv", "--output", world.folder / "no" / "such" / "folder.csv")


# --- measures -------------------------------------------------------------------------------------------------


def test_measures_tell_weeks_and_hide_small_numbers(world: World) -> None:
    (team,) = world.json("measures", "--weeks", "10")["teams"]
    assert len(team["issues"]) == 30
    told = [week["throughput"] for week in team["weeks"]]
    assert sum(number or 0 for number in told) in range(25, 31)
    assert all(number is None or number >= 5 for number in told)
    assert "fewer than 5" in world.eal("measures").stdout


def _issue(id_: str, type_: str, created: datetime, links: Sequence[Link] = ()) -> tuple[bytes, IssueRecord]:
    issue = Issue(id_, f"P-{id_}", "P", type_, "1", "", created, created, links=tuple(links))
    return id_.encode(), IssueRecord(issue)


def test_linked_bugs_are_found_with_their_day_and_once_each(store: Store) -> None:
    twice = [Link(n, "Relates", "outward", "2", "P-2") for n in ("8", "9")]
    links = [*twice, Link("7", "Relates", "outward", "3", "P-3"), Link("6", "Relates", "outward", "gone", "P-9")]
    with store.write() as connection:
        issues.save_records(
            connection, [_issue("1", "Story", NOW, links), _issue("2", "bug ", NOW + HOUR), _issue("3", "Task", NOW)]
        )
    with store.read() as connection:
        found = issues.linked_since(connection, {"1": links, "2": []}, ["Bug"])
    assert found == {"1": [], "2": []}, "a type with a space is another type"
    with store.write() as connection:
        issues.save_records(connection, [_issue("2", "bug", NOW + HOUR)])
        assert issues.linked_since(connection, {"1": links}, ["Bug", "Defect"]) == {"1": [NOW + HOUR]}

"""A team's page of guidelines, the tickets of another look, mandatory guidelines, and days off."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from eal_jira.errors import ConfigError
from eal_jira.learning.designs import designed
from eal_jira.learning.plans import Plan
from eal_jira.outbox.intents import marker
from eal_jira.settings import load_settings
from eal_jira.stages.guideline_pages import write_guidelines
from eal_jira.stages.guidelines import calendar
from eal_jira.stages.house import House
from eal_jira.store import experiments, intents, tables
from eal_jira.store.experiments import ExperimentRow

from .test_incremental import BEGIN, World, arrive, opened

GUIDELINE = """
[[guideline]]
id = "review-before-done"
title = "Work is reviewed before it is done"
purpose = "A second pair of eyes"
why = "Two refunds went out twice."
source = "Bacchelli & Bird, 2013"
key_points = ["Read the test first"]
open_questions = ["Does a pair need a review?"]
steward = "the people on support duty"
review_on = 2026-03-20
mandatory = {mandatory}
rule = {{ kind = "precedence", first = "Review", then = "Done" }}
"""
NOW = BEGIN + timedelta(days=10)
BANNED = re.compile(r"violat|offen[ds]|complian|culprit|blame|fault", re.IGNORECASE)


def prepare(house: House, mandatory: str = "false", **team: Any) -> House:
    """The house with this one guideline, its pages as HTML files; six issues, all done without a review."""
    folder = house.settings.folder
    (folder / "g.toml").write_text(GUIDELINE.format(mandatory=mandatory))
    (part,) = house.teams
    part = part.model_copy(update={"pages": ("html",), **team})
    return replace(house, settings=house.settings.model_copy(update={"teams": (part,)}))


def world(count: int) -> World:
    made = World()
    for number in range(1, count + 1):
        made.create(str(number), BEGIN, "Story", None, "Open")
        made.put(str(number), BEGIN + timedelta(hours=number), "status", "Done", "ann")
    return made


def write(house: House, days: float = 0) -> int:
    with house.store.write() as connection:
        return write_guidelines(house, connection, house.teams[0], NOW + timedelta(days=days))


def payload(house: House, key: str) -> Any:
    with house.store.read() as connection:
        row = intents.get(connection, key)
    return None if row is None else row.payload


PAGE = f"page:html:{marker('guidelines', 'Team')}"
REVIEW = f"ticket:{marker('review', 'Team', 'review-before-done', date(2026, 3, 20))}"


@pytest.mark.parametrize(("count", "told"), [(5, True), (4, False)])
def test_a_page_tells_purpose_reasons_and_past_cases_of_enough_issues(count: int, told: bool) -> None:
    with opened() as plain:
        house = prepare(plain)
        arrive(house, world(count), [str(n) for n in range(1, count + 1)], NOW)
        assert write(house) == 1
        body = payload(house, PAGE)["page"]["body"]
    for words in ("A second pair of eyes", "Two refunds went out twice", "Read the test first", "on support duty"):
        assert words in body
    assert "Does a pair need a review" in body
    assert (f"Done without Review: {count} issues" in body) == told
    assert "ann" not in body.replace("Planning", "").split()


def test_a_page_is_put_again_only_when_something_changed() -> None:
    with opened() as plain:
        house, made = prepare(plain), world(6)
        arrive(house, made, [str(n) for n in range(1, 6)], NOW)
        assert write(house) == 1
        before = payload(house, PAGE)
        arrive(house, made, [], NOW + timedelta(hours=1))
        assert write(house, 1) == 0, "nothing changed"
        assert payload(house, PAGE) == before
        arrive(house, made, ["6"], NOW + timedelta(hours=2))
        assert write(house, 2) == 1
        assert payload(house, PAGE) != before


def test_a_change_of_a_guideline_is_read_in_its_history() -> None:
    with opened() as plain:
        house = prepare(plain)
        arrive(house, world(1), ["1"], NOW)
        file = house.settings.folder / "g.toml"
        file.write_text(file.read_text().replace('first = "Review"', 'first = "Doing"'))
        arrive(house, world(1), ["1"], NOW + timedelta(hours=1))
        write(house, 1)
        assert (
            "Version 2, since 12 March 2026: first changed from Review to Doing" in payload(house, PAGE)["page"]["body"]
        )


def test_a_review_ticket_appears_on_its_day_and_once() -> None:
    with opened() as plain:
        house = prepare(plain)
        arrive(house, world(5), [str(n) for n in range(1, 6)], NOW)
        write(house, 7)
        assert payload(house, REVIEW) is None, "the day before"
        assert write(house, 8) == 1
        ticket = payload(house, REVIEW)
        assert "Done without Review: 5 issues" in ticket["body"]
        assert ticket["project"] == "EAL"
        arrive(house, world(6), ["6"], NOW + timedelta(days=9))
        write(house, 9)
        assert payload(house, REVIEW) == ticket, "what came later makes no second ticket"


@pytest.mark.parametrize(("mandatory", "asks"), [("true", True), ("false", False)])
def test_only_a_mandatory_guideline_asks_for_a_confirmation(mandatory: str, asks: bool) -> None:
    with opened() as plain:
        house = prepare(plain, mandatory, comments=True)
        arrive(house, world(1), ["1"], NOW)
        body = payload(house, f"comment:{marker('deviation', 'Team', 'review-before-done', '1')}")["body"]
    assert "?" in body
    assert not BANNED.search(body)
    assert ("confirm" in body) == asks
    assert ("on support duty" in body) == asks
    assert ("Departing from it is welcome" in body) != asks


# --- public holidays ------------------------------------------------------------------------------------------


def team_with(folder: Path, holidays: str) -> Any:
    config = folder / "eal-jira.toml"
    config.write_text(
        '[tracker]\nadapter = "jira"\nurl = "http://127.0.0.1:9"\nlearning_project = "EAL"\n'
        'token = { env = "HOME" }\n[[teams]]\nname = "Team"\nprojects = ["P"]\n'
        f"[teams.calendar]\nholidays = {holidays}\n"
    )
    return load_settings(config).teams[0]


@pytest.mark.parametrize(
    ("holidays", "day", "off"),
    [
        ('{ country = "DE" }', date(2026, 12, 25), True),
        ('{ country = "DE" }', date(2031, 5, 1), True),
        ('{ country = "DE" }', date(2026, 3, 8), False),
        ('{ country = "DE", subdivision = "BE" }', date(2027, 3, 8), True),
        ('{ country = "DE", also = [2026-12-24] }', date(2026, 12, 24), True),
        ('{ country = "DE", working = [2026-12-25] }', date(2026, 12, 25), False),
        ("[2026-12-25]", date(2026, 12, 25), True),
        ("[2026-12-25]", date(2026, 5, 1), False),
    ],
)
def test_days_off_are_listed_or_a_countrys(tmp_path: Path, holidays: str, day: date, off: bool) -> None:
    assert (day in calendar(team_with(tmp_path, holidays)).holidays) == off


@pytest.mark.parametrize(
    ("holidays", "said"),
    [
        ('{ country = "Germany" }', "there is no country 'Germany'"),
        ('{ country = "DE", subdivision = "XX" }', "DE has no subdivision 'XX'; there are: BB, BE"),
    ],
)
def test_a_country_that_nobody_knows_is_told_with_those_that_are_known(
    tmp_path: Path, holidays: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        team_with(tmp_path, holidays)


def test_a_guideline_that_nothing_stirs_is_called_quiet_until_something_does() -> None:
    with opened() as plain:
        house = prepare(plain, quiet_days=30)
        arrive(house, World(), [], NOW)
        write(house, 29)
        assert "quiet" not in payload(house, PAGE)["page"]["body"]
        assert write(house, 31) == 1
        assert "quiet" in payload(house, PAGE)["page"]["body"]
        arrive(house, world(1), ["1"], NOW + timedelta(days=32))
        with house.store.write() as connection:
            connection.execute(update(tables.deviations).values(at=NOW + timedelta(days=31)))
        write(house, 33)
        assert "quiet" not in payload(house, PAGE)["page"]["body"]


@pytest.mark.parametrize(("guideline", "quiet"), [("review-before-done", False), ("another-one", True)])
def test_one_experiment_clears_the_flag_of_the_guideline_that_it_tries_something_else_for(
    guideline: str, quiet: bool
) -> None:
    with opened() as plain:
        house = prepare(plain, quiet_days=30)
        arrive(house, World(), [], NOW)
        write(house, 31)
        assert "quiet" in payload(house, PAGE)["page"]["body"]
        begun = NOW + timedelta(days=30)
        plan = Plan(title="Pairs", hypothesis="A pair sees as much", team="Team", guideline=guideline, label="paired")
        row = ExperimentRow("e1", "77", "Team", "offered", begun, design=designed(plan, [], begun, 5).to_json())
        with house.store.write() as connection:
            experiments.add(connection, row)
        write(house, 32)
        assert "quiet" in payload(house, PAGE)["page"]["body"], "an offer is nothing tried yet"
        with house.store.write() as connection:
            experiments.change(connection, "e1", state="gathering", started=begun)
        write(house, 33)
        assert ("quiet" in payload(house, PAGE)["page"]["body"]) == quiet


@pytest.mark.parametrize(("mandatory", "asked"), [("true", True), ("false", False)])
def test_a_departure_from_what_is_mandatory_is_asked_about_even_by_a_team_that_wants_no_comments(
    mandatory: str, asked: bool
) -> None:
    with opened() as plain:
        house = prepare(plain, mandatory, comments=False)
        arrive(house, world(1), ["1"], NOW)
        said = payload(house, f"comment:{marker('deviation', 'Team', 'review-before-done', '1')}")
    assert (said is not None) == asked
    if said is not None:
        assert "confirm" in said["body"]
        assert "on support duty" in said["body"]


def test_a_new_version_says_on_the_page_what_the_way_before_was_good_for() -> None:
    with opened() as plain:
        house = prepare(plain)
        arrive(house, world(1), ["1"], NOW)
        file = house.settings.folder / "g.toml"
        file.write_text(
            file.read_text().replace('first = "Review"', 'first = "Doing"') + 'old_way = "Somebody else saw it"\n'
        )
        arrive(house, world(1), ["1"], NOW + timedelta(hours=1))
        write(house, 1)
        body = payload(house, PAGE)["page"]["body"]
    assert "What the way before was good for: Somebody else saw it" in body
    assert "1 change this quarter, 0 in the one before" in body

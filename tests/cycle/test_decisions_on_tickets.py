"""What decides a proposal and what doesn't: each case of decisions.toml is lived through on both kinds of Jira."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest

from eal_jira.assemble import assembled
from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.outbox.intents import Ticket, marker, want
from eal_jira.sandbox import Site, VirtualClock
from eal_jira.sandbox.acts import Create, Edit, Move, Person, ProjectPlan, Say
from eal_jira.settings import load_settings
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.store import intents, learning
from eal_jira.store.learning import ProposalRow
from tests.direct import reached

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "decisions.toml").read_text())["case"]
TOGETHER = 12
"""So many cases share a site: a cycle costs what proposals are open, and making a site costs a few cycles."""
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PEOPLE = (
    Person("boss", "Bo Boss"),
    Person("peer", "Pat Peer"),
    Person("chief", "Cleo Chief", groups=("managers",)),
    Person("spare", "Sam Spare", groups=("managers",)),
    Person("dev", "Dee Dev"),
    Person("robot", "Automation", account_type="app"),
    Person("bot", "EAL bot", account_type="app"),
)
STATUSES = (("Open", "new"), ("Try first", "indeterminate"), *((s, "done") for s in ("Approved", "Declined", "Done")))
GUIDELINE = """
[[guideline]]
id = "g-{number}"
title = "Guideline {number}"
purpose = "p"
source = "s"
rule = {{ kind = "time_limit", status = "Open", at_most = "{days} days" }}
"""


@dataclass
class Life:
    site: Site
    house: House
    folder: Path
    #: of each case's guideline
    days: dict[int, int]

    def write_guidelines(self) -> None:
        text = "".join(GUIDELINE.format(number=number, days=days) for number, days in self.days.items())
        (self.folder / "g.toml").write_text(text)

    def later(self, by: timedelta = timedelta(hours=1)) -> None:
        self.site.clock.advance(by)  # type: ignore[attr-defined]

    def now(self) -> datetime:
        return self.site.clock.now()

    def cycle(self) -> None:
        run_cycle(self.house)
        self.later()

    def propose(self, number: int) -> str:
        """A proposal with its ticket; returns its key."""
        key = marker("case", number)
        with self.house.store.write() as connection:
            (version,) = (v for v in versions(connection, "Team") if v.guideline == f"g-{number}")
            body = {"title": f"Change {number}?", "version": version.to_json(), "change": ["retired"]}
            learning.add_proposal(connection, ProposalRow(key, "Team", f"g-{number}", 1, "s", body, made=self.now()))
            ticket = Ticket(key, "EAL", "Task", f"Change {number}?", "It would be retired.")
            want(connection, "Team", ticket, self.now())
        self.cycle()
        return key

    def ticket(self, key: str) -> str:
        with self.house.store.read() as connection:
            row = intents.get(connection, f"ticket:{key}")
        assert row is not None
        assert row.result is not None
        return str(row.result["id"])

    def step(self, words: str, number: int, ticket: str) -> None:
        site = self.site
        who, _, rest = words.partition(" ")
        what, _, value = rest.partition(" ")
        issue = site.find(ticket)
        key = "" if issue is None else issue.key
        groups = site.people.accounts[who].groups if who in site.people.accounts else set()
        match who, what:
            case "cycle", _:
                self.cycle()
            case "wait", count:
                self.later(timedelta(days=int(count)))
            case "guideline", "changes":
                self.days[number] = 901
                self.write_guidelines()
            case "ticket", "moves":
                site.move_to(key, "ELSE", "dev")
            case "ticket", "is" if value == "deleted":
                site.delete(key, "dev")
            case "ticket", "is":
                site.restrict(key, ["boss"] if value == "hidden" else None)
            case "words", _:
                assert issue is not None
                site.write("boss").delete_comment(issue, issue.comments[-1])
            case _, "moves":
                site.perform(Move(self.now(), who, key, value))
            case _, "says":
                site.perform(Say(self.now(), who, key, value))
            case _, "edits":
                new: Any = ["x"] if value == "labels" else f"{value} {self.now()}"
                site.perform(Edit(self.now(), who, key, value, new))
            case _, "leaves":
                groups.discard("managers")
            case _, "joins":
                groups.add("managers")
            case _:
                raise AssertionError(words)
        self.later()

    def said(self, key: str) -> list[str]:
        """What we have said on the ticket, by the first part of the marker."""
        with self.house.store.read() as connection:
            rows = intents.listed(connection, ["done"])
        return sorted(
            row.payload["marker"].partition("/")[0]
            for row in rows
            if row.verb == "comment" and row.payload["ticket"] == key
        )


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def life_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int], Life]]:
    """Call it with the number of a case to get the life that it belongs to."""
    with ExitStack() as opened:

        @cache
        def made(group: int) -> Life:
            numbers = range(group * TOGETHER, min((group + 1) * TOGETHER, len(CASES)))
            return opened.enter_context(lived(request.param, numbers, tmp_path_factory.mktemp("decisions")))

        yield lambda number: made(number // TOGETHER)


@contextmanager
def lived(flavour: Literal["cloud", "datacenter"], numbers: range, folder: Path) -> Iterator[Life]:
    site = Site(flavour=flavour, clock=VirtualClock(NOW))
    for person in PEOPLE:
        site.add_person(person)
    for name in ("EAL", "P", "ELSE"):
        site.add_project(ProjectPlan(name, name, STATUSES, ("Task",)))
    site.perform(Create(NOW, "dev", "P-1", "Task", "Something"))
    user, token = site.credentials("bot")
    (folder / "token").write_text(token)
    with reached(site, f"http://from-{numbers.start}.sandbox.invalid") as url:
        (folder / "eal-jira.toml").write_text(
            f"""
[tracker]
adapter = "jira"
url = "{url}"
{f'user = "{user}"' if user else ""}
token = {{ file = "{folder / "token"}" }}
learning_project = "EAL"
[outbox]
tickets_per_hour = 1000
comment_pause = 0
[[teams]]
name = "Team"
projects = ["P"]
guidelines = "g.toml"
retro = "0 0 1 1 *"
pages = []
approvers = ["boss", "peer", "bot", {{ group = "managers" }}]
"""
        )
        made = Life(site, None, folder, dict.fromkeys(numbers, 900))  # type: ignore[arg-type]
        made.write_guidelines()
        with assembled(load_settings(folder / "eal-jira.toml")) as made.house:
            approve_plans(made.house)
            made.cycle()
            yield made


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["name"].replace(" ", "-") for case in CASES])
def test_a_case_of_a_decision(life_of: Callable[[int], Life], number: int) -> None:
    life, case = life_of(number), CASES[number]
    key = life.propose(number)
    ticket = life.ticket(key)
    life.cycle()
    for step in case["steps"]:
        life.step(step, number, ticket)
    with life.house.store.read() as connection:
        row = learning.proposal(connection, key)
        numbers = [v.version for v in versions(connection, "Team") if v.guideline == f"g-{number}"]
    assert row is not None
    assert row.state == case["state"]
    assert life.said(key) == sorted(case.get("said", []))
    made_one = row.state == "approved"
    assert row.new_version == (2 if made_one else None)
    assert numbers == ([1, 2] if made_one or row.state == "overtaken" else [1])
    assert (row.reason is not None) == (row.state in ("approved", "declined", "tried first", "overtaken"))


def test_there_are_more_than_sixty_cases() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 60

"""A team whose pages are issues reads its guidelines in one: made once, kept up to date, people's words beside ours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox.acts import Create, Move, Person, ProjectPlan

from .conftest import Bench, OpenBench
from .test_killed_between_stages import GUIDELINE, STATUSES

TEAM = 'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-01-01\npages = ["jira"]\nretro = "monthly"'
CHANGED = GUIDELINE + (
    '[[guideline]]\nid = "review-before-done"\ntitle = "Work is reviewed before it is done"\n'
    'purpose = "A second pair of eyes sees what the first can\'t"\nsource = "Bacchelli & Bird, 2013"\n'
    'in_force_from = 2026-01-05\nold_way = "Somebody else saw it"\n'
    'rule = { kind = "precedence", first = "Doing", then = "Done" }\n'
)
both = pytest.mark.parametrize("flavour", ["cloud", "datacenter"])


def populate(b: Bench, issues: int = 2) -> None:
    b.site.add_person(Person("ann", "Ann Example"))
    b.site.add_project(ProjectPlan("P", "Project", STATUSES))
    (b.folder / "g.toml").write_text(GUIDELINE)
    for number in range(1, issues + 1):
        depart(b, number)


def depart(b: Bench, number: int) -> None:
    at = b.site.clock.now() - timedelta(minutes=10)
    b.site.perform(Create(at, "ann", f"P-{number}", "Story", "Thing", {}))
    b.site.perform(Move(at + timedelta(minutes=5), "ann", f"P-{number}", "Done"))


def forward(b: Bench) -> None:
    b.site.clock.advance(timedelta(minutes=20))  # type: ignore[attr-defined]


class Ticket:
    """The issue that is the page, as somebody sees it who opens it in a browser and edits its description."""

    def __init__(self, b: Bench) -> None:
        (issue,) = [one for one in b.site.issues.values() if "eal-guidelines" in (one.fields.get("labels") or [])]
        self.key, self.summary = issue.key, issue.fields["summary"]
        self.cloud = b.site.flavour == "cloud"
        self._address = f"{b.url}/rest/api/{3 if self.cloud else 2}/issue/{issue.id}"
        user, token = b.site.credentials("ann")
        self._more: dict[str, Any] = {"timeout": 5}
        self._more |= {"auth": (user, token)} if user else {"headers": {"Authorization": f"Bearer {token}"}}

    @property
    def description(self) -> Any:
        return requests.get(self._address, **self._more).json()["fields"]["description"]

    @property
    def text(self) -> str:
        return json.dumps(self.description, ensure_ascii=False)

    def write_above_and_below(self) -> None:
        now = self.description
        if self.cloud:
            said = [{"type": "paragraph", "content": [{"type": "text", "text": t}]} for t in ("Ours, above", "below")]
            after: Any = {**now, "content": [said[0], *now["content"], said[1]]}
        else:
            after = f"h1. Ours,  above\r\n{now}\n{{color:red}}below{{color}}  "
        answer = requests.put(self._address, json={"fields": {"description": after}}, **self._more)
        assert answer.ok, answer.text


@both
def test_the_page_is_one_issue_that_is_edited_when_something_changed_and_keeps_what_people_wrote(
    bench: OpenBench, flavour: str
) -> None:
    with bench(flavour, TEAM) as b:
        populate(b)
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
            first = Ticket(b)
            assert first.summary == "Team: how we work"
            assert "A second pair of eyes" in first.text
            assert "Ann Example" not in first.text

            first.write_above_and_below()
            before = first.description
            forward(b)
            run_cycle(house)
            written = len(b.writes())
            forward(b)
            assert run_cycle(house).delivered.written == 0
            assert len(b.writes()) == written, "nothing changed, nothing is written"
            assert Ticket(b).description == before

            (b.folder / "g.toml").write_text(CHANGED)
            forward(b)
            run_cycle(house)
            after = Ticket(b)
            assert after.key == first.key, "the same issue"
            assert "first changed from Review to Doing" in after.text
            assert "Somebody else saw it" in after.text
            if after.cloud:
                said = after.description["content"]
                assert (said[0], said[-1]) == (before["content"][0], before["content"][-1])
            else:
                assert after.description.startswith("h1. Ours,  above")
                assert after.description.endswith("\n{color:red}below{color}  ")


@both
def test_after_the_loss_of_the_database_the_page_is_found_again(bench: OpenBench, flavour: str) -> None:
    with bench(flavour, TEAM) as b:
        populate(b)
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
        first = Ticket(b)
        first.write_above_and_below()
        before = first.description
        b.lose_the_database()
        for _ in range(2):
            forward(b)
            with b.house() as house:
                approve_plans(house)
                run_cycle(house)
        assert Ticket(b).key == first.key
        assert Ticket(b).description == before


def test_past_cases_come_onto_the_page_when_enough_issues_departed(bench: OpenBench) -> None:
    with bench("cloud", TEAM) as b:
        populate(b, 4)
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
            assert "Done without Review" not in Ticket(b).text
            forward(b)
            depart(b, 5)
            run_cycle(house)
            assert "Done without Review: 5 issues" in Ticket(b).text


def test_a_tracker_whose_descriptions_stay_as_they_are_gets_no_page(
    bench: OpenBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench("cloud", TEAM) as b:
        populate(b)
        with b.house() as house:
            house.tracker.whoami()
            able = house.tracker.capabilities
            monkeypatch.setattr(type(house.tracker), "capabilities", replace(able, descriptions=False))
            approve_plans(house)
            run_cycle(house)
        labels = [label for issue in b.site.issues.values() for label in issue.fields.get("labels") or []]
        assert "eal-deviation" in labels
        assert "eal-guidelines" not in labels

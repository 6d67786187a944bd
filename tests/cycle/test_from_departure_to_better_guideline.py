"""The closed loop on a real sandbox: found, shown to the team, proposed or probed, decided, in force, followed up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from eal_jira.cli.cycle import approve_plans
from eal_jira.cli.main import app
from eal_jira.cycle import Cycle, run_cycle
from eal_jira.learning.conclusions import Result, conclude
from eal_jira.learning.plans import Plan
from eal_jira.learning.trials import State, weigh
from eal_jira.sandbox.acts import Create, Edit, Move, Person, ProjectPlan, Say
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.store import experiments, intents, learning
from eal_jira.store.learning import ProposalRow

from .conftest import Bench, OpenBench
from .test_killed_between_stages import GUIDELINE, STATUSES

TEAM = (
    'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-01-01\npages = ["html"]\nretro = "0 0 1 1 *"\n'
    'approvers = ["boss"]\ncomments = true'
)
FLAVOURS = pytest.mark.parametrize("flavour", ["cloud", "datacenter"])


@dataclass
class Life:
    b: Bench
    house: House
    made: list[str] = field(default_factory=list)

    @property
    def site(self) -> Any:
        return self.b.site

    def work(self, count: int, *, quick: bool, back: bool = False) -> None:
        """`count` issues that skip the review, and as many that don't; the former are quick, or come back often."""
        begin = self.site.clock.now()
        for n in range(2 * count):
            number = len(self.made) + 1
            key, at = f"P-{number}", begin + timedelta(hours=n)
            departs = n % 2 == 0
            self.made.append(key)
            self.site.perform(Create(at, "ann", key, "Story", f"Thing {number}", {"priority": "Medium"}))
            self.site.perform(Move(at + timedelta(hours=1), "ann", key, "Doing"))
            if not departs:
                self.site.perform(Move(at + timedelta(hours=60 + n / 9), "ann", key, "Review"))
            hours = 20 + n / 7 if departs and quick else 90 + n / 7
            self.site.perform(Move(at + timedelta(hours=hours), "ann", key, "Done"))
            if departs and back:
                self.site.perform(Move(at + timedelta(hours=hours + 1), "ann", key, "Doing"))
                self.site.perform(Move(at + timedelta(hours=hours + 2), "ann", key, "Done"))

        self.site.clock.advance(timedelta(days=12))

    def cycle(self, days: float = 0.1) -> Cycle:
        self.site.clock.advance(timedelta(days=days))
        return run_cycle(self.house)

    def proposals(self) -> list[ProposalRow]:
        with self.house.store.read() as connection:
            return learning.proposals(connection, "Team")

    def ticket(self, key: str) -> Any:
        with self.house.store.read() as connection:
            row = intents.get(connection, f"ticket:{key}")
        assert row is not None
        assert row.result is not None
        return self.site.find(str(row.result["id"]))

    def decide(self, row: ProposalRow, status: str, reason: str) -> None:
        key, now = self.ticket(row.key).key, self.site.clock.now()
        self.site.perform(Say(now, "boss", key, reason))
        self.site.perform(Move(now, "boss", key, status))
        self.cycle()

    def words(self, issue: Any) -> list[str]:
        return [json.dumps(comment.body, ensure_ascii=False) for comment in issue.comments]

    def experiments(self) -> list[Any]:
        return [i for i in self.site.issues.values() if "eal-experiment" in i.fields["labels"]]

    def told(self, *words: str) -> Any:
        done = CliRunner().invoke(app, [*words, "--config", str(self.b.config)])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if "--json" in words else done.output


@contextmanager
def lived(
    bench: OpenBench, flavour: str = "cloud", practices: str = "team_first = 0", decisions: str = ""
) -> Iterator[Life]:
    with bench(flavour, TEAM) as b:
        b.practices, b.decisions = practices, decisions
        for name in ("ann", "boss"):
            b.site.add_person(Person(name, name.title()))
        b.site.add_project(ProjectPlan("P", "Project", STATUSES))
        b.site.clock.advance(timedelta(days=30))  # type: ignore[attr-defined]
        (b.folder / "g.toml").write_text(GUIDELINE)
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
            approve_plans(house)
            yield Life(b, house)


# --- what is proposed, and to whom ------------------------------------------------------------------------------


def test_forty_tickets_of_a_faster_way_are_exactly_one_proposal(bench: OpenBench) -> None:
    with lived(bench) as life:
        life.work(40, quick=True)
        life.cycle()
        assert [row.kind for row in life.proposals()] == ["practice"]
        written = len(life.b.writes())
        life.cycle()
        life.cycle()
        assert len(life.proposals()) == 1
        assert len(life.b.writes()) == written, "running the same cycles again creates nothing new"


def test_a_way_that_brings_work_back_is_not_proposed_and_stands_in_the_learnings(bench: OpenBench) -> None:
    with lived(bench) as life:
        life.work(40, quick=False, back=True)
        life.cycle()
        assert life.proposals() == []
        (found,) = life.told("learnings", "--json")["learnings"]
        assert (found["outcome"], found["grade"], found["from"]) == ("does not work", "observed", "practice")


def test_too_few_cannot_tell_and_are_not_proposed(bench: OpenBench) -> None:
    with lived(bench) as life:
        life.work(5, quick=True)
        life.work(5, quick=False)
        life.cycle()
        assert life.proposals() == []
        assert life.told("learnings", "--json")["learnings"] == []


def test_the_team_sees_it_first_and_managers_after_some_days(bench: OpenBench) -> None:
    with lived(bench, practices="team_first = 7") as life:
        life.work(40, quick=True)
        life.cycle()
        assert [p["verdict"] for p in life.told("practices", "--json")["practices"]] == ["better"]
        life.cycle(6)
        assert life.proposals() == []
        life.cycle(2)
        assert len(life.proposals()) == 1


def test_a_team_that_shares_it_need_not_wait(bench: OpenBench) -> None:
    with lived(bench, practices="team_first = 7") as life:
        life.work(40, quick=True)
        life.cycle()
        life.told("share", "Team", "review-before-done")
        life.cycle()
        assert len(life.proposals()) == 1


def test_what_is_only_promising_is_offered_as_an_experiment(bench: OpenBench) -> None:
    with lived(bench, practices="team_first = 0\npropose_from = 1") as life:
        life.work(40, quick=True)
        life.cycle()
        life.cycle()
        assert life.proposals() == []
        (ticket,) = life.experiments()
        assert "try “Done without Review” on purpose" in ticket.fields["summary"]
        with life.house.store.read() as connection:
            (row,) = experiments.listed(connection, "Team")
        plan = Plan.from_json((row.design or {})["plan"])
        assert (plan.measure, plan.guards, plan.guideline) == ("cycle_time", ("returns",), "review-before-done")


@FLAVOURS
def test_while_a_practice_is_tried_on_purpose_nothing_is_proposed_of_it(bench: OpenBench, flavour: str) -> None:
    with lived(bench, flavour, practices="team_first = 0\npropose_from = 1") as life:
        life.work(40, quick=True)
        life.cycle()
        life.cycle()
        (ticket,) = life.experiments()
        life.site.perform(Say(life.site.clock.now(), "ann", ticket.key, "eal start"))
        life.cycle()
        with life.house.store.read() as connection:
            (row,) = experiments.listed(connection, "Team")
        assert row.state == "running"
        assert (row.origin or "").startswith("practice/team/review-before-done/"), "the ticket is the one we offered"
        practices = life.house.settings.practices.model_copy(update={"propose_from": 0.6})
        life.house = replace(life.house, settings=life.house.settings.model_copy(update={"practices": practices}))
        life.cycle()
        assert life.proposals() == [], "strong enough, but its answer is still to come"
        life.site.perform(Say(life.site.clock.now(), "ann", ticket.key, "eal stop: we know enough"))
        life.cycle()
        assert [row.kind for row in life.proposals()] == ["practice"]


def test_no_probe_is_offered_while_the_team_tries_another_departure_from_the_same_guideline(bench: OpenBench) -> None:
    with lived(bench, practices="team_first = 0\npropose_from = 1") as life:
        plan = (
            "Team: Team\nHypothesis: It is sooner\nDeparts from: review-before-done\nMeasure: cycle time\n"
            "Scope: label mine\nEnds: after 40 issues"
        )
        fields = {"description": plan, "labels": ["experiment"]}
        life.site.perform(Create(life.site.clock.now(), "ann", "EAL-1", "Task", "Our own", fields))
        life.work(40, quick=True)
        life.cycle()
        life.cycle()
        assert life.experiments() == []
        life.site.perform(Say(life.site.clock.now(), "ann", "EAL-1", "eal stop: it was no use"))
        life.cycle()
        (offered,) = life.experiments()
        assert "on purpose" in offered.fields["summary"]


# --- what a decision does ---------------------------------------------------------------------------------------


@FLAVOURS
def test_an_approval_is_in_force_told_to_the_first_issues_and_walked_with_explain(
    bench: OpenBench, flavour: str
) -> None:
    with lived(bench, flavour, decisions="notes = 2") as life:
        life.work(40, quick=True)
        life.cycle()
        (row,) = life.proposals()
        ticket = life.ticket(row.key)
        linked = {source for source in life.made if life.site.issue(source).fields.get("issuelinks")}
        life.decide(row, "Approved", "It halves the waiting.")
        with life.house.store.read() as connection:
            assert [v.version for v in versions(connection, "Team")] == [1, 2]
        for numbers in ((1,), (2, 3)):
            now = life.site.clock.now()
            for number in numbers:
                life.site.perform(Create(now, "ann", f"P-9{number}", "Story", "New", {"priority": "Medium"}))
                life.site.perform(Move(now + timedelta(minutes=number), "ann", f"P-9{number}", "Doing"))
            life.cycle()
        life.cycle()
        noted = [n for n in (1, 2, 3) if any("What changed" in w for w in life.words(life.site.issue(f"P-9{n}")))]
        assert noted == [1, 2], "the first two, then none"
        source = next(i for i in life.made if "eal-deviation" in life.site.issue(i).fields["labels"])
        (words,) = life.words(life.site.issue(source))
        assert "It halves the waiting." in words
        assert "version 2" in words
        first, second = life.told("explain", "review-before-done", "--json")["chain"]
        (proposal,) = first["proposals"]
        assert (proposal["ticket"], proposal["state"], proposal["new_version"]) == (ticket.key, "approved", 2)
        assert proposal["reason"] == "It halves the waiting."
        assert len(proposal["issues"]) == 40
        assert second["origin_ticket"] == ticket.key
        assert life.told("explain", ticket.key, "--json")["chain"] == [first, second]
        (issue,) = life.told("explain", source, "--json")["teams"]
        led = [p["ticket"] for g in issue["guidelines"] for d in g["deviations"] for p in d["proposals"]]
        assert led == [ticket.key]
        assert {x["outcome"] for x in life.told("learnings", "--json")["learnings"]} == {"approved", "works"}
        assert linked <= set(life.made)


@FLAVOURS
def test_a_proposal_and_its_issues_are_linked_on_both_sides_and_our_links_wake_nobody(
    bench: OpenBench, flavour: str
) -> None:
    with lived(bench, flavour) as life:
        life.work(40, quick=True)
        life.cycle()
        (row,) = life.proposals()
        ticket = life.ticket(row.key)
        ends = [{link.outward, link.inward} for link in life.site.links.values()]
        assert len(ends) == 12
        assert all(ticket.id in pair for pair in ends)
        again = life.cycle()
        assert again.pulled.changed > 12
        assert (again.checked.issues, again.delivered.written) == (0, 0)


def test_a_declined_one_returns_only_with_new_evidence(bench: OpenBench) -> None:
    with lived(bench) as life:
        life.work(20, quick=True)
        life.cycle()
        (row,) = life.proposals()
        life.decide(row, "Declined", "Reviews have found too much lately.")
        life.work(5, quick=True)
        life.cycle()
        assert len(life.proposals()) == 1, "not enough that is new"
        (found,) = [x for x in life.told("learnings", "--json")["learnings"] if x["from"] == "decision"]
        assert found["outcome"] == "declined"
        assert "Why: Reviews have found too much lately." in found["sentences"]
        life.work(20, quick=True)
        life.cycle()
        first, second = life.proposals()
        assert (first.state, second.state) == ("declined", "open")
        assert "Reviews have found too much lately." in json.dumps(life.ticket(second.key).fields["description"])


def test_newer_evidence_stands_beside_the_text_and_in_one_comment(bench: OpenBench) -> None:
    with lived(bench) as life:
        life.work(20, quick=True)
        life.cycle()
        (row,) = life.proposals()
        before = life.ticket(row.key).fields["description"]
        for _ in range(2):
            life.work(30, quick=True)
            life.cycle()
        ticket = life.ticket(row.key)
        assert ticket.fields["description"] == before
        (words,) = life.words(ticket)
        assert "Newer numbers" in words
        assert len(life.proposals()) == 1
        life.decide(row, "Approved", "Good.")
        assert life.proposals()[0].state == "approved", "what was shown to be decided has not changed"


@pytest.mark.parametrize("state", [State.WORKS, State.STOPPED])
def test_try_it_first_files_an_experiment_and_asks_again_when_it_has_ended(bench: OpenBench, state: State) -> None:
    with lived(bench) as life:
        life.work(40, quick=True)
        life.cycle()
        (row,) = life.proposals()
        life.decide(row, "Try first", "Let us see it through.")
        (ticket,) = life.experiments()
        ends = [{link.outward, link.inward} for link in life.site.links.values()]
        assert {life.ticket(row.key).id, ticket.id} in ends
        assert life.told("status", "--json")["decisions"] == []
        result = ended(state)
        with life.house.store.write() as connection:
            (experiment,) = experiments.listed(connection, "Team")
            now = life.site.clock.now()
            told = {"state": str(state), "ended": now, "result": result.to_json()}
            experiments.change(connection, experiment.key, ticket_id=str(ticket.id), **told)
        life.cycle()
        life.cycle()
        assert life.proposals()[0].state == "open"
        assert sum("It was tried" in words for words in life.words(life.ticket(row.key))) == 1
        now = life.site.clock.now()
        life.site.perform(Move(now, "boss", life.ticket(row.key).key, "Approved"))
        life.site.perform(Say(now, "boss", life.ticket(row.key).key, "Now I am sure."))
        life.cycle()
        assert life.proposals()[0].state == "approved"
        assert any("Now I am sure." in words for words in life.words(ticket)), "the experiment hears of it"
        tested = [x for x in life.told("learnings", "--json")["learnings"] if x["from"] == "experiment"]
        assert [x["grade"] for x in tested] == ["tested"]


def ended(state: State) -> Result:
    nothing = weigh([], "lower", name="x", same_period=True, ended=True)
    stopped = conclude(nothing, {}, stopped="we ran out of time.")
    return stopped if state is State.STOPPED else Result(state, nothing, {}, ("It works.",))


def test_an_experiment_that_works_becomes_a_proposal_once(bench: OpenBench) -> None:
    with lived(bench, practices="team_first = 900") as life:
        life.work(8, quick=True)
        life.cycle()
        plan = Plan(title="Pairs", hypothesis="It is quicker.", team="Team", guideline="review-before-done", label="x")
        with life.house.store.write() as connection:
            now = life.site.clock.now()
            row = experiments.ExperimentRow(
                "e", "", "Team", "works", now, None, {"plan": plan.to_json()}, result=ended(State.WORKS).to_json()
            )
            experiments.add(connection, row)
            departed = [str(life.site.issue(key).id) for key in life.made[::2]]
            experiments.join(connection, "e", departed, now)
        life.cycle()
        life.cycle()
        (proposal,) = life.proposals()
        assert (proposal.kind, proposal.body["change"]) == ("experiment", ["retired"])
        text = json.dumps(life.ticket(proposal.key).fields["description"])
        assert "It is quicker." in text
        life.decide(proposal, "Approved", "Well tried.")
        (found,) = [x for x in life.told("learnings", "well", "--json")["learnings"] if x["from"] == "decision"]
        assert found["grade"] == "tested"


def test_how_long_a_proposal_waits_is_told_to_everybody(bench: OpenBench) -> None:
    with lived(bench, decisions="within = 3") as life:
        life.work(40, quick=True)
        life.cycle()
        life.cycle(2)
        (waiting,) = life.told("status", "--json")["decisions"]
        assert (waiting["days"], waiting["overdue"]) == (2, False)
        life.cycle(3)
        assert "5 days, longer than was asked for" in life.told("status")


def test_a_change_after_which_the_work_does_worse_opens_one_review(bench: OpenBench) -> None:
    with lived(bench) as life:
        life.work(20, quick=True)
        life.cycle()
        (row,) = life.proposals()
        life.decide(row, "Approved", "Good.")
        life.site.clock.advance(timedelta(days=11))
        begin = life.site.clock.now()
        for n in range(30):
            key = f"P-{500 + n}"
            life.site.perform(Create(begin, "ann", key, "Story", "Slow", {"priority": "Medium"}))
            life.site.perform(Move(begin + timedelta(hours=1), "ann", key, "Doing"))
            life.site.perform(Move(begin + timedelta(hours=400 + n), "ann", key, "Done"))
        life.cycle(20)
        life.cycle()
        reviews = [i for i in life.site.issues.values() if "eal-review" in i.fields["labels"]]
        assert len(reviews) == 1
        assert "the work has done worse since" in json.dumps(reviews[0].fields["description"])


def test_learnings_count_how_often_other_teams_link_to_them(bench: OpenBench) -> None:
    with lived(bench) as life:
        life.work(40, quick=True)
        life.cycle()
        (row,) = life.proposals()
        life.decide(row, "Approved", "Good.")
        life.site.add_project(ProjectPlan("Q", "Another", STATUSES))
        now = life.site.clock.now()
        other = life.site.perform(Create(now, "ann", "Q-1", "Story", "We try it, too", {}))
        kind = next(iter(life.site.catalogue.link_types))
        life.site.write("ann", now).link(kind, other, life.ticket(row.key))
        life.cycle()
        (found,) = [x for x in life.told("learnings", "--json")["learnings"] if x["from"] == "decision"]
        assert found["reused"] == 1
        life.site.perform(Edit(life.site.clock.now(), "ann", "Q-1", "labels", ["x"]))


@FLAVOURS
def test_anyones_comment_becomes_a_proposal_once_and_what_cannot_is_answered_once(
    bench: OpenBench, flavour: str
) -> None:
    with lived(bench, flavour) as life:
        now = life.site.clock.now()
        for number in (1, 2):
            life.site.perform(Create(now, "ann", f"P-{number}", "Story", "Thing", {}))
        life.site.perform(Say(now, "ann", "P-1", "eal propose review: retire"))
        life.cycle()
        life.site.perform(Say(now, "ann", "P-1", "It was clear.\neal propose review-before-done: except type = Bug"))
        life.cycle()
        life.cycle()
        (row,) = life.proposals()
        assert (row.kind, row.body["change"]) == ("comment", ["exception added: type Bug"])
        assert "It was clear." in json.dumps(life.ticket(row.key).fields["description"])
        ours = [words for words in life.words(life.site.issue("P-1")) if "Thank you for the idea" in words]
        assert len(ours) == 1, "the first one names a guideline that is not there"
        life.site.perform(Say(life.site.clock.now(), "ann", "P-2", "eal propose review-before-done: retire"))
        life.cycle(1)
        life.cycle(1)
        assert len(life.proposals()) == 1
        (answer,) = [words for words in life.words(life.site.issue("P-2")) if "Thank you for the idea" in words]
        assert life.ticket(row.key).key in answer
        life.decide(row, "Try first", "Let us see whether it helps.")
        (ticket,) = life.experiments()
        assert "try a change of" in ticket.fields["summary"]

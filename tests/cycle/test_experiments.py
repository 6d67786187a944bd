"""An experiment from its ticket to its result, on a tracker: asked for, begun, joined, judged, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox.acts import Create, Edit, Move, Person, ProjectPlan, Say
from eal_jira.sandbox.text.wiki import plain
from eal_jira.stages.house import House
from eal_jira.store import experiments, issues, work
from eal_jira.store.experiments import ExperimentRow, ObservationRow

from .conftest import BOT, NOW, Bench, OpenBench
from .test_killed_between_stages import GUIDELINE, STATUSES

FLAVOURS = ["cloud", "datacenter"]
TEAM = 'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-01-01\nretro = "sprint"\npages = ["html"]'
PLAN = """Hypothesis: Reviewed while it is written, a story is done sooner.
Departs from: review-before-done
Measure: cycle time
Guards: none
Scope: label small-batches
Ends: after 40 issues
"""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Team:
    """A team at work on the bench's site."""

    b: Bench
    house: House
    number: int = 0
    tickets: int = 0
    at: datetime = field(default=NOW)

    def cycle(self, hours: float = 1) -> Any:
        """Some time passes, then a cycle."""
        self.b.site.clock.advance(timedelta(hours=hours))  # type: ignore[attr-defined]
        return run_cycle(self.house)

    @property
    def now(self) -> datetime:
        return self.b.site.clock.now()

    def ticket(self, text: str, **fields: Any) -> str:
        self.tickets += 1
        key = f"EAL-{self.tickets}"
        made = {"description": text, "labels": ["experiment"], **fields}
        self.b.site.perform(Create(self.now, "ann", key, "Task", "Small batches", made))
        return key

    def say(self, key: str, text: str, who: str = "ann") -> None:
        self.b.site.perform(Say(self.now, who, key, text))

    def move(self, key: str, to: str, who: str = "ann") -> None:
        self.b.site.perform(Move(self.now, who, key, to))

    def edit(self, key: str, name: str, value: object) -> None:
        self.b.site.perform(Edit(self.now, "ann", key, name, value))

    def work(self, trial: int, others: int, quick: float = 5, slow: float = 50, returns: int = 0) -> None:
        """Issues begun one an hour from now on, trial issues spread among the others; all of them get done.

        Then so much time has passed that everything about them is known.
        """
        begin = self.now
        total = trial + others
        for n in range(total):
            self.number += 1
            key, at = f"P-{self.number}", begin + n * HOUR
            is_trial = trial and n * trial // total != (n - 1) * trial // total
            labels = {"labels": ["small-batches"]} if is_trial else {}
            self.b.site.perform(Create(at, "ann", key, "Story", f"Thing {self.number}", labels))
            self.b.site.perform(Move(at, "ann", key, "Doing"))
            end = at + (quick if is_trial else slow) * HOUR + (n % 7) * HOUR / 2
            for _ in range(returns if is_trial else 0):
                self.b.site.perform(Move(end, "ann", key, "Done"))
                self.b.site.perform(Move(end + HOUR / 4, "ann", key, "Doing"))
                end += HOUR / 2
            self.b.site.perform(Move(end, "ann", key, "Done"))
        self.b.site.clock.set(begin + total * HOUR + 60 * DAY)  # type: ignore[attr-defined]

    def row(self, key: str = "EAL-1") -> ExperimentRow:
        with self.house.store.read() as connection:
            found = experiments.of_ticket(connection, str(self.b.site.issue(key).id))
        assert found is not None
        return found

    def numbers(self, key: str = "EAL-1") -> list[ObservationRow]:
        with self.house.store.read() as connection:
            return experiments.observations(connection, self.row(key).key)

    def said(self, key: str = "EAL-1") -> list[str]:
        """What we wrote on the ticket, one text a comment."""
        return [plain(c.body) for c in self.b.site.issue(key).comments if c.author == BOT.account_id]

    def status(self, key: str = "EAL-1") -> str:
        return self.b.site.catalogue.statuses[self.b.site.issue(key).fields["status"]].name

    def labels(self, key: str) -> list[str]:
        return list(self.b.site.issue(key).fields["labels"])


@contextmanager
def at_work(bench: OpenBench, flavour: str = "cloud", team: str = TEAM) -> Iterator[Team]:
    with bench(flavour, team) as b:
        b.site.add_person(Person("ann", "Ann"))
        b.site.add_project(ProjectPlan("P", "Project", STATUSES))
        (b.folder / "g.toml").write_text(GUIDELINE)
        b.extra = '[experiments]\ndone = "Declined"\n'
        with b.house() as house:
            approve_plans(house)
            yield Team(b, house)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_experiment_that_helps_is_judged_so_and_running_the_same_cycle_again_writes_nothing(
    bench: OpenBench, flavour: str
) -> None:
    with at_work(bench, flavour) as team:
        team.ticket(PLAN)
        team.cycle()
        assert team.row().state == "running"
        (said,) = team.said()
        assert "gathering" in said
        assert "Cannot tell yet: 0 trial issues" in said
        team.work(trial=30, others=60)
        team.cycle()
        assert team.row().state == "works"
        (said,) = team.said()
        assert "It works: the evidence" in said
        assert "finished sooner" in said
        assert "Medians: 0.2" in said
        assert team.status() == "Declined"
        tagged = [i.key for i in team.b.site.issues.values() if "eal-trial" in i.fields["labels"]]
        assert len(tagged) == 30
        assert all("small-batches" in team.labels(key) for key in tagged)
        written = len(team.b.writes())
        for _ in range(3):
            team.cycle(hours=30)
        assert len(team.b.writes()) == written
        assert team.row().state == "works"


def test_faster_but_taken_up_again_more_often_is_not_works(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN.replace("Guards: none", "Guards: reopenings"))
        team.cycle()
        team.work(trial=30, others=60, returns=2)
        team.cycle()
        assert team.row().state == "doesn't"
        (said,) = team.said()
        assert "It doesn't work out although the main measure got better: reopenings got worse" in said


def test_where_nothing_differs_the_end_says_that_one_cannot_tell(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN.replace("40 issues", "30 issues"))
        team.cycle()
        team.work(trial=30, others=60, quick=50)
        team.cycle()
        assert team.row().state == "no difference shown"
        assert "one cannot tell" in team.said()[0]


def test_a_comparison_with_before_says_what_it_can_not_separate(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.cycle()
        team.work(trial=0, others=60)
        team.ticket(PLAN + "Compared with: before")
        team.cycle()
        team.work(trial=30, others=0)
        team.cycle()
        assert team.row().state == "works"
        assert "whatever else changed since then" in team.said()[0]


def test_what_lacks_is_asked_for_once_and_completed_it_begins(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN.replace("Scope: label small-batches\n", "").replace("cycle time", "joy"))
        team.cycle()
        team.cycle()
        assert team.row().state == "asking"
        (said,) = team.said()
        assert "A good idea to try!" in said
        assert "Scope: which issues take part?" in said
        assert "Measure: which number will tell?" in said
        team.edit("EAL-1", "description", PLAN.replace("cycle time", "joy"))
        team.cycle()
        (said,) = team.said()
        assert "Scope" not in said
        assert "Measure" in said
        team.edit("EAL-1", "description", PLAN)
        team.cycle()
        assert team.row().state == "running"
        team.cycle()
        asked, state = team.said()
        assert "the plan is complete now" in asked
        assert "Cannot tell yet" in state


def test_two_run_at_a_time_and_the_third_is_told_once_and_begins_when_one_has_ended(bench: OpenBench) -> None:
    with at_work(bench) as team:
        for label in ("one", "two", "three"):
            team.ticket(PLAN.replace("small-batches", label))
            team.cycle()
        assert [team.row(f"EAL-{n}").state for n in (1, 2, 3)] == ["running", "running", "waiting"]
        for _ in range(3):
            team.cycle(hours=30)
        (said,) = team.said("EAL-3")
        assert "2 experiments of the team are running already" in said
        team.say("EAL-1", "eal stop: we merged with another team")
        team.cycle()
        team.cycle(hours=30)
        assert [team.row(f"EAL-{n}").state for n in (1, 2, 3)] == ["stopped", "running", "running"]


def test_a_ticket_that_can_not_be_answered_stops_no_other_and_is_tried_again(bench: OpenBench) -> None:
    with at_work(bench) as plain_team:
        b = plain_team.b
        own = b.folder / "own"
        own.mkdir()
        (own / "experiment_asks.md").write_text("{{ nobody_knows_this }}")
        b.extra += '[templates]\nfolder = "own"\n'
        with b.house() as house:
            team = Team(b, house)
            team.ticket(PLAN.replace("Scope: label small-batches\n", ""))
            team.ticket(PLAN)
            team.cycle()
            assert team.row("EAL-2").state == "running"
            assert team.said("EAL-1") == []
            assert [ref for kind, ref in set_aside(house) if kind == "experiment"] == ["EAL-1"]
            (own / "experiment_asks.md").write_text("What else?")
        with b.house() as house:
            Team(b, house).cycle()
            assert [ref for kind, ref in set_aside(house) if kind == "experiment"] == []
            assert team.said("EAL-1") == ["What else?"]


def set_aside(house: House) -> list[tuple[str, str]]:
    with house.store.read() as connection:
        return [(item.kind, item.ref) for item, _ in work.listed(connection)]


def test_how_many_run_is_the_teams_choice(bench: OpenBench) -> None:
    with at_work(bench, team=TEAM + "\nexperiments = 1") as team:
        for label in ("one", "two"):
            team.ticket(PLAN.replace("small-batches", label))
            team.cycle()
        assert [team.row(f"EAL-{n}").state for n in (1, 2)] == ["running", "waiting"]


def test_a_running_plan_can_not_be_edited_and_that_is_said_once(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN)
        team.cycle()
        for measure in ("rework", "handoffs"):
            team.edit("EAL-1", "description", PLAN.replace("cycle time", measure))
            team.cycle()
        assert len([said for said in team.said() if "The plan was fixed" in said]) == 1
        team.work(trial=30, others=60)
        team.cycle()
        assert team.row().state == "works"
        assert "finished sooner" in team.said()[0], "it is judged by the measure that was fixed"


def test_a_title_or_a_word_beside_the_plan_may_change(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN)
        team.cycle()
        team.edit("EAL-1", "summary", "Smaller batches")
        team.edit("EAL-1", "description", PLAN + "\nWe talk about it on Fridays.")
        team.cycle()
        assert len(team.said()) == 1


@pytest.mark.parametrize("way", ["move", "move and say", "say and move", "command"])
def test_a_running_experiment_is_stopped_with_a_reason_that_is_asked_for_once(bench: OpenBench, way: str) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN)
        team.cycle()
        if way == "say and move":
            team.say("EAL-1", "It costs more than it brings.")
        if way == "command":
            team.say("EAL-1", "eal stop: It costs more than it brings.")
        else:
            team.move("EAL-1", "Declined")
        if way == "move and say":
            team.say("EAL-1", "It costs more than it brings.")
        team.cycle()
        team.cycle()
        assert team.row().state == "stopped"
        asked = [said for said in team.said() if "Would somebody write a line about the reason" in said]
        if way == "move":
            assert len(asked) == 1
            team.cycle()
            team.say("EAL-1", "It costs more than it brings.")
            team.cycle()
            team.cycle()
        else:
            assert not asked
        assert team.row().reason == "It costs more than it brings."
        assert any("It was stopped: It costs more than it brings." in said for said in team.said())
        team.work(trial=30, others=60)
        team.cycle()
        assert team.row().state == "stopped"
        assert not [i for i in team.b.site.issues.values() if "eal-trial" in i.fields["labels"]]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_comment_on_an_issue_makes_one_ticket_with_what_it_says_linked_to_the_issue(
    bench: OpenBench, flavour: str
) -> None:
    with at_work(bench, flavour) as team:
        team.b.site.perform(Create(team.now, "ann", "P-1", "Story", "Thing", {}))
        team.say("P-1", "I have an idea.\neal experiment: Small batches\nHypothesis: It is done sooner.\n")
        team.cycle()
        team.say("P-1", "What do you think?")
        for _ in range(3):
            team.cycle()
        (ticket,) = [i for i in team.b.site.issues.values() if i.key.startswith("EAL-")]
        assert ticket.fields["summary"] == "Small batches"
        assert team.row(ticket.key).state == "asking"
        (said,) = team.said(ticket.key)
        assert "Scope:" in said
        assert "Hypothesis:" not in said
        assert "Team:" not in said
        assert len(team.b.site.links) == 1
        lines = [line for line in plain(ticket.fields["description"]).splitlines() if "<" not in line]
        more = ["Scope: label small-batches", "Departs from: review-before-done"]
        team.edit(ticket.key, "description", "\n".join([*lines, *more]))
        team.cycle()
        assert team.row(ticket.key).state == "running"
        assert ticket.fields["description"], "and the rest of it still stands there"


def test_a_label_that_comes_after_the_finish_counts_on_neither_side(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN)
        team.cycle()
        team.work(trial=10, others=30)
        late = [i.key for i in team.b.site.issues.values() if i.key.startswith("P-") and not i.fields["labels"]][:8]
        for key in late:
            team.edit(key, "labels", ["small-batches"])
        team.cycle()
        assert not [key for key in late if "eal-trial" in team.labels(key)]
        assert "8 issues got the label only after they were finished" in team.said()[0]
        sides = {number.issue_id for number in team.numbers()}
        assert not sides & {str(team.b.site.issue(key).id) for key in late}


# --- what is more than a small step ------------------------------------------------------------------------------

DECIDED = TEAM + '\napprovers = ["boss"]'


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_small_step_begins_at_once_and_a_larger_one_is_decided_first(bench: OpenBench, flavour: str) -> None:
    with at_work(bench, flavour, DECIDED + "\nexperiments = 5") as team:
        team.b.site.add_person(Person("boss", "Boss"))
        team.ticket(PLAN)
        team.ticket(PLAN.replace("small-batches", "large").replace("40", "61"))
        for _ in range(2):
            team.cycle()
        assert [team.row(f"EAL-{n}").state for n in (1, 2)] == ["running", "offered"]
        (asked,) = team.said("EAL-2")
        assert "asks for a decision first: more than 60 issues would take part" in asked
        team.say("EAL-2", "eal start")
        team.cycle()
        assert team.row("EAL-2").state == "offered", "it is not hers to decide"
        team.say("EAL-2", "Worth it.\neal start", who="boss")
        team.cycle()
        assert team.row("EAL-2").state == "running"


def test_a_decision_is_about_the_plan_as_it_stood(bench: OpenBench) -> None:
    with at_work(bench, team=DECIDED) as team:
        team.b.site.add_person(Person("boss", "Boss"))
        team.ticket(PLAN.replace("40", "61"))
        team.cycle()
        team.say("EAL-1", "eal start", who="boss")
        team.b.site.clock.advance(HOUR / 2)  # type: ignore[attr-defined]
        team.edit("EAL-1", "description", PLAN.replace("40", "900"))
        team.cycle()
        assert team.row().state == "offered"
        team.edit("EAL-1", "description", PLAN)
        team.cycle()
        assert team.row().state == "running", "made smaller, nobody has to be asked"


# --- who takes part, by a query ---------------------------------------------------------------------------------

ASKED = PLAN.replace("label small-batches", "query labels = small")


def working(team: Team, count: int, **fields: Any) -> list[str]:
    """So many issues are begun now."""
    keys = []
    for _ in range(count):
        team.number += 1
        keys.append(f"P-{team.number}")
        team.b.site.perform(Create(team.now, "ann", keys[-1], "Story", f"Thing {team.number}", fields))
        team.b.site.perform(Move(team.now, "ann", keys[-1], "Doing"))
    return keys


def sides(team: Team) -> tuple[set[str], set[str]]:
    """Keys of the issues whose numbers count as trial, and as comparison."""
    with team.house.store.read() as connection:
        keys = issues.keys(connection, [n.issue_id for n in team.numbers()])
    return tuple({keys[n.issue_id] for n in team.numbers() if n.trial is side} for side in (True, False))  # type: ignore[return-value]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_by_a_query_an_issue_is_on_the_side_on_which_a_look_saw_it_unfinished(bench: OpenBench, flavour: str) -> None:
    with at_work(bench, flavour) as team:
        team.ticket(ASKED)
        team.cycle()
        assert team.row().state == "running"
        inside, outside = working(team, 6, labels=["small"]), working(team, 6)
        unseen = [*working(team, 1, labels=["small"]), *working(team, 1)]
        for key in unseen:
            team.move(key, "Done")
        team.cycle()
        into = outside.pop()
        team.edit(into, "labels", ["small"])
        team.cycle()
        for key in (*inside, into, *outside):
            team.move(key, "Done")
        # whoever enters or leaves the query with the outcome known stays where they were seen
        team.edit(outside[0], "labels", ["small"])
        team.edit(inside[0], "labels", [])
        for days in (1, 40, 40):
            team.cycle(24 * days)
        assert sides(team) == ({*inside, into}, set(outside))
        tagged = {i.key for i in team.b.site.issues.values() if "eal-trial" in i.fields["labels"]}
        assert tagged == {*inside, into}


def test_a_query_that_finds_only_what_is_finished_finds_nobody(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN.replace("label small-batches", "query statusCategory = Done"))
        team.cycle()
        done = working(team, 8)
        team.cycle()
        for key in done:
            team.move(key, "Done")
        team.cycle(24)
        team.cycle(24 * 60)
        assert sides(team) == (set(), set(done))


def test_a_query_that_the_tracker_refuses_is_asked_for_once_with_its_words_and_mended_it_begins(
    bench: OpenBench,
) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN.replace("label small-batches", "query flavour = vanilla"))
        for _ in range(3):
            team.cycle()
        assert team.row().state == "asking"
        (asked,) = team.said()
        assert "Scope" in asked
        assert "Field 'flavour' does not exist" in asked
        team.edit("EAL-1", "description", PLAN.replace("label small-batches", "query labels = vanilla"))
        team.cycle()
        assert team.row().state == "running"
        assert "the plan is complete now" in team.said()[0]


def test_a_query_that_is_refused_later_is_set_aside_and_keeps_who_takes_part(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(ASKED)
        team.cycle()
        working(team, 2, labels=["small"])
        team.cycle()
        row = team.row()
        query = {**(row.design or {}), "plan": {**(row.design or {})["plan"], "query": "flavour = vanilla"}}
        with team.house.store.write() as connection:
            experiments.change(connection, row.key, design=query)
        working(team, 1)
        team.cycle()
        with team.house.store.read() as connection:
            assert len(experiments.trials(connection, row.key)) == 2
            (aside,) = [item for item, _ in work.listed(connection) if item.kind == "query"]
        assert "flavour" in aside.reason


def test_a_tracker_without_queries_says_so_on_the_ticket(bench: OpenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_work(bench) as team:
        able = team.house.tracker.capabilities
        monkeypatch.setattr(type(team.house.tracker), "capabilities", replace(able, queries=False))
        team.ticket(ASKED)
        team.cycle()
        assert "this tracker has no queries" in team.said()[0]


def test_who_took_part_stays_in_it_when_the_label_goes_and_a_number_stays_when_the_issue_comes_back(
    bench: OpenBench,
) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN)
        team.cycle()
        team.work(trial=2, others=20)
        team.cycle()
        assert team.row().state == "running"
        before, numbers = team.said(), team.numbers()
        assert len(numbers) == 22
        trial = [i.key for i in team.b.site.issues.values() if "eal-trial" in i.fields["labels"]]
        for key in trial:
            team.edit(key, "labels", ["eal-trial"])
            team.move(key, "Doing")
        team.cycle(hours=24 * 20)
        assert team.said() == before
        assert team.numbers() == numbers


def test_an_issue_that_began_before_the_experiment_does_not_take_part(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.cycle()
        team.work(trial=10, others=10)
        team.ticket(PLAN)
        team.cycle()
        team.cycle()
        assert not [i for i in team.b.site.issues.values() if "eal-trial" in i.fields["labels"]]


def test_after_the_loss_of_the_database_a_running_experiment_goes_on_from_where_it_began(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN)
        team.cycle()
        begun = team.row().started
        assert begun is not None
        team.work(trial=30, others=60)
        team.b.lose_the_database()
        with team.b.house() as house:
            approve_plans(house)
            team.house = house
            team.cycle()
            assert abs((team.row().started or NOW) - begun) < HOUR
            assert team.row().state == "works"
            assert len(team.said()) == 1


def test_a_closed_ticket_begins_nothing_and_an_opened_one_does(bench: OpenBench) -> None:
    with at_work(bench) as team:
        team.ticket(PLAN)
        team.move("EAL-1", "Declined")
        team.cycle()
        assert team.row().state == "closed"
        assert team.said() == []
        team.move("EAL-1", "Open")
        team.cycle()
        assert team.row().state == "running"


def test_an_offer_begins_by_a_move_into_work_or_a_line_in_a_comment(bench: OpenBench) -> None:
    with at_work(bench, team=TEAM + "\nexperiments = 5") as team:
        team.ticket(PLAN + "Start: when moved")
        team.ticket(PLAN.replace("small-batches", "b") + "Start: when moved")
        team.ticket(PLAN.replace("small-batches", "c") + f"Start: {(NOW + 3 * DAY).date()}")
        team.cycle()
        assert [team.row(f"EAL-{n}").state for n in (1, 2, 3)] == ["offered", "offered", "waiting"]
        team.say("EAL-2", "Let's go\neal start")
        team.cycle()
        assert [team.row(f"EAL-{n}").state for n in (1, 2, 3)] == ["offered", "running", "waiting"]
        team.cycle(hours=80)
        assert [team.row(f"EAL-{n}").state for n in (1, 2, 3)] == ["offered", "running", "running"]

"""A living history: an organisation of three teams at work on a site, and people who answer what they find there.

    site = Site("cloud", VirtualClock(START))
    organisation = Organisation(site, seed=1)
    organisation.live(START + timedelta(weeks=17))      # … let the product run, then live on
    organisation.live(START + NINE_MONTHS)
    organisation.truths().practice.issues

One seed, one history: however small the steps of `live` are, the same acts come at the same moments, as long as the
people find the same in the tracker.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from heapq import merge
from importlib import resources
from itertools import count

from eal_jira.sandbox.acts import Act, Create, Edit
from eal_jira.sandbox.clock import VirtualClock
from eal_jira.sandbox.hours import DAY_HOURS, later, zone
from eal_jira.sandbox.lives import Share, history, usual
from eal_jira.sandbox.reactions import APPROVED, DECISIONS, Offer, Proposal, reactions, taken_up
from eal_jira.sandbox.site import Site
from eal_jira.sandbox.sprints import FIELD as SPRINT
from eal_jira.sandbox.sprints import Sprints
from eal_jira.sandbox.state import Board, Issue, Sprint
from eal_jira.sandbox.teams import APPROVERS, BOT, LEARNING, MANAGERS, NOT_NEEDED, TEAMS, Team, plan
from eal_jira.sandbox.truths import Truths, truths

FIRST_DAY = date(2026, 1, 5)
START = datetime.combine(FIRST_DAY, time(6), tzinfo=UTC)
"""A Monday morning, before most have begun to work."""
NINE_MONTHS = timedelta(weeks=39)
WRITTEN_BEFORE = timedelta(days=4)
"""How long before a trial begins its plan is written."""

EXPERIMENT = "eal-experiment"
_SCOPE = re.compile(r"\blabel (try-\w+)")


def guidelines(team: Team, in_force_from: date = FIRST_DAY) -> str:
    """The team's guidelines as a TOML text, in force from this day."""
    text = (resources.files("eal_jira.sandbox") / "guidelines" / f"{team.name.lower()}.toml").read_text("utf-8")
    return text.replace(f"in_force_from = {FIRST_DAY}", f"in_force_from = {in_force_from}")


def _names() -> dict[str, tuple[str, str]]:
    """Id and title of each guideline that the managers have a mind about."""
    files = (tomllib.loads(guidelines(team)) for team in TEAMS)
    every = (guideline for file in files for guideline in file["guideline"])
    return {each["id"]: (each["id"], each["title"]) for each in every if each["id"] in DECISIONS}


@dataclass(frozen=True, slots=True)
class _Appointment:
    """Something that isn't an act on an issue, done at its moment."""

    at: datetime
    keep: Callable[[datetime], None]


class Organisation:
    """Three teams, two managers and the bot's account on one site. `live` is the only thing that moves time."""

    def __init__(self, site: Site, seed: int = 1, start: datetime | None = None) -> None:
        self.site = site
        self.start = start or site.clock.now()
        #: everything that was done so far, in order; what people answer to tickets included
        self.acts: list[Act] = []
        #: ids of guidelines whose change a manager has approved
        self._approved: set[str] = set()
        #: by project: what the issues of an experiment that the team has taken up are marked with
        self._marks: dict[str, str] = {}
        #: by project and number
        self._sprints: dict[tuple[str, object], Sprint] = {}
        self._names = _names()
        boards = self._move_in()
        # Where moments are equal, what comes first here is done first.
        stories = [
            *(self._turns(team, boards[team.key]) for team in TEAMS if team.sprint_weeks),
            self._rounds(),
            self._trials(),
            *(history(team, seed, self.start, self._share(team)) for team in TEAMS),
        ]
        self._story: Iterator[Act | _Appointment] = merge(*stories, key=lambda scene: scene.at)
        self._next = next(self._story)

    def live(self, until: datetime) -> None:
        """Let everything happen up to and including this moment; a virtual clock stands there afterwards."""
        while self._next.at <= until:
            scene = self._next
            self._set_clock(scene.at)
            if isinstance(scene, _Appointment):
                scene.keep(scene.at)
            else:
                self._perform(scene)
            self._next = next(self._story)
        self._set_clock(until)

    def truths(self) -> Truths:
        """What was planted, with the issues in which it shows so far."""
        return truths(self.acts)

    # --- setting up

    def _move_in(self) -> dict[str, Board]:
        """People, projects and the boards of the teams that work in sprints, by project key."""
        for person in (BOT, *MANAGERS, *(person for team in TEAMS for person in team.people)):
            self.site.add_person(person)
        for project in (LEARNING, *map(plan, TEAMS)):
            self.site.add_project(project)
        return {team.key: self.site.add_board(f"{team.name} board", team.key) for team in TEAMS if team.sprint_weeks}

    def _share(self, team: Team) -> Share:
        """The team's share as it is now: more, once a manager has said yes."""
        practice, before = team.practice, usual(team, self.start)

        def share(at: datetime, urgent: bool) -> float:
            return practice.approved_share if practice.guideline in self._approved else before(at, urgent)

        return share

    # --- what happens at its moment

    def _set_clock(self, at: datetime) -> None:
        clock = self.site.clock
        if isinstance(clock, VirtualClock) and clock.now() < at:
            clock.set(at)

    def _perform(self, act: Act) -> None:
        if not isinstance(act, Create) and self.site.find(act.key) is None:
            return  # somebody has deleted the issue, and with it whatever its people had in mind
        if isinstance(act, Edit):
            act = self._as_it_stands(act)
        self.site.perform(act)
        self.acts.append(act)

    def _as_it_stands(self, edit: Edit) -> Edit:
        """Sprints have ids only on the site; and a label comes beside those that are there already.

        Who marks what is done in the team's own way also marks that it takes part in the team's experiment with it.
        """
        project = edit.key.partition("-")[0]
        if edit.field == SPRINT:
            return replace(edit, value=self._sprints[project, edit.value].id)
        if edit.field == "labels" and isinstance(edit.value, tuple):
            marks = (self._marks[project],) if project in self._marks and NOT_NEEDED not in edit.value else ()
            return replace(edit, value=(*self.site.issue(edit.key).fields["labels"], *edit.value, *marks))
        return edit

    def _turns(self, team: Team, board: Board) -> Iterator[_Appointment]:
        """One sprint is closed, the next one started, and the one after that set up."""
        sprints = Sprints(team, self.start)

        def turn(number: int, at: datetime) -> None:
            if number > 1:
                self.site.close_sprint(self._sprints[team.key, number - 1].id, at)
            else:
                self._sprints[team.key, 1] = self._set_up(board, sprints, 1)
            self.site.start_sprint(self._sprints[team.key, number].id, at)
            self._sprints[team.key, number + 1] = self._set_up(board, sprints, number + 1)

        for number in count(1):
            yield _Appointment(sprints.begins(number), partial(turn, number))

    def _set_up(self, board: Board, sprints: Sprints, number: int) -> Sprint:
        return self.site.add_sprint(
            board.id,
            f"{sprints.team.name} sprint {number}",
            start=sprints.begins(number),
            end=sprints.begins(number + 1),
            goal=f"{sprints.team.components[number % len(sprints.team.components)]} without surprises",
        )

    def _rounds(self) -> Iterator[_Appointment]:
        """Twice a working day, people come by in the learning project."""
        at = later(self.start, 1.0, zone(MANAGERS[0].time_zone))
        while True:
            yield _Appointment(at, self._come_by)
            at = later(at, DAY_HOURS / 2, zone(MANAGERS[0].time_zone))

    def _trials(self) -> Iterator[_Appointment]:
        """A team that tries something on purpose writes down first what it hopes for."""
        for team in TEAMS:
            if all(team.practice.plan):
                before = self.start + team.practice.begins - WRITTEN_BEFORE
                at = later(before, DAY_HOURS / 2, zone(team.time_zone))
                yield _Appointment(at, partial(self._write_down, team))

    def _write_down(self, team: Team, at: datetime) -> None:
        key = f"{LEARNING.key}-{self.site.project(LEARNING.key).next_number}"
        title, text = team.practice.plan
        fields = {"description": text}
        self._perform(Create(at, team.people[0].account_id, key, "Experiment", title, fields))

    # --- what people find in the tracker

    def _come_by(self, at: datetime) -> None:
        for proposal in self._proposals():
            for act in reactions(proposal, at):
                self._perform(act)
        self._approved |= {each.guideline for each in self._proposals() if self._is_approved(each)}
        for offer in self._offers():
            for act in taken_up(offer, at):
                self._perform(act)
                self._marks[offer.team.key] = offer.label

    def _is_approved(self, proposal: Proposal) -> bool:
        """What managers moved it to last counts, whoever moved it afterwards."""
        accounts = self.site.people.accounts
        managers = {each.id for each in accounts.values() if APPROVERS in each.groups}
        return [to for mover, to in proposal.moves if mover in managers][-1:] == [APPROVED]

    def _proposals(self) -> list[Proposal]:
        """The bot's tickets whose summary or property names a guideline that the managers have a mind about."""
        with self.site.lock:
            read = (self._read(ticket) for ticket in self._tickets() if EXPERIMENT not in ticket.fields["labels"])
            return [proposal for proposal in read if proposal]

    def _offers(self) -> list[Offer]:
        """The bot's experiments with a team's own way of working; a team that has written a plan itself wants none."""
        with self.site.lock:
            tickets = [ticket for ticket in self._tickets() if EXPERIMENT in ticket.fields["labels"]]
            return [
                Offer(ticket.key, team, asked[1], self._status(ticket), ticket.created)
                for ticket in tickets
                for team in TEAMS
                if team.practice.guideline in (text := self._text(ticket)) and not all(team.practice.plan)
                if (asked := _SCOPE.search(text))
            ]

    def _tickets(self) -> list[Issue]:
        """The bot's, oldest first."""
        tickets = (self.site.issues[number] for number in sorted(self.site.project(LEARNING.key).issues))
        return [ticket for ticket in tickets if ticket.fields["reporter"] == BOT.account_id]

    def _status(self, ticket: Issue) -> str:
        return self.site.catalogue.statuses[ticket.fields["status"]].name

    def _text(self, ticket: Issue) -> str:
        return json.dumps(ticket.fields["description"], ensure_ascii=False)

    def _read(self, ticket: Issue) -> Proposal | None:
        said = f"{ticket.fields['summary']} {json.dumps(ticket.properties, ensure_ascii=False)}"
        about = next((each for each, names in self._names.items() if any(name in said for name in names)), None)
        if about is None:
            return None
        return Proposal(
            key=ticket.key,
            guideline=about,
            status=self._status(ticket),
            created=ticket.created,
            moves=tuple(
                (history.author or "", item["toString"])
                for history in ticket.histories
                for item in history.items
                if item["fieldId"] == "status"
            ),
        )

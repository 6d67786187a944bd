"""The life of a team's issues, from chance alone: (team, seed, start, share) → acts in time order, without end.

Pure. Every issue has dice of its own, so what one issue meets changes no other. A life is written one act at a time and
no further, so that what the team has learnt meanwhile (`Share`) counts from the next issue on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TypeVar

from eal_jira.sandbox import words
from eal_jira.sandbox.acts import Act, Create, Edit, Move, Person, Say
from eal_jira.sandbox.hours import DAY_HOURS, at_work, later, opening, zone
from eal_jira.sandbox.sprints import Sprints
from eal_jira.sandbox.teams import NOT_NEEDED, POINTS, URGENT, Team

K = TypeVar("K")
Share = Callable[[datetime, bool], float]
"""The share of eligible work that a team does in its own way, at a moment, of urgent work or of other work."""

WEEKDAYS = (1.4, 1.15, 1.0, 0.85, 0.6)
"""How much of the new work turns up on Mondays, Tuesdays, … against the average day."""
SIZES = {1.0: 0.22, 2.0: 0.32, 3.0: 0.26, 5.0: 0.14, 8.0: 0.06}
PRIORITIES = {"Highest": 0.05, "High": 0.20, "Medium": 0.55, "Low": 0.20}
HASTE = {"Highest": 0.6, "High": 0.8, "Medium": 1.0, "Low": 1.15}
"""Factor on every stay, by priority."""
EASE = {"Story": 1.0, "Bug": 0.75, "Task": 0.7}
"""Factor on the hours of In Progress, by type."""
GROWTH = 0.75
"""Exponent on the points: twice the points, two thirds more hours of In Progress."""
REPAIR = 0.35
"""What work sent back takes in In Progress, against the first time."""
TRIAGE = 0.12
"""How long a Bug stays in the backlog, against a Story."""
REMARKED = 0.5
"""How often those who work in their own way say so."""
NOTED = 0.5
"""How often somebody writes down how the work goes, before it is handed on."""
MOMENT = 0.05
"""Hours between two things that somebody does in one go, at most."""


def usual(team: Team, start: datetime) -> Share:
    """The team's share as it is before anybody has decided anything."""
    practice = team.practice

    def share(at: datetime, urgent: bool) -> float:
        if at < start + practice.begins:
            return 0.0
        return practice.urgent_share if urgent else practice.share

    return share


def history(team: Team, seed: int, start: datetime, share: Share) -> Iterator[Act]:
    """All that the team does in its project from `start` on, in time order."""
    under_way: list[tuple[datetime, int, Act, Iterator[Act]]] = []

    def follow(number: int, life: Iterator[Act]) -> None:
        if act := next(life, None):
            heappush(under_way, (act.at, number, act, life))

    for number, born in enumerate(_births(team, seed, start), 1):
        while under_way and under_way[0][0] < born:
            _, earlier, act, life = heappop(under_way)
            yield act
            follow(earlier, life)
        life = _Life(team, f"{team.key}-{number}", born, share, _dice(seed, team, number)).acts()
        follow(number, Sprints(team, start).planned(life) if team.sprint_weeks else life)


def _dice(seed: int, team: Team, what: object) -> random.Random:
    return random.Random(f"{seed}/{team.key}/{what}")  # noqa: S311 - a repeatable story, no secret


def _births(team: Team, seed: int, start: datetime) -> Iterator[datetime]:
    dice = _dice(seed, team, "births")
    where = zone(team.time_zone)
    first = start.astimezone(where).date()
    for day in (first + timedelta(days=n) for n in count()):
        if day.weekday() >= len(WEEKDAYS):
            continue
        opens = opening(day, where)
        part = 0.0
        while (part := part + dice.expovariate(team.arrivals * WEEKDAYS[day.weekday()])) < 1:
            born = opens + timedelta(seconds=int(part * DAY_HOURS * 3600))
            if born >= start:
                yield born


class _Life:
    """One issue from its first line to wherever it comes; each method is one part of the way."""

    def __init__(self, team: Team, key: str, born: datetime, share: Share, dice: random.Random) -> None:
        self.team, self.key, self.at, self.dice = team, key, born, dice
        self.type = self._one_of(team.types)
        self.priority = self._one_of(PRIORITIES)
        self.points = self._one_of(SIZES)
        #: the issue's own factor on every stay: some are simply harder
        self.difficulty = dice.lognormvariate(0, 0.3)
        #: it is done in the team's own way
        self.own_way = self._happens(share(born, self.priority in URGENT)) and self._eligible()
        self.owner = self._somebody()
        #: who looks at it in which status
        self.checkers = {
            "In Review": self.owner if self._happens(team.own_review) else self._somebody(self.owner),
            "Testing": self._somebody(self.owner),
        }

    def acts(self) -> Iterator[Act]:
        yield self._written()
        if self._happens(self.team.not_needed):
            yield from self._dropped()
            return
        yield from self._made_ready()
        yield from self._started()
        yield from self._finished(1.0)
        while self._happens(self.team.reopened):
            yield from self._reopened()
            yield from self._finished(REPAIR)

    # --- the parts of the way

    def _written(self) -> Act:
        summary, description = words.told(self.type, self.dice.choice(self.team.things), self.dice)
        fields = {"description": description, "priority": self.priority, POINTS: self.points}
        if not self._happens(self.team.no_component):
            fields["components"] = [self.dice.choice(self.team.components)]
        author = self.dice.choice([who for who in self.team.people if at_work(self.at, zone(who.time_zone))])
        return Create(self.at, author.account_id, self.key, self.type, summary, fields)

    def _dropped(self) -> Iterator[Act]:
        lead = self.team.people[0]
        self._pass(3 * self._stay("Backlog"), lead)
        yield self._say(lead, words.NOT_NEEDED)
        yield self._label(lead, NOT_NEEDED)
        yield self._move(lead, "Done")

    def _made_ready(self) -> Iterator[Act]:
        """Out of the backlog: by refinement or, where that is left out, straight into work."""
        waiting = self._stay("Backlog") * (TRIAGE if self.type == "Bug" else 1.0)
        if self._leaves_out("Ready"):
            self._pass(waiting, self.owner)
            return
        yield from self._refined(waiting)
        if self._happens(self.team.put_back):
            self._pass(self._stay("Ready"), self.team.people[0])
            yield self._move(self.team.people[0], "Backlog")
            yield from self._refined(waiting)
        self._pass(self._stay("Ready"), self.owner)

    def _refined(self, waiting: float) -> Iterator[Act]:
        lead = self.team.people[0]
        self._pass(waiting, lead)
        if self.type != "Bug":
            while self.at.astimezone(zone(lead.time_zone)).weekday() not in self.team.refinement_days:
                self._pass(DAY_HOURS, lead)
        yield self._move(lead, "Ready")

    def _started(self) -> Iterator[Act]:
        practice = self.team.practice
        yield self._assign(self.owner, self.owner)
        if self.own_way and practice.label:
            yield self._label(self.owner, practice.label)
        yield self._move(self.owner, "In Progress")
        if self.own_way and self._happens(REMARKED):
            yield self._say(self.owner, practice.remark)

    def _finished(self, effort: float) -> Iterator[Act]:
        """From In Progress to Done, and back to In Progress whenever review or testing send the work back."""
        checks = [status for status in self._checks() if not self._leaves_out(status)]
        while True:
            yield from self._worked_on(effort)
            mover = self.owner
            for status in checks:
                yield self._move(mover, status)
                mover = self.checkers[status]
                self._pass(self._stay(status), mover)
                if self._happens(self._chance_of_return(status)):
                    yield self._say(mover, self.dice.choice(words.RETURNED[status]))
                    yield self._move(mover, "In Progress")
                    break
            else:
                yield self._move(mover, "Done")
                return
            effort = REPAIR

    def _worked_on(self, effort: float) -> Iterator[Act]:
        hours = self._stay("In Progress") * effort
        if self._happens(self.team.taken_over * effort):
            part = hours * self.dice.random()
            self._pass(part, self.owner)
            hours -= part
            former, self.owner = self.owner, self._somebody(self.owner, *self.checkers.values())
            yield self._assign(former, self.owner)
        if self._happens(self.team.blocked * effort):
            part = hours * self.dice.random()
            self._pass(part, self.owner)
            hours -= part
            yield self._say(self.owner, self.dice.choice(words.BLOCKED))
            yield self._move(self.owner, "Blocked")
            self._pass(self._stay("Blocked"), self.owner)
            yield self._move(self.owner, "In Progress")
        self._pass(hours, self.owner)
        if self._happens(NOTED):
            yield self._say(self.owner, self.dice.choice(words.NOTES))

    def _reopened(self) -> Iterator[Act]:
        finder = self._somebody()
        self._pass(DAY_HOURS * self.dice.uniform(0.5, 10), finder)
        yield self._say(finder, self.dice.choice(words.REOPENED))
        yield self._move(finder, "In Progress")

    # --- what is asked on the way

    def _checks(self) -> tuple[str, ...]:
        return ("In Review",) if self.type == "Task" else ("In Review", "Testing")

    def _eligible(self) -> bool:
        return self.type in self.team.practice.types and self.points <= self.team.practice.most_points

    def _leaves_out(self, status: str) -> bool:
        return self.own_way and self.team.practice.skips == status

    def _chance_of_return(self, status: str) -> float:
        chance = self.team.returned_by_review if status == "In Review" else self.team.returned_by_testing
        return chance * (self.team.practice.returns if self.own_way else 1.0)

    def _happens(self, chance: float) -> bool:
        return self.dice.random() < chance

    def _one_of(self, shares: Mapping[K, float]) -> K:
        return self.dice.choices(tuple(shares), tuple(shares.values()))[0]

    def _somebody(self, *but: Person) -> Person:
        return self.dice.choice([who for who in self.team.people if who not in but])

    def _stay(self, status: str) -> float:
        """Working hours in this status, this time."""
        hours = self.team.stays[status].draw(self.dice) * self.difficulty * HASTE[self.priority]
        if status == "In Progress":
            hours *= EASE[self.type] * (self.points / 3) ** GROWTH
        if self.own_way and status in ("In Progress", "In Review", "Testing"):
            hours *= self.team.practice.pace
        return hours

    # --- acts, each a moment after the one before, in its person's working hours

    def _pass(self, hours: float, who: Person) -> None:
        self.at = later(self.at, hours, zone(who.time_zone))

    def _now(self, who: Person) -> datetime:
        self._pass(self.dice.uniform(0.2, 1.0) * MOMENT, who)
        return self.at

    def _move(self, who: Person, to: str) -> Act:
        return Move(self._now(who), who.account_id, self.key, to)

    def _say(self, who: Person, text: str) -> Act:
        return Say(self._now(who), who.account_id, self.key, text)

    def _assign(self, who: Person, to: Person) -> Act:
        return Edit(self._now(who), who.account_id, self.key, "assignee", to.account_id)

    def _label(self, who: Person, label: str) -> Act:
        return Edit(self._now(who), who.account_id, self.key, "labels", (label,))

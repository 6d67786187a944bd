"""The rhythm of a team that works in sprints: when each begins, and which issues are in it. Pure, like `lives`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from eal_jira.sandbox.acts import Act, Edit, Move
from eal_jira.sandbox.hours import opening, zone
from eal_jira.sandbox.teams import Team

FIELD = "Sprint"
_PLANNING = timedelta(minutes=30)
"""After the Monday's opening: then one sprint is closed and the next one started."""


@dataclass(frozen=True, slots=True)
class Sprints:
    """A team's sprints, numbered from 1; the first begins in the week of `start`."""

    team: Team
    start: datetime

    def begins(self, number: int) -> datetime:
        first = self.start.astimezone(zone(self.team.time_zone)).date()
        weeks = timedelta(weeks=self.team.sprint_weeks * (number - 1))
        return opening(first - timedelta(days=first.weekday()) + weeks, zone(self.team.time_zone)) + _PLANNING

    def running(self, at: datetime) -> int:
        """The number of the sprint at this moment, 0 before the first."""
        length = timedelta(weeks=self.team.sprint_weeks)
        number = (at - self.begins(1)) // length + 1
        # A clock change moves the turn by an hour against the multiple of weeks.
        if at < self.begins(number):
            return number - 1
        return number + 1 if at >= self.begins(number + 1) else number

    def planned(self, life: Iterator[Act]) -> Iterator[Act]:
        """The same life with its issue put into the running sprint once it is ready or started, and carried over
        into each next one until it is done, or put back into the backlog."""
        sprint, unfinished = 0, False
        for act in life:
            while unfinished and sprint < self.running(act.at):
                sprint += 1
                yield Edit(self.begins(sprint), self.team.people[0].account_id, act.key, FIELD, sprint)
            yield act
            if isinstance(act, Move):
                unfinished = act.to not in ("Backlog", "Done")
                if unfinished and sprint < self.running(act.at):
                    sprint = self.running(act.at)
                    yield Edit(act.at, act.actor, act.key, FIELD, sprint)

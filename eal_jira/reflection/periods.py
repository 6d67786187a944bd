"""Which retros are due: periods between the ticks of a cron line, or sprints that were closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim

from eal_jira.documents import words
from eal_jira.model import Sprint


@dataclass(frozen=True, slots=True)
class Period:
    """A retro's stretch of time: `start` inclusive, `end` exclusive, UTC."""

    #: stable and unique within the team
    key: str
    title: str
    start: datetime
    end: datetime
    #: what the team set out to do, "" where nobody wrote it down
    goal: str = ""

    @property
    def last(self) -> datetime:
        """Its last moment: the end does not belong to it."""
        return self.end - timedelta(microseconds=1)


def due_by_cron(
    line: str, zone: ZoneInfo, last_end: datetime | None, since: datetime, now: datetime
) -> tuple[Period, ...]:
    """Periods that ended up to `now` and have no retro yet, oldest first.

    `last_end` is where the newest retro's period ended. A team's first retro is about the newest complete period
    only, and only if it reaches into the time since `since`: nobody wants a year of retros on the first day.
    """
    if last_end is None:
        back = CronSim(line, now.astimezone(zone), reverse=True)
        end, start = next(back), next(back)
        ticks = [start, end] if end > since else []
    else:
        ticks = [last_end, *_ticks(line, zone, last_end, now)]
    return tuple(_period(start.astimezone(UTC), end.astimezone(UTC), zone) for start, end in pairwise(ticks))


def next_tick(line: str, zone: ZoneInfo, after: datetime) -> datetime:
    """When the period that `after` lies in will end."""
    return next(CronSim(line, after.astimezone(zone))).astimezone(UTC)


def _ticks(line: str, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    for tick in CronSim(line, after.astimezone(zone)):
        if tick > until:
            return
        yield tick


def _period(start: datetime, end: datetime, zone: ZoneInfo) -> Period:
    first, last = start.astimezone(zone), end.astimezone(zone)
    title = words.period(first.date(), (last - timedelta(microseconds=1)).date())
    return Period(f"{last:%Y-%m-%d-%H%M}", title, start, end)


def due_by_sprint(sprints: Iterable[Sprint], last_end: datetime | None, since: datetime) -> tuple[Period, ...]:
    """Closed sprints without a retro, oldest first; at the first time only the newest."""
    closed = sorted(
        (
            (sprint.completed or sprint.end, sprint)
            for sprint in sprints
            if sprint.state == "closed" and sprint.start is not None and (sprint.completed or sprint.end) is not None
        ),
        key=lambda pair: (pair[0], pair[1].id),
    )
    due = [(end, sprint) for end, sprint in closed if end is not None and end > (last_end or since)]
    if last_end is None:
        due = due[-1:]
    return tuple(
        Period(f"sprint-{sprint.id}", sprint.name, sprint.start, end, sprint.goal)
        for end, sprint in due
        if sprint.start is not None
    )

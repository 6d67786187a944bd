"""When something is due although nothing has changed: a team's retro, a time limit that runs out."""

from __future__ import annotations

from datetime import datetime

from eal_jira.reflection.periods import next_tick
from eal_jira.stages.house import House
from eal_jira.store import process


def next_due(house: House, now: datetime) -> datetime | None:
    """The first such moment after `now` (the tracker's clock); None where none is known."""
    ticks = [next_tick(team.cron, team.zone, now) for team in house.teams if team.cron is not None]
    with house.store.read() as connection:
        limit = process.next_due(connection, now)
    return min([*ticks, *([] if limit is None else [limit])], default=None)

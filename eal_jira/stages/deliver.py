"""Stage 7: intents to the tracker and the pages."""

from __future__ import annotations

from datetime import UTC, datetime

from eal_jira.outbox.deliver import Delivered
from eal_jira.stages.house import House
from eal_jira.store import facts, intents


def deliver(house: House, now: datetime, *, dry_run: bool) -> Delivered:
    """Sends what may be sent. A team's first plan waits for approval, unless it asks for nothing at all."""
    delivered = Delivered(stopped="This was a dry run: nothing was sent.") if dry_run else _send(house, now)
    with house.store.write() as connection:
        facts.put_moment(connection, "last_cycle", now)
        facts.put_moment(connection, "last_cycle_here", datetime.now(UTC))
    house.store.tidy()
    return delivered


def _send(house: House, now: datetime) -> Delivered:
    with house.store.write() as connection:
        for team in house.teams:
            state = facts.team(connection, team.name)
            if state is not None and state.approved is None and not intents.count(connection, team.name):
                facts.approve_plan(connection, [team.name], now)
        us = facts.us(connection)
    return house.outbox.deliver(now, house.settings.tracker.learning_project, us)

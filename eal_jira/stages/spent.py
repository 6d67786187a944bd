"""What a whole cycle cost the tracker: noted for `status`."""

from __future__ import annotations

from eal_jira.hookspecs import Cost
from eal_jira.stages.house import House
from eal_jira.store import facts


def spent(house: House, before: Cost) -> Cost:
    """What was asked of the tracker since its count stood at `before`."""
    cost = house.tracker.cost() - before
    with house.store.write() as connection:
        facts.put(connection, "last_cycle_requests", str(cost.requests))
        facts.put(connection, "last_cycle_points", str(cost.points))
    return cost

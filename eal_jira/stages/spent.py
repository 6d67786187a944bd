"""What cycles cost the tracker: noted for `status`, also when a cycle fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eal_jira.hookspecs import Cost
from eal_jira.stages.house import House
from eal_jira.store import facts, spending


@contextmanager
def counted(house: House) -> Iterator[None]:
    """Around a cycle: what it asks of the tracker counts for the hour that runs, whatever becomes of the cycle."""
    before = house.tracker.budget()
    try:
        yield
    finally:
        now = house.tracker.budget()
        if now is not None and now != before:
            with house.store.write() as connection:
                spending.add(connection, now, before)


def spent(house: House, before: Cost) -> Cost:
    """What was asked of the tracker since its count stood at `before`."""
    cost = house.tracker.cost() - before
    with house.store.write() as connection:
        facts.put(connection, "last_cycle_requests", str(cost.requests))
        facts.put(connection, "last_cycle_points", str(cost.points))
    return cost

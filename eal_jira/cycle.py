"""One learning cycle, from the tracker through the store and back into the tracker.

    pull → log → listen → check → evaluate → reflect → deliver     every so often
    pull → log → listen → check                      → deliver     when webhooks name issues

Each stage reads the store, writes the store, is idempotent, and returns what it did. Killed anywhere, the next cycle
goes on where this one was. A cycle costs what changed, not what exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from eal_jira.hookspecs import Cost
from eal_jira.mirror.reader import Pulled
from eal_jira.outbox.deliver import Delivered
from eal_jira.stages.check import Checked, check
from eal_jira.stages.deliver import deliver
from eal_jira.stages.evaluate import Evaluated, evaluate
from eal_jira.stages.house import House
from eal_jira.stages.listen import Listened, listen
from eal_jira.stages.log import Logged, log
from eal_jira.stages.pull import nudged, pull, pull_named
from eal_jira.stages.reflect import Reflected, reflect
from eal_jira.stages.spent import counted, spent


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle did. `now` is the tracker's clock."""

    now: datetime
    pulled: Pulled
    logged: Logged
    heard: Listened
    checked: Checked
    evaluated: Evaluated
    reflected: Reflected
    delivered: Delivered
    #: what all of this asked of the tracker
    cost: Cost


def run_cycle(house: House, *, dry_run: bool = False) -> Cycle:
    """Runs the stages in order. A dry run is the same way with nothing sent at the end."""
    with counted(house):
        before = house.tracker.cost()
        identity = house.tracker.whoami()
        now = identity.now
        return Cycle(
            now=now,
            pulled=pull(house, identity),
            logged=log(house, now),
            heard=listen(house, now),
            checked=check(house, now),
            evaluated=evaluate(house, now),
            reflected=reflect(house, now),
            delivered=deliver(house, now, dry_run=dry_run),
            cost=spent(house, before),
        )


def run_nudged(house: House) -> Cycle | None:
    """The short way for issues that webhooks have named; None when none of them differs from what we know.

    So our own writes, when the tracker tells us of them, cost a reading and no more. What looks at a whole team waits
    for the next cycle.
    """
    if not nudged(house):
        return None
    with counted(house):
        before = house.tracker.cost()
        identity = house.tracker.whoami()
        pulled = pull_named(house, identity)
        if not pulled.changed:
            return None
        now = identity.now
        return Cycle(
            now=now,
            pulled=pulled,
            logged=log(house, now),
            heard=listen(house, now),
            checked=check(house, now),
            evaluated=Evaluated(),
            reflected=Reflected(),
            delivered=deliver(house, now, dry_run=False),
            cost=house.tracker.cost() - before,
        )

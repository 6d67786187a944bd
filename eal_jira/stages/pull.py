"""Stage 1: changed issues, changes, comments, sprints; first of all, the issues that webhooks named."""

from __future__ import annotations

import structlog

from eal_jira.errors import RefusedByTracker
from eal_jira.mirror.pseudonyms import Pseudonyms
from eal_jira.mirror.pull import Puller, TeamScope
from eal_jira.mirror.reader import Pulled
from eal_jira.model import Identity
from eal_jira.stages.house import House
from eal_jira.store import deliveries, facts, work

log = structlog.get_logger()

NAMED = 100
"""Issues per reading: as many as any tracker gives at once."""


def pull(house: House, identity: Identity) -> Pulled:
    """Everything that changed since the last complete pass, for all teams and the learning project at once.

    Before that, what webhooks named and nobody has looked at yet.
    """
    puller = _puller(house)
    with house.store.write() as connection:
        # how the mirror names us: our own changes are told from people's by it
        facts.remember_us(connection, Pseudonyms(facts.pseudonym_key(connection)).of(identity.actor))
    pulled = pull_named(house, identity)
    pulled.include(puller.pull(identity, _scopes(house), [house.settings.tracker.learning_project]))
    return pulled


def unread(house: House) -> list[str]:
    """The names of the scopes that were never read completely."""
    return _puller(house).unread(_scopes(house), [house.settings.tracker.learning_project])


def read_first(house: House, scope: str) -> Pulled:
    """One of the `unread` scopes. May go on beside others, each in a house of its own."""
    identity = house.tracker.whoami()
    return _puller(house).read_first(identity, scope, _scopes(house), [house.settings.tracker.learning_project])


def nudged(house: House) -> bool:
    """Whether webhooks have named issues that nobody has looked at yet."""
    with house.store.read() as connection:
        return deliveries.waiting(connection)


def pull_named(house: House, identity: Identity) -> Pulled:
    """The issues that webhooks have named by now, each once, however often it was named."""
    pulled = Pulled()
    with house.store.write() as connection:
        named = deliveries.begin_reading(connection)
    for start in range(0, len(named), NAMED):
        ids = named[start : start + NAMED]
        projects = [house.settings.tracker.learning_project]
        try:
            pulled.include(_puller(house).pull_named(identity, ids, _scopes(house), projects))
        except RefusedByTracker as error:
            # a webhook may name anything, and must not stop what comes by itself: the whole pass decides about these
            log.warning("what webhooks named can't be read", issues=len(ids), reason=str(error))
            with house.store.write() as connection:
                work.done(connection, deliveries.READING, ids)
    return pulled


def _puller(house: House) -> Puller:
    return Puller(house.store, house.tracker, house.progress)


def _scopes(house: House) -> list[TeamScope]:
    return [TeamScope(team.name, team.scope, sprints=team.retro == "sprint") for team in house.teams]

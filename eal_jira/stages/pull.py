"""Stage 1: changed issues, changes, comments, sprints."""

from __future__ import annotations

from eal_jira.mirror.pull import Pulled, Puller, TeamScope
from eal_jira.model import Identity
from eal_jira.stages.house import House


def pull(house: House, identity: Identity) -> Pulled:
    """Everything that changed since the last complete pass, for all teams and the learning project at once."""
    teams = [TeamScope(team.name, team.scope, sprints=team.retro == "sprint") for team in house.teams]
    puller = Puller(house.store, house.tracker, house.progress)
    return puller.pull(identity, teams, [house.settings.tracker.learning_project])

"""Who decides for a team."""

from __future__ import annotations

from eal_jira.mirror.pseudonyms import Pseudonyms
from eal_jira.model import Actor
from eal_jira.settings import GroupPart, TeamPart
from eal_jira.stages.house import House
from eal_jira.store import facts


def approvers(house: House, team: TeamPart) -> set[Actor]:
    """Whoever is listed now, by account or by group. Asks the tracker, so outside of any transaction."""
    accounts = {each for each in team.approvers if not isinstance(each, GroupPart)}
    for each in team.approver_groups:
        accounts |= house.tracker.group_members(each.group)
    with house.store.write() as connection:
        people = Pseudonyms(facts.pseudonym_key(connection))
    return {people.of(account) for account in accounts}

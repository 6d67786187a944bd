"""Stage 6: proposals that the evidence supports; retros that are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from eal_jira.settings import TeamPart
from eal_jira.stages.actions import hear_actions
from eal_jira.stages.digest import write_digest
from eal_jira.stages.each_team import apart, each_team
from eal_jira.stages.guideline_pages import write_guidelines
from eal_jira.stages.house import House
from eal_jira.stages.propose import propose
from eal_jira.stages.retros import write_retros
from eal_jira.stages.scorecards import write_scorecard
from eal_jira.stages.suggest import suggest
from eal_jira.stages.tried import hear_results
from eal_jira.store import damage


@dataclass(slots=True)
class Reflected:
    proposals: int = 0
    retros: int = 0
    #: pages of guidelines that changed, and reviews that became due
    guidelines: int = 0
    #: actions that people wrote on a retro and that have a ticket now
    actions: int = 0
    digests: int = 0
    scorecards: int = 0


def reflect(house: House, now: datetime) -> Reflected:
    """Makes the tickets and documents that are due, each decision and its intent in one transaction."""
    reflected = Reflected()

    def heard(team: TeamPart) -> None:
        reflected.actions += hear_actions(house, team, now)

    def one(team: TeamPart) -> None:
        with house.store.write() as connection:
            if damage.to_be_judged(connection, team.name):
                return
            reflected.proposals += hear_results(house, connection, team, now)
            reflected.proposals += suggest(house, connection, team, now)
            reflected.proposals += propose(house, connection, team, now)
            reflected.guidelines += write_guidelines(house, connection, team, now)
        reflected.retros += write_retros(house, team, now)
        reflected.scorecards += write_scorecard(house, team, now)

    def digested() -> None:
        reflected.digests += write_digest(house, now)

    # first what people wrote: the retro that is due tells of it
    each_team(house, "actions", now, heard)
    each_team(house, "reflect", now, one)
    apart(house, now, "digest", digested, [team.name for team in house.teams])
    return reflected

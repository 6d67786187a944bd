"""Stage 5: experiments with new data, practices among a team's deviations, what became of adopted guidelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from eal_jira.learning.measures import Measures
from eal_jira.learning.practices import Applied, Look, Practice, detect, tell
from eal_jira.process.rules import parse_rule
from eal_jira.process.versions import in_force
from eal_jira.settings import TeamPart
from eal_jira.stages.each_team import each_team
from eal_jira.stages.experiment_course import keep_up
from eal_jira.stages.experiment_looks import look
from eal_jira.stages.experiment_tickets import hear
from eal_jira.stages.follow_up import follow_ups
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import learn_order
from eal_jira.stages.notes import tell_what_changed
from eal_jira.store import Connection, damage, facts, issues, learning, process
from eal_jira.store.learning import PracticeRow


@dataclass(slots=True)
class Evaluated:
    #: experiment tickets and comments that had something to say
    heard: int = 0
    #: experiments that have a result now
    experiments: int = 0
    practices: int = 0
    followed_up: int = 0


def evaluate(house: House, now: datetime) -> Evaluated:
    """Looks at teams with news since the last evaluation; one without costs nothing, but for running experiments."""
    evaluated = Evaluated(heard=hear(house, now))

    def one(team: TeamPart) -> None:
        look(house, team, now)
        with house.store.write() as connection:
            if damage.to_be_judged(connection, team.name):
                return
            stale = facts.meet_team(connection, team.name, now).stale
            evaluated.experiments += keep_up(house, connection, team, now, news=stale)
            if not stale:
                return
            words = issues.vocabulary(connection)
            learn_order(connection, team, words, now)
            evaluated.practices += _practices(connection, team, now)
            evaluated.followed_up += follow_ups(house, connection, team, words, now)
            tell_what_changed(house, connection, team, now)
            facts.set_team(connection, team.name, stale=False)

    each_team(house, "evaluate", now, one)
    return evaluated


def _practices(connection: Connection, team: TeamPart, now: datetime) -> int:
    rows = process.measures(connection, team.name)
    judging = context(connection, team, now)
    earlier = [Practice.from_json(row.body) for row in learning.practices(connection, team.name, untold=True)]
    guidelines = [
        Applied(
            version.guideline,
            version.version,
            version.title,
            frozenset(row.issue_id for row in rows if [version.guideline, version.version] in row.applied),
            partial(parse_rule(version.rule or {}).speaks_of, context=judging),
        )
        for version in in_force(versions(connection, team.name), now)
    ]
    found = detect(
        team.name,
        process.deviations(connection, team.name),
        [Measures.from_json(row.body) for row in rows],
        guidelines,
        looks={(p.guideline, p.version, p.subject): Look(p.look, len(p.trial)) for p in earlier},
        min_group=team.min_group,
    )
    # what was told of a part of a way of working goes when the whole turns out better
    newest = {(p.guideline, p.subject): p for p in (*earlier, *found)}
    before = {(p.guideline, p.subject): p for p in earlier}
    told = [p for key, p in zip(newest, tell(newest.values()), strict=True) if before.get(key) != p]
    learning.save_practices(
        connection,
        team.name,
        (
            PracticeRow(p.guideline, p.subject, p.verdict if p.told else learning.UNTOLD, p.to_json(), now, now)
            for p in told
        ),
    )
    return len(found)

"""Every ended practice, experiment and decision leaves a learning."""

from __future__ import annotations

from datetime import datetime

from eal_jira.learning.conclusions import Result
from eal_jira.learning.evidence import Verdict
from eal_jira.learning.learnings import Learning, of_decision, of_practice
from eal_jira.learning.plans import Plan
from eal_jira.learning.practices import Practice
from eal_jira.learning.trials import State
from eal_jira.outbox.intents import marker
from eal_jira.process.grades import Grade
from eal_jira.reflection.notes import same
from eal_jira.reflection.useful import Useful
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.stages.said import ticket_of
from eal_jira.store import Connection, intents, issues, learning, learnings
from eal_jira.store.experiments import ExperimentRow
from eal_jira.store.learning import PracticeRow, ProposalRow
from eal_jira.store.learnings import LearningRow

EXPERIMENT, PRACTICE, DECISION, SAID = "experiment", "practice", "decision", "said"
EXPERIMENTS = {
    State.WORKS: "works",
    State.DOES_NOT: "does not work",
    State.NO_DIFFERENCE: "no difference shown",
    State.STOPPED: "stopped",
    State.GATHERING: "cannot tell yet",
}


def learn_decision(connection: Connection, team: TeamPart, proposal: ProposalRow, now: datetime) -> None:
    practice = proposal.evidence
    grade = Grade.TESTED if proposal.kind == EXPERIMENT else Grade.OPINION if practice is None else Grade.OBSERVED
    where = {} if practice is None else practice["condition"]
    told = of_decision(
        proposal.body["title"], proposal.body["change"], proposal.state, proposal.reason or "", grade, where
    )
    _save(connection, team, proposal.guideline, DECISION, proposal.key, told, now)


def learn_experiment(connection: Connection, team: TeamPart, row: ExperimentRow, now: datetime) -> None:
    """Tested, on purpose; what was stopped has still taught something."""
    plan = Plan.from_json((row.design or {})["plan"])
    result = Result.from_json(row.result or {})
    outcome = EXPERIMENTS[result.state]
    told = Learning(plan.hypothesis, outcome, Grade.TESTED, {}, result.sentences)
    _save(connection, team, plan.guideline, EXPERIMENT, row.key, told, now)


def learn_practices(connection: Connection, team: TeamPart, now: datetime) -> None:
    """What can be told by now; a practice of which we cannot tell yet has not ended."""
    for row in learning.practices(connection, team.name):
        if row.verdict != Verdict.CANNOT_TELL:
            practice = Practice.from_json(row.body)
            _save(connection, team, row.guideline, PRACTICE, practice_key(team.name, row), of_practice(practice), now)


def practice_key(team: str, row: PracticeRow) -> str:
    """Names a practice of one version of a guideline."""
    return marker("practice", team, row.guideline, f"v{row.body['version']}", row.signature)


def reused(connection: Connection, row: LearningRow, own_projects: frozenset[str]) -> int:
    """How many issues of others are linked to the ticket that tells of it: whoever links it there makes use of it."""
    ticket = intents.get(connection, f"ticket:{row.source}")
    if ticket is None or ticket.result is None:
        return 0
    found = issues.issues(connection, [str(ticket.result["id"])])
    links = [link for issue in found.values() for link in issue.links]
    return len({link.other_id for link in links if link.other_key.rpartition("-")[0] not in own_projects})


def learn_said(connection: Connection, team: str, retro: str, text: str, now: datetime) -> None:
    """What people wrote on a retro for others to use: their word, kept as it is. `retro`: key of its page."""
    told = Learning(text, "told by the team", Grade.OPINION)
    key = marker("learning", retro, same(text))
    learnings.save(connection, LearningRow(key, team, "", SAID, retro, now, told.to_json()))


def for_others(house: House, connection: Connection, team: TeamPart) -> list[Useful]:
    """All that the team has learnt; what was decided stands on its retros anyway."""
    own = frozenset({*team.projects, house.settings.tracker.learning_project})
    found = []
    for row in learnings.listed(connection, team.name):
        if row.kind != DECISION:
            told, ticket = Learning.from_json(row.body), ticket_of(connection, row.source)
            key, url = ("", "") if ticket is None else (ticket.key, house.tracker.url(ticket))
            elsewhere = reused(connection, row, own)
            found.append(Useful(told.what, told.outcome, str(told.grade), row.made, elsewhere, key, url))
    return found


def _save(
    connection: Connection, team: TeamPart, guideline: str, kind: str, source: str, told: Learning, now: datetime
) -> None:
    key = marker("learning", source)
    learnings.save(connection, LearningRow(key, team.name, guideline, kind, source, now, told.to_json()))

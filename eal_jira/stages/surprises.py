"""What surprised somebody at work: noted with one line in a comment on any issue, and told on the team's next retro."""

from __future__ import annotations

from datetime import datetime

from eal_jira.learning.learnings import Learning
from eal_jira.model import Issue, IssueRef
from eal_jira.outbox.intents import marker
from eal_jira.process.grades import Grade
from eal_jira.reflection.experiments import Command
from eal_jira.reflection.learned import Surprise
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.stages.tags import tag
from eal_jira.store import Connection, issues, learnings
from eal_jira.store.learnings import SURPRISE, LearningRow

LONGEST = 500
"""Characters of a note that are kept."""


def note(connection: Connection, team: TeamPart, issue: Issue, command: Command, now: datetime) -> None:
    """One record for one line of a comment, however often it is read, and the issue's tag. Who wrote it is not kept."""
    said = " ".join((command.text or command.below).split())[:LONGEST]
    if not said:
        return
    key = marker("surprise", issue.id, command.comment.id)
    body = Learning(said, "surprise", Grade.OPINION).to_json()
    learnings.save(connection, LearningRow(key, team.name, "", SURPRISE, issue.id, command.comment.at, body))
    tag(connection, team.name, [issue.id], now)


def noted(house: House, connection: Connection, team: str) -> list[tuple[datetime, Surprise]]:
    """The team's notes, oldest first, each with its moment and its issue while that is there."""
    rows = learnings.listed(connection, team, SURPRISE)
    keys = issues.keys(connection, [row.source for row in rows])
    return [
        (
            row.made,
            Surprise(
                Learning.from_json(row.body).what,
                tuple((key, house.tracker.url(IssueRef(row.source, key))) for key in [keys.get(row.source)] if key),
            ),
        )
        for row in sorted(rows, key=lambda row: (row.made, row.key))
    ]

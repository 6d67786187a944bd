"""A team's mirrored history, for commands that look back over all of it and write nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time

from eal_jira.errors import UsageError
from eal_jira.learning.measures import Measures
from eal_jira.model import Comment, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.versions import ALWAYS
from eal_jira.settings import TeamPart
from eal_jira.stages.guidelines import calendar
from eal_jira.stages.measuring import traces_of
from eal_jira.store import Connection, facts, issues, process, work


def looking_back(connection: Connection, team: TeamPart, since: datetime | None = None) -> JudgeContext:
    """What judging needs, as of the last cycle. Everything since `since` counts; by default from the team's own start.

    Raises `UsageError` before the first cycle: then there is no history yet.
    """
    now, state = facts.get_moment(connection, "last_cycle"), facts.team(connection, team.name)
    if now is None or state is None:
        raise UsageError(
            f"Team {team.name} has no mirrored history yet.", remedy="Run: eal-jira cycle --dry-run (it only reads)"
        )
    start = state.first_cycle
    if team.since is not None:
        start = datetime.combine(team.since, time(), team.zone).astimezone(UTC)
    return JudgeContext(
        vocabulary=issues.vocabulary(connection),
        calendar=calendar(team),
        now=now,
        team=team.name,
        since=start if since is None else since,
        order=state.status_order,
        sprints={sprint.id: sprint for sprint in issues.sprints(connection, team.name)},
    )


def everything(connection: Connection, team: TeamPart) -> JudgeContext:
    """As `looking_back`, with the whole history counting."""
    return looking_back(connection, team, ALWAYS)


def traces(connection: Connection, team: TeamPart) -> Mapping[str, Trace]:
    """The traces of all the team's issues, by issue id."""
    return traces_of(connection, work.all_of_team(connection, team.name, team.scope))


def in_batches(connection: Connection, team: TeamPart) -> Iterator[Mapping[str, Trace]]:
    """The same, a batch at a time, so that memory doesn't grow with the team."""
    ids = work.all_of_team(connection, team.name, team.scope)
    for start in range(0, len(ids), work.BATCH):
        yield process.traces(connection, ids[start : start + work.BATCH])


def measured(connection: Connection, team: TeamPart) -> dict[str, Measures]:
    return {row.issue_id: Measures.from_json(row.body) for row in process.measures(connection, team.name)}


def comments_of(connection: Connection, issue_ids: Sequence[str]) -> Mapping[str, tuple[Comment, ...]]:
    """What people wrote on these issues, our own words left out."""
    return {
        issue_id: tuple(comment for comment in comments if comment.marker is None)
        for issue_id, comments in issues.comments_of(connection, issue_ids).items()
    }

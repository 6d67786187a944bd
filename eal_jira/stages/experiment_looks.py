"""Experiments whose issues are found by a query: each look notes on which side it saw them, while nobody knew the end.

A query is asked again and again, and its answer may change with how an issue went. So an issue is on a side only if a
look saw it there unfinished, and that holds for both sides alike: whoever is quick enough to be seen by no look counts
on neither.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from eal_jira.errors import RefusedByTracker
from eal_jira.learning.designs import Design
from eal_jira.learning.measures import Measures
from eal_jira.model import Issue, Scope, SetAside
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.stages.tags import tag
from eal_jira.store import Connection, experiments, issues, process, work
from eal_jira.store.experiments import ExperimentRow

log = structlog.get_logger()

AT_ONCE = 100
"""Issues that the tracker is asked about in one go."""


def look(house: House, team: TeamPart, now: datetime) -> None:
    """Asks for the unfinished issues of the team's running experiments that have a query. No transaction is open while
    the tracker is asked. A query that is refused by now is set aside; what is known of its issues stays."""
    with house.store.read() as connection:
        rows = experiments.listed(connection, team.name, ("running",))
        due = [(row, plan.query) for row in rows if row.closed is None and (plan := _design(row).plan).query]
        unfinished = {row.key: _unfinished(connection, team, row) for row, _ in due}
    for row, query in due:
        ids = unfinished[row.key]
        aside: list[SetAside] = []
        try:
            found = [i for n in range(0, len(ids), AT_ONCE) for i in _among(house, query, ids[n : n + AT_ONCE])]
        except RefusedByTracker as error:
            log.warning("the query of an experiment was refused", experiment=row.key, reason=str(error))
            aside, ids, found = [SetAside("query", row.key, str(error))], [], []
        with house.store.write() as connection:
            size = _design(row).plan.size
            room = len(found) if size is None else max(0, size - len(experiments.trials(connection, row.key)))
            tag(connection, team.name, experiments.join(connection, row.key, found[:room], now), now)
            experiments.stay_out(connection, row.key, [i for i in ids if i not in found], now)
            work.set_aside(connection, "query", now, aside, cleared=[row.key])


def refusal(house: House, issue: Issue, query: str) -> str:
    """Why the tracker does not take a query; "" where it does. Asked of one issue, since the answer doesn't matter."""
    if not house.tracker.capabilities.queries:
        return "this tracker has no queries. Which label do the issues have, or which issues are they?"
    try:
        house.tracker.members(Scope(query=query), [issue.id])
    except RefusedByTracker as error:
        told = "; ".join(error.problems.values()) or error.happened
        return f"can the query be mended? The tracker says: {told}"
    return ""


def _design(row: ExperimentRow) -> Design:
    return Design.from_json(row.design or {})


def _among(house: House, query: str, ids: list[str]) -> list[str]:
    """Those of the ids that the query finds, in their order."""
    members = house.tracker.members(Scope(query=query), ids)
    return [issue_id for issue_id in ids if issue_id in members]


def _unfinished(connection: Connection, team: TeamPart, row: ExperimentRow) -> list[str]:
    """Issues of the team that began since the experiment did, are unfinished and take no part yet; oldest first."""
    inside = experiments.trials(connection, row.key)
    every = [Measures.from_json(each.body) for each in process.measures(connection, team.name)]
    began = _design(row).begun
    open_ = [m for m in every if m.censored and m.started and m.started >= began and m.issue_id not in inside]
    present = issues.keys(connection, [m.issue_id for m in open_])
    return [m.issue_id for m in sorted(open_, key=lambda m: (m.started or began, m.issue_id)) if m.issue_id in present]

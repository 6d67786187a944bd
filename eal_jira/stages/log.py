"""Stage 2: the event log and stays of just those issues that changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from eal_jira.model import Actor, IssueRecord, SetAside, Trace
from eal_jira.outbox.echo import digest, without_ours
from eal_jira.process.log import BrokenTrace, build_trace
from eal_jira.reflection.experiments import commands
from eal_jira.reflection.suggestions import suggestions
from eal_jira.stages.experiments import STAGE as EXPERIMENTS
from eal_jira.stages.experiments import is_experiment
from eal_jira.stages.house import House
from eal_jira.stages.suggest import STAGE as SUGGEST
from eal_jira.store import damage, echoes, facts, intents, issues, process, work


@dataclass(slots=True)
class Logged:
    traces: int = 0
    set_aside: int = 0


def log(house: House, now: datetime) -> Logged:
    """Rebuilds the traces of changed issues and lists for its teams to check what anybody but us has touched."""
    logged = Logged()
    while _batch(house, now, logged):
        pass
    return logged


def _batch(house: House, now: datetime, logged: Logged) -> bool:
    with house.store.write() as connection:
        ids = work.take(connection, "log")
        if not ids:
            return False
        records = damage.whole_records(connection, ids, now)
        tickets, us = intents.tickets(connection), facts.us(connection)
        told: list[Trace] = []
        sprint_fields = issues.fields_of_kind(connection, "sprint")
        left: dict[str, bytes] = {}
        broken: list[SetAside] = []
        for issue_id, record in records.items():
            issue = record.issue
            try:
                # what we did ourselves is nobody's work, and nobody's deviation
                trace = build_trace(issue, without_ours(record.changes, us, tickets), sprint_fields)
            except BrokenTrace as error:
                # an untold history can't be judged, and must not be judged by half
                broken.append(SetAside("trace", issue.key, error.reason))
                process.forget_trace(connection, issue_id)
            else:
                process.save_trace(connection, trace)
                told.append(trace)
                left[issue_id] = digest(trace, record.comments, us, tickets)
                logged.traces += 1
        work.set_aside(connection, "trace", now, broken, cleared=[record.issue.key for record in records.values()])
        known = echoes.known(connection, ids)
        doubted = damage.distrusted(connection, ids)
        touched = [
            issue_id
            for issue_id in ids
            if issue_id not in doubted and (issue_id not in left or known.get(issue_id) != left[issue_id])
        ]
        echoes.save(connection, left)
        damage.seal_traces(connection, told)
        heard = {issue_id: records[issue_id] for issue_id in touched if issue_id in records}
        work.add(connection, EXPERIMENTS, [i for i, record in heard.items() if _may_ask(house, record, us)])
        suggesting = {i for i, record in heard.items() if any(suggestions(record.comments, us))}
        for team in house.teams:
            mine = work.of_team(connection, ids, team.name, team.scope)
            # one that left the team is looked at once more, so that nothing of it is left standing
            gone = set(process.measured(connection, team.name, ids)).difference(mine, doubted)
            work.add(connection, "check", sorted(gone.union(set(mine).intersection(touched))), team.name)
            work.add(connection, SUGGEST, sorted(suggesting.intersection(mine)), team.name)
        work.done(connection, "log", ids)
        logged.set_aside += len(broken)
    return True


def _may_ask(house: House, record: IssueRecord, us: Collection[Actor]) -> bool:
    """It is the ticket of an experiment, or somebody asks for one in a comment."""
    return is_experiment(house, record.issue) or any(commands(record.comments, us))

"""Stage 2: the event log and stays of just those issues that changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from eal_jira.model import SetAside
from eal_jira.process.log import BrokenTrace, build_trace
from eal_jira.stages.house import House
from eal_jira.store import issues, process, work


@dataclass(slots=True)
class Logged:
    traces: int = 0
    set_aside: int = 0


def log(house: House, now: datetime) -> Logged:
    """Rebuilds the traces of changed issues and lists each for its teams to check."""
    logged = Logged()
    while _batch(house, now, logged):
        pass
    return logged


def _batch(house: House, now: datetime, logged: Logged) -> bool:
    with house.store.write() as connection:
        ids = work.take(connection, "log")
        if not ids:
            return False
        found = issues.issues(connection, ids)
        changes = issues.changes(connection, ids)
        sprint_fields = issues.fields_of_kind(connection, "sprint")
        broken: list[SetAside] = []
        for issue_id, issue in found.items():
            try:
                trace = build_trace(issue, changes[issue_id], sprint_fields)
            except BrokenTrace as error:
                # an untold history can't be judged, and must not be judged by half
                broken.append(SetAside("trace", issue.key, error.reason))
                process.forget_trace(connection, issue_id)
            else:
                process.save_trace(connection, trace)
                logged.traces += 1
        work.set_aside(connection, "trace", now, broken, cleared=[issue.key for issue in found.values()])
        for team in house.teams:
            mine = work.of_team(connection, ids, team.name, team.scope)
            # one that left the team is looked at once more, so that nothing of it is left standing
            left = process.measured(connection, team.name, ids)
            work.add(connection, "check", sorted({*mine, *left}), team.name)
        work.done(connection, "log", ids)
        logged.set_aside += len(broken)
    return True

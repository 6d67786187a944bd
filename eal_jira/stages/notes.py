"""Words on a team's own issues, where it has comments on: at most one comment per issue and guideline, edited in place.

It asks about a departure; it tells what was decided about that way of working; and on the first issues that a new
version is about it tells what changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from eal_jira.learning.measures import Measures
from eal_jira.outbox.intents import Comment, marker, want
from eal_jira.process.judge import Judge
from eal_jira.process.versions import GuidelineVersion
from eal_jira.settings import TeamPart
from eal_jira.stages import neighbours
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import traces_of
from eal_jira.store import Connection, learning, process
from eal_jira.store.learning import ProposalRow

TOLD = ("approved", "tried first", "declined", "overtaken")

Way = tuple[str, int, str]
"""Guideline, version, signature of a departure."""


def remark(team: str, guideline: str, issue_id: str) -> str:
    """The marker of the one comment on this issue about this guideline."""
    return marker("deviation", team, guideline, issue_id)


def decided_ways(connection: Connection, team: str) -> Mapping[Way, Mapping[str, Any]]:
    """What became of the team's ways of departing that were proposed, the newest decision on each."""
    return {
        (row.guideline, row.base_version, row.body["practice"]["signature"]): {
            "state": row.state,
            "decided": row.decided,
            "reason": row.reason or "",
            "version": row.new_version,
        }
        for row in learning.proposals(connection, team)
        if row.state in TOLD and row.body.get("practice")
    }


def tell_what_changed(house: House, connection: Connection, team: TeamPart, now: datetime) -> int:
    """The note on the first issues that were begun under a version that a decision made; how many there are more."""
    if not team.comments or not house.settings.decisions.notes:
        return 0
    return sum(
        _tell(house, connection, team, row, now)
        for row in learning.proposals(connection, team.name)
        if row.new_version is not None and len(row.noted or ()) < house.settings.decisions.notes
    )


def _about(
    connection: Connection, team: TeamPart, either: Sequence[GuidelineVersion], ids: Sequence[str], now: datetime
) -> set[str]:
    """Those of the issues that one of these versions would be about if it were in force now."""
    begin = either[-1].in_force_from
    judging = replace(context(connection, team, now), since=begin)
    traces = traces_of(connection, ids)
    found: set[str] = set()
    for version in either:
        judge = Judge([replace(version, in_force_from=begin, in_force_until=None)], judging)
        among = neighbours.among(connection, team, judge, sorted(traces))
        found |= {issue_id for issue_id, trace in traces.items() if judge(trace, among).applied}
    return found


def _tell(house: House, connection: Connection, team: TeamPart, row: ProposalRow, now: datetime) -> int:
    every = {(v.guideline, v.version): v for v in versions(connection, team.name)}
    version = every[row.guideline, row.new_version or 0]
    if version.in_force_until is not None and version.in_force_until <= now:
        return 0
    noted = list(row.noted or ())
    asked = {d.issue_id for d in process.deviations(connection, team.name) if d.guideline == row.guideline}
    rows = [each for each in process.measures(connection, team.name) if each.finished is None]
    work = [(m.started or m.created, m.issue_id) for m in (Measures.from_json(each.body) for each in rows)]
    begun = [i for at, i in sorted(work) if at >= version.in_force_from and i not in asked and i not in noted]
    # an exception takes issues out of a guideline: it is about those that the old version would have been about
    either = [every[row.guideline, row.base_version], version]
    about = _about(connection, team, either, begun, now)
    fresh = [i for i in begun if i in about][: house.settings.decisions.notes - len(noted)]
    for issue_id in fresh:
        told = {
            "guideline": version.title,
            "version": version.version,
            "since": version.in_force_from,
            "change": row.body["change"],
            "reason": row.reason or "",
        }
        body = house.templates.render("what_changed.md", told)
        comment = Comment(remark(team.name, row.guideline, issue_id), body, issue_id=issue_id)
        want(connection, team.name, comment, now)
    if fresh:
        learning.change_proposal(connection, row.key, noted=[*noted, *fresh])
    return len(fresh)

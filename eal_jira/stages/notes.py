"""Words on a team's own issues, where it has comments on: at most one comment per issue and guideline, edited in place.

It asks about a departure; it tells what was decided about that way of working; and on the first issues that a new
version is about it tells what changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from eal_jira.learning.measures import Measures
from eal_jira.outbox.intents import Comment, marker, want
from eal_jira.settings import TeamPart
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
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


def _tell(house: House, connection: Connection, team: TeamPart, row: ProposalRow, now: datetime) -> int:
    every = {(v.guideline, v.version): v for v in versions(connection, team.name)}
    version = every[row.guideline, row.new_version or 0]
    if version.in_force_until is not None and version.in_force_until <= now:
        return 0
    noted = list(row.noted or ())
    asked = {d.issue_id for d in process.deviations(connection, team.name) if d.guideline == row.guideline}
    pair = [row.guideline, row.new_version]
    rows = [each for each in process.measures(connection, team.name) if pair in each.applied and each.finished is None]
    work = [(m.started or m.created, m.issue_id) for m in (Measures.from_json(each.body) for each in rows)]
    first = [i for begun, i in sorted(work) if begun >= version.in_force_from and i not in asked and i not in noted]
    fresh = first[: house.settings.decisions.notes - len(noted)]
    for issue_id in fresh:
        context = {
            "guideline": version.title,
            "version": version.version,
            "since": version.in_force_from,
            "change": row.body["change"],
            "reason": row.reason or "",
        }
        body = house.templates.render("what_changed.md", context)
        comment = Comment(remark(team.name, row.guideline, issue_id), body, issue_id=issue_id)
        want(connection, team.name, comment, now)
    if fresh:
        learning.change_proposal(connection, row.key, noted=[*noted, *fresh])
    return len(fresh)

"""Stage 6: proposals that the evidence supports; retros that are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.practices import Practice
from eal_jira.model import IssueRef
from eal_jira.outbox.intents import Ticket, marker, want
from eal_jira.process.versions import GuidelineVersion, in_force
from eal_jira.reflection.proposals import change_for
from eal_jira.settings import TeamPart
from eal_jira.stages.actions import hear_actions
from eal_jira.stages.digest import write_digest
from eal_jira.stages.each_team import each_team
from eal_jira.stages.guideline_pages import write_guidelines
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import traces_of
from eal_jira.stages.retros import write_retros
from eal_jira.stages.scorecards import write_scorecard
from eal_jira.store import Connection, learning
from eal_jira.store.learning import ProposalRow

PROPOSAL_LABEL = "eal-proposal"
NAMED = 12
"""So many of a practice's issues are named on its proposal."""

TO_DECIDE = timedelta(days=14)


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
            reflected.proposals += _propose(house, connection, team, now)
            reflected.guidelines += write_guidelines(house, connection, team, now)
        reflected.retros += write_retros(house, team, now)
        reflected.scorecards += write_scorecard(house, team, now)

    # first what people wrote: the retro that is due tells of it
    each_team(house, "actions", now, heard)
    each_team(house, "reflect", now, one)
    reflected.digests += write_digest(house, now)
    return reflected


def _propose(house: House, connection: Connection, team: TeamPart, now: datetime) -> int:
    """One open proposal per guideline; the same practice under the same version is proposed once."""
    known = learning.proposals(connection, team.name)
    busy = {row.guideline for row in known if row.state == "open"}
    asked = {(row.guideline, row.base_version, row.signature) for row in known}
    current = {version.guideline: version for version in in_force(versions(connection, team.name), now)}
    made = 0
    for row in learning.practices(connection, team.name):
        version = current.get(row.guideline)
        if row.verdict != Verdict.BETTER or version is None or version.mandatory or row.guideline in busy:
            continue
        practice = Practice.from_json(row.body)
        if practice.version != version.version or (row.guideline, version.version, row.signature) in asked:
            continue
        _make(house, connection, team, practice, version, now)
        busy.add(row.guideline)
        made += 1
    return made


def _make(
    house: House,
    connection: Connection,
    team: TeamPart,
    practice: Practice,
    version: GuidelineVersion,
    now: datetime,
) -> None:
    traces = list(traces_of(connection, list(practice.trial)).values())
    change = change_for(practice, version, context(connection, team, now), traces)
    key = marker("proposal", team.name, version.guideline, f"v{version.version}", practice.signature)
    title = f"{team.name}: change the guideline “{version.title}”?"
    body = {
        "title": title,
        "version": change.version.to_json(),
        "change": list(change.lines),
        "practice": practice.to_json(),
    }
    learning.add_proposal(
        connection,
        ProposalRow(key, team.name, version.guideline, version.version, practice.signature, body, made=now),
    )
    newest = sorted((trace.issue for trace in traces), key=lambda issue: (issue.created, issue.id), reverse=True)
    decisions = house.settings.decisions
    document = house.templates.render(
        "proposal.md",
        {
            "team": team.name,
            "current": version,
            "change": change.lines,
            "practice": practice,
            "issues": [
                {"key": issue.key, "url": house.tracker.url(IssueRef(issue.id, issue.key))} for issue in newest[:NAMED]
            ],
            "more_issues": max(0, len(newest) - NAMED),
            "options": {
                "approve": " / ".join(decisions.approve),
                "try_first": " / ".join(decisions.try_first),
                "decline": " / ".join(decisions.decline),
            },
            "decide_by": (now + TO_DECIDE).astimezone(team.zone).date(),
        },
    )
    part = house.settings.tracker
    ticket = Ticket(key, part.learning_project, part.ticket_type, title, document, (PROPOSAL_LABEL,))
    want(connection, team.name, ticket, now)

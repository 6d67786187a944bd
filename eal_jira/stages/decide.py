"""What follows from a decision, in the transaction that knows of it: a version, an experiment, words, a learning."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from eal_jira.outbox.intents import Comment, marker, want
from eal_jira.process.versions import GuidelineVersion, in_force
from eal_jira.reflection.decisions import Choice, Decision
from eal_jira.settings import TeamPart
from eal_jira.stages.guidelines import add, versions
from eal_jira.stages.house import House
from eal_jira.stages.learnt import learn_decision
from eal_jira.stages.probes import try_first
from eal_jira.store import Connection, experiments, facts, learning, work
from eal_jira.store.learning import ProposalRow

WITHDRAWN = "withdrawn"
"""The state of a proposal whose ticket was deleted."""

OVERTAKEN = "overtaken"
"""Approved, but the guideline had changed since it was proposed."""


def carry_out(
    house: House, connection: Connection, team: TeamPart, proposal: ProposalRow, found: Decision, now: datetime
) -> None:
    """Makes a decision so, and lets everybody know whom it concerns."""
    state, made = str(found.choice), None
    if found.choice is Choice.APPROVE:
        made = _new_version(connection, team, proposal, found.at, now)
        state = OVERTAKEN if made is None else state
    learning.change_proposal(
        connection,
        proposal.key,
        state=state,
        decided=found.at,
        new_version=None if made is None else made.version,
        reason=found.reason,
    )
    facts.set_team(connection, team.name, stale=True)
    decided = replace(proposal, state=state, decided=found.at, reason=found.reason)
    if found.choice is Choice.TRY_FIRST:
        try_first(house, connection, team, decided, now)
    else:
        learn_decision(connection, team, decided, now)
    body = house.templates.render(
        "decision_note.md",
        {"state": state, "version": made, "change": proposal.body["change"], "decided": found.at},
    )
    want(connection, team.name, Comment(marker("decision", proposal.key), body, ticket=proposal.key), now)
    _tell_the_experiment(house, connection, team, decided, now)
    # the issues it comes from: what is written there is said again, with what was decided and why
    if team.comments:
        work.add(connection, "check", list(proposal.body.get("issues", ())), team.name)


def _new_version(
    connection: Connection, team: TeamPart, proposal: ProposalRow, at: datetime, now: datetime
) -> GuidelineVersion | None:
    """The version that was proposed, in force from the decision on; None where the text it changes no longer counts."""
    known = versions(connection, team.name)
    current = [v.version for v in in_force(known, now) if v.guideline == proposal.guideline]
    if current != [proposal.base_version]:
        return None
    made = replace(
        GuidelineVersion.from_json(proposal.body["version"]),
        version=1 + max(v.version for v in known if v.guideline == proposal.guideline),
        in_force_from=at,
        in_force_until=None,
        origin=proposal.key,
    )
    add(connection, team.name, made)
    return made


def withdraw(connection: Connection, team: TeamPart, proposal: ProposalRow, now: datetime) -> None:
    """Somebody deleted the ticket: nothing was decided, and the same comes back only with new evidence."""
    learning.change_proposal(connection, proposal.key, state=WITHDRAWN, decided=now)
    facts.set_team(connection, team.name, stale=True)


def _tell_the_experiment(
    house: House, connection: Connection, team: TeamPart, proposal: ProposalRow, now: datetime
) -> None:
    """The experiments behind a proposal hear what was decided, and why."""
    behind = [
        row
        for row in experiments.listed(connection, team.name)
        if row.ticket_id and (row.origin == proposal.key or row.key == proposal.body.get("experiment"))
    ]
    for row in behind:
        told = {"state": proposal.state, "decided": proposal.decided, "reason": proposal.reason or ""}
        body = house.templates.render("decided.md", told)
        want(
            connection, team.name, Comment(marker("decided", proposal.key, row.key), body, issue_id=row.ticket_id), now
        )

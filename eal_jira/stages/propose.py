"""Proposals: made from practices that do better, renewed in place while nobody has decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from eal_jira.learning.designs import Design
from eal_jira.learning.practices import Practice
from eal_jira.model import Figure, Issue, IssueRef, Trace
from eal_jira.outbox.intents import Comment, Linked, Ticket, marker, want
from eal_jira.process.versions import GuidelineVersion, in_force
from eal_jira.reflection.proposals import Change, Step, change_for, next_step, told_to_managers
from eal_jira.settings import TeamPart
from eal_jira.stages import pictures
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.learnt import learn_practices, practice_key
from eal_jira.stages.measuring import traces_of
from eal_jira.stages.probes import offer_probe
from eal_jira.store import Connection, experiments, learning
from eal_jira.store.learning import ProposalRow

PROPOSAL_LABEL = "eal-proposal"
NAMED = 12
"""So many of a practice's issues are named on its proposal, and linked with it."""


def propose(house: House, connection: Connection, team: TeamPart, now: datetime) -> int:
    """Does what each practice of the team asks for. How many proposals were made.

    What is asked on purpose waits for its answer: nothing is proposed of a practice while its probe runs, and no probe
    is offered while another departure from the same guideline is tried.
    """
    known = learning.proposals(connection, team.name)
    current = {version.guideline: version for version in in_force(versions(connection, team.name), now)}
    made = 0
    running = experiments.listed(connection, team.name, ("running",))
    probed = {row.origin for row in running}
    tried = {Design.from_json(row.design).plan.guideline for row in running if row.design is not None}
    learn_practices(connection, team, now)
    for row in learning.practices(connection, team.name):
        practice = Practice.from_json(row.body)
        version = current.get(row.guideline)
        shared = told_to_managers(row, house.settings.practices, now)
        step = next_step(practice, shared, version, known, house.settings.practices.propose_from)
        origin = practice_key(team.name, row)
        match step:
            case (Step.RENEW, ProposalRow() as living):
                _renew(house, connection, team, living, practice, now)
            case (Step.PROBE, _) if row.guideline not in tried:
                offer_probe(house, connection, team, practice, origin, now)
            case (Step.PROPOSE, _) if version is not None and origin not in probed:
                known.append(_from_practice(house, connection, team, practice, version, known, now))
                made += 1
    return made


def _from_practice(
    house: House,
    connection: Connection,
    team: TeamPart,
    practice: Practice,
    version: GuidelineVersion,
    known: Sequence[ProposalRow],
    now: datetime,
) -> ProposalRow:
    traces = list(traces_of(connection, list(practice.trial)).values())
    change = change_for(practice, version, context(connection, team, now), traces)
    before = [row for row in known if (row.guideline, row.signature) == (version.guideline, practice.subject)]
    again = [f"again {len(before)}"] if any(row.base_version == version.version for row in before) else []
    key = marker("proposal", team.name, version.guideline, f"v{version.version}", practice.subject, *again)
    body = {"practice": practice.to_json(), "issues": list(practice.trial)}
    earlier = max((row for row in before if row.decided), key=lambda row: row.decided or row.made, default=None)
    shown = {"practice": practice, "earlier": None if earlier is None else _told(earlier)}
    figure = pictures.of_practice(house, connection, team, practice)
    return make(
        house, connection, team, key, version, change, practice.subject, "practice", body, traces, shown, now, figure
    )


def _told(row: ProposalRow) -> Mapping[str, Any]:
    return {"state": row.state, "decided": row.decided, "reason": row.reason or ""}


def make(
    house: House,
    connection: Connection,
    team: TeamPart,
    key: str,
    version: GuidelineVersion,
    change: Change,
    subject: str,
    kind: str,
    body: Mapping[str, Any],
    traces: Sequence[Trace],
    shown: Mapping[str, Any],
    now: datetime,
    figure: Figure | None = None,
) -> ProposalRow:
    """The proposal, its ticket and its picture, committed together. `shown`: what the template says of where it comes
    from."""
    title = f"{team.name}: change the guideline “{version.title}”?"
    whole = {"title": title, "version": change.version.to_json(), "change": list(change.lines), **body}
    row = ProposalRow(key, team.name, version.guideline, version.version, subject, whole, made=now, kind=kind)
    learning.add_proposal(connection, row)
    newest = sorted((trace.issue for trace in traces), key=lambda issue: (issue.created, issue.id), reverse=True)
    decisions = house.settings.decisions
    document = house.templates.render(
        "proposal.md",
        {
            "team": team.name,
            "current": version,
            "change": change.lines,
            "practice": None,
            "experiment": None,
            "suggestion": None,
            "earlier": None,
            "picture": None
            if figure is None
            else {"name": figure.name, "caption": figure.title, "file": figure.png != ""},
            **shown,
            "issues": [
                {"key": issue.key, "url": house.tracker.url(IssueRef(issue.id, issue.key))} for issue in newest[:NAMED]
            ],
            "more_issues": max(0, len(newest) - NAMED),
            "options": {
                "approve": " / ".join(decisions.approve),
                "try_first": " / ".join(decisions.try_first),
                "decline": " / ".join(decisions.decline),
            },
            "decide_by": (now + timedelta(days=decisions.within)).astimezone(team.zone).date(),
        },
    )
    part = house.settings.tracker
    words = () if figure is None else (figure.undrawn(),)
    ticket = Ticket(key, part.learning_project, part.ticket_type, title, document, (PROPOSAL_LABEL,), words)
    want(connection, team.name, ticket, now)
    if figure is not None:
        pictures.attach(connection, team.name, key, figure, now)
    _link(house, connection, team, key, newest[:NAMED], now)
    return row


def _link(
    house: House, connection: Connection, team: TeamPart, key: str, sources: Sequence[Issue], now: datetime
) -> None:
    """From the proposal to what it comes from; the tracker shows a link on both sides."""
    kind = house.settings.decisions.link
    if kind and house.tracker.capabilities.links:
        for issue in sources:
            want(connection, team.name, Linked(kind, ticket=key, other_id=issue.id), now)


def _renew(
    house: House, connection: Connection, team: TeamPart, row: ProposalRow, practice: Practice, now: datetime
) -> None:
    """Newer evidence stands beside the text, never in it: what was shown to be decided stays as it was."""
    learning.change_proposal(connection, row.key, renewed=practice.to_json())
    figure = pictures.of_practice(house, connection, team, practice)
    drawn = figure is not None and figure.png != ""
    body = house.templates.render("renewed.md", {"practice": practice, "picture": drawn})
    want(connection, team.name, Comment(marker("renewed", row.key), body, ticket=row.key), now)
    if figure is not None:
        pictures.attach(connection, team.name, row.key, figure, now)

"""Stage 3: what people decided on proposal tickets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from eal_jira.model import Actor, Change, Comment, Issue, Vocabulary
from eal_jira.outbox import intents as out
from eal_jira.outbox.intents import marker, want
from eal_jira.reflection.decisions import (
    AtOdds,
    Choice,
    Decision,
    Heard,
    TextChanged,
    Unlisted,
    WithoutReason,
    read_decision,
)
from eal_jira.reflection.memory import Memory, text_hash
from eal_jira.settings import DecisionsPart, TeamPart
from eal_jira.stages.approvers import approvers
from eal_jira.stages.decide import carry_out, withdraw
from eal_jira.stages.each_team import each_team
from eal_jira.stages.house import House
from eal_jira.store import Connection, damage, facts, intents, issues, learning
from eal_jira.store.learning import ProposalRow

LISTENED_TO = ("open", str(Choice.TRY_FIRST))
"""States in which a proposal can still be decided: what is tried first is decided when it has been tried."""


@dataclass(slots=True)
class Listened:
    decided: int = 0


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A proposal's ticket as it is mirrored."""

    issue: Issue
    changes: Sequence[Change]
    comments: Sequence[Comment]
    gone: bool


def listen(house: House, now: datetime) -> Listened:
    """Reads the tickets of open proposals; an approval makes the new guideline version in the same transaction."""
    heard = Listened()

    def one(team: TeamPart) -> None:
        with house.store.read() as connection:
            waiting = [row for row in learning.proposals(connection, team.name) if row.state in LISTENED_TO]
            tickets = _tickets(connection, waiting)
            us = facts.us(connection)
            meaning = _meaning(house.settings.decisions, issues.vocabulary(connection))
        for proposal in waiting:
            if ticket := tickets.get(proposal.key):
                heard.decided += _hear(house, team, proposal, ticket, us, meaning, now)

    each_team(house, "listen", now, one)
    return heard


def _hear(
    house: House,
    team: TeamPart,
    proposal: ProposalRow,
    ticket: _Ticket,
    us: Collection[Actor],
    meaning: Mapping[str, Choice],
    now: datetime,
) -> bool:
    if ticket.gone:
        with house.store.write() as connection:
            withdraw(connection, team, proposal, now)
        return False
    if ticket.issue.project != house.settings.tracker.learning_project:
        # it was moved: other people may move it there, and the statuses mean something else
        return False
    memory = Memory() if proposal.heard is None else Memory.from_json(proposal.heard)
    unseen = memory.unseen(ticket.changes)
    if unseen:
        # asks the tracker, so outside of any transaction
        memory = memory.with_listed(unseen, approvers(house, team), us)
    memory = replace(memory, text=memory.text or text_hash(ticket.issue))
    found = _found(proposal, ticket, meaning, memory)
    heard = memory.to_json()
    if found is None and heard == proposal.heard:
        # as nearly always: nothing to write
        return False
    with house.store.write() as connection:
        if heard != proposal.heard:
            learning.change_proposal(connection, proposal.key, heard=heard)
        if isinstance(found, Decision):
            carry_out(house, connection, team, proposal, found, now)
            return True
        if found is not None:
            _answer(house, connection, team, proposal, found, memory, ticket.issue, now)
    return False


def _found(proposal: ProposalRow, ticket: _Ticket, meaning: Mapping[str, Choice], memory: Memory) -> Heard | None:
    since = _since(proposal, memory, ticket.comments)
    if since is None and memory.rounds:
        return None  # what we say again is not on the ticket yet
    same_text = text_hash(ticket.issue) == memory.text
    return read_decision(ticket.changes, ticket.comments, meaning, memory.listed, since=since, same_text=same_text)


def _tickets(connection: Connection, proposals: Sequence[ProposalRow]) -> dict[str, _Ticket]:
    """By proposal; without those that aren't there yet, or can't be seen just now. Absent is not gone."""
    results = intents.results_of(connection, [f"ticket:{proposal.key}" for proposal in proposals])
    ids = {key.removeprefix("ticket:"): str(result["id"]) for key, result in results.items()}
    presence = issues.presence(connection, list(ids.values()))
    known = [ticket_id for ticket_id in ids.values() if presence.get(ticket_id) in (issues.PRESENT, issues.GONE)]
    found = damage.require_whole(connection, known)
    return {
        key: _Ticket(found[i].issue, found[i].changes, found[i].comments, presence[i] == issues.GONE)
        for key, i in ids.items()
        if i in found
    }


def _since(proposal: ProposalRow, memory: Memory, comments: Sequence[Comment]) -> datetime | None:
    """The moment from which votes count: the newest showing of the change, or the decision to try it first."""
    moments = [proposal.decided] if proposal.decided else []
    if memory.rounds:
        shown = [c.at for c in comments if c.marker == _shown_again(proposal, memory.rounds)]
        if not shown:
            return None
        moments += shown
    return max(moments, default=None)


def _shown_again(proposal: ProposalRow, rounds: int) -> str:
    return marker("shown-again", proposal.key, rounds)


def _answer(
    house: House,
    connection: Connection,
    team: TeamPart,
    proposal: ProposalRow,
    found: Heard,
    memory: Memory,
    ticket: Issue,
    now: datetime,
) -> None:
    """Says once what is missing for a decision."""

    def say(what: str, template: str, context: Mapping[str, object]) -> None:
        body = house.templates.render(template, context)
        want(connection, team.name, out.Comment(what, body, ticket=proposal.key), now)

    match found:
        case Unlisted():
            say(marker("not-decided", proposal.key), "not_decided.md", {"choice": str(found.choice)})
        case WithoutReason():
            say(marker("reason", proposal.key), "ask_reason.md", {"choice": str(found.choice)})
        case AtOdds():
            choices = {"choices": [str(choice) for choice in found.choices]}
            say(marker("at-odds", proposal.key), "at_odds.md", choices)
        case TextChanged():
            rounds = memory.rounds + 1
            again = replace(memory, rounds=rounds, text=text_hash(ticket))
            learning.change_proposal(connection, proposal.key, heard=again.to_json())
            context = {"choice": str(found.choice), "change": proposal.body["change"]}
            say(_shown_again(proposal, rounds), "shown_again.md", context)


def _meaning(part: DecisionsPart, words: Vocabulary) -> Mapping[str, Choice]:
    named = {Choice.APPROVE: part.approve, Choice.TRY_FIRST: part.try_first, Choice.DECLINE: part.decline}
    return {status: choice for choice, names in named.items() for name in names for status in words.status_ids(name)}

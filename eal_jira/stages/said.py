"""What people wrote on our pages and under our tickets, and what became of the tickets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from eal_jira.mirror.pseudonyms import Pseudonyms
from eal_jira.model import Actor, Category, IssueRef, Vocabulary
from eal_jira.reflection.follow import Action
from eal_jira.reflection.learned import Outlook
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import Connection, facts, intents, issues, learning
from eal_jira.store.learning import ProposalRow


def ticket_of(connection: Connection, key: str) -> IssueRef | None:
    """The ticket with this marker, once it is there."""
    row = intents.get(connection, f"ticket:{key}")
    return None if row is None or row.result is None else IssueRef(str(row.result["id"]), str(row.result["key"]))


def written_on(house: House, connection: Connection, places: Iterable[str], key: str) -> str:
    """The people's part of the page with this key, in all its places. Where it is a ticket: the comments under it."""
    texts = []
    for place in places:
        if place == house.settings.tracker.adapter:
            ticket = ticket_of(connection, key)
            if ticket is not None:
                us = facts.us(connection)
                said = issues.comments(connection, ticket.id)
                texts += [c.text for c in said if c.marker is None and c.actor not in us]
        else:
            texts.append(house.pages[place].theirs(key))
    return "\n".join(texts)


def answer_to(connection: Connection, key: str, approvers: Iterable[str]) -> str:
    """What an approver wrote last under a proposal's ticket; "" where none did."""
    ticket = ticket_of(connection, key)
    if ticket is None:
        return ""
    people = Pseudonyms(facts.pseudonym_key(connection))
    listed: set[Actor | None] = {people.of(account) for account in approvers}
    said = [c.text for c in issues.comments(connection, ticket.id) if c.marker is None and c.actor in listed]
    return said[-1].strip() if said else ""


def actions(house: House, connection: Connection, team: str, words: Vocabulary) -> list[Action]:
    """All actions of a team, each with when its ticket was done."""
    found = []
    for row in learning.actions(connection, team):
        ticket = ticket_of(connection, row.key)
        url = "" if ticket is None else house.tracker.url(ticket)
        done = None if ticket is None else done_at(connection, ticket.id, words)
        found.append(Action(row.text, "" if ticket is None else ticket.key, url, row.made, done))
    return found


def done_at(connection: Connection, issue_id: str, words: Vocabulary) -> datetime | None:
    """When an issue came to where it is, if that is done; None otherwise, and for one that is not mirrored yet."""
    issue = issues.issues(connection, [issue_id]).get(issue_id)
    status = None if issue is None else words.statuses.get(issue.status)
    if issue is None or status is None or status.category is not Category.DONE:
        return None
    moved = [c.at for c in issues.changes(connection, [issue_id])[issue_id] if c.field == "status"]
    return moved[-1] if moved else issue.created


def hours_on_tickets(connection: Connection, team: str, start: datetime, end: datetime) -> float:
    """Hours logged from `start` to `end` on the team's tickets in the learning project, all people together."""
    seconds = sum(
        worklog.seconds
        for result in intents.results(connection, team, "ticket")
        for worklog in issues.worklogs(connection, str(result["id"]))
        if start <= worklog.started < end
    )
    return seconds / 3600


def outlook(house: House, connection: Connection, team: TeamPart, row: ProposalRow) -> Outlook:
    """A proposal as its team should know it."""
    ticket = ticket_of(connection, row.key)
    return Outlook(
        guideline=row.guideline,
        signature=row.signature,
        title=row.body["title"],
        key="its ticket is not there yet" if ticket is None else ticket.key,
        url="" if ticket is None else house.tracker.url(ticket),
        state=row.state,
        made=row.made,
        decided=row.decided,
        answer="" if row.decided is None else answer_to(connection, row.key, team.approvers),
    )

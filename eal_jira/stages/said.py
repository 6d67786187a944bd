"""What people wrote on our pages and under our tickets, and what became of the tickets."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from eal_jira.errors import Gone
from eal_jira.learning.conclusions import Result
from eal_jira.learning.designs import Design
from eal_jira.model import Category, IssueRef, Vocabulary
from eal_jira.process.versions import GuidelineVersion
from eal_jira.reflection.charts.experiment import Taken, Trial
from eal_jira.reflection.follow import Action
from eal_jira.reflection.learned import Outlook, Tried
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.store import Connection, damage, experiments, facts, intents, issues, learning
from eal_jira.store.experiments import ExperimentRow
from eal_jira.store.learning import ProposalRow


def ticket_of(connection: Connection, key: str) -> IssueRef | None:
    """The ticket with this marker, once it is there."""
    row = intents.get(connection, f"ticket:{key}")
    return None if row is None or row.result is None else IssueRef(str(row.result["id"]), str(row.result["key"]))


def written_on(house: House, connection: Connection, places: Iterable[str], key: str) -> str:
    """The people's part of the page with this key, in all its places. Where it is a ticket: what they wrote into its
    description, and the comments under it."""
    texts = []
    for place in places:
        if place == house.settings.tracker.adapter:
            ticket = ticket_of(connection, key)
            if ticket is not None:
                us = facts.us(connection)
                found = damage.require_whole(connection, [ticket.id]).get(ticket.id)
                said = () if found is None else found.comments
                if found is not None and house.tracker.capabilities.descriptions:
                    with suppress(Gone):  # deleted since it was read: nobody writes there any more
                        texts.append(house.tracker.theirs(ticket.id))
                texts += [c.text for c in said if c.marker is None and c.actor not in us]
        else:
            texts.append(house.pages[place].theirs(key))
    return "\n".join(texts)


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
    record = damage.require_whole(connection, [issue_id]).get(issue_id)
    status = None if record is None else words.statuses.get(record.issue.status)
    if record is None or status is None or status.category is not Category.DONE:
        return None
    moved = [c.at for c in record.changes if c.field == "status"]
    return moved[-1] if moved else record.issue.created


def hours_on_tickets(connection: Connection, team: str, start: datetime, end: datetime) -> float:
    """Hours logged from `start` to `end` on the team's tickets in the learning project, all people together."""
    tickets = [str(result["id"]) for result in intents.results(connection, team, "ticket")]
    records = damage.require_whole(connection, tickets)
    seconds = sum(
        worklog.seconds
        for record in records.values()
        for worklog in record.worklogs or ()
        if start <= worklog.started < end
    )
    return seconds / 3600


def outlook(house: House, connection: Connection, row: ProposalRow) -> Outlook:
    """A proposal as its team should know it."""
    ticket = ticket_of(connection, row.key)
    return Outlook(
        guideline=row.guideline,
        subject=row.signature,
        title=row.body["title"],
        key="its ticket is not there yet" if ticket is None else ticket.key,
        url="" if ticket is None else house.tracker.url(ticket),
        state=row.state,
        made=row.made,
        decided=row.decided,
        answer=row.reason or "",
    )


def tried(house: House, connection: Connection, team: str) -> list[Tried]:
    """The team's experiments that have begun, each as its team should know it."""
    every = versions(connection, team)
    found = []
    for row in experiments.listed(connection, team):
        if row.started is None or row.design is None or row.result is None:
            continue
        design, result = Design.from_json(row.design), Result.from_json(row.result)
        ticket = issues.issues(connection, [row.ticket_id]).get(row.ticket_id)
        ref = None if ticket is None else IssueRef(ticket.id, ticket.key)
        plan = design.plan
        found.append(
            Tried(
                title=plan.title,
                hypothesis=plan.hypothesis,
                state=str(result.state),
                began=row.started,
                ended=row.ended,
                sentences=tuple(result.sentences),
                key="" if ref is None else ref.key,
                url="" if ref is None else house.tracker.url(ref),
                guideline=plan.guideline or "",
                trial=trial_of(house, connection, row, design, result, every),
            )
        )
    return found


def trial_of(
    house: House,
    connection: Connection,
    row: ExperimentRow,
    design: Design,
    result: Result,
    every: Iterable[GuidelineVersion],
) -> Trial:
    """What the chart of an experiment is made of: the numbers that were written down, and no others."""
    plan = design.plan
    seen = [each for each in experiments.observations(connection, row.key) if each.measure == plan.measure]
    keys = issues.keys(connection, [each.issue_id for each in seen])
    main = result.main
    return Trial(
        name=row.key,
        title=plan.title,
        measure=plan.measured.title,
        taken=[
            Taken(
                keys[each.issue_id],
                each.begun,
                each.value,
                each.trial,
                house.tracker.url(IssueRef(each.issue_id, keys[each.issue_id])),
            )
            for each in seen
            if each.issue_id in keys
        ],
        began=design.begun,
        ended=row.ended,
        effect=None
        if main.effect is None or main.low is None or main.high is None
        else (main.effect, main.low, main.high),
        state=str(result.state),
        versions=[(v.in_force_from, f"v{v.version}") for v in every if v.guideline == plan.guideline],
    )

"""Stage 3: what people decided on proposal tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from eal_jira.mirror.pseudonyms import Pseudonyms
from eal_jira.model import Actor, Vocabulary
from eal_jira.outbox.intents import Comment, marker, want
from eal_jira.process.versions import GuidelineVersion, in_force
from eal_jira.reflection.decisions import Choice, Decision, Unlisted, read_decision
from eal_jira.settings import DecisionsPart, TeamPart
from eal_jira.stages.each_team import each_team
from eal_jira.stages.guidelines import add, versions
from eal_jira.stages.house import House
from eal_jira.store import Connection, facts, intents, issues, learning
from eal_jira.store.learning import ProposalRow


@dataclass(slots=True)
class Heard:
    decided: int = 0


def listen(house: House, now: datetime) -> Heard:
    """Reads the tickets of open proposals; an approval makes the new guideline version in the same transaction."""
    heard = Heard()

    def one(team: TeamPart) -> None:
        with house.store.read() as connection:
            waiting = [row for row in learning.proposals(connection, team.name) if row.state == "open"]
        for proposal in waiting:
            with house.store.write() as connection:
                heard.decided += _hear(house, connection, team, proposal, now)

    each_team(house, "listen", now, one)
    return heard


def _hear(house: House, connection: Connection, team: TeamPart, proposal: ProposalRow, now: datetime) -> bool:
    ticket = intents.get(connection, f"ticket:{proposal.key}")
    if ticket is None or ticket.result is None:
        return False
    ticket_id = str(ticket.result["id"])
    meaning = _meaning(house.settings.decisions, issues.vocabulary(connection))
    found = read_decision(
        issues.changes(connection, [ticket_id])[ticket_id], meaning, _approvers(connection, team.approvers)
    )
    match found:
        case Decision():
            _decide(house, connection, team, proposal, found, now)
            return True
        case Unlisted():
            body = house.templates.render("not_decided.md", {"choice": str(found.choice)})
            note = Comment(marker("not-decided", proposal.key), body, ticket=proposal.key)
            want(connection, team.name, note, now)
    return False


def _decide(
    house: House, connection: Connection, team: TeamPart, proposal: ProposalRow, found: Decision, now: datetime
) -> None:
    known = versions(connection, team.name)
    made: GuidelineVersion | None = None
    state = str(found.choice)
    if found.choice is Choice.APPROVE:
        current = [v for v in in_force(known, now) if v.guideline == proposal.guideline]
        if [v.version for v in current] == [proposal.base_version]:
            number = 1 + max(v.version for v in known if v.guideline == proposal.guideline)
            made = replace(
                GuidelineVersion.from_json(proposal.body["version"]),
                version=number,
                in_force_from=found.at,
                in_force_until=None,
                origin=proposal.key,
            )
            add(connection, team.name, made)
        else:
            # what was approved is a change of a text that no longer counts
            state = "overtaken"
    learning.decide(connection, proposal.key, state, found.at, None if made is None else made.version)
    facts.set_team(connection, team.name, stale=True)
    body = house.templates.render(
        "decision_note.md", {"state": state, "version": made, "change": proposal.body["change"], "decided": found.at}
    )
    want(connection, team.name, Comment(marker("decision", proposal.key), body, ticket=proposal.key), now)


def _meaning(part: DecisionsPart, words: Vocabulary) -> Mapping[str, Choice]:
    named = {Choice.APPROVE: part.approve, Choice.TRY_FIRST: part.try_first, Choice.DECLINE: part.decline}
    return {status: choice for choice, names in named.items() for name in names for status in words.status_ids(name)}


def _approvers(connection: Connection, accounts: Iterable[str]) -> set[Actor]:
    people = Pseudonyms(facts.pseudonym_key(connection))
    return {people.of(account) for account in accounts}

"""Anyone's comment can become a proposal: bottom up, decided at the top."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from eal_jira.model import IssueRef
from eal_jira.outbox.intents import Comment, marker, want
from eal_jira.process.differences import difference
from eal_jira.process.versions import in_force
from eal_jira.reflection.proposals import FINAL, Change
from eal_jira.reflection.suggestions import Suggestion, suggestions
from eal_jira.settings import TeamPart
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import traces_of
from eal_jira.stages.propose import make
from eal_jira.store import Connection, damage, facts, intents, learning, work

STAGE = "suggest"
"""Of the work that waits here: issues with a comment that suggests something."""


def suggest(house: House, connection: Connection, team: TeamPart, now: datetime) -> int:
    """How many proposals were made of comments."""
    made = 0
    while ids := work.take(connection, STAGE, team.name):
        us = facts.us(connection)
        records = damage.require_whole(connection, ids)
        for issue_id in (i for i in ids if i in records):
            for each in suggestions(records[issue_id].comments, us):
                made += _take_up(house, connection, team, issue_id, each, now)
        work.done(connection, STAGE, ids, team.name)
    return made


def _take_up(
    house: House, connection: Connection, team: TeamPart, issue_id: str, each: Suggestion, now: datetime
) -> int:
    key = marker("proposal", team.name, each.guideline, "comment", issue_id, each.comment.id)
    answer = marker("suggestion", issue_id, each.comment.id)
    if learning.proposal(connection, key) is not None or intents.get(connection, f"comment:{answer}") is not None:
        return 0  # a comment is taken up or answered once
    current = {v.guideline: v for v in in_force(versions(connection, team.name), now)}
    version = current.get(each.guideline)
    living = [
        p for p in learning.proposals(connection, team.name) if p.guideline == each.guideline and p.state not in FINAL
    ]
    why = "unknown" if version is None else "unclear" if not each.usable else "busy" if living else ""
    if why or version is None:
        told = {
            "why": why,
            "guideline": each.guideline,
            "guidelines": sorted(current),
            "open": _ticket(house, connection, living[0].key) if living else None,
        }
        body = house.templates.render("suggestion_answer.md", told)
        want(connection, team.name, Comment(answer, body, issue_id=issue_id, conversation=issue_id), now)
        return 0
    new = each.applied(version)
    change = Change(new, difference(version, new))
    traces = list(traces_of(connection, [issue_id]).values())
    body_of = {"practice": None, "issues": [issue_id], "suggestion": each.comment.text}
    shown = {"suggestion": {"text": each.comment.text}}
    subject = f"comment/{each.comment.id}"
    make(house, connection, team, key, version, change, subject, "comment", body_of, traces, shown, now)
    return 1


def _ticket(house: House, connection: Connection, key: str) -> Mapping[str, str] | None:
    row = intents.get(connection, f"ticket:{key}")
    if row is None or row.result is None:
        return None
    ref = IssueRef(str(row.result["id"]), str(row.result["key"]))
    return {"key": ref.key, "url": house.tracker.url(ref)}

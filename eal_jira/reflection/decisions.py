"""Reads a decision from what happened to a proposal's ticket (DESIGN 4, "bottom up, decided at the top")."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eal_jira.model import Actor, Change


class Choice(StrEnum):
    APPROVE = "approved"
    TRY_FIRST = "tried first"
    DECLINE = "declined"


@dataclass(frozen=True, slots=True)
class Decision:
    """A listed approver moved the ticket to a deciding status."""

    choice: Choice
    at: datetime


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The ticket stands in a deciding status, moved there by somebody who is not listed: nothing is decided."""

    choice: Choice
    history_id: str


def read_decision(
    changes: Sequence[Change], meaning: Mapping[str, Choice], approvers: Collection[Actor]
) -> Decision | Unlisted | None:
    """What the ticket's status changes (oldest first) decide; `meaning` maps status ids to choices.

    The last move by a listed approver counts, so that a slip taken back decides nothing. Moves by others, us and
    automations included, never decide and never undo.
    """
    moves = [change for change in changes if change.field == "status"]
    for move in reversed(moves):
        if move.actor in approvers and move.actor is not None:
            choice = meaning.get(move.to_id or "")
            return None if choice is None else Decision(choice, move.at)
    if moves and (choice := meaning.get(moves[-1].to_id or "")) is not None:
        return Unlisted(choice, moves[-1].history_id)
    return None

"""Reads a decision from what happened to a proposal's ticket (DESIGN 4, "bottom up, decided at the top").

The rules, in the order in which they are asked:

1. *Who.* Only a listed approver's move to a deciding status is a vote. Whether somebody is listed is looked up once for
   each move, by the first cycle that sees it (`listed`): trackers keep no history of groups. Who leaves afterwards has
   voted; who joins afterwards moves it again. Our own account and automations never vote, whatever the list says.
2. *Taking back.* An approver who moves the ticket to any other status takes back every vote on it. Nobody else can.
3. *At odds.* Two approvers whose newest votes differ have decided nothing, until one of them takes back and votes.
4. *What was shown.* A vote counts for the text that was shown. A title or description that was touched since, before
   the vote or after it, makes the vote void: the change is said again in a comment, and only votes after it count.
5. *Why.* A decision needs a reason: a comment by whoever voted, from `REASON_BEFORE` before the move on. Until there is
   one nothing is decided; the decision then counts from the later of the two moments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eal_jira.model import Actor, Change, Comment

REASON_BEFORE = timedelta(days=3)
"""A comment so long before the move still says why: people write first and press the button after the weekend."""

SHOWN = frozenset({"summary", "description"})
"""The fields that a ticket's text stands in."""


class Choice(StrEnum):
    APPROVE = "approved"
    TRY_FIRST = "tried first"
    DECLINE = "declined"


@dataclass(frozen=True, slots=True)
class Decision:
    """A listed approver has decided, and said why."""

    choice: Choice
    #: when both the move and its reason were there
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The ticket stands in a deciding status, moved there by somebody who is not listed: nothing is decided."""

    choice: Choice
    history_id: str


@dataclass(frozen=True, slots=True)
class WithoutReason:
    """A listed approver voted and has not said why yet."""

    choice: Choice
    history_id: str


@dataclass(frozen=True, slots=True)
class AtOdds:
    """Listed approvers voted differently, and none of them has taken it back."""

    choices: tuple[Choice, ...]
    history_id: str


@dataclass(frozen=True, slots=True)
class TextChanged:
    """A listed approver voted on a text that is not, or is no longer, the one that was proposed."""

    choice: Choice
    history_id: str


Heard = Decision | Unlisted | WithoutReason | AtOdds | TextChanged


def read_decision(
    changes: Sequence[Change],
    comments: Sequence[Comment],
    meaning: Mapping[str, Choice],
    listed: Mapping[str, bool],
    *,
    since: datetime | None = None,
    same_text: bool = True,
) -> Heard | None:
    """What was decided on a ticket. `changes` and `comments` are those of the ticket, oldest first.

    `meaning` maps status ids to choices; `listed` says of a move (history id) whether it was a listed approver's.
    `since`: when the change was last shown, votes up to then don't count; `same_text`: the text is the one shown then.
    """
    later = [change for change in changes if since is None or change.at > since]
    moves = [change for change in later if change.field == "status"]
    votes: dict[Actor | None, Change] = {}
    for move in moves:
        if not listed.get(move.history_id, False):
            continue
        if move.to_id in meaning:
            votes.pop(move.actor, None)  # so that the newest vote stands last
            votes[move.actor] = move
        else:
            votes.clear()
    if not votes:
        if moves and (choice := meaning.get(moves[-1].to_id or "")) is not None:
            return Unlisted(choice, moves[-1].history_id)
        return None
    vote = list(votes.values())[-1]
    choices = tuple(dict.fromkeys(meaning[each.to_id or ""] for each in votes.values()))
    if len(choices) > 1:
        return AtOdds(choices, vote.history_id)
    (choice,) = choices
    if not same_text or any(change.field in SHOWN for change in later):
        return TextChanged(choice, vote.history_id)
    said = _reason(vote, comments)
    if said is None:
        return WithoutReason(choice, vote.history_id)
    return Decision(choice, max(vote.at, said.at), said.text.strip())


def _reason(vote: Change, comments: Sequence[Comment]) -> Comment | None:
    """The last word before the move, or else the first one after it."""
    theirs = [
        comment
        for comment in comments
        if comment.actor == vote.actor
        and comment.marker is None
        and comment.at >= vote.at - REASON_BEFORE
        and any(character.isalpha() for character in comment.text)
    ]
    before = [comment for comment in theirs if comment.at <= vote.at]
    return before[-1] if before else (theirs[0] if theirs else None)

"""How patient the outbox is, and how much it says: named, and each can be set in the config's table [outbox]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

SEARCH_LAG = timedelta(minutes=10)
"""How long a new ticket may stay invisible to search; only after that may a create be sent again."""

SETTLE = timedelta(minutes=2)
"""How long a request whose answer was lost may still be under way; only after that is it sent again. For what is found
without the search index: comments, links, files, transitions."""

REPLIES = 3
"""Replies in one conversation."""

TICKETS_PER_HOUR = 10
"""New tickets in one project within an hour."""

COMMENT_PAUSE = timedelta(minutes=10)
"""From one comment of ours on an issue to the next; an answer to somebody counts as a reply instead."""

CONVERSATION_ENDS = timedelta(days=1)
"""So long after our last reply a conversation is over: what is said then begins another one."""

WATCH = timedelta(days=1)
"""How long we look whether the first request of something that was sent again has taken effect after all."""


@dataclass(frozen=True, slots=True)
class Bounds:
    search_lag: timedelta = SEARCH_LAG
    settle: timedelta = SETTLE
    replies: int = REPLIES
    tickets_per_hour: int = TICKETS_PER_HOUR
    comment_pause: timedelta = COMMENT_PAUSE
    #: names of statuses into which a second ticket is not put away: they mean a decision
    decisions: tuple[str, ...] = ()
    #: names of statuses into which a second ticket is put away first of all
    put_away: tuple[str, ...] = ()

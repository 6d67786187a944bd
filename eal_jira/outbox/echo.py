"""Our own echo: what we wrote comes back with the next pull, and must not be taken for something that people did.

A change is ours when our account made it *and* it bears our mark: labels with our prefix and nothing else, a file whose
name begins so, a link to a ticket of ours, a comment with our marker. The account alone proves nothing: a person may
use its token, an automation may run under it. What is left when ours is taken away is hashed; equal means that nobody
but us has touched the issue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import orjson

from eal_jira.model import Actor, Change, Comment, Issue, Trace

PREFIX = "eal-"
"""Our labels begin so; a label that a person puts is theirs, however it begins."""

LABELS = "labels"
LINKS = frozenset({"issuelinks", "Link"})
"""By id, and by the name where a tracker gives no id."""

FILES = frozenset({"attachment", "Attachment"})
"""Likewise."""

NO_TICKETS: Mapping[str, str] = MappingProxyType({})


def is_ours(change: Change, us: Collection[Actor], tickets: Mapping[str, str] = NO_TICKETS) -> bool:
    """Whether we made this change: our account, and only labels of ours differ, or it links to one of our tickets, or
    it is a file of ours that came or went.

    `tickets`: id → key of those that we have made.
    """
    if change.actor in us and change.field in LINKS:
        named = {change.from_id, change.to_id} - {None}
        return bool(named) and named <= {*tickets, *tickets.values()}
    if change.actor in us and change.field in FILES:
        return (change.to_text or change.from_text or "").startswith(PREFIX)
    if change.actor not in us or change.field != LABELS:
        return False
    differing = _labels(change.from_text) ^ _labels(change.to_text)
    return bool(differing) and all(label.startswith(PREFIX) for label in differing)


def without_ours(
    changes: Sequence[Change], us: Collection[Actor], tickets: Mapping[str, str] = NO_TICKETS
) -> list[Change]:
    return [change for change in changes if not is_ours(change, us, tickets)]


def digest(
    trace: Trace, comments: Sequence[Comment], us: Collection[Actor], tickets: Mapping[str, str] = NO_TICKETS
) -> bytes:
    """Of what people did. `trace` is made of changes without ours."""
    theirs = [
        (comment.id, comment.updated, comment.text)
        for comment in comments
        if comment.marker is None or comment.actor not in us
    ]
    content = (_as_people_left_it(trace.issue, tickets), trace.events, theirs)
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def _as_people_left_it(issue: Issue, tickets: Mapping[str, str]) -> Issue:
    labels = tuple(label for label in issue.labels if not label.startswith(PREFIX))
    # the moment alone moves on writes that change nothing else
    links = tuple(link for link in issue.links if link.other_id not in tickets)
    return replace(issue, labels=labels, links=links, property=None, updated=issue.created)


def _labels(text: str | None) -> set[str]:
    return set((text or "").split())

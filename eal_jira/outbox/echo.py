"""Our own echo: what we wrote comes back with the next pull, and must not be taken for something that people did.

A change is ours when our account made it *and* it bears our mark: labels with our prefix and nothing else, a comment
with our marker. The account alone proves nothing: a person may use its token, an automation may run under it. What is
left when ours is taken away is hashed; equal means that nobody but us has touched the issue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

import orjson

from eal_jira.model import Actor, Change, Comment, Issue, Trace

PREFIX = "eal-"
"""Our labels begin so; a label that a person puts is theirs, however it begins."""

LABELS = "labels"


def is_ours(change: Change, us: Collection[Actor]) -> bool:
    """Whether we made this change: our account, and only labels of ours differ."""
    if change.actor not in us or change.field != LABELS:
        return False
    differing = _labels(change.from_text) ^ _labels(change.to_text)
    return bool(differing) and all(label.startswith(PREFIX) for label in differing)


def without_ours(changes: Sequence[Change], us: Collection[Actor]) -> list[Change]:
    return [change for change in changes if not is_ours(change, us)]


def digest(trace: Trace, comments: Sequence[Comment], us: Collection[Actor]) -> bytes:
    """Of what people did. `trace` is made of changes without ours."""
    theirs = [
        (comment.id, comment.updated, comment.text)
        for comment in comments
        if comment.marker is None or comment.actor not in us
    ]
    content = (_as_people_left_it(trace.issue), trace.events, theirs)
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def _as_people_left_it(issue: Issue) -> Issue:
    labels = tuple(label for label in issue.labels if not label.startswith(PREFIX))
    # the moment alone moves on writes that change nothing else
    return replace(issue, labels=labels, property=None, updated=issue.created)


def _labels(text: str | None) -> set[str]:
    return set((text or "").split())

"""Small sample values of `eal_jira.model`, for tests. Every part has a default: a test names only what matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from eal_jira.model import Actor, Category, Change, Comment, Issue, IssueRecord, Status, Vocabulary

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When sample issues are created: a working day's morning."""

STATUSES = (
    Status("1", "To Do", Category.TODO),
    Status("2", "In Progress", Category.DOING),
    Status("3", "In Review", Category.DOING),
    Status("4", "Done", Category.DONE),
)


def vocabulary(statuses: Sequence[Status] = STATUSES) -> Vocabulary:
    return Vocabulary({status.id: status for status in statuses}, {})


def issue(number: int = 1, **values: Any) -> Issue:
    """PAY-`number`, created on `MONDAY`, in "To Do"."""
    plain: dict[str, Any] = {
        "id": str(10_000 + number),
        "key": f"PAY-{number}",
        "project": "PAY",
        "type": "Story",
        "status": "1",
        "summary": f"Issue {number}",
        "created": MONDAY,
        "updated": values.get("created", MONDAY),
    }
    return Issue(**{**plain, **values})


def moves(*statuses: str, start: datetime = MONDAY, every: timedelta = timedelta(days=1)) -> tuple[Change, ...]:
    """Changes through these status ids, one each `every`, by one person; the first is where the issue begins."""
    steps = enumerate(pairwise(statuses), start=1)
    return tuple(
        Change(str(number), 0, start + number * every, Actor("somebody"), "status", source, None, target, None)
        for number, (source, target) in steps
    )


def comment(text: str, number: int = 1, **values: Any) -> Comment:
    at = values.pop("at", MONDAY + timedelta(hours=number))
    plain: dict[str, Any] = {"id": str(number), "at": at, "updated": at, "actor": Actor("somebody"), "text": text}
    return Comment(**{**plain, **values})


def record(number: int = 1, *statuses: str, comments: Sequence[Comment] = (), **values: Any) -> IssueRecord:
    """An issue that went through these status ids."""
    changes = moves(*statuses)
    last: dict[str, Any] = {"status": statuses[-1], "updated": changes[-1].at} if changes else {}
    return IssueRecord(issue(number, **{**last, **values}), changes, tuple(comments))

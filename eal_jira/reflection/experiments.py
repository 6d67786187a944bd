"""What people say and do on experiment tickets, and how quiet it has been. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from eal_jira.learning.plans import Plan
from eal_jira.model import Actor, Category, Change, Comment
from eal_jira.settings import ExperimentsPart

_COMMAND = re.compile(
    r"^[ \t]*@?eal[ \t,:-]+(?P<what>start|stop|experiment|surprise)\b[ \t]*[:,.–-]?[ \t]*(?P<rest>.*)$",
    re.IGNORECASE | re.MULTILINE,
)

SHORTLY_BEFORE = timedelta(days=1)
"""A comment so long before a move to done is still taken for its reason."""


@dataclass(frozen=True, slots=True)
class Command:
    """A line "eal start", "eal stop: reason", "eal experiment: title" or "eal surprise: what" in a comment, with what
    follows it."""

    what: str
    #: the rest of the line
    text: str
    #: everything after that line
    below: str
    comment: Comment


def commands(comments: Iterable[Comment], us: Collection[Actor]) -> Iterator[Command]:
    """What people ask for in comments, oldest first. What we write ourselves asks for nothing."""
    for comment in comments:
        if comment.marker is not None and comment.actor in us:
            continue
        for found in _COMMAND.finditer(comment.text):
            yield Command(found["what"].casefold(), found["rest"].strip(), comment.text[found.end() :], comment)


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody has ended a running experiment; `reason` is "" while nobody has said why."""

    at: datetime
    reason: str


def stop_of(
    changes: Sequence[Change],
    comments: Sequence[Comment],
    category: Callable[[str | None], Category | None],
    us: Collection[Actor],
    since: datetime,
) -> Stop | None:
    """The first stop after `since`: a command with its reason, or a move to done by anybody but us.

    Of a bare move, the reason is what people wrote shortly before it or any time after.
    """
    said = [command for command in commands(comments, us) if command.what == "stop" and command.comment.at >= since]
    moves = [
        change
        for change in changes
        if change.field == "status"
        and change.at >= since
        and change.actor not in us
        and category(change.to_id) is Category.DONE
        and category(change.from_id) is not Category.DONE
    ]
    moments = [command.comment.at for command in said] + [move.at for move in moves]
    if not moments:
        return None
    at = min(moments)
    reasons = [_first_of(command.text, command.below) for command in said]
    reasons += [
        comment.text.strip()
        for comment in comments
        if not (comment.marker is not None and comment.actor in us)
        and comment.at >= max(since, at - SHORTLY_BEFORE)
        and not any(True for _ in commands([comment], us))
    ]
    return Stop(at, next((" ".join(reason.split()) for reason in reasons if reason), ""))


def _first_of(*texts: str) -> str:
    return next((text.strip() for text in texts if text.strip()), "")


def wants_start(comments: Iterable[Comment], us: Collection[Actor]) -> bool:
    return any(command.what == "start" for command in commands(comments, us))


def decided_to_start(
    comments: Iterable[Comment], us: Collection[Actor], deciders: Collection[Actor], since: datetime | None
) -> bool:
    """Whether one of those who decide wants it to start. `since`: when the plan's text was last changed; what was
    written earlier was about another plan."""
    said = [command.comment for command in commands(comments, us) if command.what == "start"]
    return any(
        comment.actor in deciders and comment.actor not in us and (since is None or comment.updated >= since)
        for comment in said
    )


def beyond(plan: Plan, mandatory: bool, today: date, part: ExperimentsPart) -> str:
    """Why this is more than a team tries on its own: not one small step that can be taken back. "" where it is one."""
    if mandatory:
        return "the guideline is mandatory"
    if plan.size is not None:
        return f"more than {part.at_once_issues} issues would take part" if plan.size > part.at_once_issues else ""
    far = plan.ends is not None and plan.ends > today + timedelta(days=part.at_once_days)
    return f"it would go on for more than {part.at_once_days} days" if far else ""


def quiet(running: int, last: datetime | None, first_cycle: datetime, now: datetime, weeks: int) -> int | None:
    """For how many weeks nothing has been tried, when that is at least `weeks`; None while something is."""
    if running:
        return None
    still = (now - max(last or first_cycle, first_cycle)) // timedelta(weeks=1)
    return still if still >= weeks else None

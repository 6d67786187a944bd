"""What stands twice after a mishap stands once again: the older one stays, the other is linked to it and put away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import structlog

from eal_jira.errors import Gone, NotAllowed, RefusedByTracker
from eal_jira.model import Category, IssueRef, SetAside, Status
from eal_jira.outbox.desk import Desk
from eal_jira.store import issues, strays, work

log = structlog.get_logger()

LABEL = "eal-duplicate"
LINK = "Duplicate"
"""The kind of link that Jira brings for this; another one will do where it was removed."""


def put_away(desk: Desk, keep: IssueRef, extra: IssueRef, marker: str, labels: Sequence[str]) -> None:
    """Links the extra ticket to the one that stays, closes it, and takes our marker from it. May be called again."""
    with desk.store.read() as connection:
        if strays.state(connection, extra.id) == strays.HEALED:
            return
    problems: list[str] = []
    for step in (
        lambda: _link(desk, extra, keep),
        lambda: _close(desk, extra),
        # the marker goes last: until then a kill anywhere finds the extra ticket again
        lambda: _unmark(desk, keep, extra, labels),
    ):
        _try(step, problems)
    with desk.store.write() as connection:
        strays.put(connection, extra.id, extra.key, marker, strays.HEALED, desk.now)
        found = [SetAside("duplicate", extra.key, f"It stands for the same as {keep.key}: {' '.join(problems)}")]
        work.set_aside(connection, "duplicate", desk.now, found if problems else ())
    with desk.lock:
        desk.report.healed += 1
    log.warning("a ticket stood twice; the second one was put away", kept=keep.key, put_away=extra.key)


def delete_extras(desk: Desk, issue_id: str, comment_ids: Iterable[str]) -> None:
    """Comments of ours that stand a second time."""
    for comment_id in comment_ids:
        problems: list[str] = []
        _try(lambda: desk.tracker.delete_comment(issue_id, comment_id), problems)  # noqa: B023 - called at once
        with desk.store.write() as connection:
            ref = f"comment {comment_id} of issue {issue_id}"
            found = [SetAside("duplicate", ref, f"It stands twice: {' '.join(problems)}")] if problems else []
            work.set_aside(connection, "duplicate", desk.now, found)
            if not problems:
                strays.put(connection, f"{issue_id}/{comment_id}", ref, "", strays.HEALED, desk.now)
        if not problems:
            with desk.lock:
                desk.report.healed += 1
            log.warning("a comment stood twice; the second one was deleted", issue=issue_id)


def _try(step: Callable[[], None], problems: list[str]) -> None:
    """What can't be mended for want of a right is told, and stops nothing."""
    try:
        step()
    except (RefusedByTracker, NotAllowed) as error:
        if not isinstance(error, Gone):
            problems.append(str(error))


def _link(desk: Desk, extra: IssueRef, keep: IssueRef) -> None:
    tracker = desk.tracker
    if not tracker.capabilities.links or any(link.other_id == keep.id for link in tracker.links(extra.id)):
        return
    kinds = tracker.link_kinds()
    if kinds:
        tracker.link(extra.id, keep.id, LINK if LINK in kinds else kinds[0])
        desk.wrote()


def _close(desk: Desk, extra: IssueRef) -> None:
    ways = desk.tracker.ways(extra.id)
    if all(way.category is not Category.DONE for way in ways) and _is_done(desk, extra):
        return
    way = choose(ways, desk.bounds.put_away, desk.bounds.decisions)
    if way is None:
        raise RefusedByTracker(
            f"{extra.key} can't be closed: its workflow leads to no closed status but those that mean a decision.",
            remedy="Close it by hand.",
        )
    desk.tracker.transition(extra.id, way.name)
    desk.wrote()


def _is_done(desk: Desk, extra: IssueRef) -> bool:
    status = desk.tracker.look(extra.id).status
    with desk.store.read() as connection:
        known = issues.vocabulary(connection).statuses.get(status)
    return known is not None and known.category is Category.DONE


def choose(ways: Sequence[Status], first: Sequence[str], never: Sequence[str]) -> Status | None:
    """The closed status to put a second ticket into: one of `first` if possible, none of `never`."""
    refused = {name.casefold() for name in never} - {name.casefold() for name in first}
    closed = [way for way in ways if way.category is Category.DONE and way.name.casefold() not in refused]
    liked = [name.casefold() for name in first]
    plain = [way for way in closed if way.name.casefold() not in liked]
    return next(iter(plain or closed), None)


def _unmark(desk: Desk, keep: IssueRef, extra: IssueRef, labels: Sequence[str]) -> None:
    standing = desk.tracker.look(extra.id).labels
    remove = [label for label in labels if label in standing]
    desk.tracker.tag(extra.id, [LABEL], remove, {"schema": 1, "duplicate_of": keep.id})
    desk.wrote()

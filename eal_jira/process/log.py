"""Changes become a trace: the events of one issue in order, and how long it stayed where.

Several changes within one second are real, so ties are broken by the order in which the tracker wrote them: its
history ids, which grow, then the place inside one history entry. Statuses are compared by id, because names change;
only where a tracker gives no id does the name stand in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from eal_jira.errors import EalError
from eal_jira.model import Activity, Change, Event, Issue, Stay, Trace
from eal_jira.process.values import NEUTRAL, field_at


class BrokenTrace(EalError):
    """An issue's history contradicts itself, so nothing can be said about its process."""

    def __init__(self, contradiction: str) -> None:
        super().__init__(contradiction, remedy="It is judged as soon as its history is whole again.")

    @property
    def reason(self) -> str:
        """What is wrong and what would mend it, for `SetAside`."""
        return str(self)


def build_trace(issue: Issue, changes: Sequence[Change], by_id: Collection[str] = ()) -> Trace:
    """The trace of an issue from all its changes, which may come in any order. Changes of the fields `by_id` are told
    by ids, not by names, which for sprints repeat.

    The creation comes first, with the initial status: where the first status change started from, or else the current
    one. A status change that leads where the issue already was is no event. Raises `BrokenTrace` when a status change
    starts elsewhere than where the issue was, or the last one doesn't end in the current status.
    """
    ordered = sorted(changes, key=_order)
    initial = next((_left(issue, c) for c in ordered if c.field == Activity.STATUS), _Place(issue.status))
    # a history brought along from another tracker can be older than the issue itself
    created = min([issue.created, *(change.at for change in ordered[:1])])
    events = [Event(0, created, Activity.CREATED.value, None, initial.token, issue.creator)]
    for change, activity, before, after in _steps(issue, ordered, initial, by_id):
        events.append(Event(len(events), change.at, activity, before, after, change.actor))
    return Trace(issue, tuple(events), tuple(_stays(events)))


def up_to(trace: Trace, moment: datetime) -> Trace:
    """The trace of what had happened before this moment, at which the issue was there already.

    Its status and the fields that have no neutral name are as they were then, the others as they are now.
    """
    events = tuple(event for event in trace.events if event.at < moment)
    if len(events) == len(trace.events):
        return trace
    stays, before = tuple(_stays(events)), moment - timedelta(microseconds=1)
    changed = {event.activity for event in trace.events[len(events) :]} - {*NEUTRAL, Activity.STATUS}
    fields = {**trace.issue.fields, **{name: field_at(trace, (name,), before) for name in changed}}
    return Trace(replace(trace.issue, status=stays[-1].status, fields=fields), events, stays)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an issue is, as far as one history entry tells."""

    id: str | None
    name: str | None = None

    @property
    def token(self) -> str:
        return self.id or self.name or ""

    def same(self, other: _Place) -> bool | None:
        """Whether both are one status; None when one tells only the id and the other only the name."""
        if self.id and other.id:
            return self.id == other.id
        if self.name and other.name:
            return self.name == other.name
        return None

    def __str__(self) -> str:
        return f'"{self.name or self.id}"'


def _order(change: Change) -> tuple[datetime, int, str, int]:
    # length before text puts "999" before "1000": history ids are numbers without leading zeros
    return change.at, len(change.history_id), change.history_id, change.position


def _left(issue: Issue, change: Change) -> _Place:
    return _place(issue, change, change.from_id, change.from_text, "from which")


def _reached(issue: Issue, change: Change) -> _Place:
    return _place(issue, change, change.to_id, change.to_text, "to which")


def _place(issue: Issue, change: Change, id_: str | None, name: str | None, which: str) -> _Place:
    if not (id_ or name):
        raise BrokenTrace(
            f"The history of {issue.key} does not say {which} status it was moved on {_moment(change.at)}."
        )
    return _Place(id_, name)


def _steps(
    issue: Issue, ordered: Sequence[Change], here: _Place, by_id: Collection[str]
) -> Iterator[tuple[Change, str, str | None, str | None]]:
    """Each change that is a step, with its activity and what was before and after it."""
    for change in ordered:
        if change.field == Activity.STATUS:
            left, reached = _left(issue, change), _reached(issue, change)
            if left.same(here) is False:
                raise BrokenTrace(
                    f"The history of {issue.key} contradicts itself: on {_moment(change.at)} it was moved away from "
                    f"{left}, but it was in {here}."
                )
            here = reached
            if not left.same(reached):
                yield change, Activity.STATUS.value, left.token, reached.token
        elif change.field == Activity.ASSIGNEE or change.field in by_id:
            # ids only: beside an assignee's, the text is a person's name
            yield change, change.field, change.from_id or None, change.to_id or None
        elif change.field:
            before, after = change.from_text or change.from_id, change.to_text or change.to_id
            yield change, change.field, before or None, after or None
    if here.same(_Place(issue.status)) is False:
        raise BrokenTrace(
            f"The history of {issue.key} contradicts itself: it ends in {here}, but the issue is in a status with the "
            f'id "{issue.status}".'
        )


def _stays(events: Sequence[Event]) -> Iterator[Stay]:
    moves = [event for event in events if event.activity in (Activity.STATUS, Activity.CREATED)]
    for move, following in pairwise(moves):
        yield Stay(move.to or "", move.at, following.at)
    yield Stay(moves[-1].to or "", moves[-1].at, None)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

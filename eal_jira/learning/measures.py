"""The measures of one issue: how long it took, where the time went, how often it went back.

The clock, for every measure alike:

- Time is elapsed time; nights and weekends count.
- An issue *starts* when it first enters a status of the category "doing" (being created in one counts). An issue that
  goes from "to do" straight to "done" never started as far as anyone can see: it has a lead time, no cycle time.
- It is *finished* when it enters "done" for good: the beginning of the last unbroken run of done statuses, so that
  Resolved → Closed two weeks later doesn't move the finish. While it is anywhere else it is unfinished.
- The clock *ends* at the finish, for unfinished issues now. An issue that was reopened runs from its first start to its
  last finish; the rest in "done" between the two is part of the elapsed time, and counts as waiting.
- A status that the tracker no longer knows is neither to do nor done nor waiting; it starts and finishes nothing.
- An issue is *blocked* while it is in a status that the team calls blocked, or carries a flag of the team's choice. Of
  both at once each moment counts once, and only within the cycle time: nobody is kept from what hasn't begun.
- A bug that is linked to the issue has *escaped* when it was made after the finish; one found before was caught.
- Statuses are known by their ids, so renaming one changes no measure. What was created in the middle of the workflow
  begins there; what was skipped took no time.

docs/measures.md tells the same with worked examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from eal_jira.learning.keepable import Keepable
from eal_jira.model import Activity, Category, Event, Stay, Trace, Vocabulary
from eal_jira.process.values import current, is_empty

NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Measures(Keepable):
    """One issue in numbers, with what is needed to compare like with like. Holds no person."""

    issue_id: str
    key: str
    type: str
    priority: str | None
    points: float | None
    components: tuple[str, ...]
    labels: tuple[str, ...]
    #: status id it stands in
    status: str
    created: datetime
    started: datetime | None
    #: None while unfinished
    finished: datetime | None
    #: creation to the clock's end; while unfinished: its age so far
    lead_time: timedelta
    #: start to the clock's end; None without a start
    cycle_time: timedelta | None
    #: by status id, from creation to the clock's end, every stay in that status added up
    time_per_status: Mapping[str, timedelta]
    #: how long after its start it last left a status, by status id
    age_at_leaving: Mapping[str, timedelta]
    #: the part of the cycle time spent in waiting statuses, back in "to do", or resting in "done" before a reopening
    waiting_time: timedelta
    #: 1 − waiting time / cycle time; None when the team names no waiting status, or without cycle time
    flow_efficiency: float | None
    #: backward moves while in work: from a "doing" status to one that stands earlier in the team's usual order; moves
    #: from or to a waiting status don't count
    rework: int
    #: moves out of "done"
    reopenings: int
    #: how often the issue came to another person than the one who had it before, by way of nobody or directly
    handoffs: int
    #: the part of the cycle time in which it was blocked; None when the team names nothing that blocks
    blocked_time: timedelta | None = None
    #: linked bugs that were made after its finish
    escaped_bugs: int = 0

    @property
    def censored(self) -> bool:
        """True while unfinished: its times are what it took *at least*."""
        return self.finished is None

    @property
    def returns(self) -> int:
        """How often finished work, or work on its way, came back."""
        return self.rework + self.reopenings


def measure(
    trace: Trace,
    vocabulary: Vocabulary,
    order: Sequence[str],
    now: datetime,
    waiting: frozenset[str] = frozenset(),
    *,
    blocked: frozenset[str] = frozenset(),
    flags: frozenset[str] = frozenset(),
    bugs: Iterable[datetime] = (),
) -> Measures:
    """The measures of one trace, by the clock of this module.

    `order`, `waiting` and `blocked` hold status ids; `order` is the team's usual order, a status missing from it makes
    no move backward. `flags` are ids of fields that block an issue while they are filled, `bugs` the moments at which
    the bugs linked to it were made. `now` is the tracker's clock; an event that is newer than `now` moves the clock's
    end with it.
    """
    issue, stays = trace.issue, trace.stays
    category = {status.id: status.category for status in vocabulary.statuses.values()}

    def stands_in(stay: Stay, kind: Category) -> bool:
        return category.get(stay.status) is kind

    done_run = next((i for i in range(len(stays), 0, -1) if not stands_in(stays[i - 1], Category.DONE)), 0)
    finished = stays[done_run].entered if done_run < len(stays) else None
    end = finished or max([now, *(stay.entered for stay in stays)])
    counted = stays[:done_run]
    first = next((i for i, stay in enumerate(counted) if stands_in(stay, Category.DOING)), None)
    started = None if first is None else counted[first].entered
    in_cycle = () if first is None else counted[first:]

    cycle_time = None if started is None else end - started
    waiting_time = _total(
        (
            stay
            for stay in in_cycle
            if stay.status in waiting or category.get(stay.status) in (Category.TODO, Category.DONE)
        ),
        end,
    )
    rank = {status: place for place, status in enumerate(order)}
    rework = reopenings = 0
    for stay, following in pairwise(stays):
        if stands_in(stay, Category.DONE):
            reopenings += not stands_in(following, Category.DONE)
        elif stands_in(stay, Category.DOING) and not {stay.status, following.status} & waiting:
            rework += rank.get(following.status, len(rank)) < rank.get(stay.status, -1)

    return Measures(
        issue_id=issue.id,
        key=issue.key,
        type=issue.type,
        priority=issue.priority,
        points=issue.points,
        components=issue.components,
        labels=issue.labels,
        status=issue.status,
        created=issue.created,
        started=started,
        finished=finished,
        lead_time=end - issue.created,
        cycle_time=cycle_time,
        time_per_status={
            status: _total((stay for stay in counted if stay.status == status), end)
            for status in dict.fromkeys(stay.status for stay in counted)
        },
        age_at_leaving={stay.status: stay.left - started for stay in in_cycle if stay.left and started},
        waiting_time=waiting_time,
        flow_efficiency=1 - waiting_time / cycle_time if waiting and cycle_time else None,
        rework=rework,
        reopenings=reopenings,
        handoffs=_handoffs(event for event in trace.events if event.at <= end),
        blocked_time=_blocked(trace, in_cycle, started, end, blocked, flags) if blocked or flags else None,
        escaped_bugs=0 if finished is None else sum(made > finished for made in bugs),
    )


def _blocked(
    trace: Trace,
    in_cycle: Iterable[Stay],
    started: datetime | None,
    end: datetime,
    blocked: frozenset[str],
    flags: frozenset[str],
) -> timedelta:
    """The time within the cycle that is covered by a blocked status or a flag, each moment once."""
    if started is None:
        return NOTHING
    spells = [(stay.entered, stay.left or end) for stay in in_cycle if stay.status in blocked]
    for flag in flags:
        spells.extend(_flagged(trace, flag, end))
    total, until = NOTHING, started
    for begin, over in sorted(spells):
        total += max(min(over, end) - max(begin, until), NOTHING)
        until = max(until, min(over, end))
    return total


def _flagged(trace: Trace, flag: str, end: datetime) -> Iterable[tuple[datetime, datetime]]:
    """When the flag was up. Before its first change it was as that change found it, without one as it is today."""
    changes = [event for event in trace.events if event.activity == flag]
    up = bool(changes[0].from_) if changes else not is_empty(current(trace.issue, flag))
    since = trace.events[0].at
    for change in changes:
        if up and not change.to:
            yield since, change.at
        elif not up and change.to:
            since = change.at
        up = bool(change.to)
    if up:
        yield since, end


def _total(stays: Iterable[Stay], end: datetime) -> timedelta:
    return sum(((stay.left or end) - stay.entered for stay in stays), NOTHING)


def _handoffs(events: Iterable[Event]) -> int:
    """Changes of hands among the people who had the issue; a spell with nobody in between is no hand of its own."""
    holders: list[str] = []
    for event in events:
        if event.activity == Activity.ASSIGNEE:
            holders += [holder for holder in (event.from_, event.to) if holder]
    return sum(one != other for one, other in pairwise(holders))

"""Traces and measures in a line each, for the tests of learning and of the charts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from eal_jira.learning.measures import Measures
from eal_jira.model import Activity, Actor, Category, Event, Field, Issue, Status, Stay, Trace, Vocabulary

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

OPEN, READY, DOING, BLOCKED, REVIEW, DONE, CLOSED = "1", "2", "3", "4", "5", "6", "7"
ORDER = (OPEN, READY, DOING, BLOCKED, REVIEW, DONE, CLOSED)
NO_FIELDS: dict[str, Field] = {}
VOCABULARY = Vocabulary(
    {
        OPEN: Status(OPEN, "Open", Category.TODO),
        READY: Status(READY, "Ready", Category.TODO),
        DOING: Status(DOING, "In Progress", Category.DOING),
        BLOCKED: Status(BLOCKED, "Blocked", Category.DOING),
        REVIEW: Status(REVIEW, "In Review", Category.DOING),
        DONE: Status(DONE, "Done", Category.DONE),
        CLOSED: Status(CLOSED, "Closed", Category.DONE),
    },
    NO_FIELDS,
)


def walk(
    *visits: tuple[float, str], hands: Iterable[tuple[float, str | None, str | None]] = (), created: datetime = MONDAY
) -> Trace:
    """A trace from (hours after creation, status entered) and (hours, assignee before, assignee after)."""
    moments = [created + hours * HOUR for hours, _ in visits]
    stays = tuple(
        Stay(status, entered, left)
        for (_, status), entered, left in zip(visits, moments, [*moments[1:], None], strict=True)
    )
    moves = [(created, Activity.CREATED.value, None, visits[0][1])]
    moves += [
        (at, Activity.STATUS.value, before[1], after[1])
        for at, before, after in zip(moments[1:], visits, visits[1:], strict=False)
    ]
    moves += [(created + hours * HOUR, Activity.ASSIGNEE.value, before, after) for hours, before, after in hands]
    moves.sort(key=lambda move: move[0])
    events = tuple(Event(seq, at, activity, a, b, Actor("p1")) for seq, (at, activity, a, b) in enumerate(moves))
    issue = Issue("100", "PAY-1", "PAY", "Story", visits[-1][1], "", created, moments[-1], priority="High")
    return Trace(issue, events, stays)


def done(
    number: int,
    days: float | None,
    *,
    type: str = "Story",
    priority: str | None = "Medium",
    points: float | None = None,
    components: tuple[str, ...] = (),
    rework: int = 0,
    reopenings: int = 0,
    finished: datetime | None = MONDAY,
    age_at_leaving: dict[str, timedelta] | None = None,
    status: str = DONE,
) -> Measures:
    """The measures of an issue that took `days` from start to finish, or is that old when `finished` is None."""
    took = None if days is None else days * DAY
    end = finished or MONDAY
    return Measures(
        issue_id=str(number),
        key=f"PAY-{number}",
        type=type,
        priority=priority,
        points=points,
        components=components,
        labels=(),
        status=status,
        created=end - (took or DAY),
        started=None if took is None else end - took,
        finished=finished,
        lead_time=took or DAY,
        cycle_time=took,
        time_per_status={},
        age_at_leaving=age_at_leaving or {},
        waiting_time=timedelta(),
        flow_efficiency=None,
        rework=rework,
        reopenings=reopenings,
        handoffs=0,
    )

"""The measures of a team: throughput and work in progress, by the clock of `measures`.

- *Throughput* of a time is the number of issues whose finish lies in it. An issue that was reopened later has no finish
  any more, or a later one, and counts there: it is never counted twice.
- *Work in progress* at a moment is the number of issues that had started by then and were not finished. An issue that
  rests in "done" before it is reopened is in progress, as its clock runs; one that went straight to done never was.

Both are told week by week. A number that rests on fewer issues than `min_group` is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from eal_jira.learning.keepable import Keepable
from eal_jira.learning.measures import Measures

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Week(Keepable):
    #: Monday, and the Monday after it
    start: datetime
    end: datetime
    #: None: fewer than `min_group`
    throughput: int | None
    #: at the week's end, or now in the running one; None: fewer than `min_group`
    in_progress: int | None


def throughput(issues: Iterable[Measures], start: datetime, end: datetime) -> int:
    """How many issues finished from `start` on and before `end`."""
    return sum(issue.finished is not None and start <= issue.finished < end for issue in issues)


def in_progress(issues: Iterable[Measures], at: datetime) -> int:
    """How many issues were under way at a moment."""
    return sum(
        issue.started is not None and issue.started <= at and (issue.finished is None or at < issue.finished)
        for issue in issues
    )


def weeks(issues: Sequence[Measures], now: datetime, zone: tzinfo, count: int, min_group: int) -> tuple[Week, ...]:
    """The last weeks, Monday to Sunday on the team's clock, the running one last."""
    today = now.astimezone(zone)
    # the wall clock's midnight, in each week anew: a week with a change of clocks is an hour shorter or longer
    monday = (today - timedelta(days=today.weekday())).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    found = []
    for back in range(count - 1, -1, -1):
        start, end = ((monday - (back - on) * WEEK).replace(tzinfo=zone) for on in (0, 1))
        found.append(
            Week(
                start,
                end,
                _told(throughput(issues, start, end), min_group),
                _told(in_progress(issues, min(end, now)), min_group),
            )
        )
    return tuple(found)


def _told(number: int, min_group: int) -> int | None:
    return None if number < min_group else number

"""The cumulative flow diagram."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from matplotlib.ticker import MaxNLocator

from eal_jira.learning.measures import Measures
from eal_jira.model import Figure
from eal_jira.reflection.charts.canvas import GRID, INK, SERIES, canvas
from eal_jira.reflection.charts.days import dates_axis
from eal_jira.reflection.charts.numbers import few, issues_text

ONE = timedelta(days=1)


def cumulative_flow(
    issues: Iterable[Measures],
    start: datetime,
    end: datetime,
    *,
    name: str = "cumulative-flow",
    zone: tzinfo = UTC,
    min_group: int = 5,
    png: bool = True,
) -> Figure:
    """How many issues had arrived, begun and been finished by the end of each day from `start` to `end`.

    No band ever falls: an issue counts as begun at its first start and as finished at its last finish; one that went
    straight to done begins and finishes at once. What was finished before `start` is not in the picture.
    """
    title = "Cumulative flow"
    header = ("Day", "Arrived", "Begun", "Finished", "In work")
    counted = [i for i in issues if i.created < end and (i.finished is None or i.finished >= start)]
    days = _ends_of_days(start, end, zone)
    arrived = _by(days, (i.created for i in counted))
    begun = _by(days, (at for i in counted if (at := i.started or i.finished) is not None))
    finished = _by(days, (i.finished for i in counted if i.finished is not None))
    work = [b - f for b, f in zip(begun, finished, strict=True)]
    if len(counted) < min_group or not days:
        said = f"{issues_text(len(counted))} came by in this time: too few for a picture of the flow."
        return Figure(name, title, said, header, (), "")

    labels = [_day(at, zone) for at in days]
    weekly = sorted({*range(len(days) - 1, -1, -7), 0})
    rows = tuple(
        (f"{labels[k]}", str(arrived[k]), str(begun[k]), str(finished[k]), few(work[k], min_group)) for k in weekly
    )
    summary = _summary(arrived, finished, work, labels, min_group)
    bands = (
        ("waiting to be begun", begun, arrived, SERIES[1][0], 0.32),
        ("in work", finished, begun, SERIES[0][0], 0.5),
        ("finished", [0] * len(days), finished, SERIES[2][0], 0.42),
    )
    subtitle = "issues by the end of each day; finished counts the last finish, so that no band falls"
    with canvas(title, subtitle, 380, (52, 24, 80, 36)) as paper:
        plot = paper.plot
        paper.legend([(label, colour, "s") for label, _, _, colour, _ in bands])
        local = [at.astimezone(zone) for at in days]
        for _, low, high, colour, alpha in bands:
            plot.fill_between(local, low, high, color=colour, alpha=alpha, linewidth=0, step=None)  # type: ignore[arg-type]
            plot.plot(local, high, color=colour, linewidth=1.8)  # type: ignore[arg-type]
        plot.set_ylim(0, max(1.0, arrived[-1] * 1.06))
        plot.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        plot.grid(visible=True, axis="y", color=INK, alpha=GRID, linewidth=1)
        plot.set_axisbelow(True)
        plot.axhline(0, color=INK, alpha=0.5, linewidth=1)
        dates_axis(plot, local[0], local[-1], zone)
        return Figure(name, title, summary, header, rows, *paper.pictures(name, title, summary, png=png))


def _ends_of_days(start: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """Each day's end on the team's clock, the last one `end` itself."""
    found: list[datetime] = []
    day = start.astimezone(zone).date() + ONE
    while (at := datetime.combine(day, time(), zone).astimezone(UTC)) < end:
        found.append(at)
        day += ONE
    return [*found, end] if end > start else []


def _by(moments: list[datetime], events: Iterable[datetime]) -> list[int]:
    """How many of the events lie before each moment."""
    ordered = sorted(events)
    return [bisect_left(ordered, moment) for moment in moments]


def _day(at: datetime, zone: tzinfo) -> date:
    return (at.astimezone(zone) - timedelta(microseconds=1)).date()


def _summary(arrived: list[int], finished: list[int], work: list[int], labels: list[date], min_group: int) -> str:
    came = arrived[-1] - arrived[0]
    left = finished[-1] - finished[0]
    most = max(range(len(work)), key=lambda k: (work[k], -k))
    said = (
        f"Between {labels[0]} and {labels[-1]}, {issues_text(came)} arrived and {issues_text(left)} were finished;"
        if min(came, left) >= min_group
        else f"From {labels[0]} to {labels[-1]};"
    )
    return (
        f"{said} {few(work[-1], min_group)} in work at the end,"
        f" most on {labels[most]} with {few(work[most], min_group)}."
    )

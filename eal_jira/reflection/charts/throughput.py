"""The throughput run chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

import numpy as np
from matplotlib.ticker import MaxNLocator

from eal_jira.learning.measures import Measures
from eal_jira.learning.team_flow import throughput
from eal_jira.model import Figure
from eal_jira.reflection.charts.canvas import GRID, INK, MUTED, SERIES, SMALL, canvas
from eal_jira.reflection.charts.days import dates_axis
from eal_jira.reflection.charts.numbers import few, issues_text

#: so many whole weeks make bands
ENOUGH_WEEKS = 6


def throughput_run(
    issues: Iterable[Measures],
    start: datetime,
    end: datetime,
    *,
    name: str = "throughput",
    zone: tzinfo = UTC,
    min_group: int = 5,
    png: bool = True,
) -> Figure:
    """Issues finished per week, Monday to Sunday in `zone`, weeks without any included.

    Only whole weeks between `start` and `end` count; the days after the last whole week are told in the summary, never
    drawn as a week. A week with at least one and fewer than `min_group` issues is shown as just that.
    """
    title = "Finished per week"
    header = ("Week from", "Finished")
    held = [i for i in issues if i.finished is not None]
    mondays = _mondays(start, end, zone)
    counts = [throughput(held, a, b) for a, b in pairwise(mondays)]
    rest = throughput(held, mondays[-1], end) if mondays else 0
    rows = tuple((f"{monday:%Y-%m-%d}", few(n, min_group)) for monday, n in zip(mondays, counts, strict=False))
    bands = _bands(counts)
    summary = _summary(counts, bands, rest, mondays, end, min_group)
    if sum(counts) < min_group:
        return Figure(name, title, summary, header, rows if sum(counts) == 0 else (), "")

    subtitle = "issues by the week they were finished in, whole weeks only"
    with canvas(title, subtitle, 320, (52, 132, 66, 36)) as paper:
        plot = paper.plot
        colour, marker = SERIES[0]
        told = [n == 0 or n >= min_group for n in counts]
        heights = [float(n) if t else min_group / 2 for n, t in zip(counts, told, strict=True)]
        weeks = mondays[:-1]
        plot.plot(weeks, heights, color=colour, alpha=0.4, linewidth=1.5)  # type: ignore[arg-type]
        known = [(w, h) for w, h, t in zip(weeks, heights, told, strict=True) if t]
        plot.plot([w for w, _ in known], [h for _, h in known], marker, color=colour, markersize=7, clip_on=False)  # type: ignore[arg-type]
        vague = [w for w, t in zip(weeks, told, strict=True) if not t]
        if vague:
            plot.vlines(vague, 1, min_group - 1, color=colour, alpha=0.45, linewidth=6)  # type: ignore[arg-type]
            plot.text(
                1.012, 0.02, f"bar: 1 to {min_group - 1} issues", transform=plot.transAxes, fontsize=SMALL, alpha=MUTED
            )
        if bands:
            low, middle, high = bands
            plot.axhspan(low, high, color=INK, alpha=0.06, linewidth=0)
            plot.axhline(middle, color=INK, alpha=0.55, linewidth=1, dashes=(5, 4))
            for height, label in ((low, "15 %"), (middle, "median"), (high, "85 %")):
                if height >= min_group and not (label == "15 %" and middle - low < 0.09 * max(heights)):
                    plot.annotate(
                        label,
                        (1.012, height),
                        xycoords=plot.get_yaxis_transform(),
                        va="center",
                        fontsize=SMALL,
                        annotation_clip=False,
                    )
        plot.set_ylim(0, max(heights) * 1.12)
        plot.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        plot.grid(visible=True, axis="y", color=INK, alpha=GRID, linewidth=1)
        plot.set_axisbelow(True)
        plot.axhline(0, color=INK, alpha=0.5, linewidth=1)
        dates_axis(plot, weeks[0], weeks[-1], zone)
        return Figure(name, title, summary, header, rows, *paper.pictures(name, title, summary, png=png))


def _mondays(start: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """The midnights between Sunday and Monday on the team's clock, from `start` to `end`."""
    local = start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = local - timedelta(days=local.weekday())
    if monday < start:
        monday += timedelta(weeks=1)
    found = []
    while monday <= end:
        found.append(monday)
        monday += timedelta(weeks=1)
    return found


def _bands(counts: Sequence[int]) -> tuple[float, float, float] | None:
    if len(counts) < ENOUGH_WEEKS:
        return None
    low, middle, high = (float(q) for q in np.quantile(counts, [0.15, 0.5, 0.85], method="inverted_cdf"))
    return low, middle, high


def _summary(
    counts: Sequence[int],
    bands: tuple[float, float, float] | None,
    rest: int,
    mondays: Sequence[datetime],
    end: datetime,
    min_group: int,
) -> str:
    if not counts:
        return "No whole week lies in this time."
    total = sum(counts)
    many = f"{few(total, min_group)} issues" if total else "no issue"
    said = f"In {len(counts)} whole weeks from {mondays[0]:%Y-%m-%d}, {many} finished"
    if bands:
        half = few(int(bands[1]), min_group)
        said += f"; half of the weeks brought {'' if 0 < bands[1] < min_group else 'up to '}{half}"
    empty = sum(n == 0 for n in counts)
    if empty and total:
        said += f"; {'one week' if empty == 1 else f'{empty} weeks'} brought none"
    days = (end - mondays[-1]).days
    if rest and days:
        said += f"; {issues_text(rest) if rest >= min_group else f'fewer than {min_group} issues'} more since then"
    return f"{said}."

"""How many by when: the forecast as a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

import numpy as np
from matplotlib.ticker import MaxNLocator

from eal_jira.learning.forecast import CERTAINTIES, RUNS, SEED, Forecast, forecast, per_day
from eal_jira.learning.measures import Measures
from eal_jira.model import Figure
from eal_jira.reflection.charts.canvas import GRID, INK, SERIES, SMALL, canvas
from eal_jira.reflection.charts.numbers import few

#: days ahead that the table tells of, and the one that the picture shows
AHEAD, SHOWN = (7, 14, 28, 56, 84), 28
#: a window shorter than this says nothing about the weeks to come
SHORTEST = 28
MOST_BARS = 60


def how_many_by_when(
    issues: Iterable[Measures],
    start: datetime,
    end: datetime,
    *,
    name: str = "how-many-by-when",
    zone: tzinfo = UTC,
    changes: Sequence[datetime] = (),
    min_group: int = 5,
    png: bool = True,
) -> Figure:
    """What the days from `start` to `end` promise for the time after `end`.

    `changes`: when guidelines changed; those within the window are told, because before them the work went otherwise.
    """
    title = "How many by when"
    header = ("By", "Days ahead", *(f"At least, {certainty} % sure" for certainty in CERTAINTIES))
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    sample = per_day(issues, first, last, zone)
    if sum(sample) < min_group or len(sample) < SHORTEST:
        said = (
            f"Too little to look ahead from: {few(sum(sample), min_group)} issues finished in {len(sample)} days,"
            f" and it takes {min_group} in {SHORTEST}."
        )
        return Figure(name, title, said, header, (), "")

    found = forecast(sample, last, AHEAD)
    rows = tuple(
        (f"{f.until:%Y-%m-%d}", str(f.days), *(few(f.at_least[c], min_group) for c in CERTAINTIES)) for f in found
    )
    shown = next(f for f in found if f.days == SHOWN)
    summary = _summary(shown, sum(sample), len(sample), changes, start, end, zone, min_group)
    subtitle = f"issues finished by {shown.until}; {RUNS:,} runs, days from {first} to {last}, seed {SEED}"
    with canvas(title, subtitle, 320, (52, 24, 84, 44)) as paper:
        plot = paper.plot
        colour, _ = SERIES[0]
        low, high = min(shown.runs), max(shown.runs)
        width = max(1, -(-(high - low + 1) // MOST_BARS))
        edges = list(range(low, high + width + 1, width))
        numbers = np.repeat(list(shown.runs), list(shown.runs.values()))
        heights, _edges = np.histogram(numbers, bins=edges)
        share = heights / RUNS * 100
        centres = [edge + (width - 1) / 2 for edge in edges[:-1]]
        plot.bar(centres, share, width * 0.86, color=colour, alpha=0.55, linewidth=0)
        top = float(share.max()) * 1.06
        lines: dict[int, list[str]] = {}
        for certainty in CERTAINTIES:
            lines.setdefault(shown.at_least[certainty], []).append(f"{certainty} %")
        spot = -1.0
        for value, labels in lines.items():
            plot.axvline(value, color=INK, alpha=0.6, linewidth=1, dashes=(5, 4), zorder=2)
            place = (value - edges[0] + 1) / (edges[-1] - edges[0] + 2)
            plot.annotate(
                ", ".join(labels),
                (value, 1.0 if place - spot > 0.11 else 1.055),
                xycoords=plot.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=SMALL,
                weight="bold",
                annotation_clip=False,
            )
            spot = place if place - spot > 0.11 else spot
        plot.set_ylim(0, top)
        plot.set_xlim(edges[0] - 1, edges[-1] + 1)
        plot.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
        plot.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        plot.yaxis.set_major_formatter("{x:g} %")
        plot.grid(visible=True, axis="y", color=INK, alpha=GRID, linewidth=1)
        plot.set_axisbelow(True)
        plot.axhline(0, color=INK, alpha=0.5, linewidth=1)
        return Figure(name, title, summary, header, rows, *paper.pictures(name, title, summary, png=png))


def _summary(
    shown: Forecast,
    finished: int,
    days: int,
    changes: Sequence[datetime],
    start: datetime,
    end: datetime,
    zone: tzinfo,
    min_group: int,
) -> str:
    sure, even = (few(shown.at_least[c], min_group) for c in (85, 50))
    said = (
        f"If the work goes on as in the last {days} days, in which {finished:,} issues were finished, then by"
        f" {shown.until} at least {sure} more will be finished (85 % sure), or {even} (as likely as not)"
    )
    within = [_day(at, zone) for at in sorted(changes) if start < at < end]
    if within:
        said += f"; but a guideline changed on {within[-1]}, and before that day the work went otherwise"
    return f"{said}."


def _day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()

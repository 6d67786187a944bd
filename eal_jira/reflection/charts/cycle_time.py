"""The cycle-time scatterplot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import DAY
from eal_jira.model import Figure
from eal_jira.reflection.charts.canvas import INK, MUTED, SMALL, canvas, clean, spread
from eal_jira.reflection.charts.days import NO_URLS, dates_axis, days_axis, height_of, note
from eal_jira.reflection.charts.numbers import days, issues_text, percentiles
from eal_jira.reflection.charts.series import legend, series_of


def cycle_time_scatter(
    issues: Iterable[Measures],
    *,
    name: str = "cycle-time",
    zone: tzinfo = UTC,
    urls: Mapping[str, str] = NO_URLS,
    min_group: int = 5,
    png: bool = True,
) -> Figure:
    """Every finished issue as a dot: finished when (in `zone`), elapsed days from its start to its finish.

    Lines show the days within which 50, 70, 85 and 95 % were finished; none below `min_group` issues. Unfinished issues
    in `issues` are passed over; those without a cycle time are counted in the summary. `urls`: issue id → address.
    """
    title = "Cycle time of finished issues"
    header = ("Issue", "Type", "Finished", "Days")
    finished = [(issue, issue.finished) for issue in issues if issue.finished is not None]
    timed = sorted(
        (
            (issue, at.astimezone(zone), issue.cycle_time / DAY)
            for issue, at in finished
            if issue.cycle_time is not None
        ),
        key=lambda dot: (-dot[2], dot[1], dot[0].key),
    )
    rows = tuple((clean(i.key), clean(i.type), f"{at:%Y-%m-%d}", f"{took:.1f}") for i, at, took in timed)
    lines = percentiles([took for _, _, took in timed], min_group)
    summary = _scatter_summary(timed, lines, len(finished) - len(timed), min_group)
    if not timed:
        return Figure(name, title, summary, header, rows, "")

    series = series_of(issue.type for issue, _, _ in timed)
    subtitle = f"elapsed days from start to done, by the day it was finished{note(timed[0][2], lines.get(95))}"
    with canvas(title, subtitle, 400, (52, 132, 80, 36)) as paper:
        plot = paper.plot
        paper.legend(legend(series, (issue.type for issue, _, _ in timed)))
        for look in dict.fromkeys(series.values()):
            of_type = [dot for dot in timed if series[dot[0].type] == look]
            paper.dots(
                [at for _, at, _ in of_type],
                [took for _, _, took in of_type],
                look,
                [f"{issue.key} · {issue.type} · {days(took)} days" for issue, _, took in of_type],
                [urls.get(issue.issue_id, "") for issue, _, _ in of_type],
            )
        days_axis(plot, timed[0][2], lines.get(95))
        first, last = (moment(at for _, at, _ in timed) for moment in (min, max))
        dates_axis(plot, first, last, zone)
        heights = [height_of(plot, took) for took in lines.values()]
        for (line, took), place in zip(lines.items(), spread(heights, 15 / paper.height), strict=True):
            plot.axhline(took, color=INK, alpha=0.55, linewidth=1, dashes=(5, 4), zorder=2)
            beside: dict[str, Any] = {"transform": plot.transAxes, "va": "center", "fontsize": SMALL}
            plot.text(1.012, place, f"{line} %", weight="bold", **beside)
            plot.text(1.075, place, f"within {days(took)} days", alpha=MUTED, **beside)
        return Figure(name, title, summary, header, rows, *paper.pictures(name, title, summary, png=png))


def _scatter_summary(
    timed: Sequence[tuple[Measures, datetime, float]], lines: Mapping[int, float], untimed: int, min_group: int
) -> str:
    went_straight = f"{untimed} went straight to done, without a cycle time" if untimed else ""
    if not timed:
        return f"No issue with a cycle time was finished{f'; {went_straight}' if untimed else ''}."
    first, last = (f"{moment(at for _, at, _ in timed):%Y-%m-%d}" for moment in (min, max))
    count = f"{issues_text(len(timed))} finished {f'from {first} to {last}' if first != last else f'on {first}'}"
    if lines:
        said = (
            f"Of {count}, half took up to {days(lines[50])} days and 85 % up to {days(lines[85])};"
            f" the longest took {days(timed[0][2])} days"
        )
    else:
        said = f"{count}: too few for percentiles, which need {min_group}"
    return f"{said}{f'; {went_straight}' if untimed else ''}."

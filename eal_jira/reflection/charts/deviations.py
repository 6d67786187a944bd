"""Deviations per guideline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from matplotlib.ticker import MaxNLocator, PercentFormatter

from eal_jira.learning.wording import percent
from eal_jira.model import Figure
from eal_jira.reflection.charts.canvas import GRID, INK, MUTED, OTHERS, SERIES, SMALL, canvas, clean
from eal_jira.reflection.charts.numbers import GuidelineCount, share_of

#: pixels from guideline to guideline
ROW = 36


def deviations_per_guideline(
    counts: Iterable[GuidelineCount], *, name: str = "deviations-per-guideline", min_group: int = 5, png: bool = True
) -> Figure:
    """By guideline: the share of issues that departed from it, its interval, and the share of the period before.

    A guideline that applied to fewer than `min_group` issues is named in the table and has no figure.
    """
    title = "Where guidelines were departed from"
    header = ("Guideline", "Issues", "Departed", "Share", "95 % interval", "Share before")
    shares = [
        (c, share_of(c.departed, c.applied, min_group), share_of(c.departed_before, c.applied_before, min_group))
        for c in counts
    ]
    shown = sorted(
        ((c, now, before) for c, now, before in shares if now), key=lambda s: (-s[1][0], s[0].title, s[0].guideline)
    )
    hidden = sorted((c for c, now, _ in shares if not now), key=lambda c: (c.title, c.guideline))
    rows = (
        *(
            (
                clean(c.title),
                str(c.applied),
                str(c.departed),
                percent(now[0]),
                f"{percent(now[1])} to {percent(now[2])}",
                percent(before[0]) if before else "",
            )
            for c, now, before in shown
        ),
        *((clean(c.title), f"fewer than {min_group}", "", "", "", "") for c in hidden),
    )
    summary = _deviations_summary([(c, now) for c, now, _ in shown], len(hidden), min_group)
    if not shown:
        return Figure(name, title, summary, header, rows, "")

    earlier = any(before for _, _, before in shown)
    left, above, below = 250, 58 + 20 * earlier, 34
    height = above + ROW * len(shown) + below
    subtitle = "share of the issues that a guideline applied to, with its 95 % interval"
    with canvas(title, subtitle, height, (left, 112, above, below)) as paper:
        plot = paper.plot
        colour, marker = SERIES[0]
        if earlier:
            paper.legend([("this period", colour, marker), ("the period before", OTHERS[0], "|")])
        for row, (count, (share, low, high), before) in enumerate(shown):
            plot.plot([low, high], [row, row], color=colour, alpha=0.45, linewidth=7, solid_capstyle="round", zorder=2)
            plot.plot([share], [row], color=colour, marker=marker, markersize=8, zorder=4, clip_on=False)
            if before:
                plot.plot([before[0]], [row], color=OTHERS[0], marker="|", markersize=15, markeredgewidth=2.5, zorder=3)
            plot.text(
                1.02,
                row,
                f"{count.departed} of {count.applied}",
                transform=plot.get_yaxis_transform(),
                va="center",
                fontsize=SMALL,
                alpha=MUTED,
            )
        plot.set_ylim(len(shown) - 0.5, -0.5)
        plot.set_yticks(range(len(shown)), [""] * len(shown))
        for row, (count, _, _) in enumerate(shown):
            words = "\n".join(wrap(clean(count.title), 38, max_lines=2, placeholder="…"))
            paper.write(4, above + ROW * (row + 0.5), words, va="center")
        plot.set_xlim(0, min(1.0, max(0.1, 1.08 * max(now[2] for _, now, _ in shown))))
        plot.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        plot.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        plot.grid(visible=True, axis="x", color=INK, alpha=GRID, linewidth=1)
        plot.axvline(0, color=INK, alpha=0.5, linewidth=1)
        return Figure(name, title, summary, header, rows, *paper.pictures(name, title, summary, png=png))


def _deviations_summary(
    shown: Sequence[tuple[GuidelineCount, tuple[float, float, float]]], hidden: int, min_group: int
) -> str:
    few = f"{hidden} more applied to fewer than {min_group} issues" if hidden else ""
    if not shown:
        return f"No guideline applied to {min_group} or more issues."
    count, (share, low, high) = shown[0]
    interval = f"95 % interval {percent(low)} to {percent(high)}"
    often = f"{count.departed} of {count.applied} issues ({percent(share)}, {interval})"
    if len(shown) == 1:
        said = f"“{clean(count.title)}” was departed from in {often}"
    elif count.departed:
        said = f"Of {len(shown)} guidelines, “{clean(count.title)}” was departed from most often: in {often}"
    else:
        said = f"None of {len(shown)} guidelines was departed from"
    return f"{said}{f'; {few}' if hidden else ''}."

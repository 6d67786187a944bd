"""Where the time went, status by status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import DAY
from eal_jira.model import Category, Figure, Vocabulary
from eal_jira.reflection.charts.canvas import GRID, INK, MUTED, SERIES, SMALL, canvas, clean
from eal_jira.reflection.charts.numbers import days, issues_text

#: pixels from status to status, and statuses shown: those with the most time
ROW, MOST = 30, 14


@dataclass(frozen=True, slots=True)
class _Spent:
    name: str
    issues: int
    #: of all the time that these issues took
    share: float
    #: days within which 15, 50 and 85 % of the issues that stood there had left it
    low: float
    middle: float
    high: float


def time_per_status(
    issues: Iterable[Measures],
    order: Sequence[str],
    vocabulary: Vocabulary,
    *,
    name: str = "time-per-status",
    min_group: int = 5,
    png: bool = True,
) -> Figure:
    """For the finished ones of `issues`: how long they stood in each status, every stay there added up.

    Days are elapsed days. A status in which fewer than `min_group` of them stood has no figure. Statuses of the
    category "done" are left out: an issue rests there.
    """
    title = "Where the time went"
    header = ("Status", "Issues", "Share of all time", "Half up to (days)", "85 % up to (days)")
    finished = [i for i in issues if i.finished is not None]
    spent, hidden = _spent(finished, order, vocabulary, min_group)
    rows = (
        *((s.name, str(s.issues), f"{s.share:.0%}".replace("%", " %"), days(s.middle), days(s.high)) for s in spent),
        *((name, f"fewer than {min_group}", "", "", "") for name in hidden),
    )
    if not spent:
        return Figure(
            name, title, f"No status was passed by {min_group} or more finished issues.", header, tuple(rows), ""
        )
    most = max(spent, key=lambda s: (s.share, s.name))
    summary = (
        f"Of the time that {issues_text(len(finished))} took from creation to finish, {most.share:.0%} passed in"
        f" “{most.name}”, where half of them stood up to {days(most.middle)} days."
    ).replace("%", " %")
    shown = [s for s in spent if s in sorted(spent, key=lambda s: (-s.share, s.name))[:MOST]]
    left, above, below = 210, 66, 34
    subtitle = "elapsed days per issue: bar from 15 % to 85 % of the issues, mark at the median"
    with canvas(title, subtitle, above + ROW * len(shown) + below, (left, 150, above, below)) as paper:
        plot = paper.plot
        colour, marker = SERIES[0]
        top = max(s.high for s in shown)
        for row, status in enumerate(shown):
            reach = [status.low, max(status.high, status.low + top / 400)]
            plot.plot(reach, [row, row], color=colour, alpha=0.4, linewidth=9, solid_capstyle="butt", zorder=2)
            plot.plot([status.middle], [row], marker, color=colour, markersize=8, zorder=4, clip_on=False)
            plot.text(
                1.03,
                row,
                f"{status.share:.0%} of all time".replace("%", " %"),
                transform=plot.get_yaxis_transform(),
                va="center",
                fontsize=SMALL,
                alpha=MUTED,
            )
            label = "\n".join(wrap(clean(status.name), 32, max_lines=2, placeholder="…"))
            paper.write(4, above + ROW * (row + 0.5), label, va="center")
        plot.set_ylim(len(shown) - 0.5, -0.5)
        plot.set_yticks(range(len(shown)), [""] * len(shown))
        plot.set_xlim(0, max(top * 1.04, 0.1))
        plot.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        plot.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        plot.grid(visible=True, axis="x", color=INK, alpha=GRID, linewidth=1)
        plot.set_axisbelow(True)
        plot.axvline(0, color=INK, alpha=0.5, linewidth=1)
        return Figure(name, title, summary, header, tuple(rows), *paper.pictures(name, title, summary, png=png))


def _spent(
    finished: Sequence[Measures], order: Sequence[str], vocabulary: Vocabulary, min_group: int
) -> tuple[list[_Spent], list[str]]:
    """In the team's usual order; the names of those with too few issues apart. Statuses of one name are one."""
    ids_of: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    passed = {status for issue in finished for status in issue.time_per_status}
    outside = sorted(passed - set(order), key=lambda s: (vocabulary.status_name(s), s))
    for status in [*(s for s in order if s in passed), *outside]:
        known = vocabulary.statuses.get(status)
        if known is None or known.category is not Category.DONE:
            name = clean(vocabulary.status_name(status))
            ids_of.setdefault(name.casefold(), []).append(status)
            names.setdefault(name.casefold(), name)
    spells = {
        key: [
            sum((i.time_per_status[s] for s in ids if s in i.time_per_status), 0 * DAY) / DAY
            for i in finished
            if not i.time_per_status.keys().isdisjoint(ids)
        ]
        for key, ids in ids_of.items()
    }
    whole = sum(map(sum, spells.values())) or 1.0
    spent = []
    for key, took in spells.items():
        if len(took) >= min_group:
            low, middle, high = (float(q) for q in np.quantile(took, [0.15, 0.5, 0.85], method="inverted_cdf"))
            spent.append(_Spent(names[key], len(took), sum(took) / whole, low, middle, high))
    return spent, [names[key] for key, took in spells.items() if len(took) < min_group]

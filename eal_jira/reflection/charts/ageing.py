"""The ageing work-in-progress chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise, takewhile
from textwrap import wrap

from matplotlib.axes import Axes

from eal_jira.learning.measures import Measures
from eal_jira.model import Figure, Vocabulary
from eal_jira.reflection.charts.canvas import INK, SMALL, WIDTH, Canvas, canvas, clean, spread
from eal_jira.reflection.charts.days import NO_URLS, days_axis, height_of, note
from eal_jira.reflection.charts.numbers import PERCENTS, WorkColumn, days, issues_text, work_columns
from eal_jira.reflection.charts.series import legend, series_of

OLDEST_NAMED = 8
#: how dark the bands are, from the youngest to the oldest
SHADES = (0.02, 0.045, 0.07, 0.1, 0.135)
#: pixels above and right of the plot
ABOVE, RIGHT = 80, 84
#: pixels from dot to dot, and from label to label
DOT, LABEL = 10.0, 12.0


def ageing_wip(
    issues: Iterable[Measures],
    order: Sequence[str],
    vocabulary: Vocabulary,
    *,
    name: str = "ageing-wip",
    urls: Mapping[str, str] = NO_URLS,
    min_group: int = 5,
    png: bool = True,
) -> Figure:
    """Work under way, a column per status: how old each issue is against how old others were when they left there.

    `issues`: the unfinished ones are the dots, the finished ones the history of the bands (ages at which 50, 70, 85 and
    95 % had left the status). Under way is what stands in a status of the category "doing"; work put back isn't. A
    column with fewer than `min_group` issues of history has no bands. `order`: status ids, the team's usual order.
    """
    title = "Age of the work under way"
    header = ("Issue", "Status", "Type", "Age in days", "Older than")
    columns = work_columns(issues, order, vocabulary, min_group)
    under_way = sorted(
        ((issue, age, place) for place, column in enumerate(columns) for issue, age in column.issues),
        key=lambda dot: (-dot[1], dot[0].key),
    )
    rows = tuple(
        (clean(i.key), clean(columns[place].name), clean(i.type), f"{age:.1f}", _older_than(age, columns[place]))
        for i, age, place in under_way
    )
    summary = _ageing_summary(under_way, columns, min_group)
    if not under_way:
        return Figure(name, title, summary, header, rows, "")

    series = series_of(issue.type for issue, _, _ in under_way)
    typical = max((column.percentiles[95] for column in columns if column.percentiles), default=None)
    longest = max(under_way[0][1], typical or 0)
    what = (
        "elapsed days since start, by status; bands: age at which finished issues had left it"
        if typical
        else "elapsed days since start, by status"
    )
    with canvas(title, f"{what}{note(longest, typical)}", 430, (52, RIGHT, ABOVE, 64)) as paper:
        plot = paper.plot
        paper.legend(legend(series, (issue.type for issue, _, _ in under_way)))
        top = days_axis(plot, longest, typical)
        plot.set_xlim(-0.5, len(columns) - 0.5)
        width = paper.width / len(columns)
        for place, column in enumerate(columns):
            _bands(plot, place, column, top)
        if typical:
            plot.grid(visible=False)  # the bands' edges are lines enough
            _key_of_bands(paper)
        placed = _swarm(plot, columns, width, paper.height)
        for look in dict.fromkeys(series.values()):
            of_type = [dot for dot in under_way if series[dot[0].type] == look]
            paper.dots(
                [place + placed[issue.issue_id][0] / width for issue, _, place in of_type],
                [age for _, age, _ in of_type],
                look,
                [f"{i.key} · {i.type} · {days(age)} days · {columns[place].name}" for i, age, place in of_type],
                [urls.get(issue.issue_id, "") for issue, _, _ in of_type],
            )
        _name_the_oldest(plot, under_way[:OLDEST_NAMED], columns, placed, width, paper.height)
        plot.set_xticks(
            range(len(columns)),
            [f"{_wrapped(column.name, width)}\n{issues_text(len(column.issues))}" for column in columns],
        )
        return Figure(name, title, summary, header, rows, *paper.pictures(name, title, summary, png=png))


def _wrapped(name: str, width: float) -> str:
    return "\n".join(wrap(clean(name), max(6, int(width / 6)), max_lines=2, placeholder="…"))


def _older_than(age: float, column: WorkColumn) -> str:
    passed = [line for line, limit in column.percentiles.items() if age > limit]
    return f"{passed[-1]} %" if passed else ""


def _ageing_summary(
    under_way: Sequence[tuple[Measures, float, int]], columns: Sequence[WorkColumn], min_group: int
) -> str:
    if not under_way:
        return "No work is under way."
    oldest, age, place = under_way[0]
    said = (
        f"{issues_text(len(under_way))} under way, the oldest {clean(oldest.key)} with {days(age)} days,"
        f" in “{clean(columns[place].name)}”"
    )
    judged = [(age, columns[place].percentiles[85]) for _, age, place in under_way if columns[place].percentiles]
    if judged:
        old = sum(age > limit for age, limit in judged)
        said += f"; {old} older than 85 % of the finished ones were when they left the same status"
    bare = [f"“{clean(column.name)}”" for column in columns if not column.percentiles]
    if bare:
        said += f"; fewer than {min_group} finished issues to compare with in {', '.join(bare)}"
    return f"{said}."


def _bands(plot: Axes, place: int, column: WorkColumn, top: float) -> None:
    """Darker is older: between two lines lies the age at which that part of the finished issues left the status."""
    if not column.percentiles:
        return
    edges = [0.0, *column.percentiles.values(), top]
    for shade, (low, high) in zip(SHADES, pairwise(edges), strict=True):
        plot.bar(place, high - low, 0.94, low, color=INK, alpha=shade, linewidth=0)
    plot.hlines(edges[1:-1], place - 0.47, place + 0.47, color=INK, alpha=0.2, linewidth=0.8)


def _key_of_bands(paper: Canvas) -> None:
    """What each shade stands for, stacked as the bands are, right of the plot."""
    labels = [f"to {PERCENTS[0]} %", *(f"to {percent} %" for percent in PERCENTS[1:]), f"over {PERCENTS[-1]} %"]
    for place, (label, shade) in enumerate(zip(labels[::-1], SHADES[::-1], strict=True)):
        paper.swatch(WIDTH - RIGHT + 10, ABOVE + 16 * place, label, shade)


def _swarm(plot: Axes, columns: Sequence[WorkColumn], width: float, height: int) -> dict[str, tuple[float, float]]:
    """Each dot's place (issue id → pixels right of its column's middle, and above the axis): none covers another.

    Where a column is too narrow for that, the middle takes the rest.
    """
    room = max(0, int((width / 2 - DOT) // DOT))
    offsets = [0.0, *(side * k * DOT for k in range(1, room + 1) for side in (1, -1))]
    placed: dict[str, tuple[float, float]] = {}
    for column in columns:
        taken: list[tuple[float, float]] = []
        for issue, age in column.issues:
            y = height_of(plot, age) * height
            # the oldest come first, so what may lie in the way came last; two neighbouring offsets never do
            used = {x for x, _ in takewhile(partial(_close, y), reversed(taken))}
            placed[issue.issue_id] = next((x for x in offsets if x not in used), 0.0), y
            taken.append(placed[issue.issue_id])
    return placed


def _close(y: float, dot: tuple[float, float]) -> bool:
    return abs(dot[1] - y) < DOT


def _name_the_oldest(
    plot: Axes,
    oldest: Sequence[tuple[Measures, float, int]],
    columns: Sequence[WorkColumn],
    placed: Mapping[str, tuple[float, float]],
    width: float,
    height: int,
) -> None:
    """Keys beside the oldest issues, to the right of whatever stands at the same height."""
    for place, column in enumerate(columns):
        dots = [placed[issue.issue_id] for issue, _ in column.issues]
        mine = [issue for issue, _, where in oldest if where == place]
        heights = spread([placed[issue.issue_id][1] for issue in mine], LABEL)
        for issue, y in zip(mine, heights, strict=True):
            x = max(a for a, b in dots if abs(b - y) < LABEL or (a, b) == placed[issue.issue_id])
            plot.text(
                place + (x + 9) / width,
                y / height,
                clean(issue.key, 16),
                transform=plot.get_xaxis_transform(),
                va="center",
                fontsize=SMALL,
                zorder=4,
            )

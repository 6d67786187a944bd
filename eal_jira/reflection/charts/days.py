"""The axes of days that the charts share: elapsed ones upwards, those of the calendar from left to right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from eal_jira.reflection.charts.canvas import GRID, INK

NO_URLS: Mapping[str, str] = MappingProxyType({})
#: a longest value beyond this many times the 95th percentile bends the axis, so that all others stay readable
FAR_OUT = 3
BENT_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def bent(longest: float, typical: float | None) -> bool:
    """Whether the axis is bent: `typical` is the 95th percentile, None where there is too little data for one."""
    return typical is not None and longest > FAR_OUT * typical


def note(longest: float, typical: float | None) -> str:
    """What a subtitle has to add about the axis."""
    return "; scale logarithmic above 1 day" if bent(longest, typical) else ""


def days_axis(plot: Axes, longest: float, typical: float | None) -> float:
    """Days from zero upwards with quiet lines; where one issue lies far out, logarithmic above one day. The top."""
    if bent(longest, typical):
        plot.set_yscale("symlog", linthresh=1, linscale=0.5)
        top = longest * 1.3
        plot.set_yticks([0, *(tick for tick in BENT_TICKS if tick < top)])
        plot.yaxis.set_minor_locator(NullLocator())
    else:
        top = max(longest * 1.06, 1.0)
        plot.yaxis.set_major_locator(MaxNLocator(6, integer=top > 6, steps=[1, 2, 5, 10]))
    plot.set_ylim(0, top)
    plot.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    plot.grid(visible=True, axis="y", color=INK, alpha=GRID, linewidth=1)
    plot.set_axisbelow(True)
    plot.axhline(0, color=INK, alpha=0.5, linewidth=1)
    return top


def height_of(plot: Axes, value: float) -> float:
    """Where a value stands on the axis, 0 at the bottom and 1 at the top."""
    low, here, high = plot.yaxis.get_transform().transform([0.0, value, plot.get_ylim()[1]])
    return float((here - low) / (high - low))


def dates_axis(plot: Axes, first: datetime, last: datetime, zone: tzinfo) -> None:
    """Days from left to right, on the clock of `zone`."""
    room = max(0.02 * (last - first), timedelta(hours=12))
    plot.set_xlim(first - room, last + room)  # type: ignore[arg-type]
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    plot.xaxis.set_major_locator(locator)
    plot.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone, show_offset=False))  # type: ignore[no-untyped-call]

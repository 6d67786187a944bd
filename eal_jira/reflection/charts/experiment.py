"""An experiment or a practice: both groups, the difference with its interval, and the guideline's versions in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median

from matplotlib.axes import Axes
from matplotlib.dates import date2num

from eal_jira.learning.wording import percent
from eal_jira.model import Figure
from eal_jira.reflection.charts.canvas import INK, MUTED, SERIES, SMALL, canvas, clean
from eal_jira.reflection.charts.days import dates_axis, days_axis, note
from eal_jira.reflection.charts.numbers import days, issues_text

TRIAL, OTHERS = SERIES[1], SERIES[0]


@dataclass(frozen=True, slots=True)
class Taken:
    """One issue that takes part, once its outcome is known."""

    key: str
    #: when it was begun
    at: datetime
    value: float
    trial: bool
    url: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the chart of an experiment is made of."""

    name: str
    title: str
    #: what is measured, in words: "elapsed days from start to done"
    measure: str
    taken: Sequence[Taken]
    #: None: nobody began it on purpose
    began: datetime | None
    #: None: it runs
    ended: datetime | None = None
    #: the probability that a trial issue does better, with its interval; None while there are too few
    effect: tuple[float, float, float] | None = None
    #: the state in a word or two: "gathering", "works", …
    state: str = "gathering"
    #: the guideline's versions: (from when, "v3")
    versions: Sequence[tuple[datetime, str]] = ()
    #: what it is: it stands before the title
    kind: str = "Experiment"


def experiment_chart(trial: Trial, *, name: str, zone: tzinfo = UTC, min_group: int = 5, png: bool = True) -> Figure:
    """Every issue that took part, by the day it was begun. No median and no effect below `min_group` in a group."""
    header = ("Issue", "Group", "Begun", "Value")
    title = f"{trial.kind}: {clean(trial.title, 80)}"
    taken = sorted(trial.taken, key=lambda t: (t.at, t.key))
    groups = [[t for t in taken if t.trial is side] for side in (True, False)]
    enough = min(map(len, groups)) >= min_group
    rows = tuple(
        (clean(t.key), "trial" if t.trial else "comparison", f"{t.at.astimezone(zone):%Y-%m-%d}", f"{t.value:.1f}")
        for t in taken
    )
    summary = _summary(trial, groups, enough, min_group)
    if not taken:
        return Figure(name, title, summary, header, rows, "")

    longest = max(t.value for t in taken)
    typical = sorted(t.value for t in taken)[int(0.95 * (len(taken) - 1))] if enough else None
    subtitle = f"{clean(trial.measure, 80)}, by the day it was begun{note(longest, typical)}"
    effect = trial.effect if enough else None
    with canvas(
        title, subtitle, 360 + 58 * (effect is not None), (52, 120, 98, 36 + 58 * (effect is not None))
    ) as paper:
        plot = paper.plot
        labels = [
            f"{word} ({len(group)})" for word, group in zip(("done the new way", "comparison"), groups, strict=True)
        ]
        paper.legend([(label, *look) for label, look in zip(labels, (TRIAL, OTHERS), strict=True)])
        days_axis(plot, longest, typical)
        for group, look in zip(groups, (TRIAL, OTHERS), strict=True):
            if group:
                paper.dots(
                    [t.at.astimezone(zone) for t in group],
                    [t.value for t in group],
                    look,
                    [f"{t.key} · {days(t.value)}" for t in group],
                    [t.url for t in group],
                )
        moments = [*(t.at for t in taken), *filter(None, (trial.began, trial.ended))]
        first, last = min(moments), max(moments)
        dates_axis(plot, first.astimezone(zone), last.astimezone(zone), zone)
        _marks(plot, trial, first, last, zone)
        if enough:
            _medians(plot, groups)
        if effect is not None:
            _effect(paper.under(46, 16), effect)
        return Figure(name, title, summary, header, rows, *paper.pictures(name, title, summary, png=png))


def _marks(plot: Axes, trial: Trial, first: datetime, last: datetime, zone: tzinfo) -> None:
    """When it began and ended, and since when each version of the guideline was in force."""
    marks = [(at, word) for at, word in ((trial.began, "began"), (trial.ended, "ended")) if at is not None]
    marks += [(at, label) for at, label in trial.versions if first < at < last]
    for at, label in sorted(marks):
        plot.axvline(at.astimezone(zone), color=INK, alpha=0.5, linewidth=1, dashes=(2, 3), zorder=1)  # type: ignore[arg-type]
        plot.annotate(
            clean(label, 16),
            (date2num(at), 1.0),  # type: ignore[no-untyped-call]
            xycoords=plot.get_xaxis_transform(),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            alpha=MUTED,
            annotation_clip=False,
        )


def _medians(plot: Axes, groups: Sequence[Sequence[Taken]]) -> None:
    middles = [median(t.value for t in group) for group in groups]
    apart = abs(middles[0] - middles[1]) > 0.05 * plot.get_ylim()[1]
    for middle, (colour, _), word, below in zip(
        middles,
        (TRIAL, OTHERS),
        ("new way", "comparison"),
        (middles[0] <= middles[1], middles[0] > middles[1]),
        strict=True,
    ):
        plot.axhline(middle, color=colour, alpha=0.9, linewidth=1.4, dashes=(6, 3), zorder=2)
        plot.annotate(
            f"{word}: {days(middle)}",
            (1.012, middle),
            xycoords=plot.get_yaxis_transform(),
            xytext=(0, 0 if apart else -7 if below else 7),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            annotation_clip=False,
        )


def _effect(strip: Axes, effect: tuple[float, float, float]) -> None:
    """The probability that an issue done the new way does better, on a strip of its own; even is the middle."""
    middle, low, high = effect
    colour, marker = TRIAL
    strip.axvline(0.5, color=INK, alpha=0.5, linewidth=1)
    strip.plot([low, high], [0, 0], color=colour, alpha=0.45, linewidth=7, solid_capstyle="round")
    strip.plot([middle], [0], marker, color=colour, markersize=8, clip_on=False)
    strip.set_xlim(0, 1)
    strip.set_ylim(-1, 1)
    strip.set_yticks([])
    strip.set_xticks([0, 0.25, 0.5, 0.75, 1], ["always worse", "25 %", "even", "75 %", "always better"])


def _summary(trial: Trial, groups: Sequence[Sequence[Taken]], enough: bool, min_group: int) -> str:
    new, others = (len(group) for group in groups)
    said = f"{issues_text(new)} done the new way and {others} to compare with; {clean(trial.state, 40)}"
    if not enough:
        return f"{said}: with fewer than {min_group} in a group there is no figure yet."
    middles = [median(t.value for t in group) for group in groups]
    said += f". Medians: {days(middles[0])} the new way, {days(middles[1])} otherwise"
    if trial.effect is not None:
        effect, low, high = trial.effect
        said += (
            f"; an issue done the new way does better in {percent(effect)} of comparisons"
            f" (95 % interval {percent(low)} to {percent(high)})"
        )
    return f"{said}."

"""The numbers behind the charts: percentiles, columns and shares. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import DAY
from eal_jira.model import Category, Vocabulary

PERCENTS = (50, 70, 85, 95)


def percentiles(days: Sequence[float], min_group: int) -> dict[int, float]:
    """Percent → days that so many of the issues took at most, an observed value; none below `min_group` issues."""
    if len(days) < min_group:
        return {}
    found = np.quantile(days, [p / 100 for p in PERCENTS], method="inverted_cdf")
    return dict(zip(PERCENTS, map(float, found), strict=True))


def days(number: float) -> str:
    """A number of days as people read it: one decimal under ten."""
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def issues_text(count: int) -> str:
    return "1 issue" if count == 1 else f"{count} issues"


def few(count: int, min_group: int) -> str:
    """A number of issues as it may be told: zero, or at least `min_group`, else only that it is less."""
    return f"fewer than {min_group}" if 0 < count < min_group else f"{count:,}"


@dataclass(frozen=True, slots=True)
class WorkColumn:
    """One status of work: who stands in it now, and how old finished issues were when they left it."""

    name: str
    #: unfinished issues with their age in days, oldest first
    issues: tuple[tuple[Measures, float], ...]
    percentiles: Mapping[int, float]
    #: finished issues that the percentiles rest on
    history: int


def work_columns(
    issues: Iterable[Measures], order: Sequence[str], vocabulary: Vocabulary, min_group: int
) -> list[WorkColumn]:
    """A column for each status of the category "doing", in the team's usual `order`, statuses of one name together.

    Age is elapsed time since the issue's start. Statuses outside `order` follow it, by name.
    """
    doing = {s.id: s.name for s in vocabulary.statuses.values() if s.category is Category.DOING}
    ids_of: dict[str, list[str]] = {}
    outside = sorted(set(doing) - set(order), key=lambda status: (doing[status], status))
    for status in [*(status for status in order if status in doing), *outside]:
        ids_of.setdefault(doing[status].strip().casefold(), []).append(status)

    everything = sorted(issues, key=lambda issue: (-(issue.cycle_time or 0 * DAY), issue.key))
    columns = []
    for ids in ids_of.values():
        left = [
            max(issue.age_at_leaving[status] for status in ids if status in issue.age_at_leaving) / DAY
            for issue in everything
            if not issue.censored and not issue.age_at_leaving.keys().isdisjoint(ids)
        ]
        standing = tuple(
            (issue, issue.cycle_time / DAY)
            for issue in everything
            if issue.censored and issue.cycle_time is not None and issue.status in ids
        )
        columns.append(WorkColumn(doing[ids[0]].strip(), standing, percentiles(left, min_group), len(left)))
    # a status that nobody uses is no column
    return [column for column in columns if column.issues or column.history]


@dataclass(frozen=True, slots=True)
class GuidelineCount:
    """How many of the issues to which a guideline applied departed from it, in a period and in the one before."""

    guideline: str
    title: str
    applied: int
    departed: int
    applied_before: int = 0
    departed_before: int = 0


def share_of(departed: int, applied: int, min_group: int) -> tuple[float, float, float] | None:
    """(share, low, high) with Wilson's 95 % interval; None below `min_group` issues."""
    if applied < min_group:
        return None
    interval = stats.binomtest(departed, applied).proportion_ci(0.95, method="wilson")
    return departed / applied, float(interval.low), float(interval.high)

"""The team's usual order of statuses, from what its issues did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import fmean, median

from eal_jira.model import Category, Trace, Vocabulary

_RANK = {Category.TODO: 0, Category.DOING: 1, Category.DONE: 2}


def status_order(traces: Iterable[Trace], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Ids of the statuses these issues were in, in the order in which work usually comes to them.

    What is to do comes before what is being done, and that before what is done; within each, by the median place that
    a status has among an issue's first visits (then by the mean, then by id). A move to an earlier status is a step
    back. A status that the tracker no longer knows counts as work being done.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for trace in traces:
        for place, status in enumerate(dict.fromkeys(stay.status for stay in trace.stays)):
            places[status].append(place)

    def rank(status: str) -> tuple[int, float, float, int, str]:
        known = vocabulary.statuses.get(status)
        category = known.category if known else Category.DOING
        return _RANK[category], median(places[status]), fmean(places[status]), len(status), status

    return tuple(sorted(places, key=rank))

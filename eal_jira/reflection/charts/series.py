"""Issue types told apart: by colour and by shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from eal_jira.reflection.charts.canvas import OTHERS, SERIES, clean

Look = tuple[str, str]
"""(colour, marker)"""


def series_of(types: Iterable[str]) -> dict[str, Look]:
    """Type → look, the most frequent first; types beyond the looks we have share one."""
    counted = sorted(Counter(types).items(), key=lambda item: (-item[1], item[0]))
    return {kind: SERIES[place] if place < len(SERIES) else OTHERS for place, (kind, _) in enumerate(counted)}


def legend(series: Mapping[str, Look], types: Iterable[str]) -> list[tuple[str, str, str]]:
    """(label with count, colour, marker), as `Canvas.legend` takes it."""
    counts = Counter(types)
    entries = [(f"{clean(kind, 15)} ({counts[kind]})", *look) for kind, look in series.items() if look != OTHERS]
    rest = sum(counts[kind] for kind, look in series.items() if look == OTHERS)
    return [*entries, (f"other types ({rest})", *OTHERS)] if rest else entries

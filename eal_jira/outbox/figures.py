"""Charts as they come back from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eal_jira.model import Figure


def figures(stored: Sequence[Mapping[str, Any]]) -> tuple[Figure, ...]:
    return tuple(
        Figure(**{**figure, "header": tuple(figure["header"]), "rows": tuple(map(tuple, figure["rows"]))})
        for figure in stored
    )

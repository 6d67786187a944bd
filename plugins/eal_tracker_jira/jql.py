"""Clauses of Jira's query language, put together from values. Text never enters a query unquoted."""

from __future__ import annotations

import re
from collections.abc import Iterable

ANYTHING = "project is not EMPTY"
"""Matches every issue and still counts as a restriction, which the newer search demands (facts 1.1)."""

_ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?|\'(?:[^\'\\]|\\.)*\'?', re.DOTALL)


def quote(text: str) -> str:
    """A string literal. Project keys too: some are words of the language, `DO` for one (facts 1.1)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def in_projects(keys: Iterable[str]) -> str:
    listed = [quote(key) for key in keys]
    return f"project = {listed[0]}" if len(listed) == 1 else f"project in ({', '.join(listed)})"


def as_clause(query: str) -> str:
    """A whole query as a clause: without its ORDER BY, in parentheses."""
    bare = without_order(query)
    return f"({bare})" if bare else ANYTHING


def without_order(query: str) -> str:
    """Cuts ORDER BY, but not where it only stands in a quoted text."""
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), query)
    found = _ORDER_BY.search(masked)
    return (query[: found.start()] if found else query).strip()


def both(*clauses: str) -> str:
    return " AND ".join(clause for clause in clauses if clause)

"""ORDER BY: from field names to a sort key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import total_ordering
from typing import TYPE_CHECKING, Any

from eal_jira.sandbox.jql.syntax import JqlError
from eal_jira.sandbox.state import Issue

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site

KEYS = ("key", "issue", "issuekey", "id")

DATES: dict[str, Callable[[Issue], datetime | None]] = {
    "created": lambda issue: issue.created,
    "createddate": lambda issue: issue.created,
    "updated": lambda issue: issue.updated,
    "updateddate": lambda issue: issue.updated,
    "resolved": lambda issue: issue.resolved,
    "resolutiondate": lambda issue: issue.resolved,
}


def sort_key(site: Site, order: tuple[tuple[str, bool], ...]) -> Callable[[Issue], Any]:
    """A key that sorts as ORDER BY says; ties go by id. Without ORDER BY: newest first."""
    parts = [(_value(site, name), ascending) for name, ascending in order]
    if not parts:
        parts = [(DATES["created"], False)]

    def key(issue: Issue) -> tuple[Any, ...]:
        values: list[Any] = []
        for read, ascending in parts:
            value = _Ranked(read(issue))
            values.append(value if ascending else _Reversed(value))
        return (*values, issue.id)

    return key


def _value(site: Site, name: str) -> Callable[[Issue], Any]:
    lowered = name.lower()
    if lowered in KEYS:
        return lambda issue: (site.projects[issue.project].key, issue.number)
    if lowered in DATES:
        return DATES[lowered]
    fields = site.fields.named(name)
    if not fields:
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
    field = fields[0]
    if field.id == "project":
        return lambda issue: site.projects[issue.project].key
    if site.catalogue.words(field.id) is not None:
        return lambda issue: _ranked_id(issue.fields.get(field.id))
    return lambda issue: _sortable(issue.fields.get(field.id))


@total_ordering
class _Ranked:
    """A value that may be missing; missing ones come last."""

    __slots__ = ("_place",)

    def __init__(self, value: Any) -> None:
        self._place = (value is None, 0 if value is None else value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ranked) and self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    def __lt__(self, other: _Ranked) -> bool:
        return bool(self._place < other._place)


@total_ordering
class _Reversed:
    __slots__ = ("_inner",)

    def __init__(self, inner: _Ranked) -> None:
        self._inner = inner

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self._inner == other._inner

    def __hash__(self) -> int:
        return hash(self._inner)

    def __lt__(self, other: _Reversed) -> bool:
        return other._inner < self._inner


def _ranked_id(value: str | None) -> tuple[int, str] | None:
    return None if value is None else (int(value) if value.isdecimal() else 0, value)


def _sortable(value: Any) -> Any:
    """Field values of one kind, made comparable."""
    if isinstance(value, list):
        return " ".join(map(str, value)) or None
    return str(value) if isinstance(value, dict) else value

"""Which fields a request asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eal_jira.sandbox.fields import Field


class Selection:
    """Which fields were asked for: `*all`, `*navigable`, ids, and `-id` to leave one out."""

    def __init__(self, asked: Iterable[str], default: str) -> None:
        names = [name.strip() for text in asked for name in text.split(",") if name.strip()] or [default]
        self._out = frozenset(name[1:] for name in names if name.startswith("-"))
        self._in = tuple(name for name in names if not name.startswith("-")) or ("*all",)
        self._asked = (self._in, self._out)

    @property
    def none(self) -> bool:
        """Only the id or the key."""
        return set(self._in) <= {"id", "key", "issuekey"}

    @property
    def id_only(self) -> bool:
        return set(self._in) == {"id"}

    def of(self, fields: Mapping[str, Field]) -> list[Field]:
        """The fields themselves, in the site's order."""
        wanted = set(self._in)
        return [
            f
            for f in fields.values()
            if f.id not in self._out
            and ("*all" in wanted or f.id in wanted or (f.navigable and "*navigable" in wanted))
        ]

    def __hash__(self) -> int:
        return hash(self._asked)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and self._asked == other._asked

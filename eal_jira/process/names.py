"""Names in guidelines meet the tracker's ids.

Guidelines name statuses and fields as people do; histories carry ids. Two statuses with one name (a tracker may have
a "Done" per project) are one status for a guideline, and a renamed status stays the one it was. Letter case and outer
spaces don't count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

from eal_jira.model import Category, Vocabulary
from eal_jira.process.values import NEUTRAL

_PLACES = {"type": "type", "points": "points", "sprint": "sprints"}
"""Field kinds whose value stands in a place of its own on an issue: the neutral name of that place."""

_SHOWN = 12
"""So many known names are listed when none is near."""


@lru_cache(maxsize=8192)
def folded(name: str) -> str:
    """The form in which names are compared."""
    return name.strip().casefold()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, None when none is near (difflib's ratio below 0.6)."""
    by_form = {folded(k): k for k in known}
    close = get_close_matches(folded(word), by_form, n=1)
    return by_form[close[0]] if close else None


def suggestion(word: str, known: Sequence[str]) -> str:
    """A sentence that leads from a word nobody knows to one that is known."""
    meant = nearest(word, known)
    if meant is not None:
        return f'Did you mean "{meant}"?'
    listed = ", ".join(f'"{k}"' for k in known[:_SHOWN])
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"Known here: {listed}{more}." if known else "Nothing of this kind is known here."


class _Keys(dict[str | None, str]):
    """Status id → the form its name is compared in. What has no name any more stands for itself."""

    def __missing__(self, status: str | None) -> str:
        key = self[status] = folded(status or "")
        return key


class Names:
    """The tracker's statuses and fields, ready to be looked up many times. One per vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        #: status id (or name, where a history has only that) → comparable name, see `folded`
        self.keys: _Keys = _Keys({s.id: folded(s.name) for s in vocabulary.statuses.values()})
        self._identities: dict[str, str] = {}
        for status in sorted(vocabulary.statuses.values(), key=lambda s: (len(s.id), s.id)):
            self._identities.setdefault(folded(status.name), status.id)
        #: comparable names of the statuses that end the work
        self.done: frozenset[str] = self._of(Category.DONE)
        #: and of those in which it hasn't begun
        self.todo: frozenset[str] = self._of(Category.TODO)
        self._fields: dict[str, frozenset[str]] = {}

    def _of(self, category: Category) -> frozenset[str]:
        return frozenset(folded(s.name) for s in self._vocabulary.statuses.values() if s.category is category)

    def status(self, status: str | None) -> str:
        """The name to show for a status of a history."""
        return self._vocabulary.status_name(status)

    def identity(self, status: str | None) -> str:
        """A status's mark in signatures: its id (the lowest where several share its name), so renames don't matter."""
        key = self.keys[status]
        return self._identities.get(key, key)

    def identity_of_name(self, name: str) -> str:
        """As `identity`, for a status named in a guideline."""
        return self._identities.get(folded(name), folded(name))

    def known_status(self, name: str) -> bool:
        return folded(name) in self._identities

    def status_names(self) -> list[str]:
        return sorted({s.name for s in self._vocabulary.statuses.values()})

    def fields(self, name: str) -> frozenset[str]:
        """The ids of the fields with this name or id, and its neutral names; empty when there is none."""
        found = self._fields.get(name)
        if found is None:
            wanted = folded(name)
            neutral = {n for n, read in NEUTRAL.items() if read is NEUTRAL.get(wanted)}
            ids = set(neutral)
            for field in self._vocabulary.fields.values():
                place = _PLACES.get(field.kind)
                if place in neutral or wanted in (folded(field.name), folded(field.id)):
                    ids.update((field.id,) if place is None else (field.id, place))
            found = self._fields[name] = frozenset(ids)
        return found

    def field_names(self) -> list[str]:
        return sorted({*NEUTRAL, *(f.name for f in self._vocabulary.fields.values())})

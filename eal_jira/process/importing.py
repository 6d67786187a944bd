"""Which versions of a guideline file are news to the store.

The past is immutable: what was in force then is what work was judged by. So a file can add versions that start later
than all known ones, and an edit of its newest text is a new version that starts now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from eal_jira.process.versions import ALWAYS, IMPORTED, GuidelineVersion


def news(
    stored: Iterable[GuidelineVersion], read: Iterable[GuidelineVersion], now: datetime
) -> tuple[GuidelineVersion, ...]:
    """The versions to add, numbered on from the stored ones. A guideline missing from the file keeps what it has."""
    known: dict[str, list[GuidelineVersion]] = {}
    for version in sorted(stored, key=lambda v: v.version):
        known.setdefault(version.guideline, []).append(version)
    ordered = sorted(read, key=lambda v: (v.guideline, v.in_force_from))
    return tuple(
        version
        for guideline, group in groupby(ordered, key=lambda v: v.guideline)
        for version in _news_of_one(known.get(guideline, []), list(group), now)
    )


def _news_of_one(
    stored: Sequence[GuidelineVersion], read: Sequence[GuidelineVersion], now: datetime
) -> Iterator[GuidelineVersion]:
    if not stored:
        yield from read
        return
    number = stored[-1].version
    latest = max(version.in_force_from for version in stored)
    later = [version for version in read if version.in_force_from > latest]
    if not later and not _known(read[-1], stored):
        later = [replace(read[-1], in_force_from=max(now, latest))]
    for version in later:
        if not _known(version, stored):
            number += 1
            yield replace(version, version=number, in_force_until=None)


def _known(version: GuidelineVersion, stored: Sequence[GuidelineVersion]) -> bool:
    """Says the same as the newest version, or as the newest that came from a file.

    After an approved proposal the file still holds the text from before; that is no wish to go back to it.
    """
    imported = [v for v in stored if v.origin == IMPORTED]
    return any(_content(version) == _content(known) for known in (stored[-1], *imported[-1:]))


def _content(version: GuidelineVersion) -> GuidelineVersion:
    return replace(version, version=0, in_force_from=ALWAYS, in_force_until=None, origin=IMPORTED)

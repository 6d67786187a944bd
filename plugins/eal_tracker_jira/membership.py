"""Whether some issues are in a scope: asked when webhooks name issues that nobody knows yet.

A query that names an id which nobody can see is refused as a whole, so after a refusal only those that are there are
asked about. Search lags behind what a webhook has just told; Cloud can be made to look at the issues themselves, fifty
in one query (facts 1.2). Data Center has nothing of the kind: what its index lacks comes in with the next whole pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

from eal_jira.errors import RefusedByTracker
from eal_tracker_jira.jql import both, quote
from eal_tracker_jira.raw import Marked
from eal_tracker_jira.site import Site

RECONCILED = 50
"""Ids that one search of Cloud looks at afresh, at most."""


class Asks(Protocol):
    """What is needed of a strategy of reading."""

    def ids(self, clause: str, afresh: Sequence[str] = ()) -> Iterator[str]: ...

    def marked(self, keys: Sequence[str]) -> list[Marked]: ...


def some_members(site: Site, reader: Asks, clause: str, ids: Sequence[str]) -> Iterator[str]:
    """Those of the ids that the clause holds for."""
    each = iter(dict.fromkeys(ids))
    # Data Center takes more in one query, but is asked per issue when one of them is gone
    while some := list(islice(each, RECONCILED)):
        try:
            found = list(reader.ids(_among(clause, some), some))
        except RefusedByTracker:
            there = [issue.ref.id for issue in reader.marked(some)]
            found = list(reader.ids(_among(clause, there), there)) if there else []
        yield from (id for id in found if id in some)


def _among(clause: str, ids: Sequence[str]) -> str:
    return both(clause, f"id in ({', '.join(map(quote, ids))})")

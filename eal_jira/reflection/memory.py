"""What listening to a proposal's ticket has to remember from cycle to cycle."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eal_jira.learning.keepable import Keepable
from eal_jira.model import Actor, Change, Issue


@dataclass(frozen=True, slots=True)
class Memory(Keepable):
    #: history id of a move → whether whoever made it was a listed approver when it was first seen
    listed: Mapping[str, bool] = field(default_factory=dict)
    #: hash of the ticket's text as it was shown, "" before anybody looked
    text: str = ""
    #: how often the change was said again, because the text had been touched
    rounds: int = 0

    def unseen(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """Moves of which nobody has asked yet whose they are."""
        return tuple(c for c in changes if c.field == "status" and c.history_id not in self.listed)

    def with_listed(self, moves: Iterable[Change], approvers: Collection[Actor], us: Collection[Actor]) -> Memory:
        """Our own account never decides, whatever the list says."""
        known = {m.history_id: m.actor is not None and m.actor in approvers and m.actor not in us for m in moves}
        return replace(self, listed={**self.listed, **known})


def text_hash(ticket: Issue) -> str:
    """Of title and description as the tracker has them."""
    said = f"{ticket.summary}\x1f{ticket.fields.get('description') or ''}"
    return hashlib.sha256(said.encode()).hexdigest()

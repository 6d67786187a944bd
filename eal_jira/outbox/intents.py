"""What we want to be true in the tracker, as values with stable keys.

A key is made of what the intent is about, never of chance or time: after the loss of the whole database the same
decisions make the same keys, and the markers in the tracker are found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from eal_jira.model import Figure, Page
from eal_jira.store import Connection, intents


class Intent(Protocol):
    verb: ClassVar[str]

    @property
    def key(self) -> str: ...

    @property
    def lane(self) -> str: ...

    def payload(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Tag:
    """Our label and our property on an issue say what stands for it now."""

    verb: ClassVar[str] = "tag"
    issue_id: str
    add: tuple[str, ...]
    remove: tuple[str, ...]
    value: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"tag:{self.issue_id}"

    @property
    def lane(self) -> str:
        return f"issue:{self.issue_id}"

    def payload(self) -> dict[str, Any]:
        return {
            "issue": self.issue_id,
            "add": list(self.add),
            "remove": list(self.remove),
            "property": dict(self.value),
        }


@dataclass(frozen=True, slots=True)
class Ticket:
    """There is one ticket with this marker."""

    verb: ClassVar[str] = "ticket"
    marker: str
    project: str
    type: str
    summary: str
    body: str
    labels: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def key(self) -> str:
        return f"ticket:{self.marker}"

    @property
    def lane(self) -> str:
        return self.key

    def payload(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comment:
    """There is one comment of ours with this marker on an issue (`issue_id`) or on a ticket of ours (`ticket`)."""

    verb: ClassVar[str] = "comment"
    marker: str
    body: str
    issue_id: str | None = None
    #: marker of the ticket
    ticket: str | None = None

    @property
    def key(self) -> str:
        return f"comment:{self.marker}"

    @property
    def lane(self) -> str:
        return f"issue:{self.issue_id}" if self.issue_id else f"ticket:{self.ticket}"

    def payload(self) -> dict[str, Any]:
        return {"marker": self.marker, "body": self.body, "issue": self.issue_id, "ticket": self.ticket}


@dataclass(frozen=True, slots=True)
class PutPage:
    """This page is as it says, in the place that `adapter` names."""

    verb: ClassVar[str] = "page"
    adapter: str
    page: Page

    @property
    def key(self) -> str:
        return f"page:{self.adapter}:{self.page.key}"

    @property
    def lane(self) -> str:
        return self.key

    def payload(self) -> dict[str, Any]:
        return {"adapter": self.adapter, "page": asdict(self.page)}


def want(connection: Connection, team: str, intent: Intent, now: datetime) -> bool:
    """States the intent in the caller's transaction, together with the decision behind it."""
    return intents.want(connection, intent.key, team, intent.lane, intent.verb, intent.payload(), now)


def marker(*parts: object) -> str:
    """A stable marker: readable words and a short hash that keeps different things apart."""
    words = [str(part) for part in parts]
    digest = hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:12]
    return "/".join([*(word.casefold().replace(" ", "-")[:40] for word in words), digest])

"""What we want to be true in the tracker, as values with stable keys.

A key is made of what the intent is about, never of chance or time: after the loss of the whole database the same
decisions make the same keys, and the markers in the tracker are found again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from eal_jira.model import Figure, Page, RemoteLinkDraft
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
    #: None: only the labels
    value: Mapping[str, Any] | None

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
            "property": None if self.value is None else dict(self.value),
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
    #: people write into its description as well, and `Described` keeps our part of it up to date
    shared: bool = False

    @property
    def key(self) -> str:
        return f"ticket:{self.marker}"

    @property
    def lane(self) -> str:
        return self.key

    def payload(self) -> dict[str, Any]:
        said = asdict(self)
        if not self.shared:
            del said["shared"]
        return said


@dataclass(frozen=True, slots=True)
class Described:
    """Our part of the description of a shared ticket of ours says this."""

    verb: ClassVar[str] = "description"
    #: marker of the ticket
    ticket: str
    body: str
    figures: tuple[Figure, ...] = ()

    @property
    def key(self) -> str:
        return f"description:{self.ticket}"

    @property
    def lane(self) -> str:
        return _lane(None, self.ticket)

    def payload(self) -> dict[str, Any]:
        return {**asdict(self), "issue": None}


@dataclass(frozen=True, slots=True)
class Comment:
    """There is one comment of ours with this marker on an issue (`issue_id`) or on a ticket of ours (`ticket`)."""

    verb: ClassVar[str] = "comment"
    marker: str
    body: str
    issue_id: str | None = None
    #: marker of the ticket
    ticket: str | None = None
    #: an answer to somebody: what the exchange is about, an issue's id as a rule. The breaker counts replies by it
    conversation: str | None = None
    #: the breaker's own words, which it does not count
    notice: bool = False

    @property
    def key(self) -> str:
        return f"comment:{self.marker}"

    @property
    def lane(self) -> str:
        return _lane(self.issue_id, self.ticket)

    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "marker": self.marker,
            "body": self.body,
            "issue": self.issue_id,
            "ticket": self.ticket,
        }
        if self.conversation:
            said["conversation"] = self.conversation
        if self.notice:
            said["notice"] = True
        return said


@dataclass(frozen=True, slots=True)
class Transition:
    """An issue (`issue_id`) or a ticket of ours (`ticket`) is moved to the status with this name, once."""

    verb: ClassVar[str] = "transition"
    #: what the move is for: another reason, another move
    marker: str
    status: str
    issue_id: str | None = None
    ticket: str | None = None

    @property
    def key(self) -> str:
        return f"transition:{self.marker}"

    @property
    def lane(self) -> str:
        return _lane(self.issue_id, self.ticket)

    def payload(self) -> dict[str, Any]:
        return {"status": self.status, "issue": self.issue_id, "ticket": self.ticket}


@dataclass(frozen=True, slots=True)
class Linked:
    """An issue or a ticket of ours is linked outward to another issue or ticket of ours."""

    verb: ClassVar[str] = "link"
    #: name of the kind of link in the tracker
    kind: str
    issue_id: str | None = None
    ticket: str | None = None
    other_id: str | None = None
    other_ticket: str | None = None

    @property
    def key(self) -> str:
        return f"link:{self.kind}:{self.issue_id or self.ticket}:{self.other_id or self.other_ticket}"

    @property
    def lane(self) -> str:
        return _lane(self.issue_id, self.ticket)

    def payload(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "issue": self.issue_id,
            "ticket": self.ticket,
            "other": self.other_id,
            "other_ticket": self.other_ticket,
        }


@dataclass(frozen=True, slots=True)
class LinkedElsewhere:
    """An issue or a ticket of ours has a link to a place that is no issue: a page, say."""

    verb: ClassVar[str] = "remote_link"
    link: RemoteLinkDraft
    issue_id: str | None = None
    ticket: str | None = None

    @property
    def key(self) -> str:
        return f"remote_link:{self.issue_id or self.ticket}:{self.link.global_id}"

    @property
    def lane(self) -> str:
        return _lane(self.issue_id, self.ticket)

    def payload(self) -> dict[str, Any]:
        return {"link": asdict(self.link), "issue": self.issue_id, "ticket": self.ticket}


@dataclass(frozen=True, slots=True)
class Attached:
    """A file with this content is attached to an issue or a ticket of ours; other content is another file, or with
    `replaces` takes the place of what we attached under this name before."""

    verb: ClassVar[str] = "attachment"
    #: "cycle-time.png"
    name: str
    content: bytes
    issue_id: str | None = None
    ticket: str | None = None
    replaces: bool = False

    @property
    def file_name(self) -> str:
        """The name it gets. It holds a hash of the content: trackers tell two files apart by nothing else."""
        stem, dot, ending = self.name.rpartition(".")
        digest = hashlib.sha256(self.content).hexdigest()[:12]
        return f"{stem}-{digest}.{ending}" if dot else f"{self.name}-{digest}"

    @property
    def key(self) -> str:
        return f"attachment:{self.issue_id or self.ticket}:{self.name if self.replaces else self.file_name}"

    @property
    def lane(self) -> str:
        return _lane(self.issue_id, self.ticket)

    def payload(self) -> dict[str, Any]:
        content = base64.b64encode(self.content).decode()
        said = {"name": self.file_name, "content": content, "issue": self.issue_id, "ticket": self.ticket}
        return {**said, "replaces": True} if self.replaces else said


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


def _lane(issue_id: str | None, ticket: str | None) -> str:
    return f"issue:{issue_id}" if issue_id else f"ticket:{ticket}"


def want(connection: Connection, team: str, intent: Intent, now: datetime) -> bool:
    """States the intent in the caller's transaction, together with the decision behind it."""
    return intents.want(connection, intent.key, team, intent.lane, intent.verb, intent.payload(), now)


def marker(*parts: object) -> str:
    """A stable marker: readable words and a short hash that keeps different things apart."""
    words = [str(part) for part in parts]
    digest = hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:12]
    return "/".join([*(word.casefold().replace(" ", "-")[:40] for word in words), digest])

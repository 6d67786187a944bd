"""The few acts that the adapter needs of a Confluence, whichever kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """A page as it stands there now."""

    id: str
    title: str
    version: int
    #: storage format
    body: str
    #: where people open it
    url: str


@dataclass(frozen=True, slots=True)
class Property:
    id: str
    value: Any
    version: int


@dataclass(frozen=True, slots=True)
class Attachment:
    id: str
    comment: str


class Acts(Protocol):
    def whoami(self) -> str:
        """Our account, for people who set it up. Raises `NotKnown` for an anonymous one."""
        ...

    def home(self) -> str:
        """Id of the space's homepage."""
        ...

    def may_edit(self, page: str) -> bool:
        """Whether our account may edit the page."""
        ...

    def read(self, page: str) -> Found:
        """Raises `Gone`, also for what is in the trash."""
        ...

    def titled(self, title: str) -> Found | None:
        """The page of our space with this title, as far as we may see it."""
        ...

    def create(self, title: str, body: str, parent: str) -> Found:
        """Raises `RefusedByTracker` where the title is taken, `AnswerUnknown`."""
        ...

    def update(self, page: Found, title: str, body: str) -> Found:
        """The page's next version. Raises `Conflict` when there is a newer one than `page`."""
        ...

    def property(self, page: str, key: str) -> Property | None: ...

    def put_property(self, page: str, key: str, value: Any, known: Property | None) -> None:
        """Raises `Conflict` where it is no longer as `known`."""
        ...

    def attachment(self, page: str, name: str) -> Attachment | None: ...

    def attach(self, page: str, name: str, content: bytes, comment: str, known: Attachment | None) -> None:
        """A file of this name, or its next version; without mail to anybody."""
        ...


def may_update(answer: Any) -> bool:
    """Whether an answer that lists what we may do names the update of a page."""
    listed = answer.get("operations") if isinstance(answer, dict) else None
    return isinstance(listed, list) and any(
        isinstance(each, dict) and each.get("operation") == "update" and each.get("targetType") in (None, "page")
        for each in listed
    )

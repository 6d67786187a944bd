"""The ground truth: every accepted write, and every request that arrived. Both lists only grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One accepted write."""

    number: int
    at: datetime
    #: account id
    actor: str | None
    #: "create", "edit", "transition", "move", "delete", "comment", "comment-edit", "comment-delete",
    #: "comment-property", "property", "property-delete", "link", "remote-link", "attachment", "attachment-delete",
    #: "worklog", "worklog-delete"
    kind: str
    issue_id: str
    key: str
    #: "rest" for requests, "act" for what the site's own people do
    via: str
    #: what came of it: {"comment": id}, {"property": key, "value": …}, {"fields": [ids]}, …
    artefact: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """One request that arrived. `status` is None when the answer was cut off before its first byte."""

    number: int
    method: str
    path: str
    query: str
    status: int | None
    #: account id, None for anonymous callers
    account: str | None
    #: seconds of the monotonic clock, for pace
    monotonic: float
    #: the site's clock
    at: datetime

    @property
    def write(self) -> bool:
        """Would it change something? (Searches and bulk reads are POSTs that don't.)"""
        if self.method in ("GET", "HEAD", "OPTIONS"):
            return False
        return not self.path.endswith(READING_POSTS)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat(), "write": self.write}


READING_POSTS = (
    "/search/jql",
    "/search/approximate-count",
    "/search",
    "/issue/bulkfetch",
    "/changelog/bulkfetch",
    "/comment/list",
    "/worklog/list",
    "/permissions/check",
)

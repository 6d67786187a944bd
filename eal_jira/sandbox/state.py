"""What a site remembers: projects, issues with their histories and comments, boards, sprints, links.

Plain mutable records without behaviour; everything refers to everything else by id, so that a rename shows everywhere
at once. `Site` keeps them, `writes` changes them, `present` turns them into Jira's JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = Any
"""A JSON value as the REST API sends or takes it."""


@dataclass(slots=True)
class Status:
    id: str
    name: str
    #: "new", "indeterminate", "done" or "undefined"
    category: str
    description: str = ""


@dataclass(slots=True)
class IssueType:
    id: str
    name: str
    subtask: bool = False
    description: str = ""


@dataclass(slots=True)
class Named:
    """A priority, a resolution."""

    id: str
    name: str
    description: str = ""


@dataclass(slots=True)
class LinkType:
    id: str
    name: str
    inward: str
    outward: str


@dataclass(slots=True)
class Transition:
    id: str
    name: str
    #: status id, None for a transition from everywhere
    source: str | None
    target: str


@dataclass(slots=True)
class Project:
    id: int
    key: str
    name: str
    lead: str | None = None
    #: status ids in workflow order; the first is where an issue starts
    statuses: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    #: id → the JSON of components and versions as a record brought them, or as they were made
    components: dict[str, dict[str, Json]] = field(default_factory=dict)
    versions: dict[str, dict[str, Json]] = field(default_factory=dict)
    #: "live", "archived" or "deleted"
    state: str = "live"
    next_number: int = 1
    issues: set[int] = field(default_factory=set)
    old_keys: set[str] = field(default_factory=set)
    #: fields that are taken off the screens, by screen ("create", "edit")
    hidden: dict[str, set[str]] = field(default_factory=dict)
    properties: dict[str, Json] = field(default_factory=dict)
    #: fields a create must fill, by issue type id
    required: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class History:
    id: int
    created: datetime
    #: account id, None when the author is unknown
    author: str | None
    #: as on the wire: field, fieldtype, fieldId, from, fromString, to, toString
    items: list[dict[str, Json]]


@dataclass(slots=True)
class Comment:
    id: int
    author: str | None
    #: ADF document or wiki text, as it came
    body: Json
    created: datetime
    updated: datetime
    update_author: str | None = None
    properties: dict[str, Json] = field(default_factory=dict)
    visibility: Json = None
    public: bool = True


@dataclass(slots=True)
class Worklog:
    id: int
    author: str | None
    comment: Json
    started: datetime
    seconds: int
    created: datetime
    updated: datetime
    update_author: str | None = None


@dataclass(slots=True)
class RemoteLink:
    id: int
    global_id: str | None
    body: dict[str, Json]


@dataclass(slots=True)
class Attachment:
    id: int
    name: str
    media_type: str
    content: bytes
    author: str | None
    created: datetime


@dataclass(slots=True)
class Link:
    id: int
    type: str
    #: "from" of the link: the outward issue (facts/jira.md 5.6)
    outward: int
    inward: int


@dataclass(slots=True)
class Issue:
    """`fields` holds stored values by field id: ids for statuses, people and their like; see `values`."""

    id: int
    key: str
    project: int
    created: datetime
    updated: datetime
    fields: dict[str, Json]
    resolved: datetime | None = None
    #: oldest first
    histories: list[History] = field(default_factory=list)
    #: what a record's changelog said it had, where that is more than it brought
    declared_histories: int = 0
    #: oldest first
    comments: list[Comment] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)
    properties: dict[str, Json] = field(default_factory=dict)
    remote_links: list[RemoteLink] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)
    #: account ids that may see it; None: all who may browse the project
    restricted_to: frozenset[str] | None = None
    #: since when it has left search and is read-only (facts 2.4)
    archived: datetime | None = None
    #: serialised pieces, see `present`; emptied by every write
    cache: dict[Any, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return int(self.key.rpartition("-")[2])

    @property
    def history_total(self) -> int:
        return max(self.declared_histories, len(self.histories))


@dataclass(slots=True)
class Board:
    id: int
    name: str
    #: "scrum" or "kanban"
    type: str
    project: int | None
    filter: int
    jql: str
    owner: str | None
    #: (column name, status ids)
    columns: list[tuple[str, list[str]]]
    #: field id of the estimate, None when issues are counted
    estimate: str | None = None


@dataclass(slots=True)
class Sprint:
    id: int
    name: str
    board: int
    #: "future", "active" or "closed"
    state: str = "future"
    start: datetime | None = None
    end: datetime | None = None
    activated: datetime | None = None
    completed: datetime | None = None
    created: datetime | None = None
    goal: str = ""

"""The frozen values that pass between rooms. This module imports nothing of ours.

Three groups: what a tracker has (issues, changes, comments), what the process has (events, stays, deviations),
and what we want to be true in the tracker (tickets, comments, pages). Times are aware datetimes in UTC everywhere;
durations are ``timedelta``; identifiers are the tracker's own, as strings. People appear only as `Actor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

Actor = NewType("Actor", str)
"""Who did something. In what an adapter returns: the tracker's stable account id. From the mirror onwards: a keyed
pseudonym that nobody can turn back into a person without the key in the store."""

Value = str | float | bool | None | tuple[str, ...]
"""A field's value in neutral form: text, number, yes/no, nothing, or several texts."""


REMOTE_LINKS = "remotelinks"
"""`Change.field` of an entry about a remote link, whatever the tracker calls it."""


# --- what a tracker has ---------------------------------------------------------------------------------------


class Category(StrEnum):
    """What a status means for the flow of work; every tracker can tell these three apart."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Status:
    #: the tracker's id; names change and repeat, ids don't
    id: str
    name: str
    category: Category


@dataclass(frozen=True, slots=True)
class Field:
    id: str
    name: str
    #: "text", "number", "date", "option", "user", "list", "rank" or "other"; and, for values that stand in a place of
    #: their own: "type" (`Issue.type`), "points" (`Issue.points`), "sprint" (`Issue.sprints`)
    kind: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that a tracker uses at the moment: its statuses and its fields, by id."""

    statuses: Mapping[str, Status]
    fields: Mapping[str, Field]

    def status_ids(self, name: str) -> frozenset[str]:
        """All ids of statuses with this name (case and outer spaces ignored); empty when the tracker has none."""
        wanted = name.strip().casefold()
        return frozenset(s.id for s in self.statuses.values() if s.name.strip().casefold() == wanted)

    def status_name(self, status_id: str | None) -> str:
        """The current name of a status, or the id itself when the tracker no longer knows it."""
        if status_id is None:
            return "nothing"
        known = self.statuses.get(status_id)
        return known.name if known else status_id


@dataclass(frozen=True, slots=True)
class Scope:
    """Which issues belong together: projects by key, or a board, or a query in the tracker's own language."""

    projects: tuple[str, ...] = ()
    board: str | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Sprint:
    id: str
    name: str
    #: "future", "active" or "closed"
    state: str
    start: datetime | None = None
    end: datetime | None = None
    completed: datetime | None = None
    goal: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one history entry. `position` counts the fields inside the entry, from 0."""

    history_id: str
    position: int
    at: datetime
    actor: Actor | None
    #: the field's id where the tracker gives one ("status", "customfield_10010"), else its name; `REMOTE_LINKS` where
    #: a remote link came, changed or went; "" for a history entry that names no field
    field: str
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None


@dataclass(frozen=True, slots=True)
class Comment:
    id: str
    at: datetime
    updated: datetime
    actor: Actor | None
    #: plain text; what stood in quotes or code blocks is left out
    text: str
    #: our own marker, where this comment is ours
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class Worklog:
    """Time that somebody spent. What was written beside it is not kept: nothing asks for it."""

    id: str
    #: when it was logged, which may be long after `started`
    at: datetime
    updated: datetime
    started: datetime
    seconds: int
    actor: Actor | None


@dataclass(frozen=True, slots=True)
class RemoteLink:
    """A link from an issue to something outside the tracker: a page, a commit, a customer's request."""

    id: str
    url: str
    title: str
    #: the other application's name for the link's target, "" where it has none
    global_id: str = ""
    #: how the issue relates to it, in the words of whoever made the link
    relationship: str = ""
    #: name of the other application
    application: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    id: str
    kind: str
    #: "inward" or "outward", seen from the issue that holds the link
    direction: str
    other_id: str
    other_key: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it is now. `id` is the identity; `key` changes when it moves."""

    id: str
    key: str
    project: str
    type: str
    #: status id, see `Vocabulary`
    status: str
    summary: str
    created: datetime
    updated: datetime
    resolved: datetime | None = None
    priority: str | None = None
    creator: Actor | None = None
    reporter: Actor | None = None
    assignee: Actor | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    points: float | None = None
    #: id of the parent issue
    parent: str | None = None
    #: ids of the sprints it is or was in
    sprints: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    #: every other filled field by id
    fields: Mapping[str, Value] = field(default_factory=dict)
    #: the value of our own issue property, None when it carries none
    property: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """An issue with its whole history, its comments and its worklogs, each oldest first."""

    issue: Issue
    changes: tuple[Change, ...] = ()
    comments: tuple[Comment, ...] = ()
    #: None when the tracker did not tell of any (time tracking is off, say): what was known of them stays
    worklogs: tuple[Worklog, ...] | None = ()


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something that could not be used, kept where `status` shows it, so that it stops nothing else."""

    #: "record" (unreadable), "history" (incomplete), "trace" (contradicts itself), "team", "intent", …
    kind: str
    #: what it is about: an issue key or id, a team's name, an intent's key
    ref: str
    #: one sentence: what is wrong and what would mend it
    reason: str


@dataclass(frozen=True, slots=True)
class IssuePage:
    """One page of a pass over the tracker. `cursor` handed back to `changed` goes on after this page."""

    records: tuple[IssueRecord, ...]
    cursor: str
    set_aside: tuple[SetAside, ...] = ()
    #: how many issues the whole pass will bring, when the tracker tells
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in the tracker, as it says right now."""

    actor: Actor
    #: IANA name of the account's time zone
    time_zone: str
    #: the tracker's clock
    now: datetime
    #: "Jira Cloud", "Jira Data Center 10.3.24", …
    flavour: str


@dataclass(frozen=True, slots=True)
class Installation:
    """Who writes to a tracker: known there by an id, since a copied database can't share our lease."""

    id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do. The cycle leaves out what is False and says so in `status`."""

    history: bool = True
    comments: bool = True
    worklogs: bool = False
    remote_links: bool = False
    sprints: bool = False
    labels: bool = False
    properties: bool = False
    #: edit a comment in place
    edit_comments: bool = False
    tickets: bool = False
    transitions: bool = False
    #: links between issues, and links to places elsewhere
    links: bool = False
    attachments: bool = False
    #: edit our part of a description in place
    descriptions: bool = False
    #: tell who is in a group
    groups: bool = False
    #: keep, under our account, which installation writes
    installations: bool = False
    #: look for issues by a query in the tracker's own language (`Scope.query`)
    queries: bool = False


# --- what the process has -------------------------------------------------------------------------------------


class Activity(StrEnum):
    """What kind of event; further field changes carry the field's id instead."""

    CREATED = "created"
    STATUS = "status"
    ASSIGNEE = "assignee"


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an issue's process. `from_`/`to` are ids (status id, actor) or texts for other fields."""

    seq: int
    at: datetime
    activity: str
    from_: str | None
    to: str | None
    actor: Actor | None


@dataclass(frozen=True, slots=True)
class Stay:
    """One issue's unbroken time in one status. `left` is None while it is still there."""

    status: str
    entered: datetime
    left: datetime | None


@dataclass(frozen=True, slots=True)
class Trace:
    """One issue's process: its events in order and its stays in order."""

    issue: Issue
    events: tuple[Event, ...]
    stays: tuple[Stay, ...]
    #: the events that brought it into a status (its creation, then every status change): `moves[i]` began `stays[i]`
    moves: tuple[Event, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        moves = tuple(e for e in self.events if e.activity in (Activity.STATUS, Activity.CREATED))
        object.__setattr__(self, "moves", moves)


_OPEN_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """A time that an issue adds to what other issues are judged by; never of no length."""

    #: what it belongs to: a parent's id, a sprint's id; "" for the whole team
    group: str
    issue_id: str
    entered: datetime
    #: None: it lasts
    left: datetime | None

    @property
    def until(self) -> datetime:
        return _OPEN_END if self.left is None else self.left

    @property
    def place(self) -> tuple[str, datetime, str]:
        """Its place in the order of arrivals; of those that came within one instant, the lower id came first."""
        return self.group, self.entered, self.issue_id


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule saw in one trace, before it is tied to a guideline version."""

    at: datetime
    #: `Event.seq` of the events it rests on
    events: tuple[int, ...]
    #: what kind of departure, equal in all issues that depart in the same way; built on ids, so renames don't split it
    signature: str
    #: the signature as people read it ("Open → Done"), with today's names
    label: str
    #: one sentence for the team, ending in a question
    sentence: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place where a trace departs from the guideline version in force at that moment."""

    key: str
    team: str
    issue_id: str
    guideline: str
    version: int
    at: datetime
    events: tuple[int, ...]
    signature: str
    label: str
    sentence: str


# --- what should be true in the tracker -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IssueRef:
    id: str
    key: str


@dataclass(frozen=True, slots=True)
class IssueState:
    """What a look at one issue shows before we write: enough to write only what is missing."""

    ref: IssueRef
    status: str
    labels: frozenset[str]
    property: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class RemoteLinkDraft:
    """A link from an issue to a place elsewhere. `global_id` is its identity: the same again replaces it."""

    global_id: str
    url: str
    title: str
    #: how the place stands to the issue, in the words of the page that shows it
    relationship: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its words: nobody needs to see the picture to know what it says."""

    name: str
    title: str
    #: one sentence
    summary: str
    #: header row and rows of the data behind it
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    svg: str
    #: base64 of the PNG, for targets that want a file
    png: str = ""

    def undrawn(self) -> Figure:
        """Its words and numbers alone, for a text that holds no pictures."""
        return replace(self, svg="", png="")


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """A ticket to create. `marker` is stored on the ticket, so that it is found again whatever happens."""

    project: str
    type: str
    summary: str
    #: Markdown of our templates (foreign text in it is already escaped)
    body: str
    marker: str
    labels: tuple[str, ...] = ()
    #: what `![…](figure:NAME)` in the body stands for
    figures: tuple[Figure, ...] = ()
    #: people write into its description as well: see `Tracker.describe`
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page for people. `![…](figure:NAME)` in the body stands for the figure of that name."""

    key: str
    team: str
    title: str
    #: Markdown of our templates
    body: str
    figures: tuple[Figure, ...] = ()
    #: for ordering in an index
    date: str = ""


@dataclass(frozen=True, slots=True)
class PageRef:
    id: str
    url: str

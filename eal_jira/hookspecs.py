"""The adapter contract: the manual for plugin authors.

An adapter is an importable package (or module) registered under the entry point group ``eal_jira``. It implements
one or more of the hooks below with ``@eal_jira.hookspecs.hookimpl``. Ours are found the same way; read
``plugins/eal_tracker_jira`` for a whole one and inherit from ``eal_jira.testing.TrackerContract`` to see whether
yours keeps the contract.

Words: a *tracker* holds issues; *pages* hold documents for people. The cycle never asks an adapter for something
its `Capabilities` leave out.

Errors: adapters raise the errors of ``eal_jira.errors`` and nothing else for what can go wrong outside:
`TrackerUnreachable`, `AnswerUnknown` (a write whose answer was lost), `TryLater` (which says what it is `about`: only
that waits), `NotAllowed`, `RefusedByTracker`, `Gone`, `ConfigError`. An outage is an error, never an empty answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

import pluggy

from eal_jira.errors import EalError, Gone
from eal_jira.model import (
    Capabilities,
    Figure,
    Identity,
    Installation,
    IssuePage,
    IssueRef,
    IssueState,
    Link,
    Page,
    PageRef,
    RemoteLink,
    RemoteLinkDraft,
    Scope,
    Sprint,
    Status,
    TicketDraft,
    Vocabulary,
)

hookspec = pluggy.HookspecMarker("eal_jira")
hookimpl = pluggy.HookimplMarker("eal_jira")

T = TypeVar("T")
R = TypeVar("R")


class Patience(Protocol):
    """Where the tracker (or a place for pages) has asked for patience: shared by all who talk to it, and kept over
    restarts.

    `what` is "" for the whole site, "endpoint:METHOD NAME" for one kind of request, "issue:ID" for the writes on one
    issue. Called before each request and from any thread. Times are this machine's, in UTC.
    """

    def until(self, what: str) -> datetime | None:
        """When it ends, None where nobody asked; it may be over already."""
        ...

    def ask(self, what: str, until: datetime, reason: str) -> None:
        """Replaces what stands for the same. `reason` is the tracker's word for its limit, "" where it gave none."""
        ...

    def go(self) -> None:
        """To be called right before each request is sent, after all waiting. Raises when we may send no more: another
        daemon may have taken over while this one stood still. Adapters let that pass through."""
        ...


class PatienceInMemory:
    """A `Patience` that ends with the process: for adapters' tests, and where there is no store."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def until(self, what: str) -> datetime | None:
        return self._until.get(what)

    def ask(self, what: str, until: datetime, reason: str) -> None:
        self._until[what] = until

    def go(self) -> None:
        """There is nobody else."""


class Watch(Protocol):
    """Sees each request to the tracker, from any thread. An adapter calls it at the one place where requests leave.

    `operation` is a kind of request, "POST issue/*/comment": never an id, a key or a name.
    """

    def sending(self, operation: str) -> None:
        """Just before it is sent. May raise, when the program has to stop: then it is not sent."""
        ...

    def answered(self, operation: str, code: str, seconds: float) -> None:
        """Just after its answer was read. `code` is the answer's status, "lost" where none came."""
        ...

    def limited(self, reason: str) -> None:
        """The tracker asked for patience; `reason` is its word for the limit, "" where it gave none."""
        ...


class Unwatched:
    """A `Watch` that looks away."""

    def sending(self, operation: str) -> None: ...

    def answered(self, operation: str, code: str, seconds: float) -> None: ...

    def limited(self, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What was asked of a tracker. `points` are its own units of a budget, where it has any."""

    requests: int = 0
    points: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.requests + other.requests, self.points + other.points)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.requests - other.requests, self.points - other.points)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a tracker said of its own accord about one of its limits: the newest word, in one answer's headers."""

    #: by this machine's clock, in UTC
    at: datetime
    #: the kind of request whose answer said it
    place: str
    limit: int | None = None
    remaining: int | None = None
    #: that less than a fifth or so is left, in the tracker's own judgement
    near: bool = False
    #: its word for the limit, "" where it gave none
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a connection has spent in the running hour, and what is known of how much there is."""

    #: the beginning of the hour, by this machine's clock, in UTC
    hour: datetime
    spent: Cost = Cost()
    #: points per hour, where known or configured
    quota: int | None = None
    #: None when no answer has said anything yet
    told: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter gets to work with.

    `options` is its own table of the config file (without the keys named here), to be checked by the adapter; an
    option called ``ca_file`` is the PEM file of a private certificate authority (`doctor` reads it too);
    `secret` returns the credential afresh at each call, so that a replaced secret file is picked up;
    `patience` is to be asked before each request, and told of each limit that was met; `watch` is told of each request.
    """

    url: str
    user: str | None
    secret: Callable[[], str]
    options: Mapping[str, object]
    patience: Patience = field(default_factory=PatienceInMemory)
    watch: Watch = field(default_factory=Unwatched)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request as it came: header names in lower case, the body's bytes untouched.

    A header that came more than once has all its values, joined with commas (RFC 9110, 5.2).
    """

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Nudge:
    """What a genuine delivery tells us: look at these issues. Its other content is not believed."""

    #: the sender's identifier of this delivery, the same over its retries; made of the body where it gives none
    delivery: str
    #: the sender's word for what happened
    kind: str
    #: issues to read again
    issue_ids: tuple[str, ...] = ()
    #: why nothing can be read again because of it; "" when something can
    set_aside: str = ""
    #: whether it is about links: then the issues' remote links are read, too
    links: bool = False


class Colour(StrEnum):
    """How a check went: red stops something from working, yellow is worth a look."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `eal-jira doctor`. Neither sentence may hold a secret."""

    name: str
    colour: Colour
    #: one sentence: what was found
    found: str
    #: one sentence: what to do; needed unless green
    remedy: str = ""

    def __post_init__(self) -> None:
        if not self.remedy and self.colour is not Colour.GREEN:
            raise ValueError(f"the {self.colour} check {self.name!r} names no remedy")

    @classmethod
    def green(cls, name: str, found: str) -> Check:
        return cls(name, Colour.GREEN, found)

    @classmethod
    def yellow(cls, name: str, found: str, remedy: str) -> Check:
        return cls(name, Colour.YELLOW, found, remedy)

    @classmethod
    def red(cls, name: str, found: str, remedy: str) -> Check:
        return cls(name, Colour.RED, found, remedy)

    @classmethod
    def of_error(cls, name: str, error: EalError, remedy: str = "Mend that, then run doctor again.") -> Check:
        """What an error says, in red; `remedy` stands in where the error has none of its own."""
        return cls(name, Colour.RED, error.happened, error.remedy or remedy)


@dataclass(frozen=True, slots=True)
class Needs:
    """What an installation will ask of its tracker, for `Tracker.checks`."""

    #: where the teams work: read, labelled, given our property
    scopes: tuple[Scope, ...]
    #: those of the scopes in which issues get comments
    commented: tuple[Scope, ...]
    #: project (key) in which tickets of `ticket_type` are made and commented
    learning_project: str
    ticket_type: str
    #: key of the config → names of statuses, one of which a ticket must be able to reach
    decisions: Mapping[str, tuple[str, ...]]
    #: groups whose members decide
    groups: tuple[str, ...] = ()
    #: kind of link between tickets and issues, "" where none are made
    link_kind: str = ""
    #: type of the experiments' tickets; "": `ticket_type`
    experiment_type: str = ""
    #: name of the status that an experiment with a result is moved to; "": none is
    experiment_done: str = ""


class Presence(StrEnum):
    """What became of an issue that a complete listing no longer shows."""

    PRESENT = "present"
    MOVED = "moved"
    ARCHIVED = "archived"
    #: not there, or not for us: from outside these look the same
    UNSEEN = "unseen"


class Tracker(ABC):
    """A connection to one tracker site. Made by `eal_tracker`; used by one thread at a time."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this tracker can do. Asked after the first `whoami`, so it may depend on what was found there."""

    @abstractmethod
    def whoami(self) -> Identity:
        """Called first in every cycle, costing one request. Raises `NotAllowed` when the tracker does not know us."""

    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """Statuses and fields by id. Called at the first cycle, daily, and when an issue uses an unknown status."""

    @abstractmethod
    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        """Issues of the scope that changed within the last `since` (None: all there are), with whole histories.

        Pages come oldest change first. Each page's `cursor` goes on after that page, also in another process;
        reading some issues twice is fine, missing one is not. An issue that changes meanwhile may come again.
        What can't be read is in `IssuePage.set_aside`.
        """

    @abstractmethod
    def read(self, issue_ids: Sequence[str]) -> IssuePage:
        """These issues as they are now, in any order, not through an index that may lag. Absent ones are left out."""

    @abstractmethod
    def members(self, scope: Scope, among: Sequence[str] | None = None) -> frozenset[str]:
        """Ids of the issues now in the scope. Called for boards and queries, where a field change moves issues.

        With `among`, only those of these ids (up to a hundred): asked when webhooks name issues that are not known to
        belong to the scope, so in one request where the tracker can. Ids that nobody can see are simply not members.
        An issue is a second old then: where search may lag, ask past it if the tracker lets you. Whom this leaves out
        comes in with the next whole pass.

        A query comes from the config or, where `capabilities.queries`, from a plan that somebody wrote in a ticket; one
        that the tracker does not take raises `RefusedByTracker` with the tracker's words.
        """

    def remote_links(self, issue_ids: Sequence[str]) -> Mapping[str, tuple[RemoteLink, ...]]:
        """All remote links of each of these issues, as they are now. Absent issues are left out; one without links has
        none. Only asked when `capabilities.remote_links`, and of few issues: it may cost a request for each."""
        raise NotImplementedError

    def sprints(self, scope: Scope) -> tuple[Sprint, ...]:
        """Sprints of the scope's boards. Only asked when `capabilities.sprints`."""
        raise NotImplementedError

    def group_members(self, group: str) -> frozenset[str]:
        """Stable account ids of those who are in a group now, as `Change.actor` has them. Only asked when
        `capabilities.groups`, once for each decision. Raises `NotAllowed` where there is no such group for us: an empty
        answer would say that nobody decides."""
        raise NotImplementedError

    def presence(self, issue_ids: Sequence[str]) -> Mapping[str, Presence]:
        """What became of issues that `members` no longer lists. Asked of the issues themselves, not of an index.

        This one tells only whether `read` still brings them; override it where the tracker tells more.
        """
        there = {record.issue.id for record in self.read(issue_ids).records}
        return {i: Presence.PRESENT if i in there else Presence.UNSEEN for i in issue_ids}

    def checks(self, needs: Needs) -> Iterator[Check]:
        """For `doctor`: identity, permissions, fields and the like, one finding after the other. Writes nothing.

        Raises nothing: what goes wrong is a finding. After a refused login it must end, for another one could lock
        the account.
        """
        return iter(())

    def cost(self) -> Cost:
        """What was asked of the tracker since this connection was made. Costs nothing itself."""
        return Cost()

    def budget(self) -> Budget | None:
        """For `status`: this connection's share of the running hour. Costs nothing itself; None: nothing is counted."""
        return None

    # --- writes: called by the outbox only, one at a time per issue -----------------------------------------

    def side_by_side(self, act: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Calls `act` for each item and gives the results in order. Each call looks at and writes on issues of its
        own, so as many may be under way at once as the tracker likes; this one makes them one after the other."""
        return map(act, items)

    def look(self, issue_id: str) -> IssueState:
        """The issue's labels, status and our property, read after our own writes. Raises `Gone`."""
        raise NotImplementedError

    def edit_labels(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        """Adds and removes labels, leaving all others. Idempotent. Needs `capabilities.labels`."""
        raise NotImplementedError

    def set_property(self, issue_id: str, value: Mapping[str, object]) -> None:
        """Stores our one property on the issue, replacing it. Idempotent. Needs `capabilities.properties`."""
        raise NotImplementedError

    def looks(self, issue_ids: Sequence[str]) -> Mapping[str, IssueState]:
        """Several looks at once; issues that can't be seen are left out. This one looks at each by itself."""
        found = {}
        for issue_id in issue_ids:
            with suppress(Gone):
                found[issue_id] = self.look(issue_id)
        return found

    def tag(self, issue_id: str, add: Sequence[str], remove: Sequence[str], value: Mapping[str, object] | None) -> None:
        """Labels and (unless it is None) our property, in one request where the tracker can. Idempotent.

        The outbox asks only for what is missing. This one makes two requests, the property first: whoever finds the
        label finds its explanation beside it.
        """
        if value is not None and self.capabilities.properties:
            self.set_property(issue_id, value)
        if (add or remove) and self.capabilities.labels:
            self.edit_labels(issue_id, add, remove)

    def find_comments(self, issue_id: str, marker: str) -> tuple[str, ...]:
        """Ids of all our comments with this marker, the oldest first: there may be more than one after a mishap."""
        found = self.find_comment(issue_id, marker)
        return () if found is None else (found,)

    def delete_comment(self, issue_id: str, comment_id: str) -> None:
        """Deletes a comment of ours. Idempotent. Needs `capabilities.edit_comments`."""
        raise NotImplementedError

    def find_comment(self, issue_id: str, marker: str) -> str | None:
        """Id of our comment with this marker, None when there is none."""
        raise NotImplementedError

    def add_comment(self, issue_id: str, body: str, marker: str) -> str:
        """Adds a comment (Markdown) that carries the marker; returns its id. Raises `AnswerUnknown`."""
        raise NotImplementedError

    def edit_comment(self, issue_id: str, comment_id: str, body: str, marker: str) -> None:
        """Replaces our comment's text, without mail where the tracker can. Needs `capabilities.edit_comments`."""
        raise NotImplementedError

    def highest_key(self, project: str) -> str:
        """The newest issue's key that can be seen in the project, "" when it has none. Read before a create."""
        raise NotImplementedError

    def create(self, draft: TicketDraft) -> IssueRef:
        """Creates the ticket with its marker and label in one request, sent once.

        Raises `AnswerUnknown` when the answer is lost; the outbox then looks with `find_tickets` before anything else.
        """
        raise NotImplementedError

    def describe(self, issue_id: str, body: str, figures: Sequence[Figure]) -> bool:
        """Makes our part of a `shared` ticket's description say this (Markdown); what people wrote around it stays as
        it is. False when it said so already and nothing was written. Idempotent. Needs `capabilities.descriptions`.
        """
        raise NotImplementedError

    def theirs(self, issue_id: str) -> str:
        """What people wrote around our part of a `shared` ticket's description, as lines of plain text; an empty check
        box is "[ ]". "" where they wrote nothing, or where what is theirs can't be told from ours. Raises `Gone`. Asked
        once an hour for a few tickets, and only when `capabilities.descriptions`."""
        return ""

    def find_tickets(self, project: str, marker: str, after: str) -> tuple[IssueRef, ...]:
        """Tickets with this marker: by probing keys newer than `after`, then by search. Lowest id first."""
        raise NotImplementedError

    def tickets_by_search(self, markers: Sequence[str]) -> Mapping[str, tuple[IssueRef, ...]]:
        """Marker → tickets that the search shows now, lowest id first; with as few requests as can be. Called while
        something that was sent again is watched."""
        raise NotImplementedError

    def transition(self, issue_id: str, status: str) -> None:
        """Moves the issue to the status with this name, if it is not there. Raises `RefusedByTracker`."""
        raise NotImplementedError

    def ways(self, issue_id: str) -> tuple[Status, ...]:
        """The statuses that we could move the issue to now. Needs `capabilities.transitions`."""
        raise NotImplementedError

    def links(self, issue_id: str) -> tuple[Link, ...]:
        """The issue's links to other issues, read after our own writes. Needs `capabilities.links`."""
        raise NotImplementedError

    def link_kinds(self) -> tuple[str, ...]:
        """Names of the kinds of links that there are. Needs `capabilities.links`."""
        raise NotImplementedError

    def link(self, issue_id: str, other_id: str, kind: str) -> None:
        """Links the issue outward to another one. Raises `AnswerUnknown`; asked only where there is no such link."""
        raise NotImplementedError

    def remote_link(self, issue_id: str, global_id: str) -> RemoteLinkDraft | None:
        """The issue's link to a place elsewhere with this id. Needs `capabilities.links`."""
        raise NotImplementedError

    def put_remote_link(self, issue_id: str, link: RemoteLinkDraft) -> None:
        """Creates or replaces the link with this global id. Idempotent. Needs `capabilities.links`."""
        raise NotImplementedError

    def attachments(self, issue_id: str) -> Mapping[str, tuple[str, ...]]:
        """File name → ids of the files of that name, oldest first. Needs `capabilities.attachments`."""
        raise NotImplementedError

    def attach(self, issue_id: str, name: str, content: bytes) -> str:
        """Attaches a file; returns its id. Sent once, for the same name again is another file. Raises
        `AnswerUnknown`."""
        raise NotImplementedError

    def detach(self, attachment_id: str) -> None:
        """Takes away a file that we attached; one that is gone already is fine. Idempotent."""
        raise NotImplementedError

    def installation(self, project: str) -> Installation | None:
        """The one that `install` named last for this learning project, whoever called it; None where none did. Only
        asked when `capabilities.installations`, before something is written. Raises `NotAllowed`."""
        raise NotImplementedError

    def install(self, project: str, installation: Installation) -> None:
        """From now on this one writes here, as all others can see. Idempotent. Raises `NotAllowed`: then a copy of our
        database is not noticed."""
        raise NotImplementedError

    def url(self, ref: IssueRef) -> str:
        """Where people open the issue."""
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027 - closing nothing is a proper outcome
        """Gives back connections. Called once, when the daemon or command ends."""


class Pages(ABC):
    """A place for documents: a wiki, a folder of HTML files. Made by `eal_pages`."""

    @abstractmethod
    def put(self, page: Page) -> PageRef:
        """Makes the page with this key be so, creating or updating it. Same page twice: no second write.

        Found by its key, not by its title. What people wrote outside our part stays as it is. A put whose answer was
        lost (`AnswerUnknown`) or that was broken off anywhere is put again: it must look before it creates. No error
        keeps other places' pages, or the tracker, waiting.
        """

    #: whether its charts are to come with a PNG (`Figure.png`), because it shows files and no drawing inside a page
    attaches_png: ClassVar[bool] = False

    def theirs(self, key: str) -> str:
        """What people wrote on the page with this key, as lines of plain text; "" where there is none, or no page."""
        return ""

    def checks(self) -> Iterator[Check]:
        """For `doctor`: whether pages could be put there. Puts none. Raises nothing: what goes wrong is a finding."""
        return iter(())


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """What an adapter says about itself, for `doctor` and the documentation."""

    name: str
    #: "tracker" or "pages"
    kind: str
    summary: str


@hookspec
def eal_adapter_info() -> AdapterInfo | Sequence[AdapterInfo]:  # type: ignore[empty-body]
    """Called once at start-up: which adapters this plugin brings."""


@hookspec(firstresult=True)
def eal_tracker(name: str, connection: Connection) -> Tracker | None:
    """Called when a tracker is needed. `name` is ``tracker.adapter`` of the config; return None if it isn't yours.

    Check `connection.options` here and raise `ConfigError` with the key's name; send no request yet.
    """


@hookspec(firstresult=True)
def eal_pages(
    name: str, options: Mapping[str, object], home: Path, secret: Callable[[], str] | None, patience: Patience
) -> Pages | None:
    """Called when a team's ``pages`` names this adapter. `options` is the table ``[pages.NAME]`` of the config, `home`
    the folder in which the config lies: relative paths start there. `secret` returns the credential that the table's
    ``token`` names, afresh at each call; None when it names none. A place on the network asks `patience` before each
    request and tells it of each limit that was met, as a tracker does. Take the arguments that you need."""


@hookspec(firstresult=True)
def eal_nudge(name: str, delivery: Delivery, secret: bytes) -> Nudge | None:
    """Called for each webhook request to ``/webhooks/NAME``, in the web thread: verify, read out the ids, nothing else.

    Raises `Forged` unless the delivery proves that its sender knows `secret`; compare in constant time. Must not fail
    on any body that a genuine sender may send: what can't be used has `Nudge.set_aside`.
    """


@hookspec(firstresult=True)
def eal_genuine_delivery(name: str, secret: bytes) -> Delivery | None:
    """Called by `doctor`: a delivery as this tracker would sign it with `secret`, about no issue at all."""


@hookspec
def eal_rule_kinds() -> Sequence[type]:  # type: ignore[empty-body]
    """Called once at start-up: further rule kinds, each a subclass of ``eal_jira.process.rules.Rule``."""

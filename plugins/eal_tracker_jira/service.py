"""Jira as the adapter contract wants it: each method says which room does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol, TypeVar

from eal_jira.hookspecs import Budget, Check, Connection, Cost, Needs, Presence, Tracker
from eal_jira.model import (
    Capabilities,
    Figure,
    Identity,
    Installation,
    IssuePage,
    IssueRef,
    IssueState,
    Link,
    RemoteLink,
    RemoteLinkDraft,
    Scope,
    Sprint,
    Status,
    TicketDraft,
    Vocabulary,
)
from eal_tracker_jira.answers import rows, shaped
from eal_tracker_jira.boards import Boards
from eal_tracker_jira.cloud import CloudReader
from eal_tracker_jira.cost import Meter
from eal_tracker_jira.datacenter import DataCenterReader
from eal_tracker_jira.descriptions import Descriptions
from eal_tracker_jira.doctor import Doctor
from eal_tracker_jira.groups import group_members
from eal_tracker_jira.installations import install, installation
from eal_tracker_jira.limits import Limits
from eal_tracker_jira.membership import some_members
from eal_tracker_jira.options import Options
from eal_tracker_jira.passes import Place
from eal_tracker_jira.relations import Relations
from eal_tracker_jira.remarks import Remarks
from eal_tracker_jira.remote import remote_links
from eal_tracker_jira.site import Site
from eal_tracker_jira.tickets import Looks, Tickets, see_project
from eal_tracker_jira.writes import Writer, status_of

T = TypeVar("T")
R = TypeVar("R")


class Reader(Looks, Protocol):
    """A strategy of reading: `CloudReader`, `DataCenterReader`."""

    def everything(self, clause: str, place: Place | None) -> Iterator[IssuePage]: ...

    def recent(self, clause: str, since: timedelta) -> Iterator[IssuePage]: ...

    def recent_from(self, clause: str, floor: datetime) -> Iterator[IssuePage]: ...

    def read(self, ids: Sequence[str]) -> IssuePage: ...

    def ids(self, clause: str, afresh: Sequence[str] = ()) -> Iterator[str]: ...

    def newest_key(self, project: str) -> str: ...


class JiraTracker(Tracker):
    """One Jira site. The first call asks which kind it is."""

    def __init__(
        self,
        connection: Connection,
        options: Options,
        sleep: Callable[[float], None] = time.sleep,
        limits: Limits | None = None,
    ) -> None:
        self._connection = connection
        self._options = options
        self._sleep = sleep
        self._limits = limits
        self._meter = Meter()

    @cached_property
    def _site(self) -> Site:
        return Site(self._connection, self._options, self._sleep, self._limits, self._meter)

    @cached_property
    def _reader(self) -> Reader:
        return CloudReader(self._site) if self._site.is_cloud else DataCenterReader(self._site)

    @cached_property
    def _boards(self) -> Boards:
        return Boards(self._site)

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self._site)

    @cached_property
    def _remarks(self) -> Remarks:
        return Remarks(self._site)

    @cached_property
    def _relations(self) -> Relations:
        return Relations(self._site)

    @cached_property
    def _tickets(self) -> Tickets:
        return Tickets(self._site, self._reader)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            history=True,
            comments=True,
            worklogs=True,
            remote_links=True,
            sprints=True,
            labels=True,
            properties=True,
            edit_comments=True,
            tickets=True,
            transitions=True,
            links=True,
            attachments=True,
            descriptions=True,
            groups=True,
            installations=True,
            queries=True,
        )

    # --- reads ------------------------------------------------------------------------------------------------

    def whoami(self) -> Identity:
        with shaped("our account"):
            identity = self._site.whoami()
        self._writer.begin()
        return identity

    def vocabulary(self) -> Vocabulary:
        with shaped("statuses and fields"):
            fields = self._site.read_fields().by_id
            listed = rows({"status": self._site.gateway.get("status")}, "status")
            return Vocabulary({status.id: status for status in map(status_of, listed)}, fields)

    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        place = Place.parse(cursor) if cursor else None
        with shaped("issues that changed"):
            clause = self._boards.clause(scope)
            if place is not None and place.field == "updated":
                yield from self._reader.recent_from(clause, place.at)
            elif place is None and since is not None:
                yield from self._reader.recent(clause, since)
            else:
                yield from self._everything(scope, clause, place)

    def _everything(self, scope: Scope, clause: str, place: Place | None) -> Iterator[IssuePage]:
        empty = place is None
        for page in self._reader.everything(clause, place):
            empty = False
            yield page
        if empty:
            # an empty project and one that we may not see answer alike (facts 1.1)
            for project in scope.projects:
                see_project(self._site, project)

    def read(self, issue_ids: Sequence[str]) -> IssuePage:
        with shaped("some issues"):
            return self._reader.read(issue_ids)

    def remote_links(self, issue_ids: Sequence[str]) -> Mapping[str, tuple[RemoteLink, ...]]:
        with shaped("remote links"):
            return remote_links(self._site, issue_ids)

    def members(self, scope: Scope, among: Sequence[str] | None = None) -> frozenset[str]:
        with shaped("who belongs to a scope"):
            if among is None:
                return frozenset(self._reader.ids(self._boards.clause(scope, afresh=True)))
            return frozenset(some_members(self._site, self._reader, self._boards.clause(scope), among))

    def group_members(self, group: str) -> frozenset[str]:
        with shaped("the members of a group"):
            return group_members(self._site, group)

    def presence(self, issue_ids: Sequence[str]) -> Mapping[str, Presence]:
        there = {record.issue.id: record.issue for record in self.read(issue_ids).records}

        def of(issue_id: str) -> Presence:
            if issue_id not in there:
                return Presence.UNSEEN
            return Presence.ARCHIVED if there[issue_id].fields.get("archiveddate") else Presence.PRESENT

        return {issue_id: of(issue_id) for issue_id in issue_ids}

    def sprints(self, scope: Scope) -> tuple[Sprint, ...]:
        with shaped("sprints"):
            return self._boards.sprints(scope)

    def checks(self, needs: Needs) -> Iterator[Check]:
        return Doctor(self._connection, self._options, self._sleep).checks(needs)

    def cost(self) -> Cost:
        return self._meter.cost

    def budget(self) -> Budget:
        return self._meter.budget(self._options.points_per_hour)

    # --- writes -----------------------------------------------------------------------------------------------

    def side_by_side(self, act: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return self._site.lanes.map(act, items, in_turns=False)

    def look(self, issue_id: str) -> IssueState:
        return self._writer.look(issue_id)

    def looks(self, issue_ids: Sequence[str]) -> Mapping[str, IssueState]:
        return self._writer.looks(issue_ids)

    def tag(self, issue_id: str, add: Sequence[str], remove: Sequence[str], value: Mapping[str, object] | None) -> None:
        self._writer.tag(issue_id, add, remove, value)

    def edit_labels(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        self._writer.edit_labels(issue_id, add, remove)

    def set_property(self, issue_id: str, value: Mapping[str, object]) -> None:
        self._writer.set_property(issue_id, value)

    def find_comment(self, issue_id: str, marker: str) -> str | None:
        return next(iter(self._remarks.find(issue_id, marker)), None)

    def find_comments(self, issue_id: str, marker: str) -> tuple[str, ...]:
        return self._remarks.find(issue_id, marker)

    def add_comment(self, issue_id: str, body: str, marker: str) -> str:
        return self._remarks.add(issue_id, body, marker)

    def edit_comment(self, issue_id: str, comment_id: str, body: str, marker: str) -> None:
        self._remarks.edit(issue_id, comment_id, body, marker)

    def delete_comment(self, issue_id: str, comment_id: str) -> None:
        self._remarks.delete(issue_id, comment_id)

    def highest_key(self, project: str) -> str:
        return self._reader.newest_key(project)

    def create(self, draft: TicketDraft) -> IssueRef:
        return self._tickets.create(draft)

    def describe(self, issue_id: str, body: str, figures: Sequence[Figure]) -> bool:
        return Descriptions(self._site).describe(issue_id, body, figures)

    def theirs(self, issue_id: str) -> str:
        with shaped("a description"):
            return Descriptions(self._site).theirs(issue_id)

    def find_tickets(self, project: str, marker: str, after: str) -> tuple[IssueRef, ...]:
        return self._tickets.find(project, marker, after)

    def tickets_by_search(self, markers: Sequence[str]) -> Mapping[str, tuple[IssueRef, ...]]:
        return self._tickets.by_search(markers)

    def transition(self, issue_id: str, status: str) -> None:
        self._writer.transition(issue_id, status)

    def ways(self, issue_id: str) -> tuple[Status, ...]:
        return self._writer.ways(issue_id)

    def links(self, issue_id: str) -> tuple[Link, ...]:
        return self._relations.links(issue_id)

    def link_kinds(self) -> tuple[str, ...]:
        return self._relations.kinds()

    def link(self, issue_id: str, other_id: str, kind: str) -> None:
        self._relations.link(issue_id, other_id, kind)

    def remote_link(self, issue_id: str, global_id: str) -> RemoteLinkDraft | None:
        return self._relations.remote_link(issue_id, global_id)

    def put_remote_link(self, issue_id: str, link: RemoteLinkDraft) -> None:
        self._relations.put_remote_link(issue_id, link)

    def attachments(self, issue_id: str) -> Mapping[str, tuple[str, ...]]:
        return self._relations.attachments(issue_id)

    def attach(self, issue_id: str, name: str, content: bytes) -> str:
        return self._relations.attach(issue_id, name, content)

    def detach(self, attachment_id: str) -> None:
        self._relations.detach(attachment_id)

    def installation(self, project: str) -> Installation | None:
        return installation(self._site, project)

    def install(self, project: str, installation: Installation) -> None:
        install(self._site, project, installation)

    def url(self, ref: IssueRef) -> str:
        return f"{self._site.address}/browse/{ref.key}"

    def close(self) -> None:
        if "_site" in self.__dict__:
            self._site.close()

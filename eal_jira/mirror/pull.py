"""Pulls changed issues page by page; each page is one transaction with its watermark.

The watermark rule (facts/jira.md 2.2): the floor of the next pass is the *start* of the last complete one, by the
tracker's clock, less an overlap that outlasts the search index's lag. What comes twice is recognised by content.

A pass that found nothing at all moves no floor: a tracker that doesn't show one of several projects may answer the
question about all of them with an empty list (facts/jira.md 1.1). Asking further back costs nothing, for what lay there
would have been found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from eal_jira.errors import NotAllowed, NotKnown, RefusedByTracker, TrackerUnreachable
from eal_jira.hookspecs import Tracker
from eal_jira.mirror.census import take_census
from eal_jira.mirror.pseudonyms import Pseudonyms
from eal_jira.mirror.reader import Pulled, Reader
from eal_jira.mirror.rereading import choose, read_listed
from eal_jira.model import Identity, Scope, SetAside, Vocabulary
from eal_jira.store import Store, facts, issues, work
from eal_jira.store.deliveries import READING
from eal_jira.store.issues import Watermark

log = structlog.get_logger()

OVERLAP = timedelta(minutes=11)
"""Ten minutes for the search index to catch up, one for the minute precision of queries."""

WIDE_AGE = timedelta(days=1)
"""Once a day the increment reaches back to a day before it last did: a net under whatever the overlap may have missed,
such as what was edited while it was hidden from us for less than a day."""

SCOPE = "scope"
"""Kind of what is set aside: a project, board or query that the tracker refuses to show."""

RECORD_TRIED = timedelta(days=1)
VOCABULARY_AGE = timedelta(days=1)
SPRINTS_AGE = timedelta(hours=1)

Progress = Callable[[int, int | None], None]
"""Called after each page with the issues read so far in the pass and the total, when the tracker tells."""


@dataclass(frozen=True, slots=True)
class TeamScope:
    """A team as the mirror sees it: its name, its scope, and whether its sprints are wanted."""

    name: str
    scope: Scope
    sprints: bool = False


class Puller:
    """Reads one tracker into one store. To be made just after the tracker's clock was read."""

    def __init__(self, store: Store, tracker: Tracker, progress: Progress | None = None) -> None:
        self._store = store
        self._tracker = tracker
        self._progress = progress or (lambda _read, _total: None)
        self._made = time.monotonic()

    def pull(self, identity: Identity, teams: Sequence[TeamScope], projects: Sequence[str]) -> Pulled:
        """Everything that changed for these teams and further projects since the last complete pass."""
        pulled = Pulled()
        reader = self._reader(identity, pulled)
        wanted = {project for team in teams for project in team.scope.projects} | set(projects)
        self._pull_projects(reader, sorted(wanted))
        for team in teams:
            if not team.scope.projects:
                self._read_scope(reader, f"team {team.name}", partial(self._pull_members, reader, team))
        self._pull_sprints(identity, teams)
        refused = {item.ref for item in pulled.set_aside if item.kind == SCOPE}
        self._count(reader, sorted(wanted - refused))
        choose(reader, sorted(wanted), [team.name for team in teams])
        read_listed(reader, self._tracker, whole=True, counted=wanted)
        self._learn_strange_statuses(identity)
        return pulled

    def unread(self, teams: Sequence[TeamScope], projects: Sequence[str]) -> list[str]:
        """The names of the scopes that were never read completely: long passes, which may go on side by side."""
        with self._store.read() as connection:
            marks = issues.watermarks(connection)
        return sorted(name for name in _first_scopes(teams, projects) if marks.get(name, Watermark()).complete is None)

    def read_first(self, identity: Identity, name: str, teams: Sequence[TeamScope], projects: Sequence[str]) -> Pulled:
        """One of the `unread` scopes, from where its pass was cut short."""
        pulled = Pulled()
        scope = _first_scopes(teams, projects).get(name)
        if scope is not None and name in self.unread(teams, projects):
            self._pass(self._reader(identity, pulled), scope, [name])
        return pulled

    def pull_named(
        self, identity: Identity, issue_ids: Sequence[str], teams: Sequence[TeamScope], projects: Sequence[str]
    ) -> Pulled:
        """These issues as they are now, as far as they are in somebody's scope; they are no longer `READING`.

        A board or query is asked about those that it is not known to hold; whether others have left it shows at the
        next whole pass. An issue of ours that can't be read, or that is in no scope any more, stays as it is and is
        listed for the census: one reading proves nothing.
        """
        pulled = Pulled()
        reader = self._reader(identity, pulled)
        wanted = {project for team in teams for project in team.scope.projects} | set(projects)
        page = self._tracker.read(issue_ids)
        there = [record.issue.id for record in page.records]
        newcomers = {team.name: self._newcomers(team, there) for team in teams if not team.scope.projects}
        with self._store.write() as connection:
            for name, ids in newcomers.items():
                issues.add_members(connection, name, ids)
            listed = issues.members_among(connection, [team.name for team in teams], issue_ids)
            ours = issues.keys(connection, issue_ids)
            names = {*ours, *ours.values()}
            page = replace(
                page,
                records=tuple(r for r in page.records if r.issue.project in wanted or r.issue.id in listed),
                set_aside=tuple(item for item in page.set_aside if item.ref in names),
            )
            reader.store_in(connection, page, (), None)
            told = {r.issue.id for r in page.records} | {item.ref for item in page.set_aside}
            work.add(connection, "census", [id for id, key in ours.items() if id not in told and key not in told])
            work.done(connection, READING, issue_ids)
        read_listed(reader, self._tracker, whole=False)
        self._learn_strange_statuses(identity)
        return pulled

    def _reader(self, identity: Identity, pulled: Pulled) -> Reader:
        words = self._vocabulary(identity)
        with self._store.write() as connection:
            people = Pseudonyms(facts.pseudonym_key(connection))
        return Reader(self._store, people, words, identity.now, pulled, self._tracker.capabilities.remote_links)

    def _newcomers(self, team: TeamScope, issue_ids: Sequence[str]) -> frozenset[str]:
        """Those of the issues that the team's board or query holds by now, without us knowing."""
        with self._store.read() as connection:
            known = issues.members_among(connection, [team.name], issue_ids)
        strange = [issue_id for issue_id in issue_ids if issue_id not in known]
        return self._tracker.members(team.scope, strange) if strange else frozenset()

    def _learn_strange_statuses(self, identity: Identity) -> None:
        with self._store.read() as connection:
            strange = issues.unknown_statuses(connection)
        if strange:
            self._read_vocabulary(identity)

    def _count(self, reader: Reader, projects: Sequence[str]) -> None:
        take_census(self._store, self._tracker, projects, reader.now)
        with self._store.write() as connection:
            # a record that could not be read may have been garbled on the way: for a day it is tried in each pull
            work.add(connection, work.AGAIN, work.refs_since(connection, "record", reader.now - RECORD_TRIED))
        while ids := self._to_read_again():
            page = self._tracker.read(ids)
            with self._store.write() as connection:
                reader.store_in(connection, page, (), None)
                work.done(connection, work.AGAIN, ids)

    def _to_read_again(self) -> list[str]:
        with self._store.read() as connection:
            return work.take(connection, work.AGAIN)

    def _pull_members(self, reader: Reader, team: TeamScope) -> None:
        """A board's or query's issues, and which they are."""
        self._pass(reader, team.scope, [f"team {team.name}"])
        members = self._tracker.members(team.scope)
        with self._store.write() as connection:
            issues.set_members(connection, team.name, members)

    def _pull_projects(self, reader: Reader, projects: Sequence[str]) -> None:
        """Projects never read completely go one by one, restartable; all others share one question, as long as none
        of them is refused."""
        with self._store.read() as connection:
            marks = {project: issues.watermark(connection, project) for project in projects}
        known = [project for project in projects if marks[project].complete is not None]
        for project in projects:
            if project not in known:
                self._pass(reader, Scope(projects=(project,)), [project])
        if known and (refused := self._shared(reader, known)):
            log.warning("asked about all projects, the tracker refuses; each is asked about alone", reason=str(refused))
            for project in known:
                self._read_scope(reader, project, partial(self._pass, reader, Scope(projects=(project,)), [project]))

    def _shared(self, reader: Reader, projects: Sequence[str]) -> NotAllowed | RefusedByTracker | None:
        try:
            self._pass(reader, Scope(projects=tuple(projects)), projects)
        except NotKnown:
            raise
        except (NotAllowed, RefusedByTracker) as refused:
            return refused
        self._answered(reader, projects)
        return None

    def _read_scope(self, reader: Reader, name: str, read: Callable[[], None]) -> None:
        """One scope by itself. One that was read before and is refused now is set aside, and does not stop the others:
        somebody took a right from us, or deleted a board. One that was never read is a mistake to be told of."""
        try:
            read()
        except NotKnown:
            raise
        except (NotAllowed, RefusedByTracker) as refused:
            with self._store.read() as connection:
                first = issues.watermark(connection, name).complete is None
            if first:
                raise
            item = SetAside(SCOPE, name, str(refused))
            with self._store.write() as connection:
                work.set_aside(connection, SCOPE, reader.now, [item])
            reader.pulled.set_aside.append(item)
        else:
            self._answered(reader, [name])

    def _answered(self, reader: Reader, names: Sequence[str]) -> None:
        with self._store.read() as connection:
            listed = {item.ref for item, _ in work.listed(connection) if item.kind == SCOPE}
        if back := listed & set(names):
            with self._store.write() as connection:
                work.set_aside(connection, SCOPE, reader.now, [], cleared=back)

    def _pass(self, reader: Reader, scope: Scope, names: Sequence[str]) -> None:
        with self._store.read() as connection:
            marks = [issues.watermark(connection, name) for name in names]
        floors = [mark.complete for mark in marks if mark.complete is not None]
        started = min((mark.started for mark in marks if mark.started is not None), default=reader.now)
        if floors:
            # an increment that was cut short is simply asked again: its floor has not moved
            started = reader.now
            # the tracker counts back from when it is asked: what came first (named issues, a new project's first
            # reading, a ban) may have taken long; the minute to spare in OVERLAP covers what is no whole minute
            asked_late = timedelta(minutes=(time.monotonic() - self._made) // 60)
            found_at = [self._kept(f"found {name}") or mark.complete for name, mark in zip(names, marks, strict=True)]
            floor = min(at for at in found_at if at is not None)
            since, cursor = reader.now + asked_late - floor + OVERLAP, None
            read_at = [self._kept(f"wide read {name}") for name in names]
            last_wide = min((at for at in read_at if at is not None), default=None)
            wide = last_wide is not None and reader.now - last_wide >= WIDE_AGE
            if wide and last_wide is not None:
                since = max(since, reader.now - last_wide + WIDE_AGE)
        else:
            since, cursor = None, marks[0].cursor
            wide = True
        read, found = 0, not floors
        for page in self._tracker.changed(scope, since, cursor):
            found = found or bool(page.records or page.set_aside)
            mark = None if floors else Watermark(None, started, page.cursor)
            reader.store(page, names, mark)
            read += len(page.records)
            self._progress(read, page.total)
        with self._store.write() as connection:
            for name in names:
                issues.save_watermark(connection, name, Watermark(complete=started))
                if found:
                    facts.put_moment(connection, f"found {name}", started)
                if wide:
                    facts.put_moment(connection, f"wide read {name}", reader.now)

    def _kept(self, name: str) -> datetime | None:
        with self._store.read() as connection:
            return facts.get_moment(connection, name)

    def _vocabulary(self, identity: Identity) -> Vocabulary:
        with self._store.read() as connection:
            read_at = facts.get_moment(connection, "vocabulary_read")
            words = issues.vocabulary(connection)
        if read_at is None or identity.now - read_at >= VOCABULARY_AGE:
            words = self._read_vocabulary(identity)
        return words

    def _read_vocabulary(self, identity: Identity) -> Vocabulary:
        words = self._tracker.vocabulary()
        if not words.statuses:
            raise TrackerUnreachable(
                "The tracker lists no status at all.",
                refused="Nothing was changed in the mirror.",
                remedy="Check that the account may browse the projects.",
            )
        with self._store.write() as connection:
            issues.save_vocabulary(connection, words)
            facts.put_moment(connection, "vocabulary_read", identity.now)
            return issues.vocabulary(connection)

    def _pull_sprints(self, identity: Identity, teams: Iterable[TeamScope]) -> None:
        for team in teams:
            if not (team.sprints and self._tracker.capabilities.sprints):
                continue
            key = f"sprints_read {team.name}"
            with self._store.read() as connection:
                read_at = facts.get_moment(connection, key)
            if read_at is not None and identity.now - read_at < SPRINTS_AGE:
                continue
            sprints = self._tracker.sprints(team.scope)
            with self._store.write() as connection:
                issues.save_sprints(connection, team.name, sprints)
                facts.put_moment(connection, key, identity.now)


def _first_scopes(teams: Sequence[TeamScope], projects: Sequence[str]) -> dict[str, Scope]:
    """What is read in a pass of its own at first, by the name of its watermark."""
    wanted = {project for team in teams for project in team.scope.projects} | set(projects)
    others = {f"team {team.name}": team.scope for team in teams if not team.scope.projects}
    return {project: Scope(projects=(project,)) for project in wanted} | others

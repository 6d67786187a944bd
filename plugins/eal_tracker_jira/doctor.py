"""What `eal-jira doctor` asks of Jira: who we are, what we may, and whether our tickets would be taken.

Reads only, and stops at the first answer that does not know us (facts 4).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from textwrap import shorten
from urllib.parse import urlsplit

import requests

from eal_jira.errors import EalError, Gone, NotAllowed, NotKnown, RefusedByTracker
from eal_jira.hookspecs import Check, Connection, Needs
from eal_jira.model import Identity, Scope
from eal_tracker_jira import rights
from eal_tracker_jira.answers import Json, named, rows
from eal_tracker_jira.boards import Boards
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.groups import look_at_groups
from eal_tracker_jira.jql import in_projects
from eal_tracker_jira.options import Options
from eal_tracker_jira.relations import look_at_link_kind
from eal_tracker_jira.rights import granted, look_at_copies, look_at_might, look_at_rights
from eal_tracker_jira.screens import look_at_decisions, look_at_end, look_at_screen
from eal_tracker_jira.site import Site
from eal_tracker_jira.tickets import unseen
from eal_tracker_jira.times import parse_time

PATIENCE = 5.0
"""Seconds for an answer: whoever runs doctor sits and waits."""

FIRST_WITH_TOKENS = (8, 14)
"""The Data Center that brought personal access tokens (facts 4)."""

CLOCK_OFF, CLOCK_WRONG = timedelta(minutes=1), timedelta(minutes=10)

LAG = timedelta(minutes=1)
"""Search lags some seconds as a rule (facts 1.2)."""

COMPARED = 3
"""Issues that are read both ways to see whether search lags."""

GATEWAY = "https://api.atlassian.com/ex/jira"
"""Where tokens with scopes work, and nowhere else (facts 4)."""

_CLOUD_ID = re.compile(r"[0-9A-Fa-f-]{8,64}")


class Doctor:
    def __init__(
        self,
        connection: Connection,
        options: Options,
        sleep: Callable[[float], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._connection = connection
        self._options = replace(options, timeout=min(options.timeout, PATIENCE))
        self._sleep = sleep
        self._now = now

    def checks(self, needs: Needs) -> Iterator[Check]:
        try:
            yield from self._all(needs)
        except NotKnown as unknown:
            yield self._told_of_unknown(unknown)
        except EalError as error:
            yield Check.of_error("tracker", error)

    def _all(self, needs: Needs) -> Iterator[Check]:
        site = Site(self._connection, self._options, self._sleep)
        try:
            yield self._version(site)
            identity = site.whoami()
            yield from _identity(site, identity)
            yield self._clock(identity)
            yield from _Places(site, identity).checks(needs)
        finally:
            site.gateway.close()

    def _version(self, site: Site) -> Check:
        if site.is_cloud:
            return Check.green("tracker", f"{site.flavour} answers.")
        shown = ".".join(map(str, site.version))
        if site.version >= FIRST_WITH_TOKENS:
            return Check.green("tracker", f"{site.flavour} {shown} answers.")
        colour = Check.yellow if self._connection.user else Check.red
        return colour(
            "tracker",
            f"{site.flavour} {shown} has no personal access tokens.",
            "Update it to 8.14 or newer; until then only a user with a password works.",
        )

    def _clock(self, identity: Identity) -> Check:
        offset = self._now() - identity.now
        if abs(offset) <= CLOCK_OFF:
            return Check.green("clock", f"{abs(offset).total_seconds():.0f} seconds from Jira's.")
        colour = Check.red if abs(offset) > CLOCK_WRONG else Check.yellow
        return colour(
            "clock",
            f"This machine's is {abs(offset).total_seconds():.0f} seconds "
            f"{'ahead of' if offset > timedelta() else 'behind'} Jira's.",
            "Let this machine take its time from a time server (NTP).",
        )

    def _told_of_unknown(self, unknown: NotKnown) -> Check:
        cloud_id = self._cloud_id()
        if cloud_id is None:
            return Check.of_error("account", unknown)
        hint = (
            f'If it is a token with scopes, or a service account\'s, write: tracker.url = "{GATEWAY}/{cloud_id}" '
            "(such tokens work only there)."
        )
        return Check.red("account", unknown.happened, f"{unknown.remedy} {hint}")

    def _cloud_id(self) -> str | None:
        """Of the Cloud site that `tracker.url` is, None where it is none. Asked without any credential."""
        url = urlsplit(self._connection.url)
        if url.path.strip("/"):
            return None
        with requests.Session() as session:
            session.auth = lambda request: request  # keeps a .netrc out of it
            try:
                answer = session.get(
                    f"{url.scheme}://{url.netloc}/_edge/tenant_info",
                    timeout=PATIENCE,
                    verify=self._options.ca_file or True,
                    allow_redirects=False,
                )
                told = answer.json() if answer.ok else None
            except requests.RequestException:
                return None
        cloud_id = told.get("cloudId") if isinstance(told, dict) else None
        return cloud_id if isinstance(cloud_id, str) and _CLOUD_ID.fullmatch(cloud_id) else None


def _identity(site: Site, identity: Identity) -> Iterator[Check]:
    # by id alone: names and addresses of people stay out of what gets pasted into tickets
    yield Check.green("account", f"Jira knows us as {identity.actor}.")
    if site.gateway.signature is None:
        yield Check.yellow(
            "account",
            "Answers come without the header that says whose they are, so a credential that stops working may look "
            "like a project without issues.",
            "Let the proxy in front of Jira pass X-AAccountId (Cloud) or X-AUSERNAME (Data Center).",
        )
    if site.zone is None:
        yield Check.yellow(
            "time zone",
            "The account's time zone is not known on this machine: reading starts half a day earlier than it must.",
            "Run: pip install tzdata; or choose another time zone in the account's profile.",
        )
    else:
        yield Check.green("time zone", f"Jira reads the times in our queries in {site.zone.key}.")


class _Places:
    """Projects, boards and queries: can be seen, and may be written."""

    def __init__(self, site: Site, identity: Identity) -> None:
        self._site = site
        self._now = identity.now
        self._boards = Boards(site)
        self._might: frozenset[str] = frozenset()
        #: clauses that surely find only what we may see
        self._seen: list[str] = []

    def checks(self, needs: Needs) -> Iterator[Check]:
        learning = needs.learning_project
        commented = {project for scope in needs.commented for project in scope.projects}
        for project in sorted({project for scope in needs.scopes for project in scope.projects} - {learning}):
            asked = (*rights.TEAM, rights.COMMENT) if project in commented else rights.TEAM
            yield from _going_on(f"project {project}", self._project(project, asked))
        for scope in dict.fromkeys(needs.scopes):
            if not scope.projects:
                asked = (*rights.TEAM, rights.COMMENT) if scope in needs.commented else rights.TEAM
                yield from _going_on(_called(scope), self._scope(scope, asked))
        yield from _going_on(f"project {learning}", self._learning(needs))
        if needs.groups:
            yield from _going_on("groups", look_at_groups(self._site, needs.groups))
        if needs.link_kind:
            yield from _going_on("links", look_at_link_kind(self._site, needs.link_kind))
        yield from look_at_might(self._might)
        yield from _going_on("search", self._index())

    def _project(self, project: str, asked: tuple[rights.Right, ...]) -> Generator[Check, None, frozenset[str]]:
        """Returns the permissions that we have there."""
        try:
            have = granted(self._site, projectKey=project)
        except Gone:
            raise unseen(project) from None
        self._might |= have
        if rights.BROWSE.key in have:
            self._seen.append(in_projects([project]))
        yield from look_at_rights(f"project {project}", have, asked)
        return have

    def _scope(self, scope: Scope, asked: tuple[rights.Right, ...]) -> Iterator[Check]:
        """A board or query can reach into many projects: the one of its newest issue stands for them."""
        name = _called(scope)
        clause = self._boards.clause(scope)
        newest = self._newest(clause, 1)
        if not newest:
            yield Check.yellow(
                name,
                "It finds no issue that our account may see.",
                "Look at it with that account's eyes: share the board's filter and its projects with the account.",
            )
            return
        self._seen.append(clause)
        have = granted(self._site, issueId=named(newest[0], "id"))
        self._might |= have
        yield from look_at_rights(name, have, asked)

    def _learning(self, needs: Needs) -> Iterator[Check]:
        project, type = needs.learning_project, needs.ticket_type
        have = yield from self._project(project, rights.LEARNING)
        yield from look_at_copies(self._site, have)
        yield from look_at_decisions(self._site, project, type, needs.decisions)
        if rights.CREATE.key in have:
            # who may not create is shown no screen
            yield from look_at_screen(self._site, project, type)
        yield from _going_on("experiments", self._experiments(needs, may_create=rights.CREATE.key in have))

    def _experiments(self, needs: Needs, *, may_create: bool) -> Iterator[Check]:
        """Their tickets can be made, and closed when they have a result."""
        project, type = needs.learning_project, needs.experiment_type or needs.ticket_type
        if may_create and type.casefold() != needs.ticket_type.casefold():
            yield from look_at_screen(self._site, project, type)
        if needs.experiment_done:
            yield from look_at_end(self._site, project, type, needs.experiment_done)

    def _index(self) -> Iterator[Check]:
        """Whether search knows the newest changes. Seen without writing: what it found newest is read itself."""
        found = [row for clause in self._seen for row in self._newest(clause, COMPARED)]
        newest = sorted(found, key=_updated, reverse=True)[:COMPARED]
        late = [read for row in newest if (read := self._read(row)) is not None and _updated(read) > _updated(row)]
        behind = max((self._now - _updated(read) for read in late), default=timedelta())
        if behind <= LAG:
            yield Check.green("search", "It shows the newest changes of what it finds.")
            return
        yield Check.yellow(
            "search",
            f"It does not show changes that are {behind.total_seconds() / 60:.0f} minutes old.",
            "What it shows late is read late. On Data Center an administrator can see to the index (System, Indexing); "
            "on Cloud look at status.atlassian.com.",
        )

    def _newest(self, clause: str, count: int) -> list[Json]:
        jql = f"{clause} ORDER BY updated DESC"
        if self._site.is_cloud:
            body = {"jql": jql, "fields": ["updated"], "maxResults": count}
            return rows(self._site.gateway.ask("search/jql", body), "issues")
        body = {"jql": jql, "fields": ["updated"], "startAt": 0, "maxResults": count}
        return rows(self._site.gateway.ask("search", body), "issues")

    def _read(self, row: Json) -> Json | None:
        """The same issue, not through the index; None when it can't be seen any more."""
        try:
            return self._site.gateway.get(f"issue/{segment(named(row, 'id'))}", fields="updated")
        except Gone:
            return None


def _going_on(name: str, found: Iterator[Check]) -> Iterator[Check]:
    """What is refused in one place does not keep us from looking at the next; who does not know us does."""
    try:
        yield from found
    except NotKnown:
        raise
    except (NotAllowed, RefusedByTracker) as refused:
        yield Check.of_error(name, refused)


def _called(scope: Scope) -> str:
    return f"board {scope.board}" if scope.board else f"query {shorten(scope.query or '', 60, placeholder='…')}"


def _updated(issue: Json) -> datetime:
    return parse_time(named(issue.get("fields"), "updated"))

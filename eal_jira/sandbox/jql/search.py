"""Running queries: Data Center's pages by offset, Cloud's pages by token (facts/jira.md 1.1, 1.6)."""

from __future__ import annotations

import base64
import secrets
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from eal_jira.sandbox.jql.meaning import Caller, compile_query
from eal_jira.sandbox.jql.syntax import JqlError, Query, parse
from eal_jira.sandbox.people import Account
from eal_jira.sandbox.rest.answers import Refusal
from eal_jira.sandbox.state import Issue

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
BAD_TOKEN = "The provided next page token is invalid or expired."  # noqa: S105 – the message, not a secret

_KEPT_RESULTS = 16


@dataclass(frozen=True, slots=True)
class Found:
    """All issues that a query finds, in order, each with its sort key."""

    issues: list[Issue]
    keys: list[Any]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page ended: the sort key of its last issue, None before the first."""

    jql: str
    account: str | None
    after: Any
    issued: datetime


class Search:
    """The search of one site. Results are kept until something changes, so that paging costs one query."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: OrderedDict[Any, Found] = OrderedDict()
        self._cursors: dict[str, _Cursor] = {}

    def parsed(self, jql: str) -> Query:
        try:
            return parse(jql)
        except JqlError as problem:
            raise Refusal(400, str(problem)) from None

    def find(self, jql: str, account: Account | None, *, fresh: Iterable[int] = (), strict: bool = True) -> Found:
        """What the caller finds. A query that names what the site doesn't know is a 400 for a known caller when
        `strict`, else (and always for an anonymous one) it finds nothing (facts 1.1)."""
        site = self._site
        query = self.parsed(jql)
        if len(query.order) > site.limits.order_by_fields:
            raise Refusal(400, f"At most {site.limits.order_by_fields} fields can stand in ORDER BY.")
        now = site.clock.now()
        fresh = frozenset(fresh)
        settled = site.index.settled(now)
        place = (jql, account and account.id, account and account.time_zone, site.index.generation)
        if settled and place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        try:
            compiled = compile_query(site, query, Caller(account, now))
        except JqlError as problem:
            if strict and account is not None and site.unknown_in_jql == "refuse":
                raise Refusal(400, str(problem)) from None
            return Found([], [], (str(problem),))
        issues: Iterable[Issue] = site.issues.values()
        if compiled.projects is not None:
            issues = (site.issues[i] for p in compiled.projects for i in site.projects[p].issues)
        browsable = {p.id for p in site.projects.values() if p.state == "live"}
        browsable = {p for p in browsable if site.may(account, "BROWSE_PROJECTS", p)}
        hits = [
            (compiled.sort_key(issue), issue)
            for issue in site.index.seen(issues, now, fresh)
            if issue.archived is None
            and issue.project in browsable
            and compiled.fits(issue)
            and site.sees(account, issue)
        ]
        hits.sort(key=lambda hit: hit[0])
        found = Found([issue for _, issue in hits], [key for key, _ in hits])
        if settled and not compiled.relative:
            self._kept[place] = found
            while len(self._kept) > _KEPT_RESULTS:
                self._kept.popitem(last=False)
        return found

    def token_page(
        self, jql: str, account: Account | None, token: str | None, size: int, fresh: Iterable[int] = ()
    ) -> tuple[list[Issue], str | None]:
        """One page of Cloud's search and the token of the next one, None on the last.

        A page goes on after the sort key at which the one before ended, so an issue that moved to the end meanwhile
        is met again there, and one that moved to the front is missed (facts 2.3). A page of no rows goes on where it
        began.
        """
        if self.parsed(jql).where is None:
            raise Refusal(400, UNBOUNDED)
        start = None
        if token is not None:
            start = self._cursor(token, jql, account).after
        found = self.find(jql, account, fresh=fresh)
        first = 0 if start is None else bisect_right(found.keys, start)
        page = found.issues[first : first + size]
        if first + size >= len(found.issues):
            return page, None
        caller = account.id if account else None
        after = found.keys[first + size - 1] if size else start
        return page, self._token(_Cursor(jql, caller, after, self._now()))

    def _token(self, cursor: _Cursor) -> str:
        token = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode()
        self._cursors[token] = cursor
        return token

    def _cursor(self, token: str, jql: str, account: Account | None) -> _Cursor:
        cursor = self._cursors.get(token)
        lifetime = timedelta(days=self._site.limits.token_days)
        if (
            cursor is None
            or (cursor.jql, cursor.account) != (jql, account and account.id)
            or self._now() > cursor.issued + lifetime
        ):
            raise Refusal(400, BAD_TOKEN)
        return cursor

    def _now(self) -> datetime:
        return self._site.clock.now()

"""The search index: it sees every write, but late (facts/jira.md 1.2).

An issue that was written to is kept as it was before, until the lag of that write is over. Everything that reads by
id (issue GET, bulkfetch) looks at the issue itself; search looks here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from eal_jira.sandbox.state import Issue

Lag = timedelta | Callable[[Issue], timedelta]


class Index:
    def __init__(self) -> None:
        self.lag: Lag = timedelta(0)
        #: counts writes and matured versions, so that search may keep a result until something changes
        self.generation = 0
        #: issue id → (visible from, the issue as it was then; None when it was absent), oldest first. The last
        #: version is the present one: the issue itself, or None when it was deleted.
        self._versions: dict[int, list[tuple[datetime, Issue | None]]] = {}

    def before_write(self, issue: Issue) -> None:
        """Keep what search knows so far about an issue that is about to change."""
        versions = self._versions.get(issue.id)
        if versions is None:
            if self.lag:
                self._versions[issue.id] = [(_ALWAYS, _snapshot(issue))]
            return
        since, present = versions[-1]
        if present is issue:
            versions[-1] = since, _snapshot(issue)

    def after_write(self, issue: Issue, at: datetime, *, gone: bool = False) -> None:
        """The write of `at` is done; search sees it after the lag. `gone`: it was a deletion."""
        self.generation += 1
        versions = self._versions.get(issue.id)
        if versions is None:
            if not self.lag:
                return
            versions = self._versions[issue.id] = [(_ALWAYS, None)]
        lag = self.lag(issue) if callable(self.lag) else self.lag
        versions.append((max(at + lag, versions[-1][0]), None if gone else issue))

    def seen(self, issues: Iterable[Issue], now: datetime, fresh: frozenset[int]) -> Iterator[Issue]:
        """The issues as search sees them now; those in `fresh` (reconcileIssues) as they are.

        Takes the existing issues and adds what was deleted but is still indexed.
        """
        self._mature(now)
        if not self._versions:
            yield from issues
            return
        pending = self._versions
        for issue in issues:
            if issue.id in pending and issue.id not in fresh:
                continue
            yield issue
        for issue_id, versions in pending.items():
            if issue_id in fresh:
                continue
            as_indexed = next(version for since, version in reversed(versions) if since <= now)
            if as_indexed is not None:
                yield as_indexed

    def settled(self, now: datetime) -> bool:
        """True when nothing waits to be indexed."""
        self._mature(now)
        return not self._versions

    def _mature(self, now: datetime) -> None:
        done = [issue_id for issue_id, versions in self._versions.items() if versions[-1][0] <= now]
        for issue_id in done:
            del self._versions[issue_id]
        if done:
            self.generation += 1


_ALWAYS = datetime.min.replace(tzinfo=UTC)


def _snapshot(issue: Issue) -> Issue:
    """The issue as it is at this moment; later writes don't reach it."""
    kept = copy.copy(issue)
    kept.fields = dict(issue.fields)
    kept.histories = list(issue.histories)
    kept.comments = [copy.copy(comment) for comment in issue.comments]
    kept.worklogs = [copy.copy(worklog) for worklog in issue.worklogs]
    kept.remote_links = [copy.copy(link) for link in issue.remote_links]
    kept.properties = dict(issue.properties)
    kept.links = list(issue.links)
    kept.attachments = list(issue.attachments)
    kept.children = list(issue.children)
    kept.cache = {}
    return kept

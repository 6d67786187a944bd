"""People become keyed pseudonyms before anything is stored (DESIGN 4, "safe to speak").

The same account gives the same pseudonym within one installation, so "a different person" can be told; without the
key, which never leaves the store, a pseudonym leads back to nobody. HMAC-SHA-256 (RFC 2104), cut to 80 bits.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace

from eal_jira.model import Actor, Change, Comment, Field, Issue, IssueRecord, Worklog

_OWN_USER_FIELDS = frozenset({"assignee", "reporter", "creator"})


def user_fields(fields: Mapping[str, Field]) -> frozenset[str]:
    """Ids of the fields that name people."""
    return _OWN_USER_FIELDS | {field.id for field in fields.values() if field.kind == "user"}


class Pseudonyms:
    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, Actor] = {}

    def of(self, account: str) -> Actor:
        known = self._known.get(account)
        if known is None:
            digest = hmac.digest(self._key, account.encode(), "sha256")
            known = self._known[account] = Actor(digest[:10].hex())
        return known

    def record(self, record: IssueRecord, users: frozenset[str]) -> IssueRecord:
        """The record with every person in it replaced; `users` are the fields that name people."""
        return IssueRecord(
            self._issue(record.issue, users),
            tuple(self._change(change, users) for change in record.changes),
            tuple(self._comment(comment) for comment in record.comments),
            None if record.worklogs is None else tuple(self._worklog(worklog) for worklog in record.worklogs),
        )

    def _maybe(self, account: str | None) -> Actor | None:
        return None if account is None else self.of(account)

    def _issue(self, issue: Issue, users: frozenset[str]) -> Issue:
        fields = {name: self._people(value) if name in users else value for name, value in issue.fields.items()}
        return replace(
            issue,
            creator=self._maybe(issue.creator),
            reporter=self._maybe(issue.reporter),
            assignee=self._maybe(issue.assignee),
            fields=fields,
        )

    def _people(self, value: object) -> str | tuple[str, ...] | None:
        if isinstance(value, tuple):
            return tuple(self.of(account) for account in value)
        return self._maybe(value if isinstance(value, str) else None)

    def _change(self, change: Change, users: frozenset[str]) -> Change:
        c, actor = change, change.actor and self.of(change.actor)
        if c.field not in users:
            return Change(c.history_id, c.position, c.at, actor, c.field, c.from_id, c.from_text, c.to_id, c.to_text)
        # a tracker that gives no id gives a name, and names are people too
        before, after = self._maybe(c.from_id or c.from_text), self._maybe(c.to_id or c.to_text)
        return Change(c.history_id, c.position, c.at, actor, c.field, before, None, after, None)

    def _comment(self, comment: Comment) -> Comment:
        c = comment
        return Comment(c.id, c.at, c.updated, self._maybe(c.actor), c.text, c.marker)

    def _worklog(self, worklog: Worklog) -> Worklog:
        return replace(worklog, actor=self._maybe(worklog.actor))

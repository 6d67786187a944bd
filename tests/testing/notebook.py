"""A tracker that is no Jira: issues in a dict. It can read, label and comment, and says that it can do no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from eal_jira.errors import Gone
from eal_jira.hookspecs import Tracker
from eal_jira.model import (
    Actor,
    Capabilities,
    Change,
    Comment,
    Identity,
    IssuePage,
    IssueRecord,
    IssueRef,
    IssueState,
    Scope,
    Vocabulary,
)
from eal_jira.testing.builders import MONDAY, STATUSES, comment, issue, vocabulary

ANN = Actor("ann")


@dataclass
class Paper:
    """What is written down, and the `World` that writes it."""

    project: str = "PAY"
    scope: Scope = field(default_factory=lambda: Scope(projects=("PAY",)))
    ticket_type: str = "Story"
    statuses: Sequence[str] = tuple(status.name for status in STATUSES)
    now: datetime = MONDAY
    records: dict[str, IssueRecord] = field(default_factory=dict)
    entries: int = 0

    def make_issue(self, summary: str) -> IssueRef:
        made = issue(len(self.records) + 1, summary=summary, created=self.now)
        self.records[made.id] = IssueRecord(made)
        return IssueRef(made.id, made.key)

    def move(self, issue: IssueRef, status: str) -> None:
        record = self.records[issue.id]
        target = next(each.id for each in STATUSES if each.name == status)
        self.entries += 1
        change = Change(str(self.entries), 0, self.now, ANN, "status", record.issue.status, None, target, None)
        self._write(replace(record, changes=(*record.changes, change)), status=target)

    def label(self, issue: IssueRef, label: str) -> None:
        record = self.records[issue.id]
        self._write(record, labels=(*record.issue.labels, label))

    def comment(self, issue: IssueRef, text: str) -> None:
        record = self.records[issue.id]
        said = comment(text, len(record.comments) + 1, at=self.now, actor=ANN)
        self._write(replace(record, comments=(*record.comments, said)))

    def log_work(self, issue: IssueRef, seconds: int) -> None:
        raise NotImplementedError("nobody counts hours in a notebook")

    def link_page(self, issue: IssueRef, url: str, title: str) -> None:
        raise NotImplementedError("a page of a notebook links to nothing")

    def delete(self, issue: IssueRef) -> None:
        del self.records[issue.id]

    def later(self, by: timedelta) -> None:
        self.now += by

    def _write(self, record: IssueRecord, **values: object) -> None:
        self.records[record.issue.id] = replace(
            record,
            issue=replace(record.issue, updated=self.now, **values),  # type: ignore[arg-type]
        )


class Notebook(Tracker):
    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(labels=True)

    def whoami(self) -> Identity:
        return Identity(Actor("bot"), "Etc/UTC", self._paper.now, "a notebook")

    def vocabulary(self) -> Vocabulary:
        return vocabulary()

    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        begin = datetime.fromisoformat(cursor) if cursor else None
        records = sorted(self._paper.records.values(), key=lambda record: record.issue.updated)
        for record in records:
            at = record.issue.updated
            if (since is None or at >= self._paper.now - since) and (begin is None or at >= begin):
                yield IssuePage((record,), at.isoformat())

    def read(self, issue_ids: Sequence[str]) -> IssuePage:
        return IssuePage(tuple(self._paper.records[i] for i in issue_ids if i in self._paper.records), "")

    def members(self, scope: Scope, among: Sequence[str] | None = None) -> frozenset[str]:
        return frozenset(id for id in self._paper.records if among is None or id in among)

    def look(self, issue_id: str) -> IssueState:
        if issue_id not in self._paper.records:
            raise Gone(f"There is no issue {issue_id}.")
        found = self._paper.records[issue_id].issue
        return IssueState(IssueRef(found.id, found.key), found.status, frozenset(found.labels), None)

    def edit_labels(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        record = self._paper.records[issue_id]
        labels = ({*record.issue.labels} | {*add}) - {*remove}
        self._paper.records[issue_id] = replace(record, issue=replace(record.issue, labels=tuple(sorted(labels))))

    def find_comment(self, issue_id: str, marker: str) -> str | None:
        return next((c.id for c in self._paper.records[issue_id].comments if c.marker == marker), None)

    def add_comment(self, issue_id: str, body: str, marker: str) -> str:
        record = self._paper.records[issue_id]
        id, now = f"ours-{len(record.comments)}", self._paper.now
        said = Comment(id, now, now, Actor("bot"), body, marker)
        self._paper.records[issue_id] = replace(record, comments=(*record.comments, said))
        return id

    def url(self, ref: IssueRef) -> str:
        return f"http://notebook.invalid/{ref.key}"

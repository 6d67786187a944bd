"""The tracker seen from behind: what its people do there while the adapter isn't looking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from eal_jira.model import IssueRef, Scope


class World(Protocol):
    """What an adapter's author writes once, around a test instance of the tracker or a stand-in for it.

    Everything here is done by people other than the adapter's account, in the project `project`, which is empty at the
    beginning of each test.
    """

    #: the issues of the project
    scope: Scope
    #: its key
    project: str
    #: a type of which tickets can be made there
    ticket_type: str
    #: names of at least three statuses between which people may move freely; issues begin in the first
    statuses: Sequence[str]

    def make_issue(self, summary: str) -> IssueRef:
        """A new issue in the first status, without labels."""
        ...

    def move(self, issue: IssueRef, status: str) -> None: ...

    def label(self, issue: IssueRef, label: str) -> None: ...

    def comment(self, issue: IssueRef, text: str) -> None: ...

    def log_work(self, issue: IssueRef, seconds: int) -> None:
        """Only asked of an adapter whose `Capabilities` have worklogs."""
        ...

    def link_page(self, issue: IssueRef, url: str, title: str) -> None:
        """A link to something outside the tracker; only asked where `Capabilities` have remote links."""
        ...

    def delete(self, issue: IssueRef) -> None: ...

    def later(self, by: timedelta) -> None:
        """Time passes, and the tracker's search catches up with everything."""
        ...

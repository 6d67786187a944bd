"""What lies under an issue is finished before the issue is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from eal_jira.model import Finding, Interval, Trace
from eal_jira.process.among import Among
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name
from eal_jira.process.rules.crossing import Concerns, CrossRule


class ChildrenDone(CrossRule):
    """An issue reaches a status that ends the work only when all issues under it have.

    `status` names one such status; without it, every status that ends the work counts. Issues under it are those that
    have it as their parent today, as far as they are the team's; those made later don't count.
    """

    CONCERNS: ClassVar[Concerns] = Concerns.GROUP
    OF_ITS_OWN: ClassVar[bool] = False

    kind: Literal["children_done"] = "children_done"
    status: Name | None = Field(
        default=None, description="the status that waits for the issues below", examples=['"Done"']
    )

    PASS: ClassVar[Example] = Example(
        {"status": "Done"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 12:00", "status", "Done", "ann"),
        ],
        others=[
            [
                ("2026-03-02 10:00", "created", "Open", "ben"),
                ("2026-03-02 12:00", "status", "Done", "ben"),
            ]
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"status": "Done"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 12:00", "status", "Done", "ann"),
        ],
        others=[
            [
                ("2026-03-02 10:00", "created", "Open", "ben"),
                ("2026-03-02 12:01", "status", "Done", "ben"),
            ]
        ],
    )

    def describe(self) -> str:
        return f"An issue {f'reaches {self.status}' if self.status else 'ends'} only when all issues under it are done."

    def intervals(self, trace: Trace, context: JudgeContext) -> Iterator[Interval]:
        """When it stood open under its parent."""
        if trace.issue.parent is None:
            return
        keys, done, began = context.names.keys, context.names.done, None
        for move in trace.moves:
            if keys[move.to] not in done:
                began = began or move
            elif began is not None:
                if began.at < move.at:
                    yield Interval(trace.issue.parent, trace.issue.id, began.at, move.at)
                began = None
        if began is not None:
            yield Interval(trace.issue.parent, trace.issue.id, began.at, None)

    def check_among(self, trace: Trace, context: JudgeContext, among: Among) -> Iterator[Finding]:
        keys, names, before = context.names.keys, context.names, False
        ending = names.done if self.status is None else {folded(self.status)}
        for move in trace.moves:
            inside = keys[move.to] in ending
            # going on from one such status to another ends nothing anew
            if inside and not before and (still := among.lasting(trace.issue.id, move.at)):
                name = names.status(move.to)
                under = "one issue under it was" if still == 1 else f"{still} issues under it were"
                yield Finding(
                    at=move.at,
                    events=(move.seq,),
                    signature=f"{names.identity(move.to)} with open issues under it",
                    label=f"{name} with open issues under it",
                    sentence=f"{trace.issue.key} came to {name} while {under} still open. What is to become of that?",
                )
            before = inside

    def statuses(self) -> tuple[str, ...]:
        return () if self.status is None else (self.status,)

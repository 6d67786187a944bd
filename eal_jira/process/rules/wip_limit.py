"""So much work in progress at once, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import Field, StrictInt

from eal_jira.model import Event, Finding, Interval, Trace
from eal_jira.process.among import Among
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule
from eal_jira.process.rules.crossing import Concerns, CrossRule


class WipLimit(CrossRule):
    """The team has at most `at_most` issues in these statuses at once.

    Counted are the issues that the guideline is about, in all its statuses together. The departure is the arrival that
    goes over the limit; moving on between two of the statuses is no arrival. Of issues that come within one instant,
    the lower id came first. Nobody's own work is counted.
    """

    CONCERNS: ClassVar[Concerns] = Concerns.LATER

    kind: Literal["wip_limit"] = "wip_limit"
    statuses_: tuple[Name, ...] = Field(
        alias="statuses", min_length=1, description="the statuses that are counted", examples=['["In Progress"]']
    )
    at_most: StrictInt = Field(ge=1, description="how many issues may be there at once", examples=["5"])

    PASS: ClassVar[Example] = Example(
        {"statuses": ["In Progress"], "at_most": 1},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 12:00", "status", "In Progress", "ann"),
        ],
        others=[
            [
                ("2026-03-02 09:00", "created", "In Progress", "ben"),
                ("2026-03-02 12:00", "status", "Done", "ben"),
            ]
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"statuses": ["In Progress"], "at_most": 1},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 11:00", "status", "In Progress", "ann"),
        ],
        others=[
            [
                ("2026-03-02 09:00", "created", "In Progress", "ben"),
                ("2026-03-02 12:00", "status", "Done", "ben"),
            ]
        ],
    )

    def describe(self) -> str:
        return f"At most {self.at_most} of the team's issues are in {self._words()} at once."

    def intervals(self, trace: Trace, context: JudgeContext) -> Iterator[Interval]:
        for move, left in self._visits(trace, context):
            yield Interval("", trace.issue.id, move.at, left)

    def check_among(self, trace: Trace, context: JudgeContext, among: Among) -> Iterator[Finding]:
        names = context.names
        for move, left in self._visits(trace, context):
            level = among.level(Interval("", trace.issue.id, move.at, left))
            if level > self.at_most:
                yield Finding(
                    at=move.at,
                    events=(move.seq,),
                    signature=f"over the limit in {', '.join(map(names.identity_of_name, self.statuses_))}",
                    label=f"more than {self.at_most} in {self._words()}",
                    sentence=f"When {trace.issue.key} came to {names.status(move.to)}, {level} issues were in "
                    f"{self._words()}, where the guideline expects at most {self.at_most}. "
                    "What spoke for starting it before another one was finished?",
                )

    def _visits(self, trace: Trace, context: JudgeContext) -> Iterator[tuple[Event, datetime | None]]:
        """Each unbroken time in the statuses: the move that began it, and when it ended."""
        keys, wanted, began = context.names.keys, {folded(name) for name in self.statuses_}, None
        for move in trace.moves:
            if keys[move.to] in wanted:
                began = began or move
            elif began is not None:
                if began.at < move.at:
                    yield began, move.at
                began = None
        if began is not None:
            yield began, None

    def relaxed(self, signature: str, context: JudgeContext, traces: Sequence[Trace] = ()) -> Rule | None:
        """The rule with room for one more; how far the limit should move is for trying."""
        return self.changed(at_most=self.at_most + 1)

    def statuses(self) -> tuple[str, ...]:
        return self.statuses_

    def differences(self, old: Self) -> Iterator[str]:
        if old.at_most != self.at_most:
            yield f"limit moved from {old.at_most} to {self.at_most}"
        yield from super().differences(old.changed(at_most=self.at_most))

    def _words(self) -> str:
        *others, last = self.statuses_
        return f"{', '.join(others)} and {last}" if others else last

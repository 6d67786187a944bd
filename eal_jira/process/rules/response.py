"""One status is followed by another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule, two_different


class Response(Rule):
    """An issue that has been in the status `first` gets to the status `then` before its work ends.

    Every time in `first` asks for a later time in `then`; one time in `then` answers all that came before it. As long
    as the work is under way nothing is missing: it is known when the issue reaches a status that ends the work, and
    forgotten when it is taken up again. Where `first` itself ends the work, a `time_limit` from `first` to `then`
    leaves time for the next step. (DECLARE: response.)
    """

    BY_ORDER: ClassVar[bool] = True

    kind: Literal["response"] = "response"
    first: Name = Field(description="the status that asks for another one", examples=['"In Review"'])
    then: Name = Field(description="the status that comes some time after it", examples=['"Testing"'])

    PASS: ClassVar[Example] = Example(
        {"first": "In Review", "then": "Testing"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Review", "ann"),
            ("2026-03-02 11:00", "status", "Testing", "ben"),
            ("2026-03-02 12:00", "status", "Done", "ben"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"first": "In Review", "then": "Testing"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Review", "ann"),
            ("2026-03-02 12:00", "status", "Done", "ann"),
        ],
    )

    @model_validator(mode="after")
    def _two_statuses(self) -> Self:
        return two_different(self, self.first, self.then)

    def describe(self) -> str:
        return f"An issue that has been in {self.first} gets to {self.then} before it is finished."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, first, then, last = context.names.keys, folded(self.first), folded(self.then), trace.moves[-1]
        if keys[last.to] not in context.names.done:
            return
        unanswered: list[int] = []
        for move in trace.moves:
            status = keys[move.to]
            if status == first:
                unanswered.append(move.seq)
            elif status == then:
                unanswered.clear()
        if unanswered:
            names = context.names
            yield Finding(
                at=last.at,
                events=tuple(dict.fromkeys((*unanswered, last.seq))),
                signature=f"{names.identity_of_name(self.first)} not followed by {names.identity_of_name(self.then)}",
                label=f"{self.first} without {self.then} after it",
                sentence=f"{trace.issue.key} came to {names.status(last.to)} without {self.then} after "
                f"{self.first}. What made that step unnecessary here?",
            )

    def statuses(self) -> tuple[str, ...]:
        return (self.first, self.then)

"""One status comes before another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule, two_different


class Precedence(Rule):
    """An issue reaches the status `then` only after it has been in the status `first`.

    Once is enough: an issue that has been in `first` may reach `then` again and again. Each earlier arrival in `then`
    is a departure of its own. (DECLARE: precedence.)
    """

    BY_ORDER: ClassVar[bool] = True

    kind: Literal["precedence"] = "precedence"
    first: Name = Field(description="the status that has to come first", examples=['"In Review"'])
    then: Name = Field(description="the status that comes only after it", examples=['"Done"'])

    PASS: ClassVar[Example] = Example(
        {"first": "In Review", "then": "Done"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Review", "ann"),
            ("2026-03-02 11:00", "status", "Done", "ben"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"first": "In Review", "then": "Done"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "Done", "ann"),
        ],
    )

    @model_validator(mode="after")
    def _two_statuses(self) -> Self:
        return two_different(self, self.first, self.then)

    def describe(self) -> str:
        return f"An issue reaches {self.then} only after it has been in {self.first}."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, first, then = context.names.keys, folded(self.first), folded(self.then)
        for move in trace.moves:
            status = keys[move.to]
            if status == first:
                return
            if status == then:
                names = context.names
                yield Finding(
                    at=move.at,
                    events=(move.seq,),
                    signature=f"{names.identity(move.to)} without {names.identity_of_name(self.first)}",
                    label=f"{self.then} without {self.first}",
                    sentence=f"{trace.issue.key} reached {self.then} before it had been in {self.first}. "
                    "What made that the better way here?",
                )

    def statuses(self) -> tuple[str, ...]:
        return (self.first, self.then)

"""Two statuses come together, in this order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.rules.base import Name, Rule, two_different
from eal_jira.process.rules.precedence import Precedence
from eal_jira.process.rules.response import Response


class Succession(Rule):
    """An issue reaches `then` only after `first`, and after `first` it gets to `then` before its work ends.

    That is `precedence` and `response` in one, and what departs is told as they tell it. (DECLARE: succession.)
    """

    BY_ORDER: ClassVar[bool] = True

    kind: Literal["succession"] = "succession"
    first: Name = Field(description="the status that comes first", examples=['"In Review"'])
    then: Name = Field(description="the status that comes after it", examples=['"Testing"'])

    PASS: ClassVar[Example] = Response.PASS
    FAIL: ClassVar[Example] = Response.FAIL

    @model_validator(mode="after")
    def _two_statuses(self) -> Self:
        return two_different(self, self.first, self.then)

    def describe(self) -> str:
        return (
            f"An issue reaches {self.then} only after it has been in {self.first}, and from {self.first} it gets to "
            f"{self.then} before it is finished."
        )

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        # what came too early happened before the end, at which what didn't come at all is known
        for kind in (Precedence, Response):
            yield from kind(first=self.first, then=self.then).check(trace, context)

    def statuses(self) -> tuple[str, ...]:
        return (self.first, self.then)

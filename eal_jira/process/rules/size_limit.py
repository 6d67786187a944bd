"""Work that is begun is small enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Self

from pydantic import Field, StrictFloat, StrictInt

from eal_jira.model import Finding, Trace, Value
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule
from eal_jira.process.values import field_at


class SizeLimit(Rule):
    """When an issue enters a status, its size is at most so much.

    The size is the story points, or any other field with a number in it. What has no size then is not looked at; ask
    for the field with `required_fields`.
    """

    kind: Literal["size_limit"] = "size_limit"
    status: Name = Field(description="the status at whose entrance the size counts", examples=['"In Progress"'])
    at_most: StrictInt | StrictFloat = Field(ge=0, description="the largest size", examples=["8"])
    field: Name = Field(default="points", description="the field that holds the size", examples=['"points"'])

    PASS: ClassVar[Example] = Example(
        {"status": "In Progress", "at_most": 8, "field": "Effort"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "Effort", "8", "ann"),
            ("2026-03-02 11:00", "status", "In Progress", "ann"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"status": "In Progress", "at_most": 8, "field": "Effort"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "Effort", "13", "ann"),
            ("2026-03-02 11:00", "status", "In Progress", "ann"),
            ("2026-03-02 12:00", "Effort", "8", "ann"),
        ],
    )

    def describe(self) -> str:
        return f"When an issue enters {self.status}, its {self.field} is at most {self.at_most:g}."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, status, names = context.names.keys, folded(self.status), context.names
        ids = names.fields(self.field)
        for move in trace.moves:
            if keys[move.to] != status:
                continue
            size = _number(field_at(trace, ids, move.at))
            if size is not None and size > self.at_most:
                yield Finding(
                    at=move.at,
                    events=(move.seq,),
                    signature=f"too large for {names.identity(move.to)}",
                    label=f"{self.status} with more than {self.at_most:g} {self.field}",
                    sentence=f"{trace.issue.key} came to {self.status} with {size:g} {self.field}, where the guideline "
                    f"expects at most {self.at_most:g}. What kept it in one piece?",
                )

    def relaxed(self, signature: str, context: JudgeContext, traces: Sequence[Trace] = ()) -> Rule | None:
        """The rule with a limit that covers the largest of these issues."""
        keys, status, ids = context.names.keys, folded(self.status), context.names.fields(self.field)
        seen = [
            size
            for trace in traces
            for move in trace.moves
            if keys[move.to] == status and (size := _number(field_at(trace, ids, move.at))) is not None
        ]
        largest = max(seen, default=self.at_most)
        if largest <= self.at_most:
            return None
        return self.changed(at_most=int(largest) if largest == int(largest) else largest)

    def statuses(self) -> tuple[str, ...]:
        return (self.status,)

    def field_names(self) -> tuple[str, ...]:
        return (self.field,)

    def differences(self, old: Self) -> Iterator[str]:
        if old.at_most != self.at_most:
            yield f"limit moved from {old.at_most:g} to {self.at_most:g}"
        yield from super().differences(old.changed(at_most=self.at_most))


def _number(value: Value) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None  # a text that is no number is no size
    return None if value is None or isinstance(value, bool | tuple) else value

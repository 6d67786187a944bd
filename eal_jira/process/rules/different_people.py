"""Two steps are taken by two people: four eyes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from eal_jira.model import Event, Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule, two_different


class DifferentPeople(Rule):
    """Whoever moves an issue to the status `then` is somebody else than who last moved it to `first`.

    An issue created in a status was moved there by its creator. Nothing is said where the issue hasn't been in
    `first`, or where one of the two people isn't known. Who they are stays out of what is written.
    """

    kind: Literal["different_people"] = "different_people"
    first: Name = Field(description="the status of the first step", examples=['"In Review"'])
    then: Name = Field(description="the status of the step that somebody else takes", examples=['"Done"'])

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
            ("2026-03-02 09:00", "created", "Open", "ben"),
            ("2026-03-02 10:00", "status", "In Review", "ann"),
            ("2026-03-02 11:00", "status", "Done", "ann"),
        ],
    )

    @model_validator(mode="after")
    def _two_steps(self) -> Self:
        return two_different(self, self.first, self.then)

    def describe(self) -> str:
        return f"An issue is moved to {self.first} and to {self.then} by different people."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, names = context.names.keys, context.names
        first, then = folded(self.first), folded(self.then)
        step: Event | None = None
        for move in trace.moves:
            status = keys[move.to]
            if status == first:
                step = move
            elif status == then and step is not None and step.actor is not None and step.actor == move.actor:
                yield Finding(
                    at=move.at,
                    events=(step.seq, move.seq),
                    signature=f"{names.identity(step.to)} and {names.identity(move.to)} by one person",
                    label=f"{self.first} and {self.then} by one person",
                    sentence=f"{trace.issue.key} was moved to {self.first} and to {self.then} by the same person. "
                    "How did a second pair of eyes get to see it?",
                )

    def statuses(self) -> tuple[str, ...]:
        return (self.first, self.then)

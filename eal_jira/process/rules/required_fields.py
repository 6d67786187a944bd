"""On entering a status, these fields are filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Self

from pydantic import Field

from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule
from eal_jira.process.values import field_at, is_empty


class RequiredFields(Rule):
    """When an issue enters a status, each of these fields has a value.

    What is filled in together with the move, at the same moment, counts as filled. Each field that is empty on an
    arrival is a departure of its own. Fields go by the tracker's names or by the neutral ones (priority, labels,
    component, points, assignee, …).
    """

    kind: Literal["required_fields"] = "required_fields"
    status: Name = Field(description="the status at whose entrance the fields count", examples=['"In Progress"'])
    fields: tuple[Name, ...] = Field(
        min_length=1, description="the fields that are filled by then", examples=['["Story Points", "assignee"]']
    )

    PASS: ClassVar[Example] = Example(
        {"status": "In Progress", "fields": ["Story Points"]},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "Story Points", "3", "ann"),
            ("2026-03-02 10:00", "status", "In Progress", "ann"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"status": "In Progress", "fields": ["Story Points"]},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Progress", "ann"),
            ("2026-03-02 11:00", "Story Points", "3", "ann"),
        ],
    )

    def describe(self) -> str:
        *others, last = self.fields
        listed = f"{', '.join(others)} and {last} are" if others else f"{last} is"
        return f"When an issue enters {self.status}, {listed} filled in."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, status = context.names.keys, folded(self.status)
        for move in trace.moves:
            if keys[move.to] != status:
                continue
            for name in self.fields:
                if not is_empty(field_at(trace, context.names.fields(name), move.at)):
                    continue
                yield Finding(
                    at=move.at,
                    events=(move.seq,),
                    signature=f"{context.names.identity(move.to)} without {_identity(name, context)}",
                    label=f"{self.status} without {name}",
                    sentence=f"{trace.issue.key} reached {self.status} while {name} was still empty. "
                    "Was it not needed here, or not known yet?",
                )

    def relaxed(self, signature: str, context: JudgeContext, traces: Sequence[Trace] = ()) -> Rule | None:
        """The rule without this field; None when no other field is left."""
        kept = [name for name in self.fields if not signature.endswith(f" without {_identity(name, context)}")]
        return self.changed(fields=kept) if kept else None

    def statuses(self) -> tuple[str, ...]:
        return (self.status,)

    def field_names(self) -> tuple[str, ...]:
        return self.fields

    def differences(self, old: Self) -> Iterator[str]:
        yield from (f"field added: {name}" for name in self.fields if name not in old.fields)
        yield from (f"field no longer asked for: {name}" for name in old.fields if name not in self.fields)
        yield from super().differences(old.changed(fields=self.fields))


def _identity(name: str, context: JudgeContext) -> str:
    return min(context.names.fields(name), key=lambda field: (len(field), field), default=folded(name))

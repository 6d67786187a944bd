"""From each status, only the listed steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule

_NOWHERE: frozenset[str] = frozenset()
_ARROW = " → "


class AllowedTransitions(Rule):
    """An issue moves from one status to another only as listed.

    `from` lists for each status where an issue may go next; `anywhere_to` lists statuses that can be reached from
    everywhere. What is listed nowhere is a departure: also every step out of a status that `from` doesn't name.
    """

    BY_ORDER: ClassVar[bool] = True

    kind: Literal["allowed_transitions"] = "allowed_transitions"
    from_: dict[Name, tuple[Name, ...]] = Field(
        alias="from",
        description="for each status, the statuses that may follow",
        examples=['{ Open = ["Assigned"], Assigned = ["In Progress", "Open"] }'],
    )
    anywhere_to: tuple[Name, ...] = Field(
        default=(), description="statuses that can be reached from everywhere", examples=['["Blocked"]']
    )

    PASS: ClassVar[Example] = Example(
        {"from": {"Open": ["In Progress"], "In Progress": ["Done", "Open"]}, "anywhere_to": ["Blocked"]},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Progress", "ann"),
            ("2026-03-02 11:00", "status", "Blocked", "ben"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"from": {"Open": ["In Progress"], "In Progress": ["Done", "Open"]}},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "Done", "ann"),
        ],
    )

    @model_validator(mode="after")
    def _each_status_once(self) -> Self:
        if len(self._allowed) < len(self.from_):
            raise PydanticCustomError(
                "named_twice",
                "lists the steps out of one status twice",
                {"remedy": "Write all the statuses that may follow into one list; letter case doesn't count."},
            )
        if not any(self.from_.values()) and not self.anywhere_to:
            raise PydanticCustomError(
                "nothing_allowed",
                "allows no step at all",
                {"remedy": 'List what may follow, such as from = { Open = ["In Progress"] }.'},
            )
        return self

    @cached_property
    def _allowed(self) -> Mapping[str, frozenset[str]]:
        return {folded(left): frozenset(map(folded, reached)) for left, reached in self.from_.items()}

    @cached_property
    def _anywhere(self) -> frozenset[str]:
        return frozenset(map(folded, self.anywhere_to))

    def describe(self) -> str:
        steps = "; ".join(f"{left}{_ARROW}{', '.join(reached) or 'nowhere'}" for left, reached in self.from_.items())
        anywhere = f"; from everywhere{_ARROW}{', '.join(self.anywhere_to)}" if self.anywhere_to else ""
        return f"An issue moves only as listed: {steps}{anywhere}."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, allowed, anywhere = context.names.keys, self._allowed, self._anywhere
        for before, move in pairwise(trace.moves):
            reached = keys[move.to]
            if reached in anywhere or reached in allowed.get(keys[before.to], _NOWHERE):
                continue
            names = context.names
            left_name, reached_name = names.status(before.to), names.status(move.to)
            yield Finding(
                at=move.at,
                events=(move.seq,),
                signature=f"{names.identity(before.to)}{_ARROW}{names.identity(move.to)}",
                label=f"{left_name}{_ARROW}{reached_name}",
                sentence=f"{trace.issue.key} went from {left_name} straight to {reached_name}, a step that the "
                "guideline doesn't list. What made it the right step here?",
            )

    def relaxed(self, signature: str, context: JudgeContext, traces: Sequence[Trace] = ()) -> Rule | None:
        """The rule with this one step added."""
        left, _, reached = signature.partition(_ARROW)
        left_name, reached_name = context.names.status(left), context.names.status(reached)
        if not (context.names.known_status(left_name) and context.names.known_status(reached_name)):
            return None
        row = next((name for name in self.from_ if folded(name) == folded(left_name)), left_name)
        return self.changed(**{"from": {**self.from_, row: (*self.from_.get(row, ()), reached_name)}})

    def speaks_of(self, signature: str, context: JudgeContext) -> frozenset[str]:
        """A step back in the team's usual order is rework; one out of what is done also sets the clock going again."""
        left, _, reached = signature.partition(_ARROW)
        if context.names.keys[left] in context.names.done:
            return frozenset({"returns", "cycle_time"})
        rank = {status: place for place, status in enumerate(context.order)}
        back = rank.get(reached, len(rank)) < rank.get(left, -1)
        return frozenset({"returns"}) if back else frozenset()

    def statuses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.from_, *(s for to in self.from_.values() for s in to), *self.anywhere_to]))

    def differences(self, old: Self) -> Iterator[str]:
        before, after = old._steps(), self._steps()
        yield from (f"transition added: {step}" for step in after if step not in before)
        yield from (f"transition removed: {step}" for step in before if step not in after)

    def _steps(self) -> list[str]:
        listed = [f"{left}{_ARROW}{to}" for left, reached in self.from_.items() for to in reached]
        return [*listed, *(f"from everywhere{_ARROW}{to}" for to in self.anywhere_to)]

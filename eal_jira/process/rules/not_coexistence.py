"""Two statuses exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule, two_different


class NotCoexistence(Rule):
    """An issue is never in both of two statuses, whichever comes first: two ways of which one is taken.

    The departure is the first arrival in the second of them. (DECLARE: not co-existence.)
    """

    BY_ORDER: ClassVar[bool] = True

    kind: Literal["not_coexistence"] = "not_coexistence"
    one: Name = Field(description="a status", examples=['"Fast Track"'])
    other: Name = Field(description="the status that doesn't go with it", examples=['"Full Review"'])

    PASS: ClassVar[Example] = Example(
        {"one": "Fast Track", "other": "Full Review"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "Fast Track", "ann"),
            ("2026-03-02 11:00", "status", "Done", "ann"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"one": "Fast Track", "other": "Full Review"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "Fast Track", "ann"),
            ("2026-03-02 11:00", "status", "Full Review", "ben"),
            ("2026-03-02 12:00", "status", "Done", "ann"),
        ],
    )

    @model_validator(mode="after")
    def _two_statuses(self) -> Self:
        return two_different(self, self.one, self.other, keys=("one", "other"))

    def describe(self) -> str:
        return f"An issue that is ever in {self.one} is never in {self.other}, and the other way round."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, wanted, met = context.names.keys, {folded(self.one), folded(self.other)}, None
        for move in trace.moves:
            status = keys[move.to]
            if status not in wanted:
                continue
            if met is None:
                met = move
            elif status != keys[met.to]:
                names = context.names
                before, after = names.status(met.to), names.status(move.to)
                yield Finding(
                    at=move.at,
                    events=(met.seq, move.seq),
                    signature=f"{names.identity(met.to)} and {names.identity(move.to)}",
                    label=f"{before} and {after}",
                    sentence=f"{trace.issue.key} came to {after} after it had been in {before}, and the guideline "
                    "expects one or the other. What called for both?",
                )
                return

    def statuses(self) -> tuple[str, ...]:
        return (self.one, self.other)

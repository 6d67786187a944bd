"""A status is entered at most so many times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import Field, StrictInt

from eal_jira.model import Event, Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule


class Absence(Rule):
    """An issue enters a status at most `at_most` times (none, when it isn't said).

    Every arrival counts, also the creation in that status; so `at_most = 1` for a status that everything passes means
    "not again": work that comes back, an issue that is reopened. With `from`, only arrivals from that status count,
    which names one backward step: `from = "In Review", status = "In Progress"`. Each arrival beyond the limit is a
    departure of its own. (DECLARE: absence.)
    """

    BY_ORDER: ClassVar[bool] = True

    kind: Literal["absence"] = "absence"
    status: Name = Field(description="the status whose arrivals are counted", examples=['"In Progress"'])
    from_: Name | None = Field(
        default=None, alias="from", description="count only arrivals from this status", examples=['"In Review"']
    )
    at_most: StrictInt = Field(default=0, ge=0, description="how many arrivals are expected", examples=["1"])

    PASS: ClassVar[Example] = Example(
        {"status": "In Progress", "at_most": 1},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Progress", "ann"),
            ("2026-03-02 11:00", "status", "Done", "ann"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"status": "In Progress", "at_most": 1},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Progress", "ann"),
            ("2026-03-02 11:00", "status", "Done", "ann"),
            ("2026-03-03 09:00", "status", "In Progress", "ben"),
        ],
    )

    def describe(self) -> str:
        entering = f"enters {self.status}" if self.from_ is None else f"moves from {self.from_} to {self.status}"
        return f"An issue {entering} {_times(self.at_most)}."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        arrivals, names = self._arrivals(trace, context), context.names
        came = f"came to {self.status}" if self.from_ is None else f"went from {self.from_} to {self.status}"
        origin, origin_name = "", ""
        if self.from_ is not None:
            origin, origin_name = f"{names.identity_of_name(self.from_)} → ", f"{self.from_} → "
        for count, move in enumerate(arrivals[self.at_most :], start=self.at_most + 1):
            yield Finding(
                at=move.at,
                events=tuple(arrival.seq for arrival in arrivals[:count]),
                signature=f"again {origin}{names.identity(move.to)}",
                label=f"{origin_name}{self.status}{' again' if self.at_most else ''}",
                sentence=f"{trace.issue.key} {came} {_counted(count)}, where the guideline expects that "
                f"{_times(self.at_most)}. What brought it there?",
            )

    def _arrivals(self, trace: Trace, context: JudgeContext) -> list[Event]:
        keys, status = context.names.keys, folded(self.status)
        if self.from_ is None:
            return [move for move in trace.moves if keys[move.to] == status]
        origin = folded(self.from_)
        return [move for before, move in pairwise(trace.moves) if keys[move.to] == status and keys[before.to] == origin]

    def relaxed(self, signature: str, context: JudgeContext, traces: Sequence[Trace] = ()) -> Rule | None:
        """The rule with the limit raised to the most arrivals of these traces, at least by one."""
        seen = max((len(self._arrivals(trace, context)) for trace in traces), default=0)
        return self.changed(at_most=max(seen, self.at_most + 1))

    def speaks_of(self, signature: str, context: JudgeContext) -> frozenset[str]:
        return frozenset({"returns", "cycle_time"})

    def statuses(self) -> tuple[str, ...]:
        return (self.status,) if self.from_ is None else (self.from_, self.status)

    def differences(self, old: Self) -> Iterator[str]:
        if old.at_most != self.at_most:
            yield f"limit moved from {_times(old.at_most)} to {_times(self.at_most)}"
        yield from super().differences(old.changed(at_most=self.at_most))


def _times(count: int) -> str:
    return {0: "never", 1: "at most once", 2: "at most twice"}.get(count, f"at most {count} times")


def _counted(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")

"""A status, or the way between two, takes at most so long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from eal_jira.model import Event, Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.durations import Duration, DurationText
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule

_COVERED = 0.85
"""A moved limit covers this share of the longer times: the usual percentile of a service level expectation (Kanban
Guide, 2020), so that one odd issue doesn't set everybody's limit."""


class TimeLimit(Rule):
    """An issue stays in a status for at most so long, or gets from one status to another within so long.

    With `status`, every stay there counts for itself. With `from` and `to`, the clock starts when the issue comes to
    `from` and stops when it reaches `to` or a status that ends the work; coming to `from` again in between doesn't
    start it anew. The departure is at the moment from which on it took longer, whether or not the issue is still there.

    Limits are written as "2 working days", "4 hours", "90 minutes", "1 week"; with "working", only the team's working
    time counts.
    """

    kind: Literal["time_limit"] = "time_limit"
    status: Name | None = Field(default=None, description="the status whose stays are timed", examples=['"In Review"'])
    from_: Name | None = Field(
        default=None, alias="from", description="the status that starts the clock", examples=['"Open"']
    )
    to: Name | None = Field(default=None, description="the status that stops the clock", examples=['"Done"'])
    at_most: DurationText = Field(description="the limit", examples=['"2 working days"'])

    PASS: ClassVar[Example] = Example(
        {"status": "In Review", "at_most": "2 working days"},
        [
            ("2026-03-06 09:00", "created", "Open", "ann"),
            ("2026-03-06 16:00", "status", "In Review", "ann"),
            ("2026-03-10 15:00", "status", "Done", "ben"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"status": "In Review", "at_most": "2 working days"},
        [
            ("2026-03-06 09:00", "created", "Open", "ann"),
            ("2026-03-06 16:00", "status", "In Review", "ann"),
        ],
        now="2026-03-10 17:00",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        between = self.from_ is not None and self.to is not None
        if (self.status is not None) == between or (self.status is not None and (self.from_ or self.to)):
            raise PydanticCustomError(
                "either_or",
                "needs either a status or both from and to",
                {"remedy": 'Write status = "In Review", or from = "Open" and to = "Done".'},
            )
        if between and folded(self.from_ or "") == folded(self.to or ""):
            raise PydanticCustomError(
                "same_status",
                "names one status as both from and to",
                {"remedy": 'Name two different statuses, or write status = "…" to time the stays in one.'},
            )
        return self

    def describe(self) -> str:
        if self.status is not None:
            return f"An issue stays in {self.status} for at most {self.at_most}."
        return f"An issue gets from {self.from_} to {self.to} in at most {self.at_most}."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        shortest = self.at_most.length(context.calendar)
        for start, stop in self._clocks(trace, context):
            last = context.now if stop is None else stop
            # working time never runs faster than time itself, which settles most stays without the calendar
            if last - start.at < shortest:
                continue
            up = self.at_most.after(start.at, context.calendar)
            if up <= context.now if stop is None else up < stop:
                yield self._finding(trace, context, start, up)

    def due(self, trace: Trace, context: JudgeContext) -> datetime | None:
        for start, stop in self._clocks(trace, context):
            if stop is None:
                up = self.at_most.after(start.at, context.calendar)
                return up if up > context.now else None
        return None

    def _clocks(self, trace: Trace, context: JudgeContext) -> Iterator[tuple[Event, datetime | None]]:
        """What started each clock and when it stopped; None for a clock that still runs, which is the last one."""
        keys = context.names.keys
        if self.status is not None:
            status = folded(self.status)
            for move, stay in zip(trace.moves, trace.stays, strict=True):
                if keys[move.to] == status:
                    yield move, stay.left
            return
        begin, end, done = folded(self.from_ or ""), folded(self.to or ""), context.names.done
        start: Event | None = None
        for move in trace.moves:
            status = keys[move.to]
            if start is None:
                start = move if status == begin else None
            elif status == end or (status in done and status != begin):
                yield start, move.at
                start = None
        if start is not None:
            yield start, None

    def _finding(self, trace: Trace, context: JudgeContext, start: Event, up: datetime) -> Finding:
        key, names = trace.issue.key, context.names
        if self.status is not None:
            return Finding(
                at=up,
                events=(start.seq,),
                signature=f"over the limit in {names.identity(start.to)}",
                label=f"{self.status} for more than {self.at_most}",
                sentence=f"{key} was in {self.status} for more than {self.at_most}. What was it waiting for?",
            )
        return Finding(
            at=up,
            events=(start.seq,),
            signature=f"over the limit {names.identity(start.to)} → {names.identity_of_name(self.to or '')}",
            label=f"{self.from_} → {self.to} in more than {self.at_most}",
            sentence=f"{key} took more than {self.at_most} from {self.from_} to {self.to}. What took the time?",
        )

    def relaxed(self, signature: str, context: JudgeContext, traces: Sequence[Trace] = ()) -> Rule | None:
        """The rule with a limit, in the same unit, that covers 85 % of the longer times in these traces.

        What is still under way hasn't shown yet how long it takes, so it doesn't count.
        """
        unit = Duration(1, self.at_most.unit, self.at_most.working)
        taken = sorted(
            -(-unit.elapsed(start.at, stop, context.calendar) // unit.length(context.calendar))
            for trace in traces
            for start, stop in self._clocks(trace, context)
            if stop is not None
        )
        longer = [amount for amount in taken if amount > self.at_most.amount]
        if not longer:
            return None
        amount = longer[ceil(_COVERED * len(longer)) - 1]
        return self.changed(at_most=str(Duration(amount, unit.unit, unit.working)))

    def speaks_of(self, signature: str, context: JudgeContext) -> frozenset[str]:
        return frozenset({"cycle_time"})

    def statuses(self) -> tuple[str, ...]:
        return tuple(name for name in (self.status, self.from_, self.to) if name is not None)

    def differences(self, old: Self) -> Iterator[str]:
        if old.at_most != self.at_most:
            yield f"limit moved from {old.at_most} to {self.at_most}"
        yield from super().differences(old.changed(at_most=str(self.at_most)))

"""Work that is under way doesn't fall asleep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import Field

from eal_jira.model import Activity, Event, Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.durations import DurationText
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule


class Freshness(Rule):
    """While an issue is in one of these statuses, something about it changes at least every so often.

    Every change in its history counts, of whatever field; comments don't, since a history doesn't tell them. The
    departure is at the moment from which on it was quiet for longer.
    """

    kind: Literal["freshness"] = "freshness"
    statuses_: tuple[Name, ...] = Field(
        alias="statuses",
        min_length=1,
        description="the statuses in which work is meant to move",
        examples=['["In Progress", "In Review"]'],
    )
    at_most: DurationText = Field(description="the longest quiet time", examples=['"5 working days"'])

    PASS: ClassVar[Example] = Example(
        {"statuses": ["In Progress"], "at_most": "2 working days"},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-09 09:00", "status", "In Progress", "ann"),
            ("2026-03-11 09:00", "assignee", "ben", "ann"),
            ("2026-03-13 09:00", "status", "Done", "ben"),
        ],
    )
    FAIL: ClassVar[Example] = Example(
        {"statuses": ["In Progress"], "at_most": "2 working days"},
        [
            ("2026-03-09 09:00", "created", "In Progress", "ann"),
            ("2026-03-12 09:00", "assignee", "ben", "ann"),
            ("2026-03-13 09:00", "status", "Done", "ben"),
        ],
    )

    def describe(self) -> str:
        return f"In {' or '.join(self.statuses_)}, something about an issue changes at least every {self.at_most}."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        shortest, names = self.at_most.length(context.calendar), context.names
        for event, status, following in self._gaps(trace, context):
            last = context.now if following is None else following
            if last - event.at < shortest:
                continue
            up = self.at_most.after(event.at, context.calendar)
            if up <= context.now if following is None else up < following:
                name = names.status(status)
                yield Finding(
                    at=up,
                    events=(event.seq,),
                    signature=f"quiet in {names.identity(status)}",
                    label=f"quiet in {name} for more than {self.at_most}",
                    sentence=f"{trace.issue.key} was in {name} for more than {self.at_most} without any change. "
                    "Is it still under way, and what would help it on?",
                )

    def due(self, trace: Trace, context: JudgeContext) -> datetime | None:
        if context.names.keys[trace.stays[-1].status] not in self._wanted():
            return None
        up = self.at_most.after(trace.events[-1].at, context.calendar)
        return up if up > context.now else None

    def _gaps(self, trace: Trace, context: JudgeContext) -> Iterator[tuple[Event, str, datetime | None]]:
        """After each event in these statuses: the event, the status it left the issue in, when the next one came."""
        keys, wanted, status = context.names.keys, self._wanted(), ""
        for event, following in pairwise((*trace.events, None)):
            if event is None:
                return
            if event.activity in (Activity.STATUS, Activity.CREATED):
                status = event.to or ""
            if keys[status] in wanted:
                yield event, status, None if following is None else following.at

    def _wanted(self) -> frozenset[str]:
        return frozenset(map(folded, self.statuses_))

    def speaks_of(self, signature: str, context: JudgeContext) -> frozenset[str]:
        return frozenset({"cycle_time"})

    def statuses(self) -> tuple[str, ...]:
        return self.statuses_

    def differences(self, old: Self) -> Iterator[str]:
        if old.at_most != self.at_most:
            yield f"limit moved from {old.at_most} to {self.at_most}"
        yield from super().differences(old.changed(at_most=str(self.at_most)))

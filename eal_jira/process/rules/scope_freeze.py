"""What a sprint holds stays as it was planned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from eal_jira.model import Event, Finding, Interval, Sprint, Trace
from eal_jira.process.among import Among
from eal_jira.process.context import JudgeContext
from eal_jira.process.durations import DurationText
from eal_jira.process.examples import Example
from eal_jira.process.rules.crossing import Concerns, CrossRule


class ScopeFreeze(CrossRule):
    """Once a sprint runs, no issue is added to it.

    `planning` leaves some time after the start for it. A sprint runs until it is closed, also beyond its planned end.
    An issue that was created in the running sprint was added to it by that.
    """

    CONCERNS: ClassVar[Concerns] = Concerns.NOBODY

    kind: Literal["scope_freeze"] = "scope_freeze"
    planning: DurationText | None = Field(
        default=None, description="the time after the start in which planning may go on", examples=['"4 hours"']
    )

    PASS: ClassVar[Example] = Example(
        {},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 09:30", "Sprint", "7", "ann"),
        ],
        sprints=[("7", "Sprint 7", "2026-03-02 10:00", "")],
    )
    FAIL: ClassVar[Example] = Example(
        {},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-03 09:30", "Sprint", "7", "ann"),
        ],
        sprints=[("7", "Sprint 7", "2026-03-02 10:00", "")],
    )

    def describe(self) -> str:
        later = "" if self.planning is None else f" for {self.planning}"
        return f"No issue is added to a sprint once it has been running{later}."

    def intervals(self, trace: Trace, context: JudgeContext) -> Iterator[Interval]:
        """Which sprints it was ever added to: it is looked at again when one of them is started or closed."""
        found = {sprint: Interval(sprint, trace.issue.id, event.at, None) for event, sprint in _added(trace, context)}
        yield from found.values()

    def check_among(self, trace: Trace, context: JudgeContext, among: Among) -> Iterator[Finding]:
        for event, token in _added(trace, context):
            sprint = context.sprint(token)
            if sprint is not None and self._runs(sprint, event.at, context):
                yield Finding(
                    at=event.at,
                    events=(event.seq,),
                    signature="added to a running sprint",
                    label="added to a running sprint",
                    sentence=f"{trace.issue.key} was added to {sprint.name} while it was running. "
                    "What couldn't wait for the next one?",
                )

    def _runs(self, sprint: Sprint, at: datetime, context: JudgeContext) -> bool:
        if sprint.start is None or sprint.state == "future":
            return False
        frozen = sprint.start if self.planning is None else self.planning.after(sprint.start, context.calendar)
        return frozen < at and (sprint.completed is None or at < sprint.completed)

    def statuses(self) -> tuple[str, ...]:
        return ()


def _added(trace: Trace, context: JudgeContext) -> Iterator[tuple[Event, str]]:
    """Each arrival in a sprint: the event, and the sprint as the history names it."""
    ids = context.names.fields("sprints")
    changes = [event for event in trace.events if event.activity in ids]
    first = _tokens(changes[0].from_) if changes else trace.issue.sprints
    yield from ((trace.events[0], sprint) for sprint in first)
    for change in changes:
        before = _tokens(change.from_)
        yield from ((change, sprint) for sprint in _tokens(change.to) if sprint not in before)


def _tokens(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())

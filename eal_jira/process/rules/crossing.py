"""What a rule kind needs on top when an issue's verdict depends on other issues."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

from eal_jira.model import Finding, Interval, Trace
from eal_jira.process.among import Among
from eal_jira.process.context import JudgeContext
from eal_jira.process.rules.base import Rule


class Concerns(StrEnum):
    """Whose verdict may be another one when an issue's interval changes."""

    #: issues whose intervals of the same group began while it lasted, or no longer lasts
    LATER = "later"
    #: the issue that the group is called after
    GROUP = "group"
    #: no other issue
    NOBODY = "nobody"


class CrossRule(Rule):
    """A rule across issues. What it has to know of the others, it says itself, one trace at a time, in `intervals`.

    The store keeps these intervals, so that one change costs the neighbours it touches and not everybody.
    """

    CONCERNS: ClassVar[Concerns]
    #: whether only issues that the guideline is about add intervals, at the moment they begin
    OF_ITS_OWN: ClassVar[bool] = True

    @abstractmethod
    def intervals(self, trace: Trace, context: JudgeContext) -> Iterator[Interval]:
        """What this issue adds to what others are judged by."""

    @abstractmethod
    def check_among(self, trace: Trace, context: JudgeContext, among: Among) -> Iterator[Finding]:
        """As `check`, with the intervals of all issues."""

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        """As if there were no other issue."""
        return self.check_among(trace, context, Among.of(self.intervals(trace, context)))

"""What judging needs besides the trace and the guidelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from eal_jira.model import Sprint, Vocabulary
from eal_jira.process.calendar import WorkingCalendar
from eal_jira.process.names import Names


@dataclass(frozen=True, slots=True)
class JudgeContext:
    """One team at one moment. Made once per cycle and used for all its traces."""

    vocabulary: Vocabulary
    calendar: WorkingCalendar
    #: the tracker's clock
    now: datetime
    team: str
    #: nothing older than this is a deviation
    since: datetime
    #: the team's usual order of statuses (ids), as far as it is known
    order: tuple[str, ...] = ()
    #: the team's sprints by id
    sprints: Mapping[str, Sprint] = field(default_factory=dict)
    #: the vocabulary, ready to be looked up
    names: Names = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", Names(self.vocabulary))

    def sprint(self, token: str) -> Sprint | None:
        """The sprint that a history means: by its id, else by its name."""
        found = self.sprints.get(token)
        return found or next((sprint for sprint in self.sprints.values() if sprint.name == token), None)

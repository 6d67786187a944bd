"""A first draft of a team's guidelines, learnt from what its issues did.

What a team usually does is a fair first guess at how it means to work: the usual path, what is filled in by when, how
long things usually take, who looks at what, how much is under way at once. A guess and no more, so every line comes
with its support and its counter-examples, and what the history is too thin for is left out and said.

One file a habit; each is given the same traces and returns what it learnt. `draft` writes the file that people edit.
"""

from __future__ import annotations

from collections.abc import Sequence

from eal_jira.model import Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.discover.fields import usual_fields
from eal_jira.process.discover.habits import Habits, Learnt, LeftOut, Thresholds
from eal_jira.process.discover.people import different_hands
from eal_jira.process.discover.steps import usual_path
from eal_jira.process.discover.times import usual_times
from eal_jira.process.discover.wip import usual_wip

__all__ = ["Habits", "Learnt", "LeftOut", "Thresholds", "learn"]

_LEARNERS = (usual_path, usual_fields, usual_times, different_hands, usual_wip)


def learn(traces: Sequence[Trace], context: JudgeContext, thresholds: Thresholds | None = None) -> Habits:
    """The habits of a team, from the traces of all its issues; the same traces in any order give the same habits."""
    traces = sorted(traces, key=lambda trace: (trace.events[0].at, trace.issue.id))
    given = thresholds or Thresholds()
    found = [part for learner in _LEARNERS for part in learner(traces, context, given)]
    ends = [trace.events[-1].at for trace in traces]
    return Habits(
        team=context.team,
        issues=len(traces),
        first=traces[0].events[0].at if traces else None,
        last=max(ends, default=None),
        thresholds=given,
        learnt=tuple(part for part in found if isinstance(part, Learnt)),
        left_out=tuple(part.sentence for part in found if isinstance(part, LeftOut)),
    )

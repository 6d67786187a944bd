"""Measures of a team's issues, kept beside their deviations so that no evaluation has to read every history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from eal_jira.learning.measures import Measures, measure
from eal_jira.model import Trace, Vocabulary
from eal_jira.process.flow import status_order
from eal_jira.settings import TeamPart
from eal_jira.store import Connection, facts, process, work
from eal_jira.store.process import MeasuredRow

ORDER_GROWTH = 1.25
"""The team's usual order of statuses is learnt anew when it has so many times more finished issues than last time."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What the measures of one team's issues depend on besides the trace."""

    words: Vocabulary
    order: tuple[str, ...]
    waiting: frozenset[str]
    now: datetime

    @classmethod
    def of(cls, team: TeamPart, words: Vocabulary, order: Sequence[str], now: datetime) -> Yardstick:
        waiting = frozenset(status for name in team.waiting for status in words.status_ids(name))
        return cls(words, tuple(order), waiting, now)

    def measure(self, trace: Trace) -> Measures:
        return measure(trace, self.words, self.order, self.now, self.waiting)

    def row(self, trace: Trace, applied: Iterable[tuple[str, int]]) -> MeasuredRow:
        measured = self.measure(trace)
        pairs = tuple([guideline, version] for guideline, version in applied)
        return MeasuredRow(trace.issue.id, measured.finished, measured.to_json(), pairs)


def learn_order(connection: Connection, team: TeamPart, words: Vocabulary, now: datetime) -> None:
    """Learns the team's usual order of statuses from its finished issues, and measures again when it changed."""
    state = facts.meet_team(connection, team.name, now)
    finished = process.count_finished(connection, team.name)
    if finished < max(team.min_group, state.order_from * ORDER_GROWTH):
        return
    rows = {row.issue_id: row for row in process.measures(connection, team.name)}
    traces = traces_of(connection, [row.issue_id for row in rows.values() if row.finished is not None])
    order = status_order(traces.values(), words)
    facts.set_team(connection, team.name, status_order=list(order), order_from=finished)
    if order != state.status_order:
        yardstick = Yardstick.of(team, words, order, now)
        again = (
            replace(rows[issue_id], body=yardstick.measure(trace).to_json())
            for issue_id, trace in traces_of(connection, list(rows)).items()
        )
        process.save_measures(connection, team.name, again)


def traces_of(connection: Connection, issue_ids: Sequence[str]) -> Mapping[str, Trace]:
    """The traces of any number of issues."""
    found: dict[str, Trace] = {}
    for start in range(0, len(issue_ids), work.BATCH):
        found |= process.traces(connection, issue_ids[start : start + work.BATCH])
    return found

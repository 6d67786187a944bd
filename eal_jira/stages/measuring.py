"""Measures of a team's issues, kept beside their deviations so that no evaluation has to read every history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from eal_jira.learning.measures import Measures, measure
from eal_jira.model import Trace, Vocabulary
from eal_jira.process.flow import status_order
from eal_jira.process.names import Names
from eal_jira.settings import TeamPart
from eal_jira.store import Connection, facts, issues, process, work
from eal_jira.store.process import MeasuredRow

ORDER_GROWTH = 1.25
"""The team's usual order of statuses is learnt anew when it has so many times more finished issues than last time."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What the measures of one team's issues depend on besides the trace."""

    words: Vocabulary
    order: tuple[str, ...]
    waiting: frozenset[str]
    blocked: frozenset[str]
    flags: frozenset[str]
    #: issue types
    bugs: tuple[str, ...]
    now: datetime

    @classmethod
    def of(cls, team: TeamPart, words: Vocabulary, order: Sequence[str], now: datetime) -> Yardstick:
        waiting, blocked = (
            frozenset(status for name in names for status in words.status_ids(name))
            for names in (team.waiting, team.blocked)
        )
        known = Names(words)
        flags = frozenset(field for name in team.flags for field in known.fields(name))
        return cls(words, tuple(order), waiting, blocked, flags, team.bugs, now)

    def measured(self, connection: Connection, traces: Mapping[str, Trace]) -> Iterator[tuple[str, Measures]]:
        """The measures of these issues; the bugs linked to them are looked up."""
        bugs = issues.linked_since(connection, {i: trace.issue.links for i, trace in traces.items()}, self.bugs)
        for issue_id, trace in traces.items():
            yield (
                issue_id,
                measure(
                    trace,
                    self.words,
                    self.order,
                    self.now,
                    self.waiting,
                    blocked=self.blocked,
                    flags=self.flags,
                    bugs=bugs[issue_id],
                ),
            )

    def rows(
        self, connection: Connection, traces: Mapping[str, Trace], applied: Mapping[str, Iterable[tuple[str, int]]]
    ) -> Iterator[MeasuredRow]:
        for issue_id, measured in self.measured(connection, traces):
            pairs = tuple([guideline, version] for guideline, version in applied[issue_id])
            yield MeasuredRow(issue_id, measured.finished, measured.to_json(), pairs)


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
            replace(rows[issue_id], body=measured.to_json())
            for issue_id, measured in yardstick.measured(connection, traces_of(connection, list(rows)))
        )
        process.save_measures(connection, team.name, again)


def traces_of(connection: Connection, issue_ids: Sequence[str]) -> Mapping[str, Trace]:
    """The traces of any number of issues."""
    found: dict[str, Trace] = {}
    for start in range(0, len(issue_ids), work.BATCH):
        found |= process.traces(connection, issue_ids[start : start + work.BATCH])
    return found

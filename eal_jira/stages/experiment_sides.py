"""The two sides of an experiment, as the store knows them: who takes part, who is compared, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from eal_jira.learning.designs import Design, labelled_in_time
from eal_jira.learning.measures import Measures
from eal_jira.learning.trials import Observation
from eal_jira.settings import TeamPart
from eal_jira.stages.measuring import Yardstick, traces_of
from eal_jira.store import Connection, experiments, facts, issues, process
from eal_jira.store.experiments import ExperimentRow, ObservationRow

HORIZON = timedelta(days=180)
"""How far back issues are of the team's present way of working."""


@dataclass(frozen=True, slots=True)
class Sides:
    trial: Sequence[Measures]
    comparison: Sequence[Measures]
    #: got the label only after they were finished
    late: int
    #: no further issue joins
    full: bool

    @classmethod
    def of(cls, connection: Connection, team: TeamPart, row: ExperimentRow, design: Design, now: datetime) -> Sides:
        """Whoever was in it once stays in it. Only work that begins after the plan was fixed can join."""
        plan, until = design.plan, row.closed or now
        every = _measures(connection, team)
        inside = experiments.trials(connection, row.key)
        others = experiments.others(connection, row.key) if plan.query else set(every)
        wished = {
            m.issue_id: m
            for m in every.values()
            if m.issue_id not in inside
            and (plan.label in m.labels if plan.label else m.key in plan.issues)  # by a query, looks have joined them
            and m.started is not None
            and design.begun <= m.started <= until
        }
        traces = traces_of(connection, list(wished)) if plan.label else {}
        in_time = [
            m for i, m in wished.items() if i not in traces or labelled_in_time(traces[i], plan.label, m.finished)
        ]
        in_time.sort(key=lambda m: (m.started or now, m.issue_id))
        most = len(every) if plan.size is None else plan.size
        room = 0 if row.closed is not None else max(0, most - len(inside))
        joining = in_time[:room]
        day = None if plan.ends is None else datetime.combine(plan.ends, time(), team.zone).astimezone(UTC)
        apart = inside | set(wished)
        first, last = (design.begun - HORIZON, design.begun) if plan.comparison == "before" else (design.begun, until)
        compared = [
            m
            for i, m in about(connection, team, plan.guideline, every).items()
            if i in others and i not in apart and m.started is not None and first <= m.started <= last
        ]
        return cls(
            trial=_aged(connection, team, [*(m for i, m in every.items() if i in inside), *joining], now),
            comparison=_aged(connection, team, compared, now),
            late=len(wished) - len(in_time),
            full=len(inside) + len(joining) >= most or (day is not None and now >= day),
        )


def _measures(connection: Connection, team: TeamPart) -> dict[str, Measures]:
    return {row.issue_id: Measures.from_json(row.body) for row in process.measures(connection, team.name)}


def about(
    connection: Connection, team: TeamPart, guideline: str, every: Mapping[str, Measures] | None = None
) -> dict[str, Measures]:
    """The team's issues that some version of the guideline was about."""
    measured = _measures(connection, team) if every is None else every
    return {
        row.issue_id: measured[row.issue_id]
        for row in process.measures(connection, team.name)
        if any(pair[0] == guideline for pair in row.applied)
    }


def _aged(connection: Connection, team: TeamPart, some: Sequence[Measures], now: datetime) -> list[Measures]:
    """The same measures; of what is unfinished, as they are by now."""
    state = facts.team(connection, team.name)
    yardstick = Yardstick.of(team, issues.vocabulary(connection), () if state is None else state.status_order, now)
    unfinished = traces_of(connection, [m.issue_id for m in some if m.censored])
    older = dict(yardstick.measured(connection, unfinished))
    return [older.get(m.issue_id, m) for m in some]


# --- their numbers ----------------------------------------------------------------------------------------------


def write_down(
    connection: Connection, key: str, seen: Mapping[str, Sequence[Observation]]
) -> Mapping[str, Sequence[Observation]]:
    """Numbers that are known for the first time are written down; what was written down counts, whatever came later."""
    written = {(row.measure, row.issue_id) for row in experiments.observations(connection, key)}
    fresh = [
        ObservationRow(measure, each.issue_id, each.begun, each.trial, each.stratum, each.value)
        for measure, observations in seen.items()
        for each in observations
        if each.value is not None and (measure, each.issue_id) not in written
    ]
    experiments.write_down(connection, key, fresh)
    known = grouped(experiments.observations(connection, key))
    return {
        measure: [
            *known.get(measure, ()),
            *(each for each in observations if each.value is None and (measure, each.issue_id) not in written),
        ]
        for measure, observations in seen.items()
    }


def grouped(rows: Iterable[ObservationRow]) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for row in rows:
        found.setdefault(row.measure, []).append(
            Observation(row.issue_id, row.begun, row.trial, row.stratum, row.value)
        )
    return found

"""The course of an experiment: begun, joined, judged, ended; each step with its intents in one transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from eal_jira.learning.conclusions import Result
from eal_jira.learning.designs import Design, designed, judged, observed
from eal_jira.learning.plan_text import lines_of
from eal_jira.learning.plans import NOW, WHEN_MOVED, Plan
from eal_jira.learning.trials import State
from eal_jira.model import Category
from eal_jira.outbox.intents import Comment, Transition, marker, want
from eal_jira.settings import TeamPart
from eal_jira.stages.experiment_sides import HORIZON, Sides, about, grouped, write_down
from eal_jira.stages.experiments import STAGE, team_of
from eal_jira.stages.house import House
from eal_jira.stages.tags import tag
from eal_jira.store import Connection, experiments, facts, intents, issues, work
from eal_jira.store.experiments import ExperimentRow

AT_LEAST = timedelta(days=1)
"""Running experiments are looked at so often, also when nothing has changed: unfinished issues grow older."""


def begins_on(plan: Plan, team: TeamPart) -> datetime | None:
    """When the day comes that the plan names; None where it names none."""
    if plan.start in (NOW, WHEN_MOVED):
        return None
    return datetime.combine(date.fromisoformat(plan.start), time(), team.zone).astimezone(UTC)


def begin(
    house: House,
    connection: Connection,
    team: TeamPart,
    key: str,
    plan: Plan,
    now: datetime,
    begun_before: datetime | None = None,
) -> bool:
    """Fixes the plan and begins, or waits while as many run as may; that is told once.

    `begun_before`: it has begun already, only the store has forgotten.
    """
    running = [row for row in experiments.listed(connection, team.name, ("running",)) if row.key != key]
    if len(running) >= team.experiments and begun_before is None:
        experiments.change(connection, key, state="waiting", team=team.name, design={"plan": plan.to_json()})
        note = marker("experiment-waits", key)
        if intents.get(connection, f"comment:{note}") is None:
            body = house.templates.render("experiment_waits.md", {"running": len(running), "most": team.experiments})
            _say(connection, team.name, key, note, body, now)
        return False
    begun = begun_before or now
    past = [
        m
        for m in about(connection, team, plan.guideline).values()
        if m.started is not None and begun - HORIZON <= m.started < begun
    ]
    design = designed(plan, past, begun, team.min_group)
    experiments.change(
        connection, key, state="running", team=team.name, started=begun, design=design.to_json(), reason=""
    )
    row = experiments.get(connection, key)
    if row is not None:
        weigh_up(house, connection, team, row, now)
    return True


def keep_up(house: House, connection: Connection, team: TeamPart, now: datetime, *, news: bool) -> int:
    """What time and new data do to a team's experiments; `news`: its issues have changed. How many have ended."""
    looked = facts.get_moment(connection, f"experiments:{team.name}")
    if not news and looked is not None and now - looked < AT_LEAST:
        return 0
    facts.put_moment(connection, f"experiments:{team.name}", now)
    ended = 0
    for row in experiments.listed(connection, team.name, ("running",)):
        if _is_gone(connection, row):
            gone = {"reason": "Its ticket was deleted.", "state": str(State.STOPPED)}
            experiments.change(connection, row.key, closed=now, ended=now, **gone)
            continue
        ended += weigh_up(house, connection, team, row, now)
    for row in experiments.listed(connection, team.name, ("waiting",)):
        plan = Plan.from_json((row.design or {})["plan"])
        day = begins_on(plan, team)
        if day is None or day <= now:
            begin(house, connection, team, row.key, plan, now)
    # a guideline that a plan names may be there by now
    asking = [row.ticket_id for row in experiments.listed(connection, states=("asking",)) if row.ticket_id]
    work.add(connection, STAGE, asking)
    return ended


def _is_gone(connection: Connection, row: ExperimentRow) -> bool:
    missing = issues.missing(connection, [row.ticket_id]).get(row.ticket_id)
    return missing is not None and missing.presence == issues.GONE


def stop(house: House, connection: Connection, row: ExperimentRow, reason: str, now: datetime) -> None:
    """Somebody has ended it. Without a reason it has ended all the same; the reason is asked for, once."""
    team = team_of(house, row.team)
    if row.state == "running":
        experiments.change(connection, row.key, state=str(State.STOPPED), closed=now, ended=now, reason=reason)
    else:
        experiments.change(connection, row.key, reason=reason)
    if not reason:
        body = house.templates.render("experiment_reason.md", {})
        _say(connection, team.name, row.key, marker("experiment-reason", row.key), body, now)
    changed = experiments.get(connection, row.key)
    if changed is not None:
        _conclude(house, connection, team, changed, now)


def weigh_up(house: House, connection: Connection, team: TeamPart, row: ExperimentRow, now: datetime) -> bool:
    """Lets issues join, writes down what is known, and says how it stands. Whether it has ended."""
    design = Design.from_json(row.design or {})
    sides = Sides.of(connection, team, row, design, now)
    joined = experiments.join(connection, row.key, [m.issue_id for m in sides.trial], now)
    tag(connection, team.name, joined, now)
    if row.closed is None and sides.full:
        experiments.change(connection, row.key, closed=now)
    observations = write_down(connection, row.key, observed(design, sides.trial, sides.comparison, now))
    closed = row.closed is not None or sides.full
    result = judged(design, observations, key=row.key, ended=closed, min_group=team.min_group)
    if result.state is State.GATHERING:
        experiments.change(connection, row.key, result=result.to_json())
        _report(house, connection, team, row.key, design, result, sides, now)
        return False
    experiments.change(connection, row.key, state=str(result.state), closed=row.closed or now, ended=now)
    _finish(house, connection, team, row, design, result, sides, now)
    return True


def _conclude(house: House, connection: Connection, team: TeamPart, row: ExperimentRow, now: datetime) -> None:
    """The last word on one that was stopped: the numbers as they were known then."""
    design = Design.from_json(row.design or {})
    sides = Sides.of(connection, team, row, design, now)
    known = grouped(experiments.observations(connection, row.key))
    reason = row.reason or "nobody has written why yet."
    stopped = reason if reason.endswith((".", "!", "?")) else f"{reason}."
    result = judged(design, known, key=row.key, ended=True, stopped=stopped, min_group=team.min_group)
    _finish(house, connection, team, row, design, result, sides, now)


def _finish(
    house: House,
    connection: Connection,
    team: TeamPart,
    row: ExperimentRow,
    design: Design,
    result: Result,
    sides: Sides,
    now: datetime,
) -> None:
    experiments.change(connection, row.key, result=result.to_json())
    _report(house, connection, team, row.key, design, result, sides, now)
    if not _is_done(connection, row):
        move = Transition(marker("experiment-done", row.key), house.settings.experiments.done, issue_id=row.ticket_id)
        want(connection, team.name, move, now)
    facts.set_team(connection, team.name, stale=True)


def _is_done(connection: Connection, row: ExperimentRow) -> bool:
    """Whoever stopped it has put the ticket where they want it."""
    ticket = issues.issues(connection, [row.ticket_id]).get(row.ticket_id)
    status = None if ticket is None else issues.vocabulary(connection).statuses.get(ticket.status)
    return status is not None and status.category is Category.DONE


# --- what the ticket says ---------------------------------------------------------------------------------------


def _report(
    house: House,
    connection: Connection,
    team: TeamPart,
    key: str,
    design: Design,
    result: Result,
    sides: Sides,
    now: datetime,
) -> None:
    """The one comment with the state of the evidence, edited in place when it says something else."""
    body = house.templates.render(
        "experiment_state.md",
        {
            "state": str(result.state),
            "plan": lines_of(design.plan),
            "begun": design.begun.astimezone(team.zone),
            "strata": design.strata,
            "sentences": result.sentences,
            "trial": len(sides.trial),
            "size": design.plan.size,
            "late": sides.late,
            "fingerprint": design.plan.fingerprint[:12],
        },
    )
    _say(connection, team.name, key, marker("experiment-state", key), body, now)


def _say(connection: Connection, team: str, key: str, mark: str, body: str, now: datetime) -> None:
    row = experiments.get(connection, key)
    if row is not None:
        want(connection, team, Comment(mark, body, issue_id=row.ticket_id), now)

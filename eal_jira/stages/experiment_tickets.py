"""What people write and do on experiment tickets, and experiments that they ask for in comments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from eal_jira.learning.plan_text import TITLES, blank, fields_of, read_plan
from eal_jira.learning.plans import WHEN_MOVED, Plan
from eal_jira.model import Actor, Category, Issue, IssueRef, SetAside
from eal_jira.model import Comment as Said
from eal_jira.outbox.intents import Comment, Linked, marker, want
from eal_jira.process.versions import in_force
from eal_jira.reflection.decisions import Choice
from eal_jira.reflection.experiments import Command, beyond, commands, decided_to_start, stop_of, wants_start
from eal_jira.settings import TeamPart
from eal_jira.stages.approvers import approvers
from eal_jira.stages.each_team import attempt
from eal_jira.stages.experiment_course import begin, begins_on, stop
from eal_jira.stages.experiment_looks import refusal
from eal_jira.stages.experiments import STAGE, file_ticket, is_experiment, team_of
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.stages.surprises import note
from eal_jira.store import Connection, damage, experiments, facts, intents, issues, learning, work
from eal_jira.store.experiments import ExperimentRow

BEFORE = ("offered", "asking", "waiting", "closed")
"""States of an experiment that has not begun: its plan may still change."""


def hear(house: House, now: datetime) -> int:
    """Reads what is new on experiment tickets and in comments; how many of them had something to say.

    One that can't be dealt with is set aside, stops no other, and is tried again in the next cycle.
    """
    heard, last = 0, ""
    while True:
        with house.store.read() as connection:
            ids = work.take(connection, STAGE, after=last)
            found = issues.issues(connection, ids)
            asked = _with_commands(connection, ids)
        if not ids:
            return heard
        left = []
        for issue_id, issue in found.items():
            is_ticket = is_experiment(house, issue)
            if is_ticket or issue_id in asked:
                heard += 1
                if reason := _one(house, issue, now, is_ticket=is_ticket):
                    left.append(issue_id)
                aside = [SetAside("experiment", issue.key, reason)] if reason else []
                with house.store.write() as connection:
                    work.set_aside(connection, "experiment", now, aside, cleared=[issue.key])
        with house.store.write() as connection:
            work.done(connection, STAGE, [issue_id for issue_id in ids if issue_id not in left])
        last = ids[-1]


def _one(house: House, issue: Issue, now: datetime, *, is_ticket: bool) -> str:
    """Why it could not be dealt with; "" where it was."""

    def hear_it() -> None:
        asked = _asked_of_others(house, issue, now) if is_ticket else Asked()
        with house.store.write() as connection:
            damage.require_whole(connection, [issue.id])
            if is_ticket:
                _Ticket(house, connection, issue, now, asked).read()
            else:
                _asked_for(house, connection, issue, now)

    return attempt(house, now, issue.key, hear_it, [team.name for team in house.teams])


@dataclass(frozen=True, slots=True)
class Asked:
    """What has to be asked of the tracker before an experiment begins; no transaction is open meanwhile."""

    #: why it does not take the plan's query
    refused: str = ""
    #: why the plan is more than a team tries on its own, and who may decide that it begins all the same
    beyond: str = ""
    deciders: Collection[Actor] = ()


def _asked_of_others(house: House, issue: Issue, now: datetime) -> Asked:
    with house.store.read() as connection:
        row = experiments.of_ticket(connection, issue.id)
        if row is not None and row.state not in BEFORE:
            return Asked()
        text = str(issue.fields.get("description") or "")
        plan = read_plan(text, issue.summary, guidelines=guidelines_of(house, connection, now))
        if not isinstance(plan, Plan):
            return Asked()
        team = team_of(house, plan.team)
        mandatory = any(
            v.mandatory for v in in_force(versions(connection, team.name), now) if v.guideline == plan.guideline
        )
        began = wants_start(issues.comments(connection, issue.id), facts.us(connection))
    today = now.astimezone(team.zone).date()
    why = beyond(plan, mandatory, today, house.settings.experiments)
    return Asked(
        refusal(house, issue, plan.query) if plan.query else "",
        why,
        approvers(house, team) if why and began else (),
    )


def _with_commands(connection: Connection, issue_ids: list[str]) -> set[str]:
    us = facts.us(connection)
    said = issues.comments_of(connection, issue_ids)
    wanted = ("experiment", "surprise")
    return {i for i, comments in said.items() if any(c.what in wanted for c in commands(comments, us))}


def guidelines_of(house: House, connection: Connection, now: datetime) -> Mapping[str, Mapping[str, str]]:
    """By team, the guidelines in force: id → title."""
    return {
        team.name: {v.guideline: v.title for v in in_force(versions(connection, team.name), now)}
        for team in house.teams
    }


class _Ticket:
    """One experiment's ticket, as it is now."""

    def __init__(self, house: House, connection: Connection, issue: Issue, now: datetime, asked: Asked) -> None:
        self._house, self._connection, self._issue, self._now = house, connection, issue, now
        self._asked_first = asked
        self._us = facts.us(connection)
        self._words = issues.vocabulary(connection)
        self._said: tuple[Said, ...] = issues.comments(connection, issue.id)

    def read(self) -> None:
        row = self._row()
        if row.state in BEFORE:
            self._not_begun(row)
        elif row.state == "running":
            self._running(row)
        elif row.state == "stopped" and not row.reason:
            self._reason(row)

    def _row(self) -> ExperimentRow:
        known = experiments.of_ticket(self._connection, self._issue.id)
        if known is not None:
            return known
        # not every tracker shows our property; a store that is younger than the ticket knows only what is shown
        made = intents.ticket_key(self._connection, self._issue.id) or (self._issue.property or {}).get("marker")
        key = str(made) if made else f"issue/{self._issue.id}"
        experiments.add(self._connection, ExperimentRow(key, self._issue.id, "", "asking", self._now))
        experiments.change(self._connection, key, ticket_id=self._issue.id)
        row = experiments.get(self._connection, key)
        assert row is not None  # noqa: S101 - it was added above
        return row

    def _category(self, status: str | None) -> Category | None:
        found = self._words.statuses.get(status or "")
        return None if found is None else found.category

    # --- before it begins

    def _not_begun(self, row: ExperimentRow) -> None:
        if self._category(self._issue.status) is Category.DONE:
            experiments.change(self._connection, row.key, state="closed")
            return
        text = str(self._issue.fields.get("description") or "")
        guidelines = guidelines_of(self._house, self._connection, self._now)
        plan = read_plan(text, self._issue.summary, guidelines=guidelines, origin=row.origin)
        if not isinstance(plan, Plan):
            experiments.change(self._connection, row.key, state="asking")
            self._ask(row, plan.missing, fields_of(text).get("team", ""))
            return
        if self._asked_first.refused:
            experiments.change(self._connection, row.key, state="asking")
            self._ask(row, {TITLES["scope"]: self._asked_first.refused}, plan.team)
            return
        team = team_of(self._house, plan.team)
        day = begins_on(plan, team)
        undecided = bool(self._asked_first.beyond) and not self._decided(row)
        state = "offered" if day is None or undecided else "waiting"
        experiments.change(self._connection, row.key, team=team.name, state=state, design={"plan": plan.to_json()})
        if row.state == "asking" and self._asked(row):
            self._ask(row, {}, team.name)
        if undecided:
            body = self._house.templates.render("experiment_beyond.md", {"why": self._asked_first.beyond})
            mark = marker("experiment-beyond", row.key)
            want(self._connection, team.name, Comment(mark, body, issue_id=self._issue.id), self._now)
        elif self._is_due(plan, day):
            begin(self._house, self._connection, team, row.key, plan, self._now, self._begun_before(row))

    def _decided(self, row: ExperimentRow) -> bool:
        """Somebody who decides has said so: here, or on the proposal that is to be tried first."""
        origin = None if row.origin is None else learning.proposal(self._connection, row.origin)
        tried = origin is not None and origin.state == Choice.TRY_FIRST
        begun = self._begun_before(row) is not None
        changes = issues.changes(self._connection, [self._issue.id])[self._issue.id]
        since = max((change.at for change in changes if change.field == "description"), default=None)
        return tried or begun or decided_to_start(self._said, self._us, self._asked_first.deciders, since)

    def _is_due(self, plan: Plan, day: datetime | None) -> bool:
        if wants_start(self._said, self._us):
            return True
        if plan.start == WHEN_MOVED:
            return self._category(self._issue.status) is Category.DOING
        return day is None or day <= self._now

    def _begun_before(self, row: ExperimentRow) -> datetime | None:
        """When it began, told by our own comment on the ticket: the store may be younger than the experiment."""
        ours = marker("experiment-state", row.key)
        return min((c.at for c in self._said if c.marker == ours and c.actor in self._us), default=None)

    def _asked(self, row: ExperimentRow) -> bool:
        return any(comment.marker == marker("experiment-asks", row.key) for comment in self._said)

    def _ask(self, row: ExperimentRow, missing: Mapping[str, str], team: str) -> None:
        """One comment that names what lacks; it is edited in place when that changes."""
        body = self._house.templates.render("experiment_asks.md", {"missing": missing})
        speaks = team_of(self._house, team)
        want(
            self._connection,
            speaks.name,
            Comment(marker("experiment-asks", row.key), body, issue_id=self._issue.id),
            self._now,
        )

    # --- while it runs

    def _running(self, row: ExperimentRow) -> None:
        plan = Plan.from_json((row.design or {})["plan"])
        changes = issues.changes(self._connection, [self._issue.id])[self._issue.id]
        since = row.started or row.made
        found = stop_of(changes, self._said, self._category, self._us, since)
        if found is not None:
            stop(self._house, self._connection, row, found.reason, self._now)
            return
        text = str(self._issue.fields.get("description") or "")
        guidelines = {plan.team: {plan.guideline: plan.guideline}}
        written = read_plan(text, self._issue.summary, guidelines=guidelines, origin=row.origin)
        if not isinstance(written, Plan) or written.fingerprint != plan.fingerprint:
            self._unchanged(row)

    def _unchanged(self, row: ExperimentRow) -> None:
        """Said once, however often the text is changed."""
        body = self._house.templates.render("experiment_fixed.md", {"begun": row.started})
        note = Comment(marker("experiment-fixed", row.key), body, issue_id=self._issue.id)
        want(self._connection, row.team, note, self._now)

    def _reason(self, row: ExperimentRow) -> None:
        changes = issues.changes(self._connection, [self._issue.id])[self._issue.id]
        found = stop_of(changes, self._said, self._category, self._us, row.started or row.made)
        if found is not None and found.reason:
            stop(self._house, self._connection, row, found.reason, self._now)


def _asked_for(house: House, connection: Connection, issue: Issue, now: datetime) -> None:
    """Each comment with "eal experiment: …" on an issue of a team becomes one ticket, with what it says of the plan;
    each with "eal surprise: …" a note."""
    team = next((t for t in house.teams if work.of_team(connection, [issue.id], t.name, t.scope)), None)
    if team is None:
        return
    for command in commands(issues.comments(connection, issue.id), facts.us(connection)):
        if command.what == "surprise":
            note(connection, team, issue, command, now)
        if command.what != "experiment":
            continue
        key = marker("experiment", "comment", issue.id, command.comment.id)
        row = ExperimentRow(key, "", team.name, "offered", now)
        if experiments.add(connection, row):
            title, plan = _as_asked(command, team)
            url = house.tracker.url(IssueRef(issue.id, issue.key))
            file_ticket(house, connection, team, key, title, plan, now, {"key": issue.key, "url": url})
            kind = house.settings.experiments.link
            want(connection, team.name, Linked(kind, issue_id=issue.id, other_ticket=key), now)


def _as_asked(command: Command, team: TeamPart) -> tuple[str, Mapping[str, str]]:
    said = fields_of(command.below)
    title = command.text or said.get("hypothesis") or f"{team.name}: an experiment"
    lines = {**blank([team.name]), **{TITLES[name]: value for name, value in said.items()}}
    return " ".join(title.split())[:200], lines

"""The living history as values: what the teams do, without a site."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.sandbox.acts import Act, Create, Edit, Move, Say
from eal_jira.sandbox.hours import at_work, later, zone
from eal_jira.sandbox.lives import history, usual
from eal_jira.sandbox.living import NINE_MONTHS, START
from eal_jira.sandbox.sprints import Sprints
from eal_jira.sandbox.teams import LEARNING, PAYMENTS, STATUSES, TEAMS, TRANSITIONS, Team

END = START + NINE_MONTHS
ZONES = st.sampled_from(sorted({person.time_zone for team in TEAMS for person in team.people})).map(zone)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
SECONDS = st.integers(0, 400 * 3600)

each_team = pytest.mark.parametrize("team", TEAMS, ids=lambda team: team.key)


def lived(team: Team, seed: int = 1) -> list[Act]:
    return list(takewhile(lambda act: act.at <= END, history(team, seed, START, usual(team, START))))


def digest(team: Team, seed: int = 1) -> str:
    return sha256("\n".join(map(repr, lived(team, seed))).encode()).hexdigest()


@each_team
def test_one_seed_gives_one_history_byte_for_byte(team: Team) -> None:
    assert digest(team) == digest(team)
    assert digest(team) != digest(team, seed=2)


SCRIPT = """
from itertools import takewhile
from eal_jira.sandbox.lives import history, usual
from eal_jira.sandbox.living import NINE_MONTHS, START
from eal_jira.sandbox.teams import PAYMENTS
acts = history(PAYMENTS, 1, START, usual(PAYMENTS, START))
print(*map(ascii, takewhile(lambda act: act.at <= START + NINE_MONTHS, acts)), sep="\\n")
"""


def test_the_history_is_the_same_in_every_process() -> None:
    """Nothing rests on the order of a set, which differs from process to process."""
    here = [ascii(act) for act in lived(PAYMENTS)]
    for salt in "1", "2":
        elsewhere = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        )
        assert elsewhere.stdout.splitlines() == here


@each_team
def test_acts_come_in_time_order_and_issues_are_numbered_as_they_are_written(team: Team) -> None:
    acts = lived(team)
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert acts[0].at >= START
    created = [act.key for act in acts if isinstance(act, Create)]
    assert created == [f"{team.key}-{number}" for number in range(1, len(created) + 1)]
    seen = set()
    for act in acts:
        assert isinstance(act, Create) or act.key in seen
        seen.add(act.key)


@each_team
def test_every_move_is_one_that_the_workflow_allows(team: Team) -> None:
    status = {}
    for act in lived(team):
        if isinstance(act, Create):
            status[act.key] = STATUSES[0][0]
        elif isinstance(act, Move):
            assert (status[act.key], act.to) in TRANSITIONS
            status[act.key] = act.to


def test_every_transition_of_a_workflow_joins_two_of_its_statuses() -> None:
    for statuses, transitions in (STATUSES, TRANSITIONS), (LEARNING.statuses, LEARNING.transitions):
        assert {name for pair in transitions for name in pair} == {name for name, _ in statuses}


@each_team
def test_nobody_works_at_night_or_on_a_weekend(team: Team) -> None:
    """Every act lies in the working hours of the person who does it, wherever they are."""
    zones = {person.account_id: zone(person.time_zone) for person in team.people}
    assert len(set(zones.values())) > 1
    assert [act for act in lived(team) if not at_work(act.at, zones[act.actor])] == []


@given(MOMENTS, SECONDS, SECONDS, ZONES)
def test_working_hours_add_up(at: datetime, some: int, more: int, where: ZoneInfo) -> None:
    both = later(at, (some + more) / 3600, where)
    assert both == later(later(at, some / 3600, where), more / 3600, where)
    assert at_work(both, where)
    assert both >= at


@given(MOMENTS, SECONDS, ZONES)
def test_as_many_working_seconds_pass_as_were_asked_for(at: datetime, seconds: int, where: ZoneInfo) -> None:
    """Counted hour by hour: the working time between the two moments is what was asked for."""
    begin, end = later(at, 0, where), later(at, seconds / 3600, where)
    step, worked = begin, 0.0
    while step < end:
        until = min(end, (step + timedelta(hours=1)).replace(minute=0, second=0))
        # Opening and closing lie on full hours, also in zones that are half an hour off: look at the half hours too.
        half = step.replace(minute=30, second=0)
        until = half if step < half < until else until
        worked += (until - step).total_seconds() if at_work(step, where) else 0.0
        step = until
    assert worked == seconds


@each_team
def test_a_team_has_a_few_hundred_issues_and_some_are_unfinished_at_the_end(team: Team) -> None:
    acts = lived(team)
    last = {act.key: act.to for act in acts if isinstance(act, Move)}
    created = sum(isinstance(act, Create) for act in acts)
    assert 250 <= created <= 400
    under_way = [key for key, status in last.items() if status != "Done"]
    assert under_way
    assert created > len(last), "some were never taken out of the backlog"


@each_team
def test_work_goes_wrong_in_all_the_ways_that_it_does(team: Team) -> None:
    """Blocked, sent back by review and by testing, reopened, closed without work, handed on, talked about."""
    acts, steps, before = lived(team), Counter(), defaultdict(lambda: "Backlog")
    for act in acts:
        if isinstance(act, Move):
            steps[before[act.key], act.to] += 1
            before[act.key] = act.to
    for step in [
        ("In Progress", "Blocked"),
        ("In Review", "In Progress"),
        ("Testing", "In Progress"),
        ("Done", "In Progress"),
        ("Backlog", "Done"),
    ]:
        assert steps[step] >= 5, step
    assigned = Counter(act.key for act in acts if isinstance(act, Edit) and act.field == "assignee")
    assert sum(times > 1 for times in assigned.values()) >= 5
    assert sum(isinstance(act, Say) for act in acts) > 100


def test_new_work_turns_up_early_in_the_week() -> None:
    days = Counter(act.at.weekday() for team in TEAMS for act in lived(team) if isinstance(act, Create))
    assert days[0] > 1.5 * days[4]
    assert set(days) <= set(range(5))


@each_team
def test_a_changed_mind_changes_only_what_comes_after_it(team: Team) -> None:
    """Everything up to the moment is as it would have been; afterwards all eligible work is done in the team's way."""
    turn = START + timedelta(weeks=20)
    before = usual(team, START)
    changed = history(team, 1, START, lambda at, urgent: 1.0 if at >= turn else before(at, urgent))
    plain = [act for act in lived(team) if act.at < turn]
    assert list(takewhile(lambda act: act.at < turn, changed)) == plain


def test_a_sprint_begins_every_other_monday_and_runs_until_the_next_one() -> None:
    sprints = Sprints(PAYMENTS, START)
    begins = [sprints.begins(number).astimezone(zone(PAYMENTS.time_zone)) for number in range(1, 22)]
    assert {(at.weekday(), at.hour, at.minute) for at in begins} == {(0, 9, 30)}
    assert {later.date() - earlier.date() for earlier, later in pairwise(begins)} == {timedelta(days=14)}
    moment = timedelta(seconds=1)
    for number, at in enumerate(begins, 1):
        assert sprints.running(at) == number
        assert sprints.running(at - moment) == number - 1


def test_unfinished_work_is_in_the_running_sprint() -> None:
    """Whatever is ready or under way when a sprint begins is in it, and in no sprint that is yet to come."""
    sprints, sprint, status, running = Sprints(PAYMENTS, START), {}, {}, 0
    carried = 0
    for act in lived(PAYMENTS):
        if running < sprints.running(act.at - timedelta(seconds=1)):
            running = sprints.running(act.at - timedelta(seconds=1))
            open_ = [key for key, at in status.items() if at not in ("Backlog", "Done")]
            assert {sprint[key] for key in open_} <= {running}
            carried += len(open_)
        if isinstance(act, Move):
            status[act.key] = act.to
        elif isinstance(act, Edit) and act.field == "Sprint":
            assert act.value == sprints.running(act.at)
            assert sprint.get(act.key) != act.value
            sprint[act.key] = act.value
    assert carried > 20


@each_team
def test_people_of_the_team_are_the_only_ones_who_act(team: Team) -> None:
    assert {act.actor for act in lived(team)} == {person.account_id for person in team.people}

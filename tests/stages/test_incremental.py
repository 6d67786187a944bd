"""Checking what changed comes to the same as judging everything from the beginning, whatever arrives in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from eal_jira.assemble import assembled
from eal_jira.model import (
    Actor,
    Category,
    Change,
    Deviation,
    Field,
    Issue,
    IssueRecord,
    Link,
    Sprint,
    Status,
    Vocabulary,
)
from eal_jira.process.judge import Judge
from eal_jira.process.log import build_trace
from eal_jira.process.rules import rule_kinds
from eal_jira.settings import TeamPart, load_settings
from eal_jira.stages.check import check
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.log import log
from eal_jira.store import issues, process, work
from eal_jira.store.content import content_hash

EXAMPLES = int(os.environ.get("HISTORIES", "25"))
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATUSES = ("Open", "Doing", "Review", "Done", "Dropped")
WORDS = Vocabulary(
    {
        **{name: Status(name, name, Category.DOING) for name in ("Doing", "Review")},
        **{name: Status(name, name, Category.DONE) for name in ("Done", "Dropped")},
        "Open": Status("Open", "Open", Category.TODO),
    },
    {
        "labels": Field("labels", "Labels", "list"),
        "sprint-1": Field("sprint-1", "Sprint", "sprint"),
        "points-1": Field("points-1", "Story Points", "points"),
        "issuetype": Field("issuetype", "Type", "type"),
        "issuelinks": Field("issuelinks", "Linked Issues", "list"),
    },
)  # fmt: skip
RULES = (
    '{ kind = "precedence", first = "Review", then = "Done" }',
    '{ kind = "response", first = "Doing", then = "Review" }',
    '{ kind = "succession", first = "Doing", then = "Done" }',
    '{ kind = "not_coexistence", one = "Review", other = "Dropped" }',
    '{ kind = "absence", status = "Doing", at_most = 1 }',
    '{ kind = "allowed_transitions", from = { Open = ["Doing"], Doing = ["Review"] }, anywhere_to = ["Done"] }',
    '{ kind = "time_limit", status = "Review", at_most = "1 working day" }',
    '{ kind = "freshness", statuses = ["Doing"], at_most = "2 days" }',
    '{ kind = "required_fields", status = "Doing", fields = ["Labels"] }',
    '{ kind = "size_limit", status = "Doing", at_most = 3 }',
    '{ kind = "link_required", status = "Done" }',
    '{ kind = "different_people", first = "Review", then = "Done" }',
    '{ kind = "scope_freeze" }',
    '{ kind = "children_done" }',
    '{ kind = "wip_limit", statuses = ["Doing", "Review"], at_most = 2 }',
)
ENTRY = """
[[guideline]]
id = "{id}"
title = "{id}"
purpose = "p"
source = "s"
rule = {rule}
{more}
"""
# the same limit for bugs only, which an issue can become or stop being; a later version; work that stays on its version
MORE = (
    ("wip-bugs", RULES[-1].replace("at_most = 2", "at_most = 1"), 'applies_to = { type = ["Bug"] }'),
    ("wip-later", RULES[-1], "in_force_from = 2026-03-01"),
    (
        "wip-later",
        RULES[-1].replace("at_most = 2", "at_most = 1"),
        'in_force_from = 2026-03-05\nold_way = "Two"',
    ),
    ("pinned", RULES[0], 'in_force_from = 2026-03-01\npin = "start"'),
    ("pinned", RULES[0].replace('"Review"', '"Doing"'), 'in_force_from = 2026-03-04\nold_way = "It was reviewed"'),
    ("labelled", RULES[4], 'applies_to = { labels = ["x"] }\nexcept = { points = "> 3" }'),
)


def guideline_file() -> str:
    plain = [(f"g{number}", rule, "") for number, rule in enumerate(RULES)]
    return "".join(ENTRY.format(id=i, rule=rule, more=more) for i, rule, more in (*plain, *MORE))


@dataclass
class World:
    """What the tracker has: issues with their histories, in which anything can still turn up or be corrected."""

    issues: dict[str, Issue] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    sprints: dict[str, Sprint] = field(default_factory=dict)
    number: int = 0

    def create(self, issue_id: str, at: datetime, kind: str, parent: str | None, status: str) -> None:
        self.issues[issue_id] = Issue(
            issue_id, f"P-{issue_id}", "P", kind, status, "x", at, at, creator=Actor("ann"), parent=parent
        )
        self.changes[issue_id] = []

    def put(self, issue_id: str, at: datetime, name: str, value: str | None, who: str) -> None:
        """A change anywhere in the history; what stood before and after it is made to fit."""
        self.number += 1
        change = Change(str(self.number), 0, at, Actor(who), name, None, None, value, value)
        self.changes[issue_id] = [*self.changes[issue_id], change]
        self.mend(issue_id)

    def mend(self, issue_id: str) -> None:
        now: dict[str, str | None] = {"status": "Open", "issuetype": "Story"}
        mended = []
        for change in sorted(self.changes[issue_id], key=lambda c: (c.at, len(c.history_id), c.history_id)):
            before, now[change.field] = now.get(change.field), change.to_id
            mended.append(replace(change, from_id=before, from_text=before))
        self.changes[issue_id] = mended
        points = now.get("points-1")
        self.issues[issue_id] = replace(
            self.issues[issue_id],
            status=now["status"] or "",
            type=now["issuetype"] or "",
            labels=tuple((now.get("labels") or "").split()),
            points=None if points is None else float(points),
            sprints=tuple((now.get("sprint-1") or "").split()),
            links=(Link("1", "Relates", "outward", "9", "P-9"),) if now.get("issuelinks") else (),
        )


Edit = tuple[Any, ...]
IDS = tuple(str(number) for number in range(1, 8))
moments = st.integers(0, 24 * 8).map(lambda hours: BEGIN + timedelta(hours=hours))
VALUES: dict[str, tuple[str | None, ...]] = {
    "status": STATUSES,
    "labels": ("x", "x y", None),
    "issuetype": ("Bug", "Story"),
    "points-1": ("2", "5", None),
    "sprint-1": ("7", "8", None),
    "issuelinks": ("This issue relates to P-9", None),
}
fields = st.sampled_from(("status",) * 6 + tuple(VALUES))


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    kind = draw(st.sampled_from(("put",) * 8 + ("forget", "parent", "leave", "sprint")))
    issue_id = draw(st.sampled_from(IDS))
    if kind == "put":
        name = draw(fields)
        value = draw(st.sampled_from(VALUES[name]))
        return kind, issue_id, draw(moments), name, value, draw(st.sampled_from(("ann", "ben")))
    if kind == "sprint":
        start = draw(st.none() | moments)
        return kind, draw(st.sampled_from(("7", "8"))), start, draw(st.none() | moments)
    return kind, issue_id, draw(st.sampled_from((None, *IDS))), draw(st.integers(0, 9))


def apply(world: World, edit: Edit) -> str | None:
    """Which issue it changed."""
    kind, ref, *rest = edit
    assert isinstance(ref, str)
    if kind == "sprint":
        start, completed = rest
        state = "closed" if completed else "active" if start else "future"
        world.sprints[ref] = Sprint(ref, f"Sprint {ref}", state, start, None, completed)
        return None
    if ref not in world.issues:
        parent = IDS[int(ref) // 2 - 1] if int(ref) > 1 else None
        world.create(ref, BEGIN, "Story", parent, "Open")
    if kind == "put":
        world.put(ref, *rest)
    elif kind == "forget" and world.changes[ref]:
        left_out = int(rest[1]) % len(world.changes[ref])
        world.changes[ref] = [c for n, c in enumerate(world.changes[ref]) if n != left_out]
        world.mend(ref)
    elif kind == "parent":
        world.issues[ref] = replace(world.issues[ref], parent=rest[0])
    elif kind == "leave":
        elsewhere = "Q" if world.issues[ref].project == "P" else "P"
        world.issues[ref] = replace(world.issues[ref], project=elsewhere)
    return ref


@contextmanager
def opened() -> Iterator[House]:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "g.toml").write_text(guideline_file())
        (home / "token").write_text("x")
        (home / "eal-jira.toml").write_text(
            f'[tracker]\nadapter = "jira"\nurl = "http://127.0.0.1:9"\nlearning_project = "EAL"\n'
            f'token = {{ file = "{home / "token"}" }}\n'
            '[[teams]]\nname = "Team"\nprojects = ["P"]\nguidelines = "g.toml"\nsince = 2026-01-01\npages = ["jira"]\n'
        )
        with assembled(load_settings(home / "eal-jira.toml")) as house:
            with house.store.write() as connection:
                issues.save_vocabulary(connection, WORDS)
            yield house


def arrive(house: House, world: World, ids: list[str], now: datetime) -> None:
    """The mirror brings these issues, the later stages do their part."""
    with house.store.write() as connection:
        records = [IssueRecord(world.issues[i], tuple(world.changes[i])) for i in ids]
        issues.save_records(connection, [(content_hash(record), record) for record in records])
        issues.save_sprints(connection, "Team", world.sprints.values())
        work.add(connection, "log", ids)
    log(house, now)
    check(house, now)


def standing(house: House) -> list[Deviation]:
    with house.store.read() as connection:
        assert not [item for item, _ in work.listed(connection)], "nothing was set aside"
        return sorted(process.deviations(connection, "Team"), key=lambda d: d.key)


def from_scratch(house: House, team: TeamPart, world: World, now: datetime) -> list[Deviation]:
    with house.store.read() as connection:
        judging, known = context(connection, team, now), versions(connection, team.name)
    traces = [
        build_trace(world.issues[i], world.changes[i], {"sprint-1"})
        for i in sorted(world.issues)
        if world.issues[i].project == "P"
    ]
    judge = Judge(known, judging)
    assert not judge.problems
    among = judge.among(traces)
    return sorted((d for trace in traces for d in judge(trace, among).deviations), key=lambda d: d.key)


def test_every_kind_is_among_the_rules() -> None:
    assert {rule.split('"')[1] for rule in RULES} == set(rule_kinds)


# without shrinking: a round costs tenths of a second, and a failing history of this size can be read as it is
@settings(max_examples=EXAMPLES, deadline=None, phases=(Phase.generate,), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.lists(edits(), min_size=1, max_size=12), st.randoms(use_true_random=False)), max_size=6),
    moments,
)
def test_checking_what_changed_is_judging_everything(rounds: list[tuple[list[Edit], object]], at: datetime) -> None:
    world, mirrored = World(), World()
    now = at + timedelta(days=1)
    with opened() as house:
        (team,) = house.teams
        for batch, order in rounds:
            arriving = sorted({ref for edit in batch if (ref := apply(world, edit)) is not None})
            order.shuffle(arriving)
            cut = len(arriving) // 2
            for some in (arriving[:cut], arriving[cut:]):
                now += timedelta(hours=7)
                mirrored.issues |= {i: world.issues[i] for i in some}
                mirrored.changes |= {i: world.changes[i] for i in some}
                arrive(house, world, some, now)
                # as sets first: what differs is then all that is told
                stored, judged = standing(house), from_scratch(house, team, mirrored, now)
                assert set(stored) ^ set(judged) == set()
                assert stored == judged

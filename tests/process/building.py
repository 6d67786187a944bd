"""Issues, changes, vocabularies and versions in a line each, and random ones, for the tests of the process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from eal_jira.model import Actor, Category, Change, Field, Issue, Status, Trace, Vocabulary
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import OFFICE_HOURS
from eal_jira.process.log import build_trace
from eal_jira.process.versions import ALWAYS, GuidelineVersion

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)

OPEN, DOING, BLOCKED, REVIEW, DONE = "1", "2", "3", "4", "5"
VOCABULARY = Vocabulary(
    {
        OPEN: Status(OPEN, "Open", Category.TODO),
        DOING: Status(DOING, "In Progress", Category.DOING),
        BLOCKED: Status(BLOCKED, "Blocked", Category.DOING),
        REVIEW: Status(REVIEW, "In Review", Category.DOING),
        DONE: Status(DONE, "Done", Category.DONE),
    },
    {
        "labels": Field("labels", "Labels", "list"),
        "components": Field("components", "Components", "list"),
        "points-1": Field("points-1", "Story Points", "points"),
        "tier": Field("tier", "Customer Tier", "option"),
    },
)


def issue(status: str = OPEN, **values: Any) -> Issue:
    plain = Issue("100", "PAY-12", "PAY", "Story", status, "Refund twice", MONDAY, MONDAY, creator=Actor("ann"))
    return replace(plain, **values)


def move(number: int, at: datetime, left: str, reached: str, actor: str | None = "ann", **values: Any) -> Change:
    names = {status.id: status.name for status in VOCABULARY.statuses.values()}
    who = None if actor is None else Actor(actor)
    change = Change(str(number), 0, at, who, "status", left, names.get(left), reached, names.get(reached))
    return replace(change, **values)


def edit(number: int, at: datetime, field: str, before: str | None, after: str | None) -> Change:
    return Change(str(number), 0, at, Actor("ann"), field, None, before, None, after)


def walk(*statuses: str, every: timedelta = HOUR, actors: Sequence[str] = ("ann",), **values: Any) -> Trace:
    """A trace through these statuses, one step each `every`, with the actors taking turns."""
    changes = [
        move(number, MONDAY + number * every, left, reached, actors[number % len(actors)])
        for number, (left, reached) in enumerate(pairwise(statuses), start=1)
    ]
    return build_trace(issue(statuses[-1], **values), changes)


def context(now: datetime = MONDAY + timedelta(days=90), **values: Any) -> JudgeContext:
    given = {"vocabulary": VOCABULARY, "calendar": OFFICE_HOURS, "team": "Payments", "since": ALWAYS, **values}
    return JudgeContext(now=now, **given)


REVIEWED = {"kind": "precedence", "first": "In Review", "then": "Done"}


def version(rule: Mapping[str, object] | None = REVIEWED, number: int = 1, **values: Any) -> GuidelineVersion:
    plain = GuidelineVersion(
        guideline="review-before-done",
        version=number,
        in_force_from=ALWAYS,
        title="Work is reviewed before it is done",
        purpose="A second pair of eyes sees what the first can't",
        source="Bacchelli & Bird, 2013",
        rule=rule,
        retired=rule is None,
    )
    return replace(plain, **values)


# --- random ones ----------------------------------------------------------------------------------------------

STATUSES = (OPEN, DOING, BLOCKED, REVIEW, DONE)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Issue, list[Change]]:
    """An issue and its unbroken history, oldest first: several changes may share a moment, or a history entry."""
    here = draw(st.sampled_from(STATUSES))
    at, number, position = MONDAY, 1, 0
    held: dict[str, str | None] = {"labels": None, "assignee": None}
    changes: list[Change] = []
    for _ in range(draw(st.integers(0, 12))):
        if draw(st.booleans()):
            position += 1
        else:
            number, position = number + draw(st.integers(1, 900)), 0
            at += timedelta(minutes=draw(st.sampled_from((0, 0, 1, 60, 60 * 24, 60 * 24 * 20))))
        field = draw(st.sampled_from(("status", "status", "labels", "assignee")))
        actor = draw(st.sampled_from((Actor("ann"), Actor("ben"), None)))
        if field == "status":
            reached = draw(st.sampled_from(STATUSES))
            change = move(number, at, here, reached)
            here = reached
        else:
            after = draw(st.sampled_from((None, "x", "y")))
            texts = (None, held[field], None, after) if field == "labels" else (held[field], None, after, None)
            change = Change(str(number), 0, at, None, field, *texts)
            held[field] = after
        changes.append(replace(change, position=position, actor=actor))
    assignee = None if held["assignee"] is None else Actor(held["assignee"])
    labels = () if held["labels"] is None else (held["labels"],)
    return issue(here, assignee=assignee, labels=labels), changes


RULES: tuple[Mapping[str, object], ...] = (
    REVIEWED,
    {"kind": "allowed_transitions", "from": {"Open": ["In Progress"], "In Progress": ["Done", "Open"]}},
    {"kind": "absence", "status": "In Progress", "at_most": 1},
    {"kind": "time_limit", "status": "In Review", "at_most": "2 working days"},
    {"kind": "time_limit", "from": "Open", "to": "Done", "at_most": "3 days"},
    {"kind": "required_fields", "status": "In Progress", "fields": ["Labels", "assignee"]},
    {"kind": "different_people", "first": "In Review", "then": "Done"},
    {"kind": "response", "first": "In Progress", "then": "In Review"},
    {"kind": "succession", "first": "Blocked", "then": "In Review"},
    {"kind": "not_coexistence", "one": "Blocked", "other": "In Review"},
    {"kind": "freshness", "statuses": ["In Progress", "In Review"], "at_most": "1 day"},
    {"kind": "size_limit", "status": "In Progress", "at_most": 3},
    {"kind": "link_required", "status": "In Review"},
    {"kind": "wip_limit", "statuses": ["In Progress"], "at_most": 1},
    {"kind": "scope_freeze"},
    {"kind": "children_done"},
)
"""One rule of every kind and form."""


def one_of_each(**values: Any) -> list[GuidelineVersion]:
    return [version(rule, guideline=f"g{number}", **values) for number, rule in enumerate(RULES)]


def activities(trace: Trace) -> list[tuple[str, str | None, str | None]]:
    return [(event.activity, event.from_, event.to) for event in trace.events]

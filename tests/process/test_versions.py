"""Versions of guidelines: their times, their changes in words, and as JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.process.differences import difference
from eal_jira.process.versions import ALWAYS, GuidelineVersion, in_force, timeline
from tests.process.building import MONDAY, RULES, version

DAY = timedelta(days=1)
OLD = version(applies_to={"type": ["Story", "Bug"]}, except_=({"labels": ["hotfix"]},))


@st.composite
def lives(draw: st.DrawFn) -> list[GuidelineVersion]:
    """Versions of two guidelines in any order."""
    made = []
    for guideline in ("a", "b"):
        days = sorted(draw(st.sets(st.integers(0, 30), max_size=5)))
        for number, day in enumerate(days, start=1):
            rule = None if draw(st.booleans()) else RULES[0]
            made.append(version(rule, number, guideline=guideline, in_force_from=MONDAY + day * DAY))
    return draw(st.permutations(made))


@given(lives(), st.integers(-1, 31))
def test_at_most_one_version_of_a_guideline_is_in_force_and_it_is_the_latest(
    versions: list[GuidelineVersion], day: int
) -> None:
    at = MONDAY + day * DAY
    found = {v.guideline: v.version for v in in_force(versions, at)}
    for guideline in ("a", "b"):
        begun = [v for v in versions if v.guideline == guideline and v.in_force_from <= at]
        latest = max(begun, key=lambda v: v.version, default=None)
        expected = latest.version if latest is not None and latest.rule is not None else None
        assert found.get(guideline) == expected


@given(lives())
def test_a_timeline_has_neither_gaps_nor_overlaps_and_stays_as_it_is(versions: list[GuidelineVersion]) -> None:
    ordered = timeline(versions)
    assert timeline(ordered) == ordered
    for before, after in pairwise(ordered):
        until = after.in_force_from if before.guideline == after.guideline else None
        assert before.in_force_until == until


def test_a_version_that_ended_earlier_keeps_its_end() -> None:
    first = version(in_force_until=MONDAY)
    second = version(number=2, in_force_from=MONDAY + DAY)
    assert timeline([second, first])[0].in_force_until == MONDAY
    assert in_force([first, second], MONDAY) == ()


@pytest.mark.parametrize(
    "one",
    [
        OLD,
        version(None, 3, in_force_from=MONDAY, in_force_until=MONDAY + DAY, origin="EAL-4"),
        version(why="It was learnt", mandatory=True, review_on=date(2026, 7, 1), except_=({"a": [1.5, True]}, {})),
        *(version(rule) for rule in RULES),
    ],
)
def test_a_version_comes_back_from_json_as_it_was(one: GuidelineVersion) -> None:
    assert GuidelineVersion.from_json(json.loads(json.dumps(one.to_json()))) == one


LIMIT = {"kind": "time_limit", "status": "In Review", "at_most": "2 working days"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, {}, []),
        ({}, {"number": 2, "in_force_from": MONDAY, "origin": "EAL-4"}, []),
        ({}, {"except_": (*OLD.except_, {"type": ["Bug"]})}, ["exception added: type Bug"]),
        ({}, {"except_": ()}, ["exception removed: labels hotfix"]),
        ({"rule": LIMIT}, {"rule": LIMIT | {"at_most": "3 working days"}},
         ["limit moved from 2 working days to 3 working days"]),
        ({}, {"rule": None, "retired": True}, ["retired"]),
        ({}, {"rule": None},
         ["now: nothing that the tracker shows", "before: An issue reaches Done only after it has been in In Review."]),
        ({"rule": None, "retired": True}, {},
         ["taken up again: An issue reaches Done only after it has been in In Review."]),
        ({}, {"rule": LIMIT}, [
            "now: An issue stays in In Review for at most 2 working days.",
            "before: An issue reaches Done only after it has been in In Review.",
        ]),
        ({}, {"applies_to": {"type": ["Story", "Task"], "priority": ["High"]}}, [
            "applies also to type Task", "no longer applies to type Bug", "applies only to priority High",
        ]),
        ({}, {"applies_to": {}}, ["applies whatever the type, no longer only to type Story or Bug"]),
        ({}, {"title": "Reviews first"}, [f'title changed from "{OLD.title}" to "Reviews first"']),
        ({}, {"purpose": "Learning", "why": "It was so"}, ["purpose reworded: Learning", "why reworded: It was so"]),
        ({"why": "It was so"}, {}, ["why left out"]),
        ({}, {"mandatory": True, "review_on": date(2026, 7, 1)}, ["mandatory from now on", "next look on 2026-07-01"]),
        ({"mandatory": True, "review_on": date(2026, 7, 1)}, {},
         ["no longer mandatory", "no day for the next look any more"]),
    ],
)  # fmt: skip
def test_a_change_is_told_in_lines_that_people_read(old: dict[str, Any], new: dict[str, Any], told: list[str]) -> None:
    def changed(values: dict[str, Any]) -> GuidelineVersion:
        return replace(OLD, **{"version" if name == "number" else name: v for name, v in values.items()})

    assert list(difference(changed(old), changed(new))) == told


def test_a_guideline_without_a_day_is_older_than_any_history() -> None:
    assert in_force([version()], ALWAYS) == (version(),)


FULLER = version(
    tentative=False,
    domain="complicated",
    pin="start",
    steward="the people on support duty",
    key_points=("Read the test first",),
    open_questions=("Does a pair need one?",),
    evidence=({"tested": "EAL-3"}, {"tested": "EAL-9", "team": "Search"}),
    holds_when={"component": ["Web"]},
)


def test_all_that_a_version_says_comes_back_from_json() -> None:
    assert GuidelineVersion.from_json(json.loads(json.dumps(FULLER.to_json()))) == FULLER


def test_what_an_older_eal_jira_wrote_can_be_read() -> None:
    added = {"tentative", "domain", "pin", "steward", "key_points", "open_questions", "evidence", "holds_when"}
    body = {key: value for key, value in version().to_json().items() if key not in added}
    assert GuidelineVersion.from_json(body) == version()


def test_every_new_word_of_a_version_is_told_when_it_changes() -> None:
    assert list(difference(version(), FULLER)) == [
        "steward reworded: the people on support duty",
        "key point added: Read the test first",
        "open question added: Does a pair need one?",
        "evidence added: tested EAL-3",
        "evidence added: tested EAL-9, team Search",
        "no longer a starting point: the team has settled on it",
        "domain changed from clear to complicated",
        "work stays on the version it began under",
        "holds when component Web",
    ]
    assert list(difference(version(), version(domain="complex"))) == [
        "domain changed from clear to complex: probed from now on, not checked"
    ]


@pytest.mark.parametrize(
    ("links", "origin", "grade"),
    [
        ((), "import", "opinion"),
        ((), "proposal/x", "observed"),
        (({"observed": "EAL-1"},), "import", "observed"),
        (({"observed": "EAL-1"}, {"tested": "EAL-2"}), "import", "tested"),
        (({"tested": "EAL-1"}, {"tested": "EAL-2"}), "import", "tested"),
        (({"tested": "EAL-1"}, {"tested": "EAL-2", "team": "Search"}), "import", "proven in several teams"),
        (({"observed": "EAL-1"}, {"observed": "EAL-2", "team": "Search"}), "import", "observed"),
    ],
)
def test_the_grade_follows_from_the_links_alone(links: tuple[dict[str, str], ...], origin: str, grade: str) -> None:
    assert version(evidence=links, origin=origin).grade == grade

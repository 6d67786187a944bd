"""Plans of experiments: what people write is read, what lacks is asked for, what we write reads back the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.documents import Templates, render
from eal_jira.learning.plan_text import TITLES, Unready, blank, fields_of, lines_of, read_plan
from eal_jira.learning.plan_values import LARGEST
from eal_jira.learning.plans import MEASURED, Plan

GUIDELINES = {
    "Mobile": {"review-before-testing": "Stories are reviewed before they are tested", "wip": "Two at a time"},
    "Search": {"ready-before-start": "Work is ready before it starts"},
}
PLAN = Plan(
    title="Small batches",
    hypothesis="Reviewed while it is written, a story is done sooner.",
    team="Mobile",
    guideline="review-before-testing",
    guards=("returns",),
    label="small-batches",
    start="now",
)
WRITTEN = """
We talked about this in the last retro.

Team: Mobile
Hypothesis: Reviewed while it is written, a story is done sooner.
Departs from: review-before-testing
Measure: cycle time
Guards: rework and reopenings
Scope: label small-batches
Ends: after 40 issues
"""


def read(text: str, title: str = "Small batches") -> Plan | Unready:
    return read_plan(text, title, guidelines=GUIDELINES)


def without(*names: str, **instead: str) -> str:
    lines = dict(line.split(": ", 1) for line in WRITTEN.splitlines() if ": " in line)
    return "\n".join(f"{n}: {v}" for n, v in {**lines, **instead}.items() if n not in names)


def test_a_plan_as_somebody_writes_it_is_read() -> None:
    assert read(WRITTEN) == PLAN


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN.replace("\n", "\r\n"),
        "\n".join(f"* *{line}" if ": " in line else line for line in WRITTEN.splitlines()).replace(": ", ":* "),
        "\n".join(f"- **{line}" if ": " in line else line for line in WRITTEN.splitlines()).replace(": ", "**: "),
        WRITTEN.replace("review-before-testing", "review\\-before\\-testing").replace("Team", "TEAM"),
        WRITTEN.replace("review-before-testing", "Stories are reviewed before they are tested"),
        WRITTEN.replace("cycle time", "Cycle_Time").replace("label small", "issues labelled small"),
    ],
)
def test_markup_case_and_titles_make_no_difference(text: str) -> None:
    assert read(text) == PLAN


@pytest.mark.parametrize("word", ["query ", "JQL: ", "jql = "])
def test_a_query_is_read_as_it_stands_whatever_words_are_in_it(word: str) -> None:
    query = 'labels = small AND summary ~ "label ABC-1" OR points < 3'
    found = read(without(Scope=f"{word}{query}"))
    assert found == replace(PLAN, label="", query=query)
    assert isinstance(found, Plan)
    assert read("\n".join(f"{n}: {v}" for n, v in lines_of(found).items())) == found
    assert found.fingerprint != replace(found, query=f"{query} OR labels = more").fingerprint


def test_a_query_without_words_too_long_or_compared_with_before_is_asked_about() -> None:
    for name, text in (
        ("Scope", without(Scope="query")),
        ("Scope", without(Scope=f"query {'x' * 1001}")),
        ("Compared with", without(Scope="query labels = small", **{"Compared with": "before"})),
    ):
        found = read(text)
        assert isinstance(found, Unready)
        assert list(found.missing) == [name]


@pytest.mark.parametrize(
    "query", ["assignee = ann", "labels = a and REPORTER in membersOf(b)", "creator=currentUser()"]
)
def test_a_query_for_people_is_asked_about(query: str) -> None:
    found = read(without(Scope=f"query {query}"))
    assert isinstance(found, Unready)
    assert "never a person" in found.missing["Scope"]


def test_words_that_a_query_looks_for_may_be_any() -> None:
    assert isinstance(read(without(Scope='query summary ~ "assignee field"')), Plan)


@pytest.mark.parametrize("name", ["Team", "Hypothesis", "Departs from", "Measure", "Scope", "Ends"])
def test_what_lacks_is_asked_for_by_the_name_of_its_line(name: str) -> None:
    for text in (without(name), without(**{name: "<to be filled in>"}), without(**{name: "…"})):
        found = read(text)
        assert isinstance(found, Unready)
        assert name in found.missing
        assert (
            found.missing[name].rstrip(")").endswith(("?", "both", "-15", "ing", "Search", "efficiency", "wip"))
            or "?" in (found.missing[name])
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Measure", "happiness"),
        ("Guards", "reopenings, happiness"),
        ("Scope", "whatever we like"),
        ("Ends", "some day"),
        ("Ends", "after 0 issues"),
        ("Ends", f"after {LARGEST + 1} issues"),
        ("Ends", "2026-13-40"),
        ("Better", "sideways"),
        ("Compared with", "the stars"),
        ("Start", "when the moon is full"),
        ("Smallest effect", "a lot"),
        ("Departs from", "no-such-guideline"),
        ("Team", "Nobody"),
    ],
)
def test_what_can_not_be_read_is_asked_for_too(name: str, value: str) -> None:
    found = read(without(**{name: value}))
    assert isinstance(found, Unready)
    assert name in found.missing


def test_where_there_is_one_team_nobody_is_asked_which() -> None:
    found = read_plan(without("Team"), "Small batches", guidelines={"Mobile": GUIDELINES["Mobile"]})
    assert found == PLAN


def test_the_blank_template_lacks_exactly_what_only_people_know() -> None:
    text = "\n".join(f"{name}: {value}" for name, value in blank(list(GUIDELINES)).items())
    found = read(text)
    assert isinstance(found, Unready)
    assert set(found.missing) == {"Team", "Hypothesis", "Departs from", "Scope"}


def test_the_fingerprint_is_of_everything_that_decides_the_result() -> None:
    same = [replace(PLAN, title="Another"), replace(PLAN, origin="x"), replace(PLAN, start="when moved")]
    assert {plan.fingerprint for plan in same} == {PLAN.fingerprint}
    changes: list[dict[str, Any]] = [
        {"hypothesis": "x"}, {"guideline": "wip"}, {"measure": "rework"}, {"better": "higher"}, {"guards": ()},
        {"label": "x"}, {"issues": ("P-1",)}, {"comparison": "before"}, {"size": 41}, {"ends": date(2026, 5, 1)},
        {"smallest_effect": 0.2}, {"team": "Search"},
    ]  # fmt: skip
    assert len({replace(PLAN, **change).fingerprint for change in changes} | {PLAN.fingerprint}) == 1 + len(changes)


words = st.text(st.sampled_from("abc xyz<>*_-:\\{}[]|%&;#é"), min_size=1, max_size=30).map(lambda t: f"a{t} b")
plans = st.builds(
    Plan,
    title=st.just("T"),
    hypothesis=words,
    team=st.just("Mobile"),
    guideline=st.sampled_from(sorted(GUIDELINES["Mobile"])),
    measure=st.sampled_from(sorted(MEASURED)),
    better=st.sampled_from(["lower", "higher"]),
    guards=st.lists(st.sampled_from(sorted(MEASURED)), unique=True, max_size=3).map(tuple),
    label=st.sampled_from(["small-batches", "try_it", "x.1"]),
    comparison=st.sampled_from(["same period", "before"]),
    start=st.sampled_from(["now", "when moved", "2026-05-04"]),
    size=st.integers(1, LARGEST),
    ends=st.none() | st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    smallest_effect=st.sampled_from([0.0, 0.05, 0.1, 0.25]),
)


@given(plans)
def test_what_we_write_on_a_ticket_reads_back_as_the_same_plan(plan: Plan) -> None:
    plan = replace(plan, guards=tuple(name for name in plan.guards if name != plan.measure))
    body = Templates().render("experiment.md", {"plan": lines_of(plan), "origin": None, "waits": True})
    for target in ("text", "wiki"):
        found = read(render(body, target), plan.title)  # type: ignore[arg-type]
        assert isinstance(found, Plan), target
        assert replace(found, hypothesis="") == replace(plan, hypothesis="")
        assert found.hypothesis.split()[-1] == "b"


def test_only_lines_of_a_plan_are_taken_and_the_first_of_two_counts() -> None:
    assert fields_of("Team: A\nNote: B\nteam: C\nGuards\n") == {"team": "A"}
    assert set(TITLES) >= set(fields_of(WRITTEN))

"""The exports tell the same in every format, name nobody, and run nowhere."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.export import FORMATS, Case, Step, as_csv, as_ocel, as_xes, cases
from eal_jira.export.csv import CASE_COLUMNS
from eal_jira.export.ocel import _TYPES as OCEL_TYPES
from eal_jira.learning.measures import measure
from eal_jira.model import Actor, Category, Deviation, Link, Status, Trace
from tests.process.building import (
    BLOCKED,
    DOING,
    DONE,
    HOUR,
    MONDAY,
    OPEN,
    REVIEW,
    VOCABULARY,
    build_trace,
    edit,
    issue,
    move,
)

NAMESPACE = "{http://www.xes-standard.org/}"
NOW = MONDAY + timedelta(days=30)
ORDER = (OPEN, DOING, BLOCKED, REVIEW, DONE)


def trace(number: int = 1, **values: object) -> Trace:
    changes = [
        move(1, MONDAY + HOUR, OPEN, DOING, "p-ann"),
        edit(2, MONDAY + 2 * HOUR, "tier", None, "the content of a field"),
        move(3, MONDAY + 3 * HOUR, DOING, DONE, "p-ben"),
    ]
    given_ = {"id": str(number), "key": f"PAY-{number}", "summary": "Ann's summary", "points": 3.0, **values}
    return build_trace(issue(DONE, **given_), changes)


def departure(of: Trace) -> Deviation:
    last = of.events[-1]
    return Deviation("k", "Payments", of.issue.id, "review", 2, last.at, (last.seq,), "s", "label", "sentence?")


def exported(*traces: Trace, every_change: bool = False) -> list[Case]:
    measures = {t.issue.id: measure(t, VOCABULARY, ORDER, NOW) for t in traces}
    return list(
        cases(
            traces,
            VOCABULARY,
            measures=measures,
            deviations=[departure(traces[0])],
            team="Payments",
            every_change=every_change,
        )
    )


def test_a_case_holds_its_moves_what_was_departed_from_and_what_came_out() -> None:
    (case,) = exported(trace())
    assert [(step.activity, step.actor, step.deviations) for step in case.steps] == [
        ("Open", "ann", ()),
        ("In Progress", "p-ann", ()),
        ("Done", "p-ben", ("review v2",)),
    ]
    assert case.attributes["cycle_time_days"] == round(2 / 24, 6)
    assert case.attributes["unfinished"] is False
    assert "finished" in case.attributes
    assert "priority" not in case.attributes, "what is not known is left out"


def test_with_every_change_a_field_is_named_and_its_content_stays_out() -> None:
    (case,) = exported(trace(), every_change=True)
    assert [step.activity for step in case.steps] == ["Open", "In Progress", "Customer Tier changed", "Done"]


@pytest.mark.parametrize("name", FORMATS)
def test_no_free_text_of_anybody_leaves_the_house(name: str) -> None:
    text = "".join(FORMATS[name](exported(trace(), every_change=True)))
    assert "PAY-1" in text
    assert "Ann's summary" not in text
    assert "content of a field" not in text


def test_xes_holds_traces_and_typed_attributes() -> None:
    root = ET.fromstring("".join(as_xes(exported(trace(1), trace(2)))))
    assert root.tag == f"{NAMESPACE}log"
    first, _ = root.iter(f"{NAMESPACE}trace")
    events = list(first.iter(f"{NAMESPACE}event"))
    assert len(events) == 3
    told = {child.get("key"): (child.tag.removeprefix(NAMESPACE), child.get("value")) for child in events[-1]}
    assert told["concept:name"] == ("string", "Done")
    assert told["time:timestamp"] == ("date", "2026-03-02T12:00:00.000+00:00")
    assert told["org:resource"] == ("string", "p-ben")
    assert told["eal:deviations"] == ("string", "review v2")
    outcome = {child.get("key"): child.tag.removeprefix(NAMESPACE) for child in first if child.get("key")}
    assert outcome["eal:points"] == "float"
    assert outcome["eal:rework"] == "int"
    assert outcome["eal:unfinished"] == "boolean"


def test_ocel_holds_issues_people_and_what_each_event_touches() -> None:
    linked = trace(1, links=(Link("9", "Blocks", "outward", "2", "PAY-2"), Link("8", "Blocks", "outward", "x", "X-1")))
    document = json.loads("".join(as_ocel(exported(linked, trace(2)))))
    assert set(document) == {"objectTypes", "eventTypes", "objects", "events"}
    objects = {o["id"]: o for o in document["objects"]}
    assert objects["PAY-1"]["relationships"] == [{"objectId": "PAY-2", "qualifier": "Blocks"}]
    for event in document["events"]:
        assert {r["objectId"] for r in event["relationships"]} <= set(objects)
    assert len({e["id"] for e in document["events"]}) == len(document["events"]) == 6
    assert {e["type"] for e in document["events"]} == {t["name"] for t in document["eventTypes"]}
    declared = {a["name"] for t in document["objectTypes"] for a in t["attributes"]}
    assert {a["name"] for o in document["objects"] for a in o["attributes"]} <= declared


def test_every_attribute_has_its_column_and_its_type() -> None:
    blocked = trace(1, priority="High")
    measured = measure(blocked, VOCABULARY, ORDER, NOW, frozenset({BLOCKED}), blocked=frozenset({BLOCKED}))
    (case,) = cases([blocked], VOCABULARY, measures={"1": measured}, deviations=[], team="Payments")
    assert set(case.attributes) == set(CASE_COLUMNS) == set(OCEL_TYPES)


def test_csv_has_one_line_an_event() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(as_csv(exported(trace(1), trace(2)))))))
    assert len(rows) == 6
    assert rows[2]["activity"] == "Done"
    assert rows[2]["deviations"] == "review v2"
    assert rows[2]["points"] == "3.0"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1"])
def test_no_cell_of_the_csv_is_a_formula(name: str) -> None:
    words = replace(VOCABULARY, statuses={**VOCABULARY.statuses, DONE: Status(DONE, name, Category.DONE)})
    text = "".join(as_csv(cases([trace(type=name)], words, measures={}, deviations=[])))
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert not re.match(r"\s*[=+\-@\t\r]", cell), cell
    assert f"'{name.strip()[:2]}" in text or "'" in text


texts = st.text(st.characters(codec="utf-8"), max_size=12)
steps = st.builds(
    Step,
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    texts,
    st.none() | texts.map(Actor),
    st.tuples(texts),
)


@given(texts, st.lists(steps, max_size=3))
def test_any_text_makes_well_formed_files(name: str, given_: list[Step]) -> None:
    case = Case("1", name, {"type": name, "points": 1.5, "created": MONDAY}, tuple(given_), ((name, name),))
    root = ET.fromstring("".join(as_xes([case])))
    assert len(list(root.iter(f"{NAMESPACE}event"))) == len(given_)
    assert len(json.loads("".join(as_ocel([case])))["events"]) == len(given_)
    rows = list(csv.reader(io.StringIO("".join(as_csv([case])), newline="")))
    assert len(rows) == 1 + len(given_)
    assert {len(row) for row in rows} == {len(rows[0])}

"""pm4py reads what we export, without a warning, and sees what is in it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eal_jira.export import FORMATS, Case, cases
from eal_jira.learning.measures import measure
from eal_jira.model import Category, Link, Trace
from eal_jira.process.flow import status_order
from tests.learning.builders import BLOCKED, DOING, DONE, OPEN, ORDER, VOCABULARY, walk
from tests.oracles.asking import needs_pm4py, pm4py_says
from tests.process import test_real_history as real

pytestmark = needs_pm4py
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def written(folder: Path, form: str, told: list[Case]) -> Path:
    file = folder / f"log.{'json' if form == 'ocel' else form}"
    with file.open("w", encoding="utf-8", newline="") as opened:
        opened.writelines(FORMATS[form](told))
    return file


@pytest.fixture(scope="module")
def history() -> list[Case]:
    if not real.AEA.exists():
        pytest.skip("../shared, the real data, is not beside this checkout")
    words, traces = real.vocabulary(), real.traces()
    order = status_order(traces, words)
    measures = {trace.issue.id: measure(trace, words, order, NOW) for trace in traces}
    return list(cases(traces, words, measures=measures, deviations=[], team="AEA"))


def small() -> list[Case]:
    """Two linked issues with people, blocked time and names that need escaping."""
    traces: list[Trace] = []
    for number, other in ((1, 2), (2, 1)):
        trace = walk((0, OPEN), (1, DOING), (2, BLOCKED), (4, DOING), (5, DONE))
        link = Link("7", 'is <blocked> by & "co"', "outward", str(other), f"PAY-{other}")
        object.__setattr__(trace.issue, "id", str(number))
        object.__setattr__(trace.issue, "key", f"PAY-{number}")
        object.__setattr__(trace.issue, "links", (link,))
        traces.append(trace)
    measures = {t.issue.id: measure(t, VOCABULARY, ORDER, NOW, blocked=frozenset({BLOCKED})) for t in traces}
    return list(cases(traces, VOCABULARY, measures=measures, deviations=[], team='A "quoted" <team> & more'))


def activities(told: list[Case]) -> dict[str, int]:
    return dict(Counter(step.activity for case in told for step in case.steps))


def test_xes_of_a_real_history(tmp_path: Path, history: list[Case]) -> None:
    seen = pm4py_says("xes", file=str(written(tmp_path, "xes", history)))
    assert (seen["cases"], seen["events"]) == (649, 5754 + 649)
    assert seen["activities"] == activities(history)
    assert {"case:eal:cycle_time_days", "case:eal:rework", "case:eal:finished"} <= set(seen["columns"])


def test_ocel_of_a_real_history(tmp_path: Path, history: list[Case]) -> None:
    seen = pm4py_says("ocel", file=str(written(tmp_path, "ocel", history)), sqlite=str(tmp_path / "log.sqlite"))
    assert (seen["objects"], seen["events"]) == ({"issue": 649}, 5754 + 649)
    assert seen["activities"] == activities(history)
    assert seen["unsatisfied"] == []


def test_csv_of_a_real_history(tmp_path: Path, history: list[Case]) -> None:
    assert pm4py_says("csv", file=str(written(tmp_path, "csv", history))) == {"cases": 649, "events": 5754 + 649}


def test_people_and_links_arrive_as_pseudonyms_and_relations(tmp_path: Path) -> None:
    told = small()
    seen = pm4py_says("xes", file=str(written(tmp_path, "xes", told)))
    assert seen["resources"] == ["p1"]
    assert seen["activities"] == {"Open": 2, "In Progress": 4, "Blocked": 2, "Done": 2}
    seen = pm4py_says("ocel", file=str(written(tmp_path, "ocel", told)), sqlite=str(tmp_path / "log.sqlite"))
    assert seen["objects"] == {"issue": 2, "person": 1}
    assert (seen["relations"], seen["o2o"], seen["unsatisfied"]) == (20, 2, [])


def test_the_real_history_ends_where_its_statuses_say(history: list[Case]) -> None:
    done = {s.name for s in real.vocabulary().statuses.values() if s.category is Category.DONE}
    assert all((case.attributes["status"] in done) != case.attributes["unfinished"] for case in history)

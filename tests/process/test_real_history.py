"""The whole history of a real team: 649 issues, 5,754 status transitions (aea-verification, CC BY 4.0; its README).

An oracle that nobody here wrote: the counts in observed-transitions.csv, and the team's own workflow diagram.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from eal_jira.model import Category, Change, Field, Issue, Status, Trace, Vocabulary
from eal_jira.process.flow import status_order
from eal_jira.process.judge import Judge
from eal_jira.process.log import BrokenTrace, build_trace
from tests.process.building import RULES, context, version

DATA = Path(__file__).parents[2].parent / "shared" / "data"
AEA = DATA / "aea-verification"
BLOCKED = "Blocked"
CATEGORIES = {"new": Category.TODO, "indeterminate": Category.DOING, "done": Category.DONE}

pytestmark = pytest.mark.skipif(not AEA.exists(), reason="../shared, the real data, is not beside this checkout")


def _read(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _changes(raw: Mapping[str, Any]) -> list[Change]:
    return [
        Change(
            history["id"],
            position,
            _moment(history["created"]),
            None,
            item.get("fieldId") or item["field"],
            item["from"],
            item["fromString"],
            item["to"],
            item["toString"],
        )
        for history in raw["changelog"]["histories"]
        for position, item in enumerate(history["items"])
    ]


def _issue(raw: Mapping[str, Any]) -> Issue:
    fields = raw["fields"]
    return Issue(
        id=raw["id"],
        key=raw["key"],
        project="",
        type=fields["issuetype"]["name"],
        status=fields["status"]["id"],
        summary="",
        created=_moment(fields["created"]),
        updated=_moment(fields["updated"]),
    )


@cache
def vocabulary() -> Vocabulary:
    statuses = {
        s["id"]: Status(s["id"], s["name"], CATEGORIES[s["statusCategory"]["key"]])
        for s in json.loads((AEA / "statuses.json").read_text("utf-8"))
    }
    fields = {f["id"]: Field(f["id"], f["name"], "text") for f in json.loads((AEA / "fields.json").read_text("utf-8"))}
    return Vocabulary(statuses, fields)


@cache
def traces() -> tuple[Trace, ...]:
    return tuple(build_trace(_issue(raw), _changes(raw)) for raw in _read(AEA / "issues.jsonl.gz"))


@cache
def observed() -> Mapping[tuple[str, str], int]:
    with (AEA / "observed-transitions.csv").open(encoding="utf-8", newline="") as lines:
        return {(row["from"], row["to"]): int(row["count"]) for row in csv.DictReader(lines)}


def workflow(without: tuple[str, str] | None = None) -> dict[str, object]:
    """The team's diagram as a rule, one step taken out; "from everywhere to Blocked" is written out for that."""
    drawn = json.loads((AEA / "workflow-transcription.json").read_text("utf-8"))
    assert drawn["globalTransitionsTo"] == [BLOCKED]
    rows: dict[str, list[str]] = {status.name: [] for status in vocabulary().statuses.values()}
    for step in drawn["transitions"]:
        rows[step["from"]].append(step["to"])
    anywhere = [BLOCKED]
    if without is not None:
        left, reached = without
        if reached == BLOCKED:
            anywhere = []
            for row in rows.values():
                row.append(BLOCKED)
        rows[left] = [to for to in rows[left] if to != reached]
    return {"kind": "allowed_transitions", "from": rows, "anywhere_to": anywhere}


def found(rule: Mapping[str, object]) -> Counter[str]:
    judging = Judge([version(rule)], context(datetime(2026, 1, 1, tzinfo=UTC), vocabulary=vocabulary()))
    assert judging.problems == ()
    return Counter(deviation.label for trace in traces() for deviation in judging(trace).deviations)


def test_every_issue_has_a_trace_with_every_transition() -> None:
    assert len(traces()) == 649
    assert sum(len(trace.moves) - 1 for trace in traces()) == 5754
    names = {s.id: s.name for s in vocabulary().statuses.values()}
    walked = Counter((names[a.to or ""], names[b.to or ""]) for t in traces() for a, b in pairwise(t.moves))
    assert walked == observed()


def test_the_teams_own_workflow_leaves_nothing_to_ask() -> None:
    assert found(workflow()) == {}


def test_any_step_taken_out_of_the_workflow_is_found_exactly_as_often_as_it_was_walked() -> None:
    assert len(observed()) == 60
    for (left, reached), count in observed().items():
        assert found(workflow(without=(left, reached))) == {f"{left} → {reached}": count}


def test_steps_that_were_never_walked_can_be_taken_out_unnoticed() -> None:
    drawn = json.loads((AEA / "workflow-transcription.json").read_text("utf-8"))["transitions"]
    unwalked = [(s["from"], s["to"]) for s in drawn if (s["from"], s["to"]) not in observed() and s["to"] != BLOCKED]
    assert unwalked
    for step in unwalked:
        assert found(workflow(without=step)) == {}


def test_the_usual_order_of_statuses_is_the_order_of_the_work() -> None:
    order = status_order(traces(), vocabulary())
    names = [vocabulary().status_name(status) for status in order]
    usual = ["Open", "Assigned", "In Progress", "Writing Report (Part C)", "Report Under Review", "Approved", "Done"]
    assert [name for name in names if name in usual] == usual
    assert len(names) == 21


def test_limits_on_real_stays_agree_with_a_count_written_apart() -> None:
    """Working days of stays in "Report Under Review": office hours counted day by day."""
    (status,) = vocabulary().status_ids("Report Under Review")
    rule = {"kind": "time_limit", "status": "Report Under Review", "at_most": "2 working days"}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    longer = 0
    for trace in traces():
        for stay in trace.stays:
            worked, day = timedelta(), stay.entered.replace(hour=0, minute=0, second=0, microsecond=0)
            while day < (stay.left or now):
                begin = max(stay.entered, day + timedelta(hours=9))
                end = min(stay.left or now, day + timedelta(hours=17))
                worked += max(end - begin, timedelta()) if day.weekday() < 5 else timedelta()
                day += timedelta(days=1)
            longer += stay.status == status and worked > timedelta(hours=16)
    assert longer > 10
    assert found(rule).total() == longer


@pytest.mark.parametrize("table", RULES, ids=[f"{number} {rule['kind']}" for number, rule in enumerate(RULES)])
def test_every_kind_runs_on_every_real_trace_and_asks_in_neutral_words(table: Mapping[str, object]) -> None:
    names = {"In Review": "Report Under Review", "Labels": "MCStatus"}
    text = json.dumps(table)
    for ours, theirs in names.items():
        text = text.replace(ours, theirs)
    judging = Judge([version(json.loads(text))], context(datetime(2026, 1, 1, tzinfo=UTC), vocabulary=vocabulary()))
    assert judging.problems == ()
    deviations = [deviation for trace in traces() for deviation in judging(trace).deviations]
    assert len({deviation.key for deviation in deviations}) == len(deviations)
    assert all(deviation.sentence.endswith("?") for deviation in deviations)


def test_a_status_renamed_in_the_middle_of_a_real_history_breaks_nothing() -> None:
    """devlake-cloud-raw, EE-1: it came to "In Development" and left from "In Progress", which are one status."""
    told = {raw["key"]: raw for raw in _read(DATA / "devlake-cloud-raw" / "issues.jsonl.gz")}
    whole = {key: build_trace(_issue(raw), _changes(raw)) for key, raw in told.items()}
    assert len(whole) == 33
    assert [move.to for move in whole["EE-1"].moves] == ["10020", "10029", "3", "1", "6", "10068"]


def test_a_real_history_that_was_cut_is_told_apart() -> None:
    """raw-small, DRILL-138: 3 of 8 entries are kept, and they don't lead to where the issue is."""
    whole = []
    broken: dict[str, str] = {}
    for raw in _read(DATA / "raw-small" / "apache-drill.jsonl.gz"):
        try:
            whole.append(build_trace(_issue(raw), _changes(raw)))
        except BrokenTrace as contradiction:
            broken[raw["key"]] = contradiction.happened
    assert [trace.issue.key for trace in whole] == ["DRILL-1", "DRILL-38"]
    assert broken == {
        "DRILL-138": 'The history of DRILL-138 contradicts itself: it ends in "Resolved", but the issue is in a '
        'status with the id "6".'
    }

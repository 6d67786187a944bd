"""Real tracker histories, loaded into the sandbox and mirrored whole, in both flavours."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from eal_jira.cycle import run_cycle
from eal_jira.mirror.pseudonyms import Pseudonyms
from eal_jira.model import REMOTE_LINKS
from eal_jira.store import facts, issues, process, work

from .conftest import OpenBench, answers, lines

Flavour = Literal["cloud", "datacenter"]
both = pytest.mark.parametrize("flavour", ["cloud", "datacenter"])


def workflow(folder: Path, without: tuple[str, str] | None = None) -> str:
    """The transcribed workflow diagram as a guideline, perhaps with one transition left out."""
    drawn = json.loads((folder / "workflow-transcription.json").read_text())
    allowed: dict[str, list[str]] = {}
    for step in drawn["transitions"]:
        if (step["from"], step["to"]) != without:
            allowed.setdefault(step["from"], []).append(step["to"])
    anywhere = [status for status in drawn["globalTransitionsTo"] if without is None or status != without[1]]
    table = ", ".join(f"{json.dumps(status)} = {json.dumps(to)}" for status, to in allowed.items())
    return f"""
[[guideline]]
id = "workflow"
title = "Work moves as the diagram shows"
purpose = "Everybody knows what comes next"
source = "The team's workflow diagram"
rule = {{ kind = "allowed_transitions", from = {{ {table} }}, anywhere_to = {json.dumps(anywhere)} }}
"""


@both
def test_the_aea_project_is_mirrored_to_the_last_transition_and_then_costs_nothing(
    bench: OpenBench, shared: Path, flavour: Flavour
) -> None:
    """649 issues, 24,987 histories, 5,754 status transitions; the second cycle: no write, at most 3 requests."""
    folder = shared / "data" / "aea-verification"
    counted = {
        (r["from"], r["to"]): int(r["count"]) for r in csv.DictReader((folder / "observed-transitions.csv").open())
    }
    left_out = ("Report Under Review", "Pre-Approved")
    with bench(flavour, 'projects = ["AEAREP"]\nguidelines = "g.toml"\nsince = 2020-01-01\nretro = "0 0 1 1 *"') as b:
        b.site.load(lines(folder / "issues.jsonl.gz"), **answers(folder))
        (b.folder / "g.toml").write_text(workflow(folder))
        with b.house() as house:
            run_cycle(house)
            with house.store.read() as connection:
                found = issues.counts(connection, ["AEAREP"])
                assert (found.issues, found.histories, found.status_changes) == (649, 24_987, 5_754)
                assert process.deviations(connection, "Team") == []
                assert work.listed(connection) == []
            before, written = len(b.site.requests), len(b.writes())
            run_cycle(house)
            assert len(b.site.requests) - before <= 3
            assert len(b.writes()) == written

            (b.folder / "g.toml").write_text(workflow(folder, without=left_out).replace("workflow", "workflow-2"))
            run_cycle(house)
            with house.store.read() as connection:
                deviations = process.deviations(connection, "Team")
    assert len(deviations) == counted[left_out]
    assert {d.label for d in deviations} == {" → ".join(left_out)}


@both
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("devlake-cloud-raw/issues", (33, 522, 165, 8)),
        ("raw-small/finos-contrib", (4, 14, 8, 0)),
        ("raw-small/apache-drill", (3, 16, 4, 11)),
        ("apache-zookeeper/issues", (1_827, 778, 778, 18_935)),
        ("titanium/issues", (3_979, 0, 0, 14_862)),
    ],
)
def test_every_issue_that_can_be_read_is_mirrored(
    bench: OpenBench, shared: Path, flavour: Flavour, name: str, expected: tuple[int, int, int, int]
) -> None:
    """(issues, histories, status transitions, comments) as counted in the files themselves."""
    file = shared / "data" / f"{name}.jsonl.gz"
    records = lines(file)
    projects = sorted({r["key"].rpartition("-")[0] for r in records})
    with bench(flavour, f"projects = {json.dumps(projects)}") as b:
        b.site.load(records, **answers(file.parent))
        with b.house() as house:
            run_cycle(house)
            with house.store.read() as connection:
                found = issues.counts(connection, projects)
                aside = work.listed(connection)
    assert (found.issues, found.histories, found.status_changes, found.comments) == expected
    # the cut changelog is set aside with its reason, twice: as a history and as a trace that can't be told from it
    reasons = {(item.kind, item.ref): item.reason for item, _ in aside}
    if name == "raw-small/apache-drill":
        assert "8 entries stated, 3 given" in reasons["history", "DRILL-138"]
        assert set(reasons) == {("history", "DRILL-138"), ("trace", "DRILL-138")}
    else:
        assert reasons == {}


def test_a_renamed_status_does_not_break_a_chain(bench: OpenBench, shared: Path) -> None:
    """EE-1 went on from "In Progress" where it had come to "In Development": one id, two names over time."""
    folder = shared / "data" / "devlake-cloud-raw"
    with bench("cloud", 'projects = ["EE"]') as b:
        b.site.load(lines(folder / "issues.jsonl.gz"), **answers(folder))
        with b.house() as house:
            run_cycle(house)
            with house.store.read() as connection:
                issue = issues.issue_by_key(connection, "EE-1")
                assert issue is not None
                trace = process.traces(connection, [issue.id])[issue.id]
    assert trace.stays[-1].status == issue.status


@both
def test_real_worklogs_are_mirrored_to_the_second(bench: OpenBench, shared: Path, flavour: Flavour) -> None:
    """30 worklogs of 14 issues; five of these are among the issues at hand, the others get the least an issue is."""
    folder = shared / "data" / "devlake-cloud-raw"
    logged: dict[str, list[dict[str, Any]]] = {}
    for worklog in lines(folder / "worklogs.jsonl.gz"):
        logged.setdefault(worklog["issueId"], []).append(worklog)
    records = {record["id"]: record for record in lines(folder / "issues.jsonl.gz")}
    model = next(iter(records.values()))
    for number, issue_id in enumerate(sorted(logged.keys() - records.keys())):
        kept = ("project", "issuetype", "status", "created", "updated", "reporter", "creator")
        fields = {name: model["fields"][name] for name in kept} | {"summary": "Only its worklogs are known"}
        records[issue_id] = {"id": issue_id, "key": f"EE-{90_000 + number}", "fields": fields}
    for issue_id, worklogs in logged.items():
        records[issue_id]["fields"]["worklog"] = {"worklogs": worklogs, "total": len(worklogs)}
    projects = sorted({r["key"].rpartition("-")[0] for r in records.values()})
    with bench(flavour, f"projects = {json.dumps(projects)}") as b:
        b.site.limits.embedded_worklogs = 3
        assert b.site.load(records.values(), **answers(folder)).worklogs >= 30
        with b.house() as house:
            run_cycle(house)
            with house.store.read() as connection:
                found = {id: issues.worklogs(connection, id) for id in logged}
                people = Pseudonyms(facts.pseudonym_key(connection))
                assert issues.counts(connection).worklogs >= 30
    for issue_id, worklogs in logged.items():
        assert {(w.id, w.seconds, w.started, w.actor) for w in found[issue_id]} == {
            (
                w["id"],
                w["timeSpentSeconds"],
                datetime.fromisoformat(w["started"]),
                people.of(w["author"]["accountId"]),
            )
            for w in worklogs
        }
    assert max(map(len, found.values())) == 8, "more than come inside an issue here"


@both
def test_real_histories_that_tell_of_remote_links_are_known_as_such(
    bench: OpenBench, shared: Path, flavour: Flavour
) -> None:
    """Real histories name them without a field's id: "RemoteIssueLink"."""
    folder = shared / "data" / "devlake-cloud-raw"
    records = lines(folder / "issues.jsonl.gz")
    items = [
        (record["id"], item["field"])
        for record in records
        for history in record["changelog"]["histories"]
        for item in history["items"]
    ]
    told = [issue_id for issue_id, field in items if field == "RemoteIssueLink"]
    projects = sorted({r["key"].rpartition("-")[0] for r in records})
    with bench(flavour, f"projects = {json.dumps(projects)}") as b:
        b.site.load(records, **answers(folder))
        with b.house() as house:
            run_cycle(house)
            with house.store.read() as connection:
                changes = issues.changes(connection, [record["id"] for record in records])
        asked = {r.path.split("/")[-2] for r in b.site.requests if r.path.endswith("/remotelink")}
    assert len(told) == 35
    assert sum(c.field == REMOTE_LINKS for each in changes.values() for c in each) == 35
    assert asked == set(told), "one question for each of these issues, and for no other"

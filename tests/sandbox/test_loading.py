"""Taking over real issues: every data set beside the checkout, and records that nobody can use."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from eal_jira.sandbox import Person, Site, VirtualClock
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, Client, loadable


def records(path: Path) -> list[Any]:
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def empty(flavour: str) -> Site:
    site = Site(flavour, VirtualClock(START))  # type: ignore[arg-type]
    site.add_person(Person("bot", "EAL Bot"))
    return site


#: folder, issues that can be used, histories, comments, worklogs
SETS = (
    ("aea-verification/issues", 649, 24_987, 0, 0),
    ("devlake-cloud-raw/issues", 33, 522, 8, 6),
    ("raw-small/finos-contrib", 4, 14, 0, 0),
    ("raw-small/apache-drill", 3, 16, 11, 0),
    ("apache-zookeeper/issues", 1827, 778, 18_935, 486),
    ("titanium/issues", 3979, 0, 14_862, 0),
)


@pytest.mark.parametrize(("name", "issues", "histories", "comments", "worklogs"), SETS, ids=[s[0] for s in SETS])
def test_every_data_set_is_taken_over(
    shared: Path, flavour: str, name: str, issues: int, histories: int, comments: int, worklogs: int
) -> None:
    raw = records(shared / "data" / f"{name}.jsonl.gz")
    site = empty(flavour)
    report = site.load(raw)
    assert (report.issues, report.histories, report.comments, report.worklogs) == (
        issues,
        histories,
        comments,
        worklogs,
    )
    assert len(report.not_loaded) == len(raw) - issues


def test_the_record_without_fields_is_named_with_its_reason(shared: Path) -> None:
    report = empty("cloud").load(records(shared / "data" / "raw-small" / "finos-contrib.jsonl.gz"))
    assert [(n.ref, n.reason) for n in report.not_loaded] == [("CONTRIB-4", "the record has no `fields`")]


def served(connect: Connect, site: Site, key: str) -> dict[str, Any]:
    return connect(site).get(f"issue/{key}", expand="changelog")


def test_what_comes_out_is_what_went_in(shared: Path, connect: Connect) -> None:
    """A real Jira Cloud answer, read back from the sandbox: the same values, histories, comments, moments."""
    raw = records(shared / "data" / "devlake-cloud-raw" / "issues.jsonl.gz")
    site = empty("cloud")
    site.load(raw)
    client = connect(site)
    for record in raw:
        answer = client.get(f"/rest/api/2/issue/{record['key']}", expand="changelog")
        before, after = record["fields"], answer["fields"]
        for name in "summary", "labels", "duedate", "customfield_10000", "customfield_10019":
            assert after[name] == before.get(name), name
        for name in "status", "issuetype", "priority", "assignee", "resolution", "reporter":
            assert identity(after[name]) == identity(before[name]), name
        assert [s["id"] for s in after["customfield_10020"] or ()] == [
            s["id"] for s in before["customfield_10020"] or ()
        ]
        assert [c["body"] for c in after["comment"]["comments"]] == [c["body"] for c in before["comment"]["comments"]]
        histories = site.issue(record["key"]).histories
        assert {str(h.id) for h in histories} == {h["id"] for h in record["changelog"]["histories"]}
        assert answer["changelog"]["total"] == record["changelog"]["total"]
        assert [h.created for h in histories] == sorted(h.created for h in histories)


def identity(value: Any) -> Any:
    return (value.get("accountId") or value.get("id")) if isinstance(value, dict) else value


def test_the_real_workflow_is_complete_in_both_flavours(shared: Path, connect: Connect, flavour: str) -> None:
    """5,754 status transitions of 649 issues, over HTTP."""
    site = empty(flavour)
    site.load(records(shared / "data" / "aea-verification" / "issues.jsonl.gz"))
    client = connect(site)
    histories = list(all_histories(client))
    assert len(histories) == 24_987
    assert sum(item["field"] == "status" for history in histories for item in history["items"]) == 5_754


def all_histories(client: Client) -> Any:
    if client.version == "2":
        for start in range(0, 649, 50):
            page = client.get("search", jql="project = AEAREP", startAt=start, expand="changelog", fields="id")
            for issue in page["issues"]:
                yield from issue["changelog"]["histories"]
        return
    ids = [i["id"] for i in client.post("search/jql", {"jql": "project = AEAREP", "maxResults": 5000})["issues"]]
    body: dict[str, Any] = {"issueIdsOrKeys": ids, "maxResults": 10_000}
    while True:
        page = client.post("changelog/bulkfetch", body)
        for log in page["issueChangeLogs"]:
            yield from log["changeHistories"]
        if "nextPageToken" not in page:
            return
        body["nextPageToken"] = page["nextPageToken"]


def with_history(history: Any) -> Any:
    return loadable("B-1") | {"changelog": {"histories": [history]}}


def test_words_that_lie_beside_the_issues_are_taken_over_too(shared: Path, connect: Connect, flavour: str) -> None:
    folder = shared / "data" / "aea-verification"
    statuses, fields = (json.loads((folder / f"{name}.json").read_text()) for name in ("statuses", "fields"))
    site = empty(flavour)
    site.load(records(folder / "issues.jsonl.gz"), statuses=statuses, fields=fields)
    client = connect(site)
    told = {s["id"]: (s["name"], s["statusCategory"]["key"]) for s in client.get("status")}
    assert told == {s["id"]: (s["name"], s["statusCategory"]["key"]) for s in statuses}
    names = {f["id"]: f["name"] for f in client.get("field")}
    assert {f["id"]: f["name"] for f in fields}.items() <= names.items()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (5, "no JSON object"),
        ({}, "no `fields`"),
        ({"key": "A-1", "fields": []}, "no `fields`"),
        ({"key": "A-1", "fields": {"summary": "x"}}, "no usable `id` and `key`"),
        (loadable("a-1"), "no usable `id` and `key`"),
        (loadable("A-0"), "no usable `id` and `key`"),
        (loadable("A-2", id=1), "is here already"),
        (loadable("A-1", id=9), "is here already"),
        (loadable("B-1", status=None), "no `fields.status`"),
        (loadable("B-1", created="yesterday"), "`fields.created` is no timestamp"),
        (loadable("B-1", created="2020-01-01T00:00:00.000"), "`fields.created` is no timestamp"),
        (loadable("B-1", status="Open"), "`fields.status`"),
        (loadable("B-1", labels=7), "`fields.labels`"),
        (loadable("B-1", comment={"comments": [{"id": "x"}]}), "comment"),
        (loadable("B-1", components=["API"]), "`fields.components`"),
        (with_history({"id": "x"}), "history"),
        (with_history({"id": "1", "created": None}), "changelog.histories.created"),
        (with_history({"id": "1", "created": "2020-01-01T00:00:00Z", "items": 3}), "`changelog`"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_used_is_set_out_and_the_next_one_is_read(record: Any, reason: str) -> None:
    site = empty("cloud")
    report = site.load([loadable("A-1", id=1), record, loadable("A-3", id=3)])
    assert report.issues == 2
    assert [n.line for n in report.not_loaded] == [2]
    assert reason in report.not_loaded[0].reason
    assert set(site.keys) == {"A-1", "A-3"}


def test_a_text_nested_without_end_is_set_out(connect: Connect) -> None:
    inner: Any = {"type": "paragraph"}
    for _ in range(400):
        inner = {"type": "bulletList", "content": [{"type": "listItem", "content": [inner]}]}
    site = empty("cloud")
    report = site.load([loadable("A-1", description={"type": "doc", "version": 1, "content": [inner]})])
    assert "nested" in report.not_loaded[0].reason


def test_a_status_that_only_histories_know_has_no_category(connect: Connect, flavour: str) -> None:
    item = {"field": "status", "from": "77", "fromString": "Gone", "to": "1", "toString": "Open"}
    history = {"id": "1", "created": "2020-01-01T10:00:00.000+0000", "items": [item]}
    site = empty(flavour)
    site.load([loadable("A-1") | {"changelog": {"histories": [history]}}])
    statuses = {s["name"]: s["statusCategory"]["key"] for s in connect(site).get("status")}
    assert statuses == {"Open": "new", "Gone": "undefined"}


def test_a_loaded_issue_can_be_written_to(connect: Connect, flavour: str) -> None:
    site = empty(flavour)
    site.load(
        [loadable("A-1"), loadable("A-2", id=8, status={"id": "2", "name": "Done", "statusCategory": {"key": "done"}})]
    )
    client = connect(site)
    assert client("PUT", "issue/A-1", json={"update": {"labels": [{"add": "x"}]}}).status_code == 204
    (transition,) = client.get("issue/A-1/transitions")["transitions"]
    assert client("POST", "issue/A-1/transitions", json={"transition": {"id": transition["id"]}}).status_code == 204
    new = {"fields": {"project": {"key": "A"}, "issuetype": {"id": "1"}, "summary": "x"}}
    assert client.post("issue", new, 201)["key"] == "A-3"
    assert client.get("issue/A-1")["fields"]["status"]["name"] == "Done"


def test_people_of_both_flavours_are_known_by_one_id(connect: Connect, flavour: str) -> None:
    cloud = {"accountId": "712020:a", "displayName": "Ada", "timeZone": "Asia/Tokyo", "active": True}
    server = {"name": "bob", "key": "JIRAUSER1", "displayName": "Bob", "active": False}
    site = empty(flavour)
    site.load([loadable("A-1", assignee=cloud, reporter=server)])
    fields = connect(site).get("issue/A-1")["fields"]
    name = "accountId" if flavour == "cloud" else "key"
    assert (fields["assignee"][name], fields["reporter"][name]) == ("712020:a", "JIRAUSER1")
    assert fields["reporter"]["active"] is False
    if flavour == "datacenter":
        assert fields["reporter"]["name"] == "bob"


def test_a_sprint_field_is_known_by_its_values(connect: Connect, flavour: str) -> None:
    java = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1a2b[id=4,rapidViewId=2,state=CLOSED,name=A, b=c,"
        "startDate=2020-01-01T00:00:00.000Z,completeDate=<null>,sequence=1,goal=x=y, z]"
    )
    site = empty(flavour)
    site.load([loadable("A-1", customfield_10500=[java])])
    sprint = site.sprints[4]
    assert (sprint.name, sprint.goal, sprint.state, sprint.board) == ("A, b=c", "x=y, z", "closed", 2)
    (found,) = site.search.find("sprint = 4", site.people.accounts["bot"]).issues
    assert found.key == "A-1"

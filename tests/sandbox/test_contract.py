"""Every answer has the shape that Atlassian's OpenAPI documents describe, in both flavours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from eal_jira.sandbox import Create, Edit, Move, Say, Site, serve
from eal_jira.sandbox.people import PROJECT_ADMIN
from tests.sandbox.openapi import problems
from tests.sandbox.support import START, Client, small_site

CLOUD, AGILE, DC = "jira-platform-v3.json", "jira-software-agile-1.0-2022.json", "jira-dc-10.3.json"
TYPE = "10000"  # the small site's first issue type
DOC = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hi"}]}]}


@dataclass(frozen=True)
class Case:
    """One request; `path` is a document's path, `values` fills its placeholders."""

    method: str
    path: str
    values: dict[str, str]
    body: Any = None
    query: str = ""
    status: int = 200
    #: the document forgets that it is a list (see specs/README: known defects of the Data Center document)
    array: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}{self.query} {self.status}"


def reads(text: Any) -> list[Case]:
    """What both flavours have; `text` is a long text in the flavour's form."""
    issue, project = {"issueIdOrKey": "PAY-1"}, {"projectIdOrKey": "PAY"}
    new = {"fields": {"project": {"key": "PAY"}, "issuetype": {"id": TYPE}, "summary": "x", "description": text}}
    comment = {"body": text, "properties": [{"key": "eal-jira", "value": {"marker": "m"}}]}
    remote = {"globalId": "g", "object": {"url": "http://x", "title": "t"}}
    about_project = "project/{projectIdOrKey}/properties/{propertyKey}"
    types = "issue/createmeta/{projectIdOrKey}/issuetypes"
    everything = "?expand=changelog,names,transitions&properties=*all"
    return [
        Case("GET", "serverInfo", {}),
        Case("GET", "myself", {}),
        Case("GET", "mypermissions", {}, query="?permissions=BROWSE_PROJECTS,EDIT_ISSUES&projectKey=PAY"),
        Case("GET", "field", {}, array=True),
        Case("GET", "status", {}, array=True),
        Case("GET", "issuetype", {}, array=True),
        Case("GET", "priority", {}, array=True),
        Case("GET", "issueLinkType", {}),
        Case("GET", "project", {}, array=True),
        Case("GET", "project/{projectIdOrKey}", project),
        Case("GET", "project/{projectIdOrKey}/statuses", project, array=True),
        Case("GET", types, project),
        Case("GET", types + "/{issueTypeId}", project | {"issueTypeId": TYPE}),
        Case("GET", "issue/{issueIdOrKey}", issue, query=everything),
        Case("GET", "issue/{issueIdOrKey}/comment", issue, query="?expand=properties"),
        Case("GET", "issue/{issueIdOrKey}/worklog", issue),
        Case("GET", "issue/{issueIdOrKey}/worklog/{id}", issue | {"id": "10001"}),
        Case("GET", "issue/{issueIdOrKey}/transitions", issue),
        Case("GET", "issue/{issueIdOrKey}/editmeta", issue),
        Case("GET", "issue/{issueIdOrKey}/properties", issue),
        Case("GET", "issue/{issueIdOrKey}/properties/{propertyKey}", issue | {"propertyKey": "eal-jira"}),
        Case("GET", "issue/{issueIdOrKey}/remotelink", issue, array=True),
        Case("GET", "issue/{issueIdOrKey}/remotelink/{linkId}", issue | {"linkId": "10001"}),
        Case("POST", "issue", {}, new, status=201),
        Case("POST", "issue/bulk", {}, {"issueUpdates": [new, {"fields": {}}]}, status=201),
        Case("POST", "issue/{issueIdOrKey}/comment", issue, comment, status=201),
        Case("POST", "issue/{issueIdOrKey}/worklog", issue, {"timeSpentSeconds": 60, "comment": text}, status=201),
        Case("PUT", "issue/{issueIdOrKey}/worklog/{id}", issue | {"id": "10001"}, {"timeSpentSeconds": 90}),
        Case("POST", "issue/{issueIdOrKey}/remotelink", issue, remote),
        Case("PUT", "issue/{issueIdOrKey}/remotelink/{linkId}", issue | {"linkId": "10001"}, remote, status=204),
        Case("PUT", "issue/{issueIdOrKey}", issue, {"update": {"labels": [{"add": "eal"}]}}, status=204),
        Case("PUT", about_project, project | {"propertyKey": "new"}, {"id": "a"}, status=201),
        Case("PUT", about_project, project | {"propertyKey": "kept"}, {"id": "b"}),
        Case("GET", about_project, project | {"propertyKey": "kept"}),
        Case("DELETE", about_project, project | {"propertyKey": "gone"}, status=204),
        Case("GET", about_project, project | {"propertyKey": "none"}, status=404),
    ]


def cloud_cases() -> list[Case]:
    ids = {"issueIdsOrKeys": ["PAY-1", "PAY-2", "PAY-99"]}
    whole = {"jql": "project = PAY", "fields": ["*all"], "expand": "names,schema,changelog", "maxResults": 1}
    fetch = ids | {"fields": ["*all"], "expand": ["changelog"], "properties": ["eal-jira"]}
    history = "issue/{issueIdOrKey}/changelog"
    about_user, me = "user/properties/{propertyKey}", "?accountId=bot"
    check = {"permissions": ["EDIT_ISSUES"], "projects": [10001, 99], "issues": [10001, 99]}
    return [
        *reads(DOC),
        Case("PUT", about_user, {"propertyKey": "new"}, {"id": "a"}, query=me, status=201),
        Case("PUT", about_user, {"propertyKey": "kept"}, {"id": "b"}, query=me),
        Case("GET", about_user, {"propertyKey": "kept"}, query=me),
        Case("DELETE", about_user, {"propertyKey": "gone"}, query=me, status=204),
        Case("GET", about_user, {"propertyKey": "none"}, query=me, status=404),
        Case("GET", about_user, {"propertyKey": "kept"}, status=400),
        Case("PUT", about_user, {"propertyKey": "kept"}, {"id": "a"}, query="?accountId=bob", status=403),
        Case("POST", "search/jql", {}, whole),
        Case("GET", "search/jql", {}, query="?jql=project=PAY&fields=*all"),
        Case("POST", "search/jql", {}, {"jql": "project = PAY"}),
        Case("POST", "search/jql", {}, {"jql": ""}, status=400),
        Case("POST", "search/approximate-count", {}, {"jql": "project = PAY"}),
        Case("POST", "issue/bulkfetch", {}, fetch),
        Case("POST", "changelog/bulkfetch", {}, ids | {"maxResults": 2}),
        Case("GET", history, {"issueIdOrKey": "PAY-1"}, query="?maxResults=2"),
        Case("POST", "comment/list", {}, {"ids": [10001, 10002]}, query="?expand=properties"),
        Case("GET", "project/search", {}, query="?expand=insight"),
        Case("GET", "worklog/updated", {}, query="?since=0"),
        Case("GET", "worklog/deleted", {}, query="?since=0"),
        Case("POST", "worklog/list", {}, {"ids": [10001]}, array=True),
        Case("GET", "statuses", {}, query="?id=10000&id=10003"),
        Case("GET", "statuses/search", {}, query="?statusCategory=DONE"),
        Case("POST", "permissions/check", {}, {"projectPermissions": [check], "globalPermissions": ["ADMINISTER"]}),
    ]


def agile_cases() -> list[Case]:
    return [
        Case("GET", "board", {}),
        Case("GET", "board/{boardId}", {"boardId": "1"}),
        Case("GET", "board/{boardId}/configuration", {"boardId": "1"}),
        Case("GET", "board/{boardId}/sprint", {"boardId": "1"}, query="?state=active,closed"),
        Case("GET", "sprint/{sprintId}", {"sprintId": "1"}),
    ]


def datacenter_cases() -> list[Case]:
    return [
        *reads("hi"),
        Case("GET", "user/properties/{propertyKey}", {"propertyKey": "kept"}, query="?userKey=bot"),
        Case("PUT", "user/properties/{propertyKey}", {"propertyKey": "x"}, {}, query="?userKey=bot", status=403),
        Case("GET", "search", {}, query="?jql=project=PAY&fields=*all&expand=changelog"),
        Case("POST", "search", {}, {"jql": "project = PAY", "fields": ["summary"]}),
        Case("GET", "worklog/updated", {}, query="?since=0"),
        Case("GET", "worklog/deleted", {}, query="?since=0"),
        Case("POST", "worklog/list", {}, {"ids": [10001]}, array=True),
    ]


def lived_in(flavour: str) -> Site:
    """A site in which something of every kind has happened."""
    site = small_site(flavour)
    site.grant("bot", "PAY", PROJECT_ADMIN)
    for properties in (site.project("PAY").properties, site.people.accounts["bot"].properties):
        properties.update(kept={"id": "a"}, gone={"id": "a"})
    board = site.add_board("Payments", "PAY")
    old = site.add_sprint(board.id, "S 1", start=START - timedelta(days=14), end=START, state="closed")
    site.add_sprint(board.id, "S 2", start=START, goal="a, b=c", state="active")
    site.perform(Create(START, "ada", "PAY-1", "Story", "First", {
        "labels": ["x"], "components": ["API"], "Story Points": 3, "Sprint": old.id, "description": "h1. Why\n* a",
    }))  # fmt: skip
    site.perform(Create(START, "ada", "PAY-2", "Bug", "Second", {"assignee": "bob"}))
    site.perform(Create(START, "ada", "PAY-3", "Sub-task", "Third", {"parent": "PAY-1"}))
    for number, status in enumerate(("In Progress", "In Review", "Done")):
        site.perform(Move(START + timedelta(hours=number), "ada", "PAY-1", status))
    site.perform(Edit(START, "ada", "PAY-1", "assignee", "bob"))
    site.perform(Say(START, "bob", "PAY-1", "Looks *good*"))
    site.perform(Say(START, "ada", "PAY-1", "Thanks"))
    write = site.write("ada")
    write.link("10000", site.issue("PAY-1"), site.issue("PAY-2"))
    write.worklog(site.issue("PAY-1"), 3600, START, "work")
    write.property(site.issue("PAY-1"), "eal-jira", {"deviations": []})
    write.remote_link(site.issue("PAY-1"), "g", {"object": {"url": "http://x", "title": "t"}})
    return site


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Client]]:
    with ExitStack() as stack:
        yield {f: Client(stack.enter_context(serve(lived_in(f)))) for f in ("cloud", "datacenter")}


def answered(client: Client, base: str, case: Case) -> Any:
    path = base + case.path.format(**case.values) + case.query
    answer = client(case.method, path, json=case.body) if case.body is not None else client(case.method, path)
    assert answer.status_code == case.status, f"{path}: {answer.status_code} {answer.text[:500]}"
    return answer.json() if answer.content else None


@pytest.mark.parametrize("case", cloud_cases(), ids=str)
def test_cloud_answers_as_the_platform_document_says(clients: dict[str, Client], case: Case) -> None:
    body = answered(clients["cloud"], "/rest/api/3/", case)
    assert problems(CLOUD, f"/rest/api/3/{case.path}", case.method, case.status, body) == []


@pytest.mark.parametrize("case", agile_cases(), ids=str)
def test_cloud_boards_answer_as_the_software_document_says(clients: dict[str, Client], case: Case) -> None:
    body = answered(clients["cloud"], "/rest/agile/1.0/", case)
    assert problems(AGILE, f"/rest/agile/1.0/{case.path}", case.method, case.status, body) == []


@pytest.mark.parametrize("case", datacenter_cases(), ids=str)
def test_data_center_answers_as_its_document_says(clients: dict[str, Client], case: Case) -> None:
    body = answered(clients["datacenter"], "/rest/api/2/", case)
    found = problems(DC, f"/api/2/{case.path}", case.method, case.status, body, array=case.array)
    assert found == []


@pytest.mark.parametrize("case", agile_cases(), ids=str)
def test_data_center_boards_answer_as_its_document_says(clients: dict[str, Client], case: Case) -> None:
    body = answered(clients["datacenter"], "/rest/agile/1.0/", case)
    assert problems(DC, f"/agile/1.0/{case.path}", case.method, case.status, body) == []


def test_an_answer_of_another_shape_is_noticed(clients: dict[str, Client]) -> None:
    body = clients["cloud"].get("issue/PAY-1")
    path = "/rest/api/3/issue/{issueIdOrKey}"
    assert problems(CLOUD, path, "GET", 200, body) == []
    assert problems(CLOUD, path, "GET", 200, body | {"id": 10001}) == ["id: 10001 is not of type 'string'"]
    assert problems(CLOUD, path, "GET", 200, body | {"surprise": 1}) != []
    assert problems(CLOUD, path, "GET", 302, body) == [f"the document knows no 302 for GET {path}"]

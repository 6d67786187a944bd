"""Writing as facts/jira.md 5 and 8.1 has it; each test is one fact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eal_jira.sandbox import Create, ProjectPlan, Site
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, Client, small_site


def doc(text: str) -> dict[str, Any]:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


def body(client: Client, text: str) -> Any:
    """A long text as the client's version takes it."""
    return doc(text) if client.version == "3" else text


@pytest.fixture
def site(flavour: str) -> Site:
    site = small_site(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "First", {"labels": ["a", "b"]}))
    site.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    return site


@pytest.fixture
def client(connect: Connect, site: Site) -> Client:
    return connect(site)


def edit(client: Client, given: dict[str, Any], status: int = 204, key: str = "PAY-1", **query: Any) -> Any:
    answer = client("PUT", f"issue/{key}", json=given, params=query)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def new(client: Client, status: int = 201, **fields: Any) -> Any:
    given = {"project": {"key": "PAY"}, "issuetype": {"name": "Story"}, "summary": "x"} | fields
    return client.post("issue", {"fields": {k: v for k, v in given.items() if v is not None}}, status)


# --- edit (5.1) ---------------------------------------------------------------------------------------------------


def test_label_verbs_leave_other_labels_alone(site: Site, client: Client) -> None:
    edit(client, {"update": {"labels": [{"add": "c"}, {"remove": "a"}, {"add": "b"}]}})
    assert site.issue("PAY-1").fields["labels"] == ["b", "c"]
    (history,) = site.issue("PAY-1").histories
    assert [(i["fromString"], i["toString"]) for i in history.items] == [("a b", "b c")]


def test_labels_in_fields_replace_the_whole_set(site: Site, client: Client) -> None:
    edit(client, {"fields": {"labels": ["z"]}})
    assert site.issue("PAY-1").fields["labels"] == ["z"]


def test_adding_a_label_that_is_there_succeeds_and_leaves_no_trace(site: Site, client: Client) -> None:
    before = len(site.journal)
    edit(client, {"update": {"labels": [{"add": "a"}]}})
    assert site.issue("PAY-1").histories == []
    assert site.issue("PAY-1").updated == START
    assert len(site.journal) == before


@pytest.mark.parametrize("label", ["two words", "x" * 256, "", 7])
def test_a_label_has_no_spaces_and_an_end(site: Site, client: Client, label: Any) -> None:
    assert set(edit(client, {"update": {"labels": [{"add": label}]}}, 400)["errors"]) == {"labels"}
    assert site.issue("PAY-1").fields["labels"] == ["a", "b"]


def test_a_field_stands_in_fields_or_in_update_not_in_both(client: Client) -> None:
    given = {"fields": {"labels": ["x"]}, "update": {"labels": [{"add": "y"}]}}
    assert set(edit(client, given, 400)["errors"]) == {"labels"}


def test_one_field_that_is_not_on_the_screen_refuses_the_whole_edit(site: Site, client: Client) -> None:
    site.projects[site.issue("PAY-1").project].hidden["edit"] = {"labels"}
    errors = edit(client, {"fields": {"summary": "new"}, "update": {"labels": [{"add": "x"}]}}, 400)["errors"]
    assert errors == {"labels": "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."}
    assert site.issue("PAY-1").fields["summary"] == "First"
    assert "labels" not in client.get("issue/PAY-1/editmeta")["fields"]
    edit(client, {"fields": {"summary": "new"}})


def test_all_problems_come_at_once_by_field(client: Client) -> None:
    errors = edit(client, {"fields": {"summary": "", "labels": ["a b"], "nonsense": 1}}, 400)["errors"]
    assert set(errors) == {"summary", "labels", "nonsense"}


def test_a_project_in_an_edit_moves_nothing(site: Site, client: Client) -> None:
    edit(client, {"fields": {"project": {"key": "WEB"}}})
    assert site.issue("PAY-1").key == "PAY-1"


def test_properties_travel_in_the_same_edit(site: Site, client: Client) -> None:
    edit(client, {"update": {"labels": [{"add": "c"}]}, "properties": [{"key": "eal-jira", "value": {"v": 1}}]})
    assert site.issue("PAY-1").properties == {"eal-jira": {"v": 1}}


def test_a_silent_edit_needs_an_administrator(site: Site, client: Client) -> None:
    """Cloud ignores the request, Data Center says 403."""
    silent = {"notifyUsers": "false"}
    edit(client, {"fields": {"summary": "new"}}, 204 if site.flavour == "cloud" else 403, **silent)
    assert site.issue("PAY-1").fields["summary"] == "First"
    site.grant("bot", "PAY", "ADMINISTER_PROJECTS")
    edit(client, {"fields": {"summary": "new"}}, **silent)
    assert site.issue("PAY-1").fields["summary"] == "new"


# --- properties (5.2) ---------------------------------------------------------------------------------------------


def test_a_property_is_new_once_and_replaced_after(site: Site, client: Client) -> None:
    statuses = [client("PUT", "issue/PAY-1/properties/p", json=value).status_code for value in ({"a": 1}, [2])]
    assert statuses == [201, 200]
    assert client.get("issue/PAY-1/properties/p") == {"key": "p", "value": [2]}
    assert client.get("issue/PAY-1", properties="p")["properties"] == {"p": [2]}
    assert [k["key"] for k in client.get("issue/PAY-1/properties")["keys"]] == ["p"]
    assert client("DELETE", "issue/PAY-1/properties/p").status_code == 204
    assert client("GET", "issue/PAY-1/properties/p").status_code == 404
    assert site.issue("PAY-1").updated == START


@pytest.mark.parametrize(("key", "value"), [("k" * 256, 1), ("k", None), ("k", ""), ("k", "x" * 32_768)])
def test_a_property_has_limits(client: Client, key: str, value: Any) -> None:
    assert client("PUT", f"issue/PAY-1/properties/{key}", json=value).status_code == 400


def test_a_property_is_no_jql(client: Client) -> None:
    client("PUT", "issue/PAY-1/properties/eal-jira", json={"a": 1})
    path = "search/jql" if client.version == "3" else "search"
    assert client("GET", path, params={"jql": 'issue.property["eal-jira"].a = 1'}).status_code == 400


# --- comments (5.3) -----------------------------------------------------------------------------------------------


def test_a_comment_carries_its_marker_and_is_edited_in_place(site: Site, client: Client) -> None:
    marker = [{"key": "eal-jira", "value": {"marker": "m"}}]
    made = client.post("issue/PAY-1/comment", {"body": body(client, "one"), "properties": marker}, 201)
    site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    answer = client("PUT", f"issue/PAY-1/comment/{made['id']}", json={"body": body(client, "two")})
    assert answer.status_code == 200
    (seen,) = client.get("issue/PAY-1/comment", expand="properties")["comments"]
    assert (seen["id"], seen["body"], seen["properties"]) == (made["id"], body(client, "two"), marker)
    assert seen["updated"] > seen["created"]


def test_only_ones_own_comments_can_be_edited(connect: Connect, site: Site, client: Client) -> None:
    made = client.post("issue/PAY-1/comment", {"body": body(client, "one")}, 201)
    other = connect(site, "ada")
    path = f"issue/PAY-1/comment/{made['id']}"
    assert other("PUT", path, json={"body": body(client, "two")}).status_code == 400
    assert other("DELETE", path).status_code == 400
    assert client("DELETE", path).status_code == 204


@pytest.mark.parametrize("given", [None, "", 7, {"type": "doc"}, []])
def test_a_comment_that_is_no_text_is_refused(site: Site, client: Client, given: Any) -> None:
    assert client("POST", "issue/PAY-1/comment", json={"body": given}).status_code == 400
    assert site.issue("PAY-1").comments == []


def test_the_comment_limit_of_an_issue_is_413(site: Site, client: Client) -> None:
    site.limits.comments_per_issue = 1
    client.post("issue/PAY-1/comment", {"body": body(client, "one")}, 201)
    client.post("issue/PAY-1/comment", {"body": body(client, "two")}, 413)


def test_comments_are_public_unless_the_property_says_internal(connect: Connect) -> None:
    site = small_site()
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    client = connect(site)
    internal = [{"key": "sd.public.comment", "value": {"internal": True}}]
    answers = [client.post("issue/PAY-1/comment", {"body": doc("x"), **m}, 201) for m in ({}, {"properties": internal})]
    assert [a["jsdPublic"] for a in answers] == [True, False]


# --- create (5.4) -------------------------------------------------------------------------------------------------


def test_a_create_answers_with_id_key_and_self_and_keeps_all_it_was_given(site: Site, client: Client) -> None:
    fields = {"project": {"id": str(site.project("PAY").id)}, "issuetype": {"id": "10000"}, "summary": "New"}
    given = {"fields": fields | {"labels": ["eal-1"], "description": body(client, "why")},
             "properties": [{"key": "eal-jira", "value": {"marker": "m"}}]}  # fmt: skip
    made = client.post("issue", given, 201)
    assert set(made) == {"id", "key", "self"}
    seen = client.get(f"issue/{made['id']}", properties="eal-jira")
    assert seen["key"] == made["key"] == "PAY-2"
    assert seen["fields"]["labels"] == ["eal-1"]
    assert seen["fields"]["description"] == body(client, "why")
    assert seen["properties"] == {"eal-jira": {"marker": "m"}}
    assert seen["fields"]["status"]["name"] == "To Do"
    assert site.issue("PAY-2").histories == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"summary": None}, "summary"),
        ({"summary": "x" * 256}, "summary"),
        ({"summary": "two\nlines"}, "summary"),
        ({"project": {"key": "NOPE"}}, "project"),
        ({"issuetype": {"name": "Nope"}}, "issuetype"),
        ({"priority": {"name": "Nope"}}, "priority"),
        ({"priority": "High"}, "priority"),
        ({"labels": "a"}, "labels"),
        ({"components": [{"name": "Nope"}]}, "components"),
        ({"assignee": {"accountId": "nope", "name": "nope"}}, "assignee"),
        ({"resolution": {"name": "Done"}}, "resolution"),
        ({"customfield_99": 1}, "customfield_99"),
    ],
)
def test_what_a_create_gets_wrong_is_named_by_field(
    site: Site, client: Client, wrong: dict[str, Any], field: str
) -> None:
    assert set(new(client, 400, **wrong)["errors"]) == {field}
    assert len(site.issues) == 1


def test_required_fields_vary_by_project_and_type(site: Site, client: Client) -> None:
    project, bug = site.project("PAY"), site.catalogue.type("Bug").id
    project.required[bug] = {"components"}
    new(client)
    assert new(client, 400, issuetype={"id": bug})["errors"] == {"components": "Components is required."}
    new(client, issuetype={"id": bug}, components=[{"name": "API"}])
    name = "fields" if client.version == "3" else "values"
    described = client.get(f"issue/createmeta/PAY/issuetypes/{bug}")[name]
    assert {f["fieldId"] for f in described if f["required"]} >= {"summary", "components"}


def test_create_screens_are_wrapped_by_flavour(client: Client) -> None:
    types = client.get("issue/createmeta/PAY/issuetypes")
    name = "issueTypes" if client.version == "3" else "values"
    assert [t["name"] for t in types[name]] == ["Story", "Bug", "Sub-task"]


def test_data_center_says_400_to_who_may_not_create(connect: Connect) -> None:
    site = small_site("datacenter")
    site.revoke("bot", "PAY", "CREATE_ISSUES")
    assert connect(site)("GET", "issue/createmeta/PAY/issuetypes").status_code == 400


def test_assignees_are_named_by_account_id_or_by_user_name(site: Site, client: Client) -> None:
    who = {"accountId": "ada"} if client.version == "3" else {"name": "ada.lovelace"}
    made = new(client, assignee=who)
    assert site.issue(made["key"]).fields["assignee"] == "ada"


def test_a_bulk_create_is_201_when_at_least_one_worked(client: Client) -> None:
    good = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Story"}, "summary": "x"}}
    bad = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Story"}}}
    answer = client.post("issue/bulk", {"issueUpdates": [bad, good]}, 201)
    assert len(answer["issues"]) == 1
    assert (answer["errors"][0]["failedElementNumber"], answer["errors"][0]["status"]) == (0, 400)
    client.post("issue/bulk", {"issueUpdates": [bad]}, 400)
    client.post("issue/bulk", {"issueUpdates": [good] * 51}, 400)


# --- long texts (8.1) ---------------------------------------------------------------------------------------------


def test_a_long_text_ends_at_32767_characters(site: Site, client: Client) -> None:
    room = 32_767 - len(
        '{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":""}]}]}'
    )
    fits = "x" * (room if client.version == "3" else 32_767)
    edit(client, {"fields": {"description": body(client, fits)}})
    errors = edit(client, {"fields": {"description": body(client, fits + "x")}}, 400)["errors"]
    assert errors["description"].endswith("It exceeds the allowed limit of 32767 characters.")
    client.post("issue/PAY-1/comment", {"body": body(client, fits + "x")}, 400)


def test_version_3_takes_documents_and_version_2_strings(connect: Connect) -> None:
    site = small_site("cloud")
    site.perform(Create(START, "ada", "PAY-1", "Story", "x", {"description": "h1. Hi"}))
    client = connect(site)
    for version, good, wrong in ("3", doc("x"), "x"), ("2", "x", doc("x")):
        path = f"/rest/api/{version}/issue/PAY-1"
        assert client("PUT", path, json={"fields": {"description": wrong}}).status_code == 400
        assert client("PUT", path, json={"fields": {"description": good}}).status_code == 204
        assert client("GET", path).json()["fields"]["description"] == good


def test_a_text_has_both_forms(connect: Connect) -> None:
    site = small_site("cloud")
    site.perform(Create(START, "ada", "PAY-1", "Story", "x", {"description": "h1. Hi"}))
    client = connect(site)
    heading = client.get("/rest/api/3/issue/PAY-1")["fields"]["description"]["content"][0]
    assert (heading["type"], heading["attrs"]) == ("heading", {"level": 1})
    assert client.get("/rest/api/2/issue/PAY-1")["fields"]["description"] == "h1. Hi"


def test_a_document_with_an_unknown_attribute_is_refused(connect: Connect) -> None:
    site = small_site("cloud")
    bad = doc("x")
    bad["content"][0]["attrs"] = {"colour": "red"}
    assert set(new(connect(site), 400, description=bad)["errors"]) == {"description"}


# --- transitions (5.5) --------------------------------------------------------------------------------------------


def test_transitions_follow_the_workflow(connect: Connect, flavour: str) -> None:
    site = small_site(flavour)
    statuses = (("Open", "new"), ("Doing", "indeterminate"), ("Done", "done"))
    site.add_project(
        ProjectPlan("FLOW", "Flow", statuses, transitions=(("Open", "Doing"), ("Doing", "Done"), ("Done", "Open")))
    )
    site.perform(Create(START, "ada", "FLOW-1", "Story", "x"))
    client = connect(site)

    def names() -> dict[str, str]:
        shown = client.get("issue/FLOW-1/transitions")["transitions"]
        return {t["to"]["name"]: t["id"] for t in shown}

    assert set(names()) == {"Doing"}
    client.post("issue/FLOW-1/transitions", {"transition": {"id": names()["Doing"]}}, 204)
    client.post("issue/FLOW-1/transitions", {"transition": {"id": names()["Done"]}}, 204)
    seen = client.get("issue/FLOW-1")["fields"]
    assert (seen["status"]["name"], seen["resolution"]["name"]) == ("Done", "Done")
    assert seen["resolutiondate"] == seen["updated"]
    client.post("issue/FLOW-1/transitions", {"transition": {"id": names()["Open"]}}, 204)
    seen = client.get("issue/FLOW-1")["fields"]
    assert (seen["resolution"], seen["resolutiondate"]) == (None, None)


def test_a_wrong_transition_is_400_on_cloud_and_500_on_data_center(site: Site, client: Client) -> None:
    status = 400 if site.flavour == "cloud" else 500
    client.post("issue/PAY-1/transitions", {"transition": {"id": "99999"}}, status)
    client.post("issue/PAY-1/transitions", {}, 400)


def test_only_fields_of_the_transitions_screen_may_come_along(site: Site, client: Client) -> None:
    transition = client.get("issue/PAY-1/transitions")["transitions"][0]["id"]
    given = {"transition": {"id": transition}, "fields": {"labels": ["x"]}}
    assert set(client.post("issue/PAY-1/transitions", given, 400)["errors"]) == {"labels"}
    assert site.issue("PAY-1").histories == []


# --- links (5.6) --------------------------------------------------------------------------------------------------


def test_a_remote_link_is_an_upsert_that_forgets_what_it_is_not_told(site: Site, client: Client) -> None:
    full = {"globalId": "g", "relationship": "evidence", "object": {"url": "http://x", "title": "t"}}
    first = client("POST", "issue/PAY-1/remotelink", json=full)
    second = client(
        "POST", "issue/PAY-1/remotelink", json={"globalId": "g", "object": {"url": "http://y", "title": "u"}}
    )
    assert (first.status_code, second.status_code) == ((201, 200) if site.flavour == "cloud" else (200, 200))
    assert first.json()["id"] == second.json()["id"]
    (link,) = client.get("issue/PAY-1/remotelink")
    assert link["object"]["url"] == "http://y"
    assert "relationship" not in link
    client.post("issue/PAY-1/remotelink", full | {"globalId": "g" * 256}, 400)


def test_a_remote_link_is_read_replaced_and_removed_by_its_id(site: Site, client: Client) -> None:
    """The spec's answers: 204 for a change, 400 for a link of another issue, 404 for one that is nowhere."""
    new(client)
    given = {"globalId": "g", "relationship": "evidence", "object": {"url": "http://x", "title": "t"}}
    id = client("POST", "issue/PAY-1/remotelink", json=given).json()["id"]
    other = client("POST", "issue/PAY-2/remotelink", json=given).json()["id"]
    assert client.get(f"issue/PAY-1/remotelink/{id}")["relationship"] == "evidence"
    changed = {"object": {"url": "http://y", "title": "u"}}
    assert client("PUT", f"issue/PAY-1/remotelink/{id}", json=changed).status_code == 204
    (link,) = client.get("issue/PAY-1/remotelink")
    assert (link["id"], link["object"]["url"], "relationship" in link, "globalId" in link) == (
        id,
        "http://y",
        False,
        False,
    )
    for wrong, status in ((other, 400), ("x", 400), (99_999, 404)):
        assert client("GET", f"issue/PAY-1/remotelink/{wrong}").status_code == status
        assert client("DELETE", f"issue/PAY-1/remotelink/{wrong}").status_code == status
    assert client("DELETE", f"issue/PAY-1/remotelink/{id}").status_code == 204
    assert client("DELETE", "issue/PAY-2/remotelink").status_code == 400
    assert client("DELETE", "issue/PAY-2/remotelink?globalId=g").status_code == 204
    assert (client.get("issue/PAY-1/remotelink"), client.get("issue/PAY-2/remotelink")) == ([], [])
    told = [i["field"] for h in site.issue("PAY-1").histories for i in h.items]
    assert told[-3:] == ["RemoteIssueLink"] * 3


def test_a_worklog_that_is_edited_keeps_what_it_is_not_told(site: Site, client: Client) -> None:
    made = client("POST", "issue/PAY-1/worklog", json={"timeSpentSeconds": 60}).json()
    path = f"issue/PAY-1/worklog/{made['id']}"
    site.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    assert client("PUT", path, json={"timeSpentSeconds": 90}).status_code == 200
    after = client.get(path)
    assert (after["timeSpentSeconds"], after["started"]) == (90, made["started"])
    assert after["updated"] > made["updated"]
    assert site.issue("PAY-1").updated == site.issue("PAY-1").worklogs[0].updated


def test_a_duplicate_link_still_adds_its_comment(site: Site, client: Client) -> None:
    new(client)
    given = {"type": {"name": "Relates"}, "outwardIssue": {"key": "PAY-1"}, "inwardIssue": {"key": "PAY-2"},
             "comment": {"body": body(client, "again")}}  # fmt: skip
    for _ in range(2):
        client.post("issueLink", given, 201)
    assert len(site.issue("PAY-1").links) == 1
    assert len(site.issue("PAY-1").comments) == 2


def test_every_accepted_write_stands_in_the_journal_and_no_refused_one(site: Site, client: Client) -> None:
    before = len(site.journal)
    made = new(client)
    new(client, 400, summary="")
    edit(client, {"update": {"labels": [{"add": "c"}]}})
    client.get("issue/PAY-1")
    entries = [(e.kind, e.key, e.actor, e.via) for e in site.journal[before:]]
    assert entries == [("create", made["key"], "bot", "rest"), ("edit", "PAY-1", "bot", "rest")]
    assert [r.status for r in site.requests if r.write] == [201, 400, 204]


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 5000])
def test_a_body_that_is_no_json_object_is_a_400(client: Client, payload: bytes) -> None:
    for method, path in ("POST", "issue"), ("PUT", "issue/PAY-1"), ("POST", "issue/PAY-1/comment"):
        assert client(method, path, data=payload).status_code == 400

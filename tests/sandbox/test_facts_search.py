"""Cloud's search and bulk reads as facts/jira.md 1.1 to 1.3 has them; each test is one fact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eal_jira.sandbox import Create, Edit, Site
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, Client, small_site


def filled(count: int, flavour: str = "cloud") -> Site:
    site = small_site(flavour)
    for number in range(1, count + 1):
        site.perform(Create(START + timedelta(minutes=number), "ada", f"PAY-{number}", "Story", f"No {number}"))
    return site


def search(client: Client, jql: str = "project = PAY ORDER BY key ASC", status: int = 200, **more: Any) -> Any:
    return client.post("search/jql", {"jql": jql, **more}, status)


def everything(client: Client, jql: str, size: int, **more: Any) -> list[str]:
    """All ids, page by page, in the order of their coming."""
    ids, token = [], None
    while True:
        page = search(client, jql, maxResults=size, **({"nextPageToken": token} if token else {}), **more)
        ids += [issue["id"] for issue in page["issues"]]
        token = page.get("nextPageToken")
        assert page["isLast"] == (token is None)
        if token is None:
            return ids


def test_fields_default_to_the_id_alone_and_there_is_no_total(connect: Connect) -> None:
    page = search(connect(filled(3)))
    assert page == {"issues": [{"id": "10001"}, {"id": "10002"}, {"id": "10003"}], "isLast": True}


def test_the_last_page_lacks_the_token_key(connect: Connect) -> None:
    client = connect(filled(3))
    first = search(client, maxResults=2)
    assert first["isLast"] is False
    assert "nextPageToken" not in search(client, maxResults=2, nextPageToken=first["nextPageToken"])


def test_every_issue_comes_once_whatever_the_page_size(connect: Connect) -> None:
    client = connect(filled(7))
    for size in range(1, 9):
        assert everything(client, "project = PAY", size) == [str(10007 - n) for n in range(7)]


def test_issues_that_sort_alike_are_all_met_once(connect: Connect) -> None:
    client = connect(filled(7))
    for order in "status ASC", "status DESC", "priority ASC, reporter DESC":
        ids = everything(client, f"project = PAY ORDER BY {order}", 2)
        assert sorted(ids) == [str(10001 + n) for n in range(7)]


def test_max_results_is_a_wish_with_many_fields(connect: Connect) -> None:
    site = filled(120)
    client = connect(site)
    assert len(search(client, maxResults=5000)["issues"]) == 120
    page = search(client, maxResults=5000, fields=["summary"])
    assert len(page["issues"]) == site.limits.search_page_with_fields
    assert "nextPageToken" in page


@pytest.mark.parametrize("size", [0, -1, 5001])
def test_max_results_outside_1_to_5000_is_refused(connect: Connect, size: int) -> None:
    search(connect(filled(1)), maxResults=size, status=400)


def test_a_token_of_nobody_of_another_query_or_of_last_week_is_refused(connect: Connect) -> None:
    site = filled(3)
    client = connect(site)
    token = search(client, maxResults=1)["nextPageToken"]
    said = "The provided next page token is invalid or expired."
    assert search(client, nextPageToken="x", status=400)["errorMessages"] == [said]
    assert search(client, "project = WEB", nextPageToken=token, status=400)["errorMessages"] == [said]
    site.clock.advance(timedelta(days=7, seconds=1))  # type: ignore[attr-defined]
    assert search(client, maxResults=1, nextPageToken=token, status=400)["errorMessages"] == [said]


@pytest.mark.parametrize("jql", ["", "ORDER BY created"])
def test_an_unbounded_query_is_refused(connect: Connect, jql: str) -> None:
    client = connect(filled(1))
    assert search(client, jql, status=400)["errorMessages"][0].startswith("Unbounded JQL queries are not allowed")
    client.post("search/approximate-count", {"jql": jql}, 400)


def test_at_most_seven_fields_order(connect: Connect) -> None:
    client = connect(filled(1))
    order = ["created", "updated", "key", "status", "priority", "assignee", "summary", "reporter"]
    search(client, "project = PAY ORDER BY " + ", ".join(order[:7]))
    search(client, "project = PAY ORDER BY " + ", ".join(order), status=400)


@pytest.mark.parametrize(
    "jql", ["nonsense = 1", "project = NOPE", "status = Nowhere", 'updated > "yesterday-ish"', "assignee = f(1)"]
)
def test_what_is_unknown_finds_nothing_for_the_anonymous_and_is_refused_to_the_known(
    connect: Connect, jql: str
) -> None:
    site = filled(1)
    assert search(connect(site, None), jql) == {"issues": [], "isLast": True}
    search(connect(site), jql, status=400)
    site.unknown_in_jql = "empty"
    assert search(connect(site), jql) == {"issues": [], "isLast": True}


def test_a_lost_project_reads_as_one_that_never_was(connect: Connect) -> None:
    site = filled(1)
    client = connect(site)
    site.revoke("bot", "PAY", "BROWSE_PROJECTS")
    said = search(client, "project = PAY", status=400)["errorMessages"]
    assert said == ["The value 'PAY' does not exist for the field 'project'."]
    assert search(client, "created >= -1d") == {"issues": [], "isLast": True}
    site.grant("bot", "PAY", "BROWSE_PROJECTS")
    assert len(search(client, "project = PAY")["issues"]) == 1


def test_an_anonymous_search_is_an_empty_200(connect: Connect) -> None:
    site = filled(2)
    answer = connect(site, None)("POST", "search/jql", json={"jql": "project is not EMPTY"})
    assert (answer.status_code, answer.json()) == (200, {"issues": [], "isLast": True})
    assert "X-AAccountId" not in answer.headers


def test_a_key_that_is_a_jql_word_must_stand_in_quotes(connect: Connect) -> None:
    from eal_jira.sandbox import ProjectPlan

    site = small_site()
    site.add_project(ProjectPlan("DO", "Do", (("To Do", "new"),)))
    site.perform(Create(START, "ada", "DO-1", "Story", "x"))
    client = connect(site)
    assert "reserved JQL word" in search(client, "project = DO", status=400)["errorMessages"][0]
    assert len(search(client, 'project = "DO"')["issues"]) == 1


@pytest.mark.parametrize("version", ["2", "3", "latest"])
def test_the_old_search_is_gone_from_cloud(connect: Connect, version: str) -> None:
    client = connect(filled(1))
    for answer in client("GET", f"/rest/api/{version}/search"), client("POST", f"/rest/api/{version}/search", json={}):
        assert answer.status_code == 410
        assert "The requested API has been removed." in answer.json()["errorMessages"][0]


def test_properties_travel_with_search_at_most_five(connect: Connect) -> None:
    site = filled(2)
    site.write("bot").property(site.issue("PAY-1"), "eal-jira", {"a": 1})
    client = connect(site)
    page = search(client, properties=["eal-jira"])
    assert [issue["properties"] for issue in page["issues"]] == [{"eal-jira": {"a": 1}}, {}]
    search(client, properties=list("abcdef"), status=400)


def test_names_and_the_cut_changelog_come_by_expand(connect: Connect) -> None:
    site = filled(1)
    for number in range(41):
        site.perform(Edit(START + timedelta(hours=1, minutes=number), "ada", "PAY-1", "summary", f"v{number}"))
    page = search(connect(site), fields=["summary"], expand="names,changelog")
    assert page["names"] == {"summary": "Summary"}
    changelog = page["issues"][0]["changelog"]
    assert changelog["total"] == 41
    assert [h["items"][0]["toString"] for h in changelog["histories"]] == [f"v{n}" for n in range(40, 0, -1)]


# --- consistency (1.2) --------------------------------------------------------------------------------------------


def test_search_lags_and_reading_by_id_does_not(connect: Connect) -> None:
    site = filled(1)
    client = connect(site)
    site.index_lag = timedelta(minutes=3)
    client("PUT", "issue/PAY-1", json={"fields": {"summary": "New"}})
    created = client.post("issue", new_issue("Late"), 201)

    def seen() -> list[str]:
        return [i["fields"]["summary"] for i in search(client, fields=["summary"])["issues"]]

    assert client.get("issue/PAY-1")["fields"]["summary"] == "New"
    assert client.get(f"issue/{created['key']}")["fields"]["summary"] == "Late"
    assert len(client.post("issue/bulkfetch", {"issueIdsOrKeys": ["PAY-1", created["key"]]})["issues"]) == 2
    assert seen() == ["No 1"]
    assert client.post("search/approximate-count", {"jql": "project = PAY"}) == {"count": 1}
    site.clock.advance(timedelta(minutes=2, seconds=59))  # type: ignore[attr-defined]
    assert seen() == ["No 1"]
    site.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]
    assert seen() == ["New", "Late"]


def new_issue(summary: str) -> dict[str, Any]:
    return {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Story"}, "summary": summary}}


def test_reconcile_makes_up_for_the_lag_of_named_ids_only(connect: Connect) -> None:
    site = filled(0)
    client = connect(site)
    site.index_lag = timedelta(minutes=3)
    one, two = (client.post("issue", new_issue(s), 201)["id"] for s in ("one", "two"))
    assert everything(client, "project = PAY", 50, reconcileIssues=[int(two)]) == [two]
    assert everything(client, "project = PAY ORDER BY id ASC", 1, reconcileIssues=[int(one), int(two)]) == [one, two]
    search(client, reconcileIssues=list(range(51)), status=400)


def test_a_deleted_issue_stays_in_the_index_for_the_lag(connect: Connect) -> None:
    site = filled(2)
    client = connect(site)
    site.index_lag = timedelta(minutes=1)
    site.delete("PAY-1", "ada")
    assert len(search(client)["issues"]) == 2
    assert client("GET", "issue/PAY-1").status_code == 404
    site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    assert search(client)["issues"] == [{"id": "10002"}]


def test_one_issue_can_be_indexed_later_than_a_newer_one(connect: Connect) -> None:
    """Trap 2: A changes at 10:00 and is indexed after B, which changed at 10:05."""
    site = filled(2)
    client = connect(site)
    site.index_lag = lambda issue: timedelta(minutes=30 if issue.key == "PAY-1" else 0)
    for key in "PAY-1", "PAY-2":
        client("PUT", f"issue/{key}", json={"fields": {"summary": "edited"}})
        site.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    changed = "project = PAY AND updated >= '2026-03-02 09:00' AND summary ~ edited"
    assert search(client, changed)["issues"] == [{"id": "10002"}]
    site.clock.advance(timedelta(minutes=30))  # type: ignore[attr-defined]
    assert len(search(client, changed)["issues"]) == 2


# --- by id (1.3) --------------------------------------------------------------------------------------------------


def test_bulkfetch_sorts_by_id_skips_the_unseen_and_follows_old_keys(connect: Connect) -> None:
    site = filled(3)
    site.move_to("PAY-2", "WEB", "ada")
    site.restrict("PAY-3", to=["ada"])
    body = {"issueIdsOrKeys": ["pay-2", "PAY-1", "PAY-3", "PAY-99", "10001"], "fields": ["summary"]}
    answer = connect(site).post("issue/bulkfetch", body)
    assert [(i["id"], i["key"]) for i in answer["issues"]] == [("10001", "PAY-1"), ("10002", "WEB-1")]
    assert answer["issueErrors"] == []


def test_bulkfetch_takes_a_hundred(connect: Connect) -> None:
    client = connect(filled(1))
    client.post("issue/bulkfetch", {"issueIdsOrKeys": [str(n) for n in range(100)]})
    client.post("issue/bulkfetch", {"issueIdsOrKeys": [str(n) for n in range(101)]}, 400)


def test_a_deleted_and_a_hidden_issue_are_the_same_404(connect: Connect) -> None:
    site = filled(2)
    site.delete("PAY-1")
    site.restrict("PAY-2", to=["ada"])
    client = connect(site)
    answers = [client("GET", f"issue/{key}") for key in ("PAY-1", "PAY-2", "PAY-77")]
    said = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}
    assert [(a.status_code, a.json()) for a in answers] == [(404, said)] * 3


def test_a_moved_issue_answers_under_its_old_key_with_the_new_one(connect: Connect, flavour: str) -> None:
    """2.4: the id stays, the key changes, the history goes along."""
    site = filled(1, flavour)
    before = site.issue("PAY-1").id
    site.move_to("PAY-1", "WEB", "ada")
    answer = connect(site)("GET", "issue/PAY-1", params={"expand": "changelog"})
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["key"]) == (str(before), "WEB-1")
    items = {
        i["field"]: (i["fromString"], i["toString"])
        for h in answer.json()["changelog"]["histories"]
        for i in h["items"]
    }
    assert items == {"Key": ("PAY-1", "WEB-1"), "project": ("Payments", "Website")}


# --- shifting ground (2.3) ----------------------------------------------------------------------------------------


def test_an_issue_edited_during_an_ascending_pass_is_met_again_at_the_end(connect: Connect) -> None:
    site = filled(4)
    client = connect(site)
    jql = "project = PAY ORDER BY updated ASC, key ASC"
    first = search(client, jql, maxResults=2)
    site.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    client("PUT", "issue/PAY-1", json={"fields": {"summary": "edited"}})
    second = search(client, jql, maxResults=50, nextPageToken=first["nextPageToken"])
    assert [i["id"] for i in second["issues"]] == ["10003", "10004", "10001"]


def test_an_issue_edited_during_a_descending_pass_is_lost(connect: Connect) -> None:
    site = filled(4)
    client = connect(site)
    jql = "project = PAY ORDER BY updated DESC"
    first = search(client, jql, maxResults=2)
    site.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    client("PUT", "issue/PAY-1", json={"fields": {"summary": "edited"}})
    second = search(client, jql, maxResults=50, nextPageToken=first["nextPageToken"])
    assert "10001" not in [i["id"] for i in first["issues"] + second["issues"]]


@pytest.mark.parametrize("field", ["id", "key", "issuekey"])
def test_comparing_with_a_vanished_reference_finds_nothing_without_an_error(connect: Connect, field: str) -> None:
    site = filled(4)
    client = connect(site)
    reference = "10002" if field == "id" else "PAY-2"
    jql = f"project = PAY AND {field} > {reference} ORDER BY key ASC"
    assert [i["id"] for i in search(client, jql)["issues"]] == ["10003", "10004"]
    site.restrict("PAY-2", to=["ada"])
    assert search(client, jql)["issues"] == []
    site.restrict("PAY-2", to=None)
    site.delete("PAY-2")
    assert search(client, jql)["issues"] == []


# --- Data Center (1.6) --------------------------------------------------------------------------------------------


def test_data_center_pages_by_offset_with_a_total_and_caps_the_page(connect: Connect) -> None:
    site = filled(5, "datacenter")
    site.limits.dc_search_page = 2
    client = connect(site)
    page = client.get("search", jql="project = PAY ORDER BY key", startAt=1, maxResults=100, fields="summary")
    assert (page["startAt"], page["maxResults"], page["total"]) == (1, 2, 5)
    assert [i["key"] for i in page["issues"]] == ["PAY-2", "PAY-3"]


def test_offset_paging_loses_an_issue_when_a_row_moves(connect: Connect) -> None:
    site = filled(4, "datacenter")
    client = connect(site)
    jql = "project = PAY ORDER BY updated ASC"
    first = client.get("search", jql=jql, maxResults=2, fields="summary")["issues"]
    site.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    client("PUT", "issue/PAY-1", json={"fields": {"summary": "edited"}})
    second = client.get("search", jql=jql, startAt=2, maxResults=50, fields="summary")["issues"]
    assert "PAY-3" not in [i["key"] for i in first + second]


def test_an_unknown_value_is_a_warning_when_nobody_validates(connect: Connect) -> None:
    client = connect(filled(1, "datacenter"))
    assert client("GET", "search", params={"jql": "project = NOPE"}).status_code == 400
    page = client.get("search", jql="project = NOPE", validateQuery="false")
    assert (page["total"], page["issues"]) == (0, [])
    assert page["warningMessages"] == ["The value 'NOPE' does not exist for the field 'project'."]


@pytest.mark.parametrize("path", ["issue/PAY-1/changelog", "search/jql?jql=project=PAY", "/rest/api/3/myself"])
def test_data_center_has_no_cloud_endpoints(connect: Connect, path: str) -> None:
    assert connect(filled(1, "datacenter"))("GET", path).status_code == 404


# --- projects that go away (2.4) ----------------------------------------------------------------------------------


def test_an_archived_project_leaves_search_and_is_read_only(connect: Connect, flavour: str) -> None:
    site = filled(1, flavour)
    client = connect(site)
    assert len(site.search.find("created is not EMPTY", site.people.accounts["bot"]).issues) == 1
    site.put_project("PAY", "archived")
    assert len(site.search.find("created is not EMPTY", site.people.accounts["bot"]).issues) == 0
    assert client("GET", "issue/PAY-1").status_code == 200
    assert client("PUT", "issue/PAY-1", json={"fields": {"summary": "x"}}).status_code == 403
    assert [p["key"] for p in client.get("project")] == ["WEB"]
    site.put_project("PAY", "live")
    assert client("PUT", "issue/PAY-1", json={"fields": {"summary": "x"}}).status_code == 204


def test_an_archived_issue_leaves_search_and_is_read_only(connect: Connect, flavour: str) -> None:
    site = filled(2, flavour)
    client = connect(site)
    site.archive("PAY-1")
    assert [i.key for i in site.search.find("created is not EMPTY", site.people.accounts["bot"]).issues] == ["PAY-2"]
    assert client.get("issue/PAY-1")["fields"]["archiveddate"]
    assert client("PUT", "issue/PAY-1", json={"fields": {"summary": "x"}}).status_code == 403
    site.archive("PAY-1", False)
    assert client("PUT", "issue/PAY-1", json={"fields": {"summary": "x"}}).status_code == 204


def test_cloud_lists_projects_by_state_with_their_newest_change(connect: Connect) -> None:
    site = filled(2)
    client = connect(site)
    site.put_project("WEB", "deleted")
    assert [p["key"] for p in client.get("project/search")["values"]] == ["PAY"]
    assert [p["key"] for p in client.get("project/search", status="deleted")["values"]] == ["WEB"]
    insight = client.get("project/search", expand="insight")["values"][0]["insight"]
    assert insight == {"totalIssueCount": 2, "lastIssueUpdateTime": "2026-03-02T09:02:00.000+0000"}
    assert client("GET", "project/WEB").status_code == 404


def test_permissions_count_from_the_next_question_on(connect: Connect) -> None:
    """A result that was found before is not handed out to who may no longer see it."""
    site = filled(1)
    client = connect(site)
    for jql in "issuetype = Story", "project is not EMPTY":
        assert len(search(client, jql)["issues"]) == 1
        site.revoke("bot", "PAY", "BROWSE_PROJECTS")
        assert search(client, jql)["issues"] == []
        site.grant("bot", "PAY", "BROWSE_PROJECTS")
        site.restrict("PAY-1", to=["ada"])
        assert search(client, jql)["issues"] == []
        site.restrict("PAY-1", to=None)


def test_a_relative_time_moves_with_the_clock(connect: Connect) -> None:
    site = filled(0)
    client = connect(site)
    client.post("issue", new_issue("x"), 201)
    assert len(search(client, "updated >= -1m")["issues"]) == 1
    site.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]
    assert search(client, "updated >= -1m")["issues"] == []

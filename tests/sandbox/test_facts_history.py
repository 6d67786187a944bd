"""Histories, comments, worklogs and links as facts/jira.md 1.4 and 1.5 has them; each test is one fact."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from eal_jira.sandbox import Create, Edit, Move, Say, Site
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, Client, loadable, small_site


def edited(times: dict[str, int], flavour: str = "cloud") -> Site:
    """Issues with so many history entries each, made in turn, a minute apart."""
    site = small_site(flavour)
    for key in times:
        site.perform(Create(START, "ada", key, "Story", key))
    for number in range(max(times.values())):
        for key, count in times.items():
            if number < count:
                at = START + timedelta(minutes=number + 1)
                site.perform(Edit(at, "ada", key, "summary", f"{key} v{number}"))
    return site


def bulk(client: Client, *keys: str, **more: Any) -> list[dict[str, Any]]:
    """All pages of changelog/bulkfetch."""
    pages, token = [], None
    while True:
        body = {"issueIdsOrKeys": list(keys), **more, **({"nextPageToken": token} if token else {})}
        pages.append(client.post("changelog/bulkfetch", body))
        token = pages[-1].get("nextPageToken")
        if token is None:
            return pages


def test_a_changelog_page_is_oldest_first_and_at_most_a_hundred(connect: Connect) -> None:
    client = connect(edited({"PAY-1": 130}))
    first = client.get("issue/PAY-1/changelog", maxResults=1000)
    assert (len(first["values"]), first["total"], first["isLast"]) == (100, 130, False)
    assert first["values"][0]["items"][0]["toString"] == "PAY-1 v0"
    second = client.get("issue/PAY-1/changelog", startAt=100)
    assert (len(second["values"]), second["isLast"]) == (30, True)
    assert "nextPage" in first
    assert "nextPage" not in second


def test_one_issues_histories_are_split_over_bulk_pages_and_none_is_lost(connect: Connect) -> None:
    site = edited({"PAY-1": 6, "PAY-2": 3})
    pages = bulk(connect(site), "PAY-1", "PAY-2", maxResults=4)
    assert [sum(len(log["changeHistories"]) for log in p["issueChangeLogs"]) for p in pages] == [4, 4, 1]
    assert "nextPageToken" not in pages[-1]
    of_one = [
        [h["id"] for log in p["issueChangeLogs"] if log["issueId"] == "10001" for h in log["changeHistories"]]
        for p in pages
    ]
    assert all(of_one), "the first issue's histories stand on all three pages"
    assert [i for page in of_one for i in page] == [str(h.id) for h in site.issue("PAY-1").histories]


def test_the_bulk_changelog_is_sorted_by_date_over_all_issues(connect: Connect) -> None:
    pages = bulk(connect(edited({"PAY-1": 5, "PAY-2": 5, "PAY-3": 5})), "PAY-3", "PAY-1", "PAY-2", maxResults=2)
    moments = [[h["created"] for log in p["issueChangeLogs"] for h in log["changeHistories"]] for p in pages]
    flat = [at for page in moments for at in sorted(page)]
    assert flat == sorted(flat)


def test_the_bulk_changelog_filters_by_field_and_refuses_too_much(connect: Connect) -> None:
    site = edited({"PAY-1": 2})
    site.perform(Move(START + timedelta(hours=1), "ada", "PAY-1", "Done"))
    client = connect(site)
    (page,) = bulk(client, "PAY-1", fieldIds=["status"])
    (history,) = page["issueChangeLogs"][0]["changeHistories"]
    assert [item["fieldId"] for item in history["items"]] == ["status"], "the resolution of the same entry is left out"
    for refused in (
        {"issueIdsOrKeys": []},
        {"issueIdsOrKeys": [str(n) for n in range(1001)]},
        {"issueIdsOrKeys": ["PAY-1"], "fieldIds": list("abcdefghijk")},
        {"issueIdsOrKeys": ["PAY-1"], "maxResults": 10_001},
        {"issueIdsOrKeys": ["PAY-1"], "nextPageToken": "x"},
    ):
        client.post("changelog/bulkfetch", refused, 400)


def test_bulk_created_may_come_as_a_number(connect: Connect) -> None:
    site = edited({"PAY-1": 1})
    client = connect(site)
    seen = {}
    for form in "iso", "seconds", "milliseconds":
        site.bulk_changelog_time = form
        seen[form] = bulk(client, "PAY-1")[0]["issueChangeLogs"][0]["changeHistories"][0]["created"]
    moment = START + timedelta(minutes=1)
    assert datetime.fromisoformat(seen["iso"]) == moment
    assert seen["seconds"] == moment.timestamp()
    assert seen["milliseconds"] == moment.timestamp() * 1000


def test_data_center_gives_the_whole_changelog_oldest_first_without_field_ids(connect: Connect) -> None:
    client = connect(edited({"PAY-1": 120}, "datacenter"))
    page = client.get("search", jql="project = PAY", expand="changelog", fields="summary")
    changelog = page["issues"][0]["changelog"]
    assert (changelog["total"], len(changelog["histories"])) == (120, 120)
    assert changelog["histories"][0]["items"] == [
        {
            "field": "summary",
            "fieldtype": "jira",
            "from": None,
            "fromString": "PAY-1",
            "to": None,
            "toString": "PAY-1 v0",
        }
    ]


def test_a_changelog_that_says_more_than_it_has_keeps_its_word(connect: Connect, flavour: str) -> None:
    """As in raw-small: `total` 8, 3 histories kept."""
    histories = [{"id": str(n), "created": f"2020-01-01T00:0{n}:00.000+0000", "items": []} for n in range(3)]
    record = loadable("OLD-1") | {"changelog": {"total": 8, "histories": histories}}
    site = small_site(flavour)
    site.load([record])
    changelog = connect(site).get("issue/OLD-1", expand="changelog")["changelog"]
    assert (changelog["total"], len(changelog["histories"])) == (8, 3)
    if flavour == "cloud":
        page = connect(site).get("issue/OLD-1/changelog")
        assert (page["total"], len(page["values"]), page["isLast"]) == (8, 3, True)


def test_timestamps_are_in_the_sites_zone_without_a_colon(connect: Connect, flavour: str) -> None:
    site = small_site(flavour, time_zone="Asia/Kolkata")
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    assert connect(site).get("issue/PAY-1")["fields"]["created"] == "2026-03-02T14:30:00.000+0530"


# --- 1.5 ----------------------------------------------------------------------------------------------------------


def talked(comments: int, worklogs: int, flavour: str = "cloud") -> Site:
    site = small_site(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    for number in range(comments):
        site.perform(Say(START + timedelta(minutes=number), "bob", "PAY-1", f"c{number}"))
    for _ in range(worklogs):
        site.write("bob", START).worklog(site.issue("PAY-1"), 60, START)
    return site


def test_the_embedded_worklog_stops_at_20(connect: Connect, flavour: str) -> None:
    client = connect(talked(0, 21, flavour))
    embedded = client.get("issue/PAY-1")["fields"]["worklog"]
    assert (embedded["maxResults"], embedded["total"], len(embedded["worklogs"])) == (20, 21, 20)
    assert len(client.get("issue/PAY-1/worklog")["worklogs"]) == 21


def test_embedded_comments_are_cut_on_cloud_and_whole_on_data_center(connect: Connect, flavour: str) -> None:
    embedded = connect(talked(101, 0, flavour)).get("issue/PAY-1")["fields"]["comment"]
    assert embedded["total"] == 101
    assert len(embedded["comments"]) == (100 if flavour == "cloud" else 101)


def test_comments_page_by_offset_and_order_by_created_only(connect: Connect, flavour: str) -> None:
    client = connect(talked(103, 0, flavour))
    whole = client.get("issue/PAY-1/comment")
    assert (len(whole["comments"]), whole["total"]) == ((100 if flavour == "cloud" else 103), 103)
    rest = client.get("issue/PAY-1/comment", startAt=100, maxResults=2)
    assert [said(c) for c in rest["comments"]] == ["c100", "c101"]
    newest = client.get("issue/PAY-1/comment", orderBy="-created", maxResults=1)
    assert [said(c) for c in newest["comments"]] == ["c102"]
    assert client("GET", "issue/PAY-1/comment", params={"orderBy": "updated"}).status_code == 400


def said(comment: dict[str, Any]) -> str:
    body = comment["body"]
    return body if isinstance(body, str) else body["content"][0]["content"][0]["text"]


def test_comments_come_by_id_with_their_properties(connect: Connect) -> None:
    site = talked(2, 0)
    client = connect(site)
    body = {"type": "doc", "version": 1, "content": []}
    mine = client.post(
        "issue/PAY-1/comment", {"body": body, "properties": [{"key": "eal-jira", "value": {"m": 1}}]}, 201
    )
    page = client.post("comment/list?expand=properties", {"ids": [int(mine["id"]), 10001, 99]})
    assert [c.get("properties") for c in page["values"]] == [[{"key": "eal-jira", "value": {"m": 1}}], []]
    client.post("comment/list", {"ids": list(range(1001))}, 400)


@pytest.mark.parametrize("deed", ["comment", "edit a comment", "delete a comment", "worklog", "delete a worklog"])
def test_comments_and_worklogs_move_updated(flavour: str, deed: str) -> None:
    """2.5: their deletion too."""
    site = talked(1, 1, flavour)
    issue, later = site.issue("PAY-1"), START + timedelta(days=1)
    write = site.write("bob", later)
    {
        "comment": lambda: write.comment(issue, "x", {}),
        "edit a comment": lambda: write.edit_comment(issue, issue.comments[0], "y", {}),
        "delete a comment": lambda: write.delete_comment(issue, issue.comments[0]),
        "worklog": lambda: write.worklog(issue, 60, later),
        "delete a worklog": lambda: write.delete_worklog(issue, issue.worklogs[0]),
    }[deed]()
    assert issue.updated == later


@pytest.mark.parametrize(
    "deed", ["property", "remote link", "link", "sprint closed", "status renamed", "field renamed"]
)
def test_what_does_not_move_updated(flavour: str, deed: str) -> None:
    """2.5, and trap 12."""
    site = talked(0, 0, flavour)
    site.perform(Create(START, "ada", "PAY-2", "Story", "y"))
    board = site.add_board("b", "PAY")
    sprint = site.add_sprint(board.id, "S", start=START, state="active")
    site.perform(Edit(START, "ada", "PAY-1", "Sprint", sprint.id))
    issue, later = site.issue("PAY-1"), START + timedelta(days=1)
    write = site.write("bob", later)
    {
        "property": lambda: write.property(issue, "p", 1),
        "remote link": lambda: write.remote_link(issue, "g", {"object": {"url": "u", "title": "t"}}),
        "link": lambda: write.link("10000", issue, site.issue("PAY-2")),
        "sprint closed": lambda: site.close_sprint(sprint.id, later),
        "status renamed": lambda: site.rename_status("To Do", "Ready"),
        "field renamed": lambda: site.rename_field("summary", "Title"),
    }[deed]()
    assert issue.updated == START


def test_worklogs_of_the_site_come_by_change_without_the_last_minute(connect: Connect, flavour: str) -> None:
    site = talked(0, 2, flavour)
    client = connect(site)
    since = round((START - timedelta(days=1)).timestamp() * 1000)
    assert client.get("worklog/updated", since=since)["values"] == []
    site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    page = client.get("worklog/updated", since=since)
    assert ([v["worklogId"] for v in page["values"]], page["lastPage"]) == ([10001, 10002], True)
    site.write("bob").delete_worklog(site.issue("PAY-1"), site.issue("PAY-1").worklogs[0])
    site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    assert [v["worklogId"] for v in client.get("worklog/deleted", since=since)["values"]] == [10001]
    assert [w["id"] for w in client.post("worklog/list", {"ids": [10001, 10002]})] == ["10002"]


def test_both_ends_of_a_link_share_its_id_and_show_it_their_way(connect: Connect, flavour: str) -> None:
    """5.6: the outward issue is the "from" side; checked with Blocks at both ends."""
    site = talked(0, 0, flavour)
    site.perform(Create(START, "ada", "PAY-2", "Story", "y"))
    client = connect(site)
    body = {"type": {"name": "Blocks"}, "outwardIssue": {"key": "PAY-1"}, "inwardIssue": {"key": "PAY-2"}}
    answers = [client("POST", "issueLink", json=body) for _ in range(2)]
    assert [(a.status_code, a.text) for a in answers] == [(201, "")] * 2, "a duplicate is no error"
    (one,), (two,) = (client.get(f"issue/{k}")["fields"]["issuelinks"] for k in ("PAY-1", "PAY-2"))
    assert one["id"] == two["id"]
    assert (one["type"]["outward"], one["outwardIssue"]["key"]) == ("blocks", "PAY-2")
    assert (two["type"]["inward"], two["inwardIssue"]["key"]) == ("is blocked by", "PAY-1")

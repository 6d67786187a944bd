"""Boards, sprints and the fields they bring: facts/jira.md 7; each test is one fact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eal_jira.sandbox import Create, Edit, Site
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, small_site

AGILE = "/rest/agile/1.0/"
TWO_WEEKS = timedelta(days=14)


def sprinting(flavour: str) -> Site:
    site = small_site(flavour)
    board = site.add_board("Payments", "PAY", columns=[("Doing", ["In Progress", "In Review"]), ("Ready", ["Done"])])
    site.add_board("Flow", "WEB", type="kanban")
    for name, weeks, state in ("Next", 2, "future"), ("Old, name=x", -2, "closed"), ("Now", 0, "active"):
        start = START + timedelta(weeks=weeks)
        site.add_sprint(board.id, name, start=start, end=start + TWO_WEEKS, state=state)
    return site


def test_a_board_tells_its_filter_its_columns_and_its_estimate(connect: Connect, flavour: str) -> None:
    site = sprinting(flavour)
    client = connect(site)
    boards = client.get(AGILE + "board", projectKeyOrId="PAY")["values"]
    assert [(b["name"], b["type"]) for b in boards] == [("Payments", "scrum")]
    shown = client.get(f"{AGILE}board/{boards[0]['id']}/configuration")
    columns = [
        (c["name"], [site.catalogue.statuses[s["id"]].name for s in c["statuses"]])
        for c in shown["columnConfig"]["columns"]
    ]
    assert columns == [("Doing", ["In Progress", "In Review"]), ("Ready", ["Done"])], "To Do is mapped nowhere"
    field = shown["estimation"]["field"]["fieldId"]
    assert site.fields.by_id[field].name == "Story Points"
    jql = client.get(f"filter/{shown['filter']['id']}")["jql"]
    assert jql == 'project = "PAY" ORDER BY Rank ASC'


def test_sprints_come_closed_active_future_and_page_by_is_last(connect: Connect, flavour: str) -> None:
    client = connect(sprinting(flavour))
    first = client.get(AGILE + "board/1/sprint", maxResults=2)
    assert ([s["state"] for s in first["values"]], first["isLast"]) == (["closed", "active"], False)
    second = client.get(AGILE + "board/1/sprint", startAt=2)
    assert ([s["name"] for s in second["values"]], second["isLast"]) == (["Next"], True)
    assert [s["name"] for s in client.get(AGILE + "board/1/sprint", state="active")["values"]] == ["Now"]


def test_a_kanban_board_has_no_sprints(connect: Connect, flavour: str) -> None:
    answer = connect(sprinting(flavour))("GET", AGILE + "board/2/sprint")
    assert (answer.status_code, answer.json()["errorMessages"]) == (400, ["The board does not support sprints"])


def test_the_real_start_is_known_on_data_center_only(connect: Connect, flavour: str) -> None:
    site = sprinting(flavour)
    late = START + timedelta(weeks=2, days=1)
    site.start_sprint(1, late)
    shown = connect(site).get(AGILE + "sprint/1")
    assert shown["startDate"].startswith("2026-03-16"), "the plan"
    assert shown.get("activatedDate", "").startswith("2026-03-17") == (flavour == "datacenter")


def test_a_closed_sprint_is_seen_without_any_issue_change(connect: Connect, flavour: str) -> None:
    """Trap 12."""
    site = sprinting(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x", {"Sprint": 3}))
    client = connect(site)
    before = client.get("issue/PAY-1")["fields"]
    site.close_sprint(3, START + TWO_WEEKS)
    after = client.get("issue/PAY-1")["fields"]
    assert before["updated"] == after["updated"]
    assert client.get(AGILE + "sprint/3")["state"] == "closed"
    assert before != after, "the sprint field shows the new state"


def test_fields_are_told_by_their_schema_and_numbers_differ(connect: Connect) -> None:
    numbers = {}
    for flavour in "cloud", "datacenter":
        client = connect(small_site(flavour))
        customs = {f["schema"]["custom"]: f for f in client.get("field") if f["custom"]}
        assert {"com.pyxis.greenhopper.jira:gh-sprint", "com.pyxis.greenhopper.jira:gh-lexo-rank"} <= set(customs)
        numbers[flavour] = customs["com.pyxis.greenhopper.jira:gh-sprint"]["id"]
    assert numbers["cloud"] != numbers["datacenter"]


def test_the_sprint_field_is_objects_on_cloud_and_java_texts_on_data_center(connect: Connect, flavour: str) -> None:
    """Trap 19: a name with a comma and an equals sign inside."""
    site = sprinting(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    site.perform(Edit(START, "ada", "PAY-1", "Sprint", 2))
    value: Any = connect(site).get("issue/PAY-1")["fields"][
        site.fields.of_type("com.pyxis.greenhopper.jira:gh-sprint").id
    ]  # type: ignore[union-attr]
    if flavour == "cloud":
        assert (value[0]["id"], value[0]["name"], value[0]["boardId"]) == (2, "Old, name=x", 1)
    else:
        assert value[0].startswith("com.atlassian.greenhopper.service.sprint.Sprint@")
        assert "[id=2,rapidViewId=1,state=CLOSED,name=Old, name=x,startDate=" in value[0]


def test_moving_into_a_sprint_leaves_lists_of_ids_in_the_history(flavour: str) -> None:
    site = sprinting(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x", {"Sprint": 3}))
    site.perform(Edit(START, "ada", "PAY-1", "Sprint", 1))
    (item,) = site.issue("PAY-1").histories[0].items
    assert (item["from"], item["fromString"], item["to"], item["toString"]) == ("3", "Now", "1", "Next")


def test_nobody_moves_an_issue_into_a_closed_sprint(connect: Connect, flavour: str) -> None:
    site = sprinting(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    field = site.fields.of_type("com.pyxis.greenhopper.jira:gh-sprint")
    assert field
    client = connect(site)
    assert client("PUT", "issue/PAY-1", json={"fields": {field.id: 2}}).status_code == 400
    assert client("PUT", "issue/PAY-1", json={"fields": {field.id: 3}}).status_code == 204


def test_a_board_of_a_hidden_project_is_hidden(connect: Connect, flavour: str) -> None:
    site = sprinting(flavour)
    site.revoke("bot", "PAY", "BROWSE_PROJECTS")
    client = connect(site)
    assert [b["name"] for b in client.get(AGILE + "board")["values"]] == ["Flow"]
    for path in "board/1/sprint", "board/1/configuration", "sprint/3":
        assert client("GET", AGILE + path).status_code == 404


def test_a_sprint_name_has_at_most_thirty_characters() -> None:
    with pytest.raises(ValueError, match="at most 30"):
        sprinting("cloud").add_sprint(1, "x" * 31)

"""Jira's JSON → our values: what people said, what fields hold, and records that can't be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eal_jira.model import Change
from eal_tracker_jira.fields import FLOAT, LONGEST, RANK, SPRINT, TEAM_POINTS, FieldTable, field_table, neutral
from eal_tracker_jira.plaintext import said, written
from eal_tracker_jira.raw import embedded, markers_in
from eal_tracker_jira.records import Read, read_records

CREATED = "2026-03-02T10:30:17.000+0100"


def text(words: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": [{"type": mark} for mark in marks]}


def node(kind: str, *content: Any, **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attributes}


def document(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def table(*more: dict[str, Any]) -> FieldTable:
    return field_table([{"id": "summary", "name": "Summary", "schema": {"type": "string"}}, *more])


def custom(number: int, name: str, type: str, kind: str | None = None, **schema: Any) -> dict[str, Any]:
    given = {"type": type, "customId": number, **({"custom": kind} if kind else {}), **schema}
    return {"id": f"customfield_{number}", "name": name, "schema": given}


def issue(**fields: Any) -> dict[str, Any]:
    plain = {
        "summary": "An issue",
        "status": {"id": "1", "name": "Open"},
        "issuetype": {"id": "10", "name": "Story"},
        "project": {"key": "DO"},
        "created": CREATED,
        "updated": CREATED,
        "comment": {"comments": [], "total": 0},
    }
    return {
        "id": "10001",
        "key": "DO-1",
        "fields": {**plain, **fields},
        "changelog": {"histories": [], "total": 0},
    }


def read(*issues: Any, fields: FieldTable | None = None) -> Read:
    return read_records([embedded(each) for each in issues], fields or table())


# --- what people said ------------------------------------------------------------------------------------------


def test_a_comment_on_cloud_is_read_without_its_quotes_and_code() -> None:
    body = document(
        node("paragraph", text("I "), text("think", "strong"), text(" so"), node("hardBreak"), text("too.")),
        node("blockquote", node("paragraph", text("/eal approve"))),
        node("codeBlock", text("/eal approve")),
        node("expand", node("paragraph", text("/eal approve")), title="More"),
        node("bulletList", node("listItem", node("paragraph", text("first"))), node("listItem", text("second"))),
        node("paragraph", node("mention", id="712020:x", text="@Ann"), text(" "), node("emoji", shortName=":+1:")),
    )
    assert said(body) == "I think so\ntoo.\nfirst\nsecond\n@Ann :+1:"
    assert "/eal approve" in written(body)


def test_a_comment_on_data_center_is_read_without_its_quotes_and_code() -> None:
    body = (
        "I think\r\n{quote}/eal approve{quote} so\n{code:title=x|language=sh}/eal approve{code}"
        "\n{noformat}{quote}/eal{noformat}\nbq. /eal approve\nand a \\{quote\\} stays, {{inline}} too"
    )
    assert said(body) == "I think\n so\nand a {quote} stays, {{inline}} too"


def test_what_is_escaped_on_data_center_is_read_as_it_shows() -> None:
    assert said(r"a\|b \{quote\} \[~all\] &#33; &#124; &amp; &#55296;") == "a|b {quote} [~all] ! | &amp; &#55296;"


def test_a_quote_that_never_ends_runs_to_the_end() -> None:
    assert said("before {quote} /eal approve {code} x") == "before"


@pytest.mark.parametrize("body", [None, 5, [], {}, {"type": "doc"}, {"type": "doc", "content": [None, 3, "text"]}])
def test_a_comment_of_unknown_shape_says_nothing_or_its_text(body: object) -> None:
    assert said(body) in ("", "text")


def test_a_document_nested_five_thousand_times_is_only_long() -> None:
    inner: Any = node("paragraph", text("deep"))
    for _ in range(5000):
        inner = node("panel", inner)
    assert said(document(inner)) == "deep"


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["{code:", "{quote}", "{code:x}{quote}", "bq. ", "\\{", "\n \n"]), st.integers(1, 6000))
def test_hostile_markup_takes_no_more_time_than_its_length(piece: str, times: int) -> None:
    """A pattern that backtracks would need minutes for the longest of these; the suite's time-out is the judge."""
    assert len(said(piece * times)) <= len(piece) * times


def test_our_markers_are_found_among_a_comments_properties() -> None:
    ours = {"id": "7", "properties": [{"key": "other", "value": {}}, {"key": "eal-jira", "value": {"marker": "m/1"}}]}
    assert markers_in([ours, {"id": "8"}, {"id": "9", "properties": [{"key": "eal-jira", "value": "odd"}, "odd"]}]) == {
        "7": "m/1"
    }


# --- fields -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("  text ", "text"),
        (3, 3.0),
        (True, True),
        ({"id": "1", "name": "High"}, "High"),
        ({"id": "1", "value": "Yes"}, "Yes"),
        ({"id": "customfield_10001", "name": "Team", "value": None}, None),
        ({"value": "Europe", "child": {"value": "Spain"}}, ("Europe", "Spain")),
        ({"key": "DO", "id": "3"}, "DO"),
        ({"accountId": "712020:x", "displayName": "Ann"}, "712020:x"),
        ({"name": "ann", "key": "JIRAUSER1", "displayName": "Ann"}, "JIRAUSER1"),
        ([{"value": "A"}, {"value": "B"}, None], ("A", "B")),
        (["x", 2, 2.5], ("x", "2", "2.5")),
        ([], None),
        ({"showField": False}, None),
        ({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [text("Hi")]}]}, "Hi"),
    ],
)
def test_any_value_has_a_neutral_form(value: object, expected: object) -> None:
    assert neutral(value) == expected


def test_a_long_text_is_cut_and_shows_it() -> None:
    cut = neutral("x" * 40_000)
    assert isinstance(cut, str)
    assert len(cut) == LONGEST
    assert cut.endswith("…")


def test_fields_are_known_by_what_they_are_not_by_number_or_name() -> None:
    fields = table(
        custom(1, "Sprint", "string"),
        custom(2, "Iteration", "array", SPRINT),
        custom(3, "Rang", "any", RANK),
        custom(4, "Story Points", "number", FLOAT),
        custom(5, "story point estimate", "number", TEAM_POINTS),
        custom(6, "Story Points", "string"),
        custom(7, "Reviewers", "array", items="user"),
    )
    assert fields.sprints == {"customfield_2"}
    assert fields.points == ("customfield_4", "customfield_5")
    kinds = {id: field.kind for id, field in fields.by_id.items()}
    assert kinds["customfield_1"] == "text"
    assert kinds["customfield_2"] == "sprint"
    assert kinds["customfield_3"] == "rank"
    assert kinds["customfield_4"] == "points"
    assert kinds["customfield_7"] == "user"


def test_a_boards_own_estimate_beats_a_guess_by_name() -> None:
    fields = field_table([custom(4, "Story Points", "number", FLOAT), custom(9, "Effort", "number")], ["customfield_9"])
    (record,) = read(issue(customfield_4=3, customfield_9=8), fields=fields).records
    assert record.issue.points == 8


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"field": "Sprint", "fieldId": "customfield_2"}, "customfield_2"),
        ({"field": "status", "fieldtype": "jira"}, "status"),
        ({"field": "Fix Version", "fieldtype": "jira"}, "fixVersions"),
        ({"field": "Team", "fieldtype": "custom"}, "customfield_2"),
        ({"field": "Twice", "fieldtype": "custom"}, "Twice"),
        ({"field": "Link", "fieldtype": "custom"}, "Link"),
        ({"field": "Removed long ago", "fieldtype": "custom"}, "Removed long ago"),
    ],
)
def test_a_changed_field_is_found_by_id_then_by_name(item: dict[str, str], field: str) -> None:
    """Data Center gives no `fieldId`; where two fields share a name, the name is all that can be said (trap 19)."""
    fields = table(
        {"id": "status", "name": "Status", "schema": {"type": "status"}},
        custom(2, "Team", "string"),
        custom(3, "Twice", "string"),
        custom(4, "Twice", "number"),
    )
    assert fields.id_of(item) == field


def test_sprints_of_data_center_are_read_by_id_only() -> None:
    """Names and goals hold commas and equals signs (facts 7)."""
    hostile = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1a2b[id=7,rapidViewId=2,state=CLOSED,"
        "name=A, name=B,id=99,startDate=<null>,sequence=1,goal=x=y]"
    )
    late = "com.atlassian.greenhopper.service.sprint.Sprint@1a2b[rapidViewId=2,state=ACTIVE,id=8,name=C]"
    fields = table(custom(2, "Sprint", "array", SPRINT))
    (record,) = read(issue(customfield_2=[hostile, late, {"id": 9, "name": "Cloud"}]), fields=fields).records
    assert record.issue.sprints == ("7", "8", "9")


def test_what_has_a_place_of_its_own_or_says_nothing_is_not_among_the_other_fields() -> None:
    fields = table(custom(3, "Rank", "any", RANK), custom(4, "Team", "string"))
    raw = issue(
        resolution={"name": "Done"},
        labels=["b", "a"],
        votes={"votes": 3},
        lastViewed=CREATED,
        customfield_3="0|i000db:",
        customfield_4="Blue",
        customfield_5=None,
        description=document(node("paragraph", text("Why"))),
        parent={"id": "10000", "key": "DO-0"},
    )
    (record,) = read(raw, fields=fields).records
    assert record.issue.fields == {"resolution": "Done", "customfield_4": "Blue", "description": "Why"}
    assert record.issue.labels == ("a", "b")
    assert record.issue.parent == "10000"


def test_links_say_their_kind_and_direction() -> None:
    other = {"id": "10009", "key": "DO-9"}
    links = [
        {"id": "1", "type": {"name": "Blocks"}, "outwardIssue": other},
        {"id": "2", "type": {"name": "Blocks"}, "inwardIssue": other},
        {"id": "3", "type": {"name": "Blocks"}},
    ]
    (record,) = read(issue(issuelinks=links)).records
    assert [(link.id, link.direction, link.other_key) for link in record.issue.links] == [
        ("1", "outward", "DO-9"),
        ("2", "inward", "DO-9"),
    ]


# --- histories --------------------------------------------------------------------------------------------------


def history(id: str, created: object, *items: dict[str, Any], author: object = None) -> dict[str, Any]:
    return {"id": id, "created": created, "author": author, "items": list(items)}


def with_histories(*histories: Any, total: int | None = None) -> dict[str, Any]:
    return {**issue(), "changelog": {"histories": list(histories), "total": len(histories) if total is None else total}}


def test_changes_come_oldest_first_one_per_item() -> None:
    status = {"field": "status", "fieldId": "status", "from": "1", "fromString": "Open", "to": "2", "toString": "Doing"}
    assignee = {"field": "assignee", "fieldId": "assignee", "from": None, "to": None, "tmpToAccountId": "712020:x"}
    raw = with_histories(
        history("12", 1_772_443_900_000, status, author={"accountId": "712020:a", "displayName": "Ann"}),
        history("2", CREATED, status, assignee),
        history("10", CREATED, status),
    )
    (record,) = read(raw).records
    assert [(change.history_id, change.position) for change in record.changes] == [
        ("2", 0),
        ("2", 1),
        ("10", 0),
        ("12", 0),
    ]
    assert record.changes[1].to_id == "712020:x"
    assert [change.actor for change in record.changes] == [None, None, None, "712020:a"]


def test_an_entry_that_names_no_field_is_an_entry_all_the_same() -> None:
    (record,) = read(with_histories(history("5", CREATED))).records
    at = datetime(2026, 3, 2, 9, 30, 17, tzinfo=UTC)
    assert record.changes == (Change("5", 0, at, None, "", None, None, None, None),)


def test_an_entry_that_comes_twice_is_one() -> None:
    twice = history("5", CREATED, {"field": "status", "from": "1", "to": "2"})
    (record,) = read(with_histories(twice, twice, total=1)).records
    assert len(record.changes) == 1


def test_a_history_shorter_than_stated_is_kept_and_set_aside() -> None:
    entry = history("5", CREATED, {"field": "status", "from": "1", "to": "2"})
    result = read(with_histories(entry, total=8))
    assert len(result.records) == 1
    (aside,) = result.set_aside
    assert (aside.kind, aside.ref) == ("history", "DO-1")
    assert "8 entries stated, 1 given" in aside.reason


def test_an_unreadable_entry_costs_only_itself() -> None:
    good = history("5", CREATED, {"field": "status", "from": "1", "to": "2"})
    result = read(with_histories(history("4", "yesterday", {"field": "status"}), good))
    assert [change.history_id for change in result.records[0].changes] == ["5"]
    assert [aside.kind for aside in result.set_aside] == ["history"]


# --- records that can't be read -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "1", "key": "DO-4"}, "no fields"),
        ({"id": "1", "key": "DO-4", "fields": None}, "no fields"),
        ({**issue(status=None), "key": "DO-4"}, "no status"),
        ({**issue(created="once"), "key": "DO-4"}, "created"),
        ({**issue(updated=None), "key": "DO-4"}, "updated"),
        ({**issue(components=[7]), "key": "DO-4"}, "unknown shape"),
    ],
)
def test_a_record_that_cant_be_read_is_set_aside_and_stops_nothing(record: dict[str, Any], reason: str) -> None:
    result = read(record, issue())
    assert [good.issue.key for good in result.records] == ["DO-1"]
    (aside,) = result.set_aside
    assert (aside.kind, aside.ref) == ("record", "DO-4")
    assert reason in aside.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A good issue in which one place, anywhere, holds anything at all, or is missing."""
    raw = {
        **issue(
            labels=["a"],
            components=[{"name": "API"}],
            assignee={"accountId": "x"},
            issuelinks=[{"id": "1", "type": {"name": "Blocks"}, "outwardIssue": {"id": "2", "key": "DO-2"}}],
            comment={"total": 1, "comments": [{"id": "3", "created": CREATED, "body": document()}]},
        ),
        "changelog": {"total": 1, "histories": [history("5", CREATED, {"field": "status", "from": "1", "to": "2"})]},
    }
    holder: Any = raw
    while True:
        step = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        inner = holder[step]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            holder = inner
            continue
        if draw(st.booleans()):
            del holder[step]
        else:
            holder[step] = draw(json_values)
        return raw


@settings(max_examples=400)
@given(mutated())
def test_whatever_jira_sends_a_record_is_read_or_set_aside(raw: Any) -> None:
    """Schema drift: nothing crashes, and nothing disappears without being said (reliability R18)."""
    result = read(raw)
    assert len(result.records) + sum(aside.kind == "record" for aside in result.set_aside) == 1

"""Webhook deliveries as the adapter reads them: the signature, the ids, and nothing that a body could break."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.adapters import Adapters
from eal_jira.errors import Forged
from eal_jira.hookspecs import Delivery, Nudge
from eal_tracker_jira.nudges import read_nudge

SECRET = b"a secret of some length"
SIGNATURE = "x-hub-signature"
IDENTIFIER = "x-atlassian-webhook-identifier"


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def read(body: bytes, **headers: str) -> Nudge:
    return read_nudge(Delivery({SIGNATURE: signature(body), **headers}, body), SECRET)


def said(event: Any) -> Nudge:
    return read(json.dumps(event).encode())


# --- the signature --------------------------------------------------------------------------------------------


def test_the_published_example_of_a_signature_is_accepted() -> None:
    """The vendor's own test vector (facts 6): it is no JSON, so it is genuine and set aside."""
    signed = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    nudge = read_nudge(Delivery({SIGNATURE: signed}, b"Hello World!"), b"It's a Secret to Everybody")
    assert nudge.issue_ids == ()
    assert nudge.set_aside == "It is no JSON that can be read."


BODY = b'{"webhookEvent":"jira:issue_updated","issue":{"id":"10001"}}'
RIGHT = signature(BODY)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "sha256=",
        RIGHT[7:],
        RIGHT.upper(),
        "sha256=" + RIGHT[7:].upper(),
        RIGHT[:-1],
        RIGHT + "0",
        " " + RIGHT,
        RIGHT + "\n",
        f"{RIGHT}, {RIGHT}",
        f"{RIGHT}, sha256={'0' * 64}",
        "sha256=" + "0" * 64,
        "sha256=" + "é" * 64,
        "sha256=" + "٣" * 64,
        "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest(),
        "sha512=" + hmac.new(SECRET, BODY, hashlib.sha512).hexdigest(),
        "sha256=" + hashlib.sha256(BODY).hexdigest(),
        "sha256=" + hashlib.sha256(SECRET + BODY).hexdigest(),
        signature(BODY, b""),
        signature(BODY, SECRET + b"\n"),
    ],
)
def test_any_other_signature_is_a_forgery(given: str | None) -> None:
    headers = {} if given is None else {SIGNATURE: given}
    with pytest.raises(Forged):
        read_nudge(Delivery(headers, BODY), SECRET)


def test_without_a_secret_nothing_is_genuine() -> None:
    with pytest.raises(Forged):
        read_nudge(Delivery({SIGNATURE: signature(BODY, b"")}, BODY), b"")


@given(st.integers(0, len(BODY) * 8 - 1))
def test_one_altered_bit_makes_a_forgery(bit: int) -> None:
    altered = bytearray(BODY)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forged):
        read_nudge(Delivery({SIGNATURE: RIGHT}, bytes(altered)), SECRET)


def test_the_same_json_written_otherwise_is_a_forgery(shared: Path) -> None:
    """Only the bytes that came are signed, not what they mean."""
    for file in payloads(shared):
        body = file.read_bytes()
        again = json.dumps(json.loads(body)).encode()
        assert again != body
        with pytest.raises(Forged):
            read_nudge(Delivery({SIGNATURE: signature(body)}, again), SECRET)


# --- the ids --------------------------------------------------------------------------------------------------


def payloads(shared: Path) -> list[Path]:
    return sorted((shared / "data" / "webhooks").glob("*.json"))


def test_each_of_the_55_real_payloads_names_its_issue(shared: Path) -> None:
    """Comments of a server come without their issue: their own address names it."""
    read_as = {file.name: read(file.read_bytes()) for file in payloads(shared)}
    assert len(read_as) == 55
    for file in payloads(shared):
        told = json.loads(file.read_bytes())
        nudge = read_as[file.name]
        expected = told["issue"]["id"] if "issue" in told else told["comment"]["self"].split("/")[-3]
        assert nudge.issue_ids == (expected,)
        assert nudge.kind == told["webhookEvent"]
        assert nudge.set_aside == ""
    assert sum("issue" not in json.loads(file.read_bytes()) for file in payloads(shared)) == 3
    assert {nudge.kind for nudge in read_as.values()} == {
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
        "comment_created",
        "comment_updated",
        "comment_deleted",
    }


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ({"webhookEvent": "jira:issue_updated", "issue": {"id": 10001}}, ("10001",)),
        ({"webhookEvent": "jira:issue_updated", "issue": {"id": "10001"}, "comment": {"self": "x/issue/7/comment/1"}},
         ("10001", "7")),
        ({"webhookEvent": "jira:issue_updated", "issue": {"id": "7"}, "comment": {"self": "x/issue/7/comment/1"}},
         ("7",)),
        ({"webhookEvent": "worklog_updated", "worklog": {"id": "5", "issueId": "10002"}}, ("10002",)),
        ({"webhookEvent": "worklog_deleted", "worklog": {"self": "http://x/rest/api/2/issue/10003/worklog/5"}},
         ("10003",)),
        ({"webhookEvent": "issuelink_created",
          "issueLink": {"id": 1, "sourceIssueId": 18715, "destinationIssueId": 11917}}, ("18715", "11917")),
        ({"webhookEvent": "issue_property_set", "issue": {"id": "10004"}, "property": {"key": "k"}}, ("10004",)),
        ({"webhookEvent": "issue_property_set", "property": {"self": "http://x/issue/10005/properties/k"}},
         ("10005",)),
    ],
)  # fmt: skip
def test_an_event_names_the_issues_it_is_about(event: dict[str, Any], ids: tuple[str, ...]) -> None:
    nudge = said(event)
    assert nudge.issue_ids == ids
    assert nudge.kind == event["webhookEvent"]
    assert nudge.set_aside == ""


@pytest.mark.parametrize(
    "event",
    [
        {"webhookEvent": "sprint_started", "sprint": {"id": 1, "self": "http://x/rest/agile/1.0/sprint/1"}},
        {"webhookEvent": "board_configuration_changed", "configuration": {"id": 2}},
        {"webhookEvent": "project_soft_deleted", "project": {"id": 10000, "key": "P"}},
        {"webhookEvent": "jira:version_released", "version": {"id": "10000", "projectId": 10000}},
        {"webhookEvent": "user_updated", "user": {"accountId": "712020:x"}},
        {"webhookEvent": "attachment_created", "attachment": {"id": "1", "self": "http://x/rest/api/2/attachment/1"}},
        {"webhookEvent": "jira:issue_updated"},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "P-1"}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "../10001"}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "٣"}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": True}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": -1}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": 1.5}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": 10**40}},
        {"webhookEvent": "jira:issue_updated", "issue": ["10001"]},
        {"webhookEvent": "comment_created", "comment": {"self": ["http://x/issue/1/comment/2"]}},
    ],
)
def test_what_names_no_issue_is_set_aside_by_its_kind(event: dict[str, Any]) -> None:
    nudge = said(event)
    assert nudge.issue_ids == ()
    assert nudge.kind == event["webhookEvent"]
    assert nudge.set_aside == "It names no issue: the next whole cycle finds what changed."


@pytest.mark.parametrize("event", ["a\nb", "x" * 65, "", "{html}", 7, None, {}, "sprint started"])
def test_a_strange_kind_is_called_unknown(event: Any) -> None:
    """It is stored and shown: no words of a stranger's choice."""
    assert said({"webhookEvent": event, "issue": {"id": "1"}}) == Nudge(
        hashlib.sha256(json.dumps({"webhookEvent": event, "issue": {"id": "1"}}).encode()).hexdigest(),
        "unknown",
        ("1",),
    )


# --- the identifier ---------------------------------------------------------------------------------------------


def test_the_identifier_is_the_senders() -> None:
    assert read(BODY, **{IDENTIFIER: "0f8fad5b-d9cb-469f-a165-70867728950e"}).delivery == (
        "0f8fad5b-d9cb-469f-a165-70867728950e"
    )


@pytest.mark.parametrize("given", ["", "a b", "x" * 201, "a\tb", "é"])
def test_without_a_usable_identifier_the_body_is_its_own(given: str) -> None:
    assert read(BODY, **{IDENTIFIER: given}).delivery == hashlib.sha256(BODY).hexdigest()
    assert read(BODY).delivery == hashlib.sha256(BODY).hexdigest()


# --- anything at all --------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
parts = st.fixed_dictionaries(
    {},
    optional={
        "id": json_values,
        "self": json_values | st.just("http://x/rest/api/2/issue/12/comment/3"),
        "issueId": json_values,
        "sourceIssueId": json_values,
        "destinationIssueId": json_values,
    },
)
events = st.fixed_dictionaries(
    {},
    optional={
        "webhookEvent": json_values | st.sampled_from(["comment_created", "jira:issue_updated"]),
        "issue": parts | json_values,
        "issueLink": parts | json_values,
        "comment": parts | json_values,
        "worklog": parts | json_values,
        "property": parts | json_values,
    },
)


@given(st.binary() | (events | json_values).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
def test_no_genuine_body_breaks_the_reading(body: bytes) -> None:
    nudge = read(body)
    assert all(id.isascii() and id.isdecimal() and len(id) <= 18 for id in nudge.issue_ids)
    assert bool(nudge.issue_ids) != bool(nudge.set_aside)
    assert nudge.kind
    assert nudge.delivery


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"issue":' * 100_000,
        b'{"issue":{"id":' + b"9" * 5000 + b"}}",
        b'{"issue":{"id":1e400}}',
        b'{"issue":{"id":NaN}}',
        b"\xff\xfe\x00",
        b'{"issue":{"id":"\\ud800"}}',
        '{"issue":{"id":"1"}}'.encode("utf-16"),
        b"",
    ],
)
def test_bodies_made_to_break_parsers_do_not(body: bytes) -> None:
    assert read(body).kind == "unknown"


def test_the_hook_answers_for_this_adapter_only() -> None:
    adapters = Adapters.installed()
    delivery = Delivery({SIGNATURE: RIGHT}, BODY)
    nudge = adapters.nudge("jira", delivery, SECRET)
    assert nudge is not None
    assert nudge.issue_ids == ("10001",)
    assert adapters.nudge("another", delivery, SECRET) is None
    with pytest.raises(Forged):
        adapters.nudge("jira", delivery, b"another secret")

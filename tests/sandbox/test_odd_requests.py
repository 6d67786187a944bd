"""Requests that no manual foresees: whatever comes, the sandbox answers as a service does and stays whole."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eal_jira.sandbox import serve
from tests.sandbox.support import Client
from tests.sandbox.test_contract import agile_cases, cloud_cases, datacenter_cases, lived_in

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["PAY-1", "10001", "\x00", "ﬁ", "²", "*all", "-1", "٣", "PAY-٣", "a" * 300]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(
        st.sampled_from(["id", "key", "name", "body", "type", "value"]), st.integers() | st.text(), max_size=2
    ),
)
calm = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Client]]:
    with ExitStack() as stack:
        yield {f: Client(stack.enter_context(serve(lived_in(f)))) for f in ("cloud", "datacenter")}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of every part of a JSON value."""
    inside: list[tuple[Any, ...]] = [path]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        inside += places(part, (*path, key))
    return inside


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], by)
    return changed


EXTRA = {
    "type": {"name": "Blocks"},
    "outwardIssue": {"key": "PAY-1"},
    "inwardIssue": {"key": "PAY-2"},
    "transition": {"id": "11"},
    "fieldIds": ["status"],
    "nextPageToken": "1_2_3",
    "reconcileIssues": [10001],
    "visibility": {"type": "role"},
    "update": {
        "comment": [{"add": {"body": "x"}}],
        "components": [{"add": {"name": "API"}}],
        "assignee": [{"set": None}],
    },
}


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
@given(data=st.data())
@calm
def test_no_body_brings_the_site_down(clients: dict[str, Client], flavour: str, data: st.DataObject) -> None:
    cases = [c for c in (cloud_cases() if flavour == "cloud" else datacenter_cases()) if c.body is not None]
    case = data.draw(st.sampled_from(cases))
    body = case.body | {k: EXTRA[k] for k in data.draw(st.sets(st.sampled_from(sorted(EXTRA)), max_size=3))}
    body = replaced(body, data.draw(st.sampled_from(places(body))), data.draw(odd))
    path = data.draw(st.sampled_from([case.path, "issueLink", "issue/{issueIdOrKey}/transitions"])).format(
        **case.values | {"issueIdOrKey": "PAY-1"}
    )
    method = case.method if path == case.path.format(**case.values) else "POST"
    answer = clients[flavour](method, path, json=body)
    allowed = {500} if path.endswith("transitions") and flavour == "datacenter" else set()
    assert answer.status_code < 500 or answer.status_code in allowed, f"{method} {path} {body}: {answer.text[:300]}"


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
@given(data=st.data())
@calm
def test_no_query_and_no_path_brings_the_site_down(
    clients: dict[str, Client], flavour: str, data: st.DataObject
) -> None:
    cases = [c for c in (cloud_cases() if flavour == "cloud" else datacenter_cases()) if c.method == "GET"]
    agile = data.draw(st.booleans())
    case = data.draw(st.sampled_from(agile_cases() if agile else cases))
    words = st.one_of(st.text(max_size=6), st.sampled_from(["PAY-1", "1", "0", "-1", "²", "٣", "PAY-²", "x" * 300]))
    values = {
        name: data.draw(st.just(value) | words).replace("/", "").strip(".") or "x"
        for name, value in case.values.items()
    }
    names = [
        "startAt",
        "maxResults",
        "fields",
        "expand",
        "properties",
        "jql",
        "since",
        "startedAfter",
        "orderBy",
        "state",
    ]
    names += ["issueId", "issueKey", "projectKey", "permissions", "globalId", "nextPageToken", "type", "projectKeyOrId"]
    query = data.draw(st.dictionaries(st.sampled_from(names), words, max_size=3))
    base = "/rest/agile/1.0/" if agile else ""
    answer = clients[flavour]("GET", base + case.path.format(**values), params=query)
    assert answer.status_code < 500, f"{case.path} {values} {query}: {answer.text[:300]}"

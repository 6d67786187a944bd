"""Independent peers: what the adapter sends is what Atlassian's documents describe, and what was recorded is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
import requests

from eal_jira.hookspecs import PatienceInMemory
from eal_pages_confluence.body import parse
from eal_pages_confluence.datacenter import DataCenter
from eal_pages_confluence.options import read_options
from eal_pages_confluence.wire import Wire, rows
from tests.plugins.wiki_world import BODY, PAGE, figure, served
from tests.sandbox.openapi import checker_of, problems, template_of
from tests.sandbox.support import spec

V2, V1, DC = "confluence-cloud-v2.json", "confluence-cloud-v1-2021.json", "confluence-dc-10.0.3.json"


class Recorded:
    """Every request that leaves this process, as it is sent, with its answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[requests.PreparedRequest, requests.Response]] = []
        send = requests.Session.send

        def recording(session: Any, request: requests.PreparedRequest, **given: Any) -> requests.Response:
            response = send(session, request, **given)
            self.sent.append((request, response))
            return response

        monkeypatch.setattr(requests.Session, "send", recording)


def _document(url: str) -> tuple[str, str]:
    """The document that describes this address, and the path as it writes it."""
    path = urlsplit(url).path
    if path.startswith("/wiki/api/v2/"):
        return V2, path.removeprefix("/wiki/api/v2")
    if path.startswith("/wiki/"):
        return V1, path
    return DC, path.removeprefix("/confluence")


def _against(request: requests.PreparedRequest) -> list[str]:
    document, path = _document(str(request.url))
    method = str(request.method)
    template = template_of(document, path, method)
    if template is None:
        return [f"{document} knows no {method} {path}"]
    item = spec(document)["paths"][template]
    operation = item[method.lower()]
    known = {p.get("name") for p in (*operation.get("parameters", ()), *item.get("parameters", ()))}
    found = [f"no parameter {name}" for name, _ in parse_qsl(urlsplit(str(request.url)).query) if name not in known]
    described = operation.get("requestBody", {})
    if "$ref" in described:
        described = spec(document)["components"]["requestBodies"][described["$ref"].rpartition("/")[2]]
    content = described.get("content", {})
    if request.body is None:
        return found + ([] if not described.get("required") else ["a body is needed"])
    if "multipart/form-data" in content:
        names = content["multipart/form-data"]["schema"].get("properties") or {"file": 1, "comment": 1, "minorEdit": 1}
        raw = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        sent = {part.split(b'"')[0].decode() for part in raw.split(b'form-data; name="')[1:]}
        return found + [f"no part {name}" for name in sent - set(names)] + ([] if "file" in sent else ["no file"])
    body = json.loads(request.body)
    schema = content["application/json"]["schema"]
    # a defect of v2's document: both forms of a page's body allow what the other one requires, so both fit
    wrong = [e for e in checker_of(document, schema).iter_errors(body) if e.validator != "oneOf" or e.context]
    return found + [e.message[:300] for e in wrong]


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_each_request_and_each_answer_is_as_the_documents_describe(
    flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch)
    with served(flavour) as world:  # type: ignore[arg-type]
        world.wiki.create("TEAM", PAGE.title, "<p>theirs</p>", None, "712020:ann")
        pages = world.pages()
        pages.put(PAGE)
        pages.put(replace(PAGE, body=BODY + "\nMore.", title="Another", figures=(figure(b"new"),)))
        list(pages.checks())
    kinds = {(r.method, _document(str(r.url))[0]) for r, _ in recorded.sent}
    assert kinds >= ({("POST", V2), ("PUT", V2), ("PUT", V1)} if flavour == "cloud" else {("POST", DC), ("PUT", DC)})
    for request, response in recorded.sent:
        document, path = _document(str(request.url))
        assert _against(request) == [], f"{request.method} {path}"
        if response.ok:
            template = template_of(document, path, str(request.method))
            assert template is not None
            status = (
                201 if (document, template.endswith("child/attachment"), request.method) == (DC, True, "GET") else 200
            )
            found = problems(document, template, str(request.method), status, response.json())
            assert found == [], f"answer to {request.method} {path}"


@pytest.mark.usefixtures("shared")
def test_a_request_of_another_shape_is_noticed() -> None:
    def sent(method: str, path: str, body: Any) -> requests.PreparedRequest:
        return requests.Request(method, f"http://x/wiki/api/v2{path}", json=body).prepare()

    whole = {"id": "1", "status": "current", "title": "t", "version": {"number": 2}}
    whole["body"] = {"representation": "storage", "value": ""}
    assert _against(sent("PUT", "/pages/1", whole)) == []
    assert _against(sent("PUT", "/pages/1", {**whole, "version": {"number": "2"}})) != []
    assert _against(sent("PUT", "/pages/1?ttle=x", whole)) == ["no parameter ttle"]
    assert _against(sent("PUT", "/nowhere", whole)) != []


def recordings(shared: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted((shared / "data" / "confluence").glob("*.json")):
        yield path.name, json.loads(path.read_text())


class Replayed(Wire):
    """A wire that gives what was recorded."""

    def __init__(self, answer: Any) -> None:
        super().__init__(read_options({"url": "https://x.example.com", "space": "T"}, lambda: "t"), PatienceInMemory())
        self._answer = answer

    def get(self, path: str, **params: object) -> Any:
        return self._answer


def test_what_a_real_confluence_answered_is_read_without_a_complaint(shared: Path) -> None:
    read = listed = 0
    for name, answer in recordings(shared):
        if "results" in answer:
            found = rows(answer)
            listed += 1
        else:
            found = [answer]
        for content in found:
            if "body" not in content:
                continue  # a space, or an attachment, which has no body
            page = DataCenter(Replayed(content), "T", "https://x.example.com").read("1")
            assert page.title, name
            assert page.version >= 1, name
            # their source cut the texts short: those are no whole documents any more
            assert page.body.endswith("...") or parse(page.body).words, name
            read += 1
    assert (read, listed) >= (5, 3)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, {"required": ["id"]})

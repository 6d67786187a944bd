"""Answers held against an OpenAPI document: finds the response's schema and checks the body."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.sandbox.support import spec


def _as_json_schema(value: Any) -> Any:
    """OpenAPI 3.0 says `nullable`, JSON Schema says "null" among the types."""
    if isinstance(value, list):
        return [_as_json_schema(each) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _as_json_schema(part) for name, part in value.items()}
    if changed.pop("nullable", False) is True:
        return {"anyOf": [changed, {"type": "null"}]}
    return changed


#: what the documents say and the service doesn't do: (document, problem, why we know better)
DEFECTS = (
    ("", r".*\.items\.\d+\.(from|fromString|to|toString): None is not of type 'string'", "real histories have null"),
    ("jira-platform", r": \[\{'id'.*'globalId'.*\] is not of type 'object'", "remote links come as a list"),
    ("jira-dc", r"(issues\.\d+\.)?fields\.\w+: .* is not of type 'object'", "`fields` values are of any type"),
    (
        "jira-dc",
        r"(.*\.properties\.\d+\.|properties\.\d+\.)?value: .* is not of type 'string'",
        "a property's value is any JSON",
    ),
)


@cache
def _registry(document: str) -> Registry[Any]:
    parts = {"components": _as_json_schema(spec(document)["components"])}
    return Registry().with_resource("urn:spec", Resource.from_contents(parts, default_specification=DRAFT4))


def _absolute(value: Any) -> Any:
    if isinstance(value, list):
        return [_absolute(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {k: f"urn:spec{v}" if k == "$ref" else _absolute(v) for k, v in value.items()}


def problems(document: str, path: str, method: str, status: int, body: Any, *, array: bool = False) -> list[str]:
    """What the document has against this answer, one sentence each. `array`: the document says what one entry is like
    where the service gives a list of them."""
    operation = spec(document)["paths"][path][method.lower()]
    response = operation["responses"].get(str(status))
    if response is None:
        return [f"the document knows no {status} for {method} {path}"]
    content = response.get("content") or {}
    schema = next((c["schema"] for c in content.values() if "schema" in c), None)
    if schema is None:
        return []
    if array:
        schema = {"type": "array", "items": schema}
    checker = checker_of(document, schema)
    found = sorted(checker.iter_errors(body), key=lambda e: list(map(str, e.path)))
    said = [f"{'.'.join(map(str, e.path))}: {e.message}" for e in found]
    return [text[:300] for text in said if not _known(document, text)]


def checker_of(document: str, schema: Any) -> jsonschema.Draft4Validator:
    """Holds values against a schema that stands in the document."""
    return jsonschema.Draft4Validator(_absolute(_as_json_schema(schema)), registry=_registry(document))


def template_of(document: str, path: str, method: str) -> str | None:
    """The document's own way to write a path: with names in place of ids."""
    for template, item in spec(document)["paths"].items():
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
        if method.lower() in item and re.fullmatch(pattern, path):
            return str(template)
    return None


def _known(document: str, text: str) -> bool:
    return any(document.startswith(d) and re.fullmatch(pattern, text, re.DOTALL) for d, pattern, _why in DEFECTS)

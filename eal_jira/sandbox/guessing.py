"""What kind of field a value is from, where nobody says: for records without field definitions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from eal_jira.sandbox.fields import FLOAT, MULTISELECT, SELECT, SPRINT, TEXTAREA, TEXTFIELD, USERPICKER, Field
from eal_jira.sandbox.state import Json


def guessed(id: str, name: str, value: Json) -> Field:
    """A field that this value would fit into."""
    type_, items, custom = _guess(value)
    if custom == SPRINT and name == id:
        name = "Sprint"
    return Field(id, name, type_, items, custom_type(id, custom))


def custom_type(id: str, type_key: str) -> str | None:
    return type_key if id.startswith("customfield_") else None


def _guess(value: Json) -> tuple[str, str | None, str]:
    """(schema type, items, custom type) of a value whose field nobody described."""
    if isinstance(value, bool):
        return "any", None, TEXTFIELD
    if isinstance(value, int | float):
        return "number", None, FLOAT
    if isinstance(value, str):
        return "string", None, TEXTFIELD
    if isinstance(value, Mapping):
        if value.get("type") == "doc":
            return "string", None, TEXTAREA
        if "displayName" in value:
            return "user", None, USERPICKER
        return ("option", None, SELECT) if "value" in value else ("any", None, TEXTFIELD)
    first = value[0]
    if isinstance(first, Mapping) and {"state", "name", "id"} <= set(first):
        return "array", "json", SPRINT
    if isinstance(first, str) and first.startswith("com.atlassian.greenhopper.service.sprint.Sprint@"):
        return "array", "json", SPRINT
    if isinstance(first, Mapping) and "value" in first:
        return "array", "option", MULTISELECT
    return "array", "string", TEXTFIELD


def parsed_sprint(text: str) -> dict[str, Json]:
    """A sprint as Data Center writes it: names and goals may hold commas and equals signs (facts 7)."""
    inside = text[text.index("[") + 1 : text.rindex("]")]
    pairs = re.split(
        r",(?=(?:id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal|"
        r"synced|autoStartStop|incompleteIssuesDestinationId)=)",
        inside,
    )
    said = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return {name: None if value == "<null>" else value for name, value in said.items()}

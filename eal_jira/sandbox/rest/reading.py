"""Reading a request's JSON: each function gives a value of one kind, or refuses the request with 400."""

from __future__ import annotations

from collections.abc import Mapping

from eal_jira.sandbox.rest.answers import Refusal
from eal_jira.sandbox.state import Json


def text(given: Mapping[str, Json], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise Refusal(400, f"The parameter '{name}' is required and must be a string.")
    return value


def maybe_text(given: Mapping[str, Json], name: str) -> str | None:
    return None if given.get(name) is None else text(given, name)


def whole(given: Mapping[str, Json], name: str, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal(400, f"'{value}' is no whole number for the parameter '{name}'.")
    return value


def strings(given: Mapping[str, Json], name: str) -> list[str]:
    """A list of texts or numbers, as texts; an absent one is empty."""
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(v, str | int) and not isinstance(v, bool) for v in value):
        raise Refusal(400, f"The parameter '{name}' must be a list of texts or numbers.")
    return [str(v) for v in value]


def numbers(given: Mapping[str, Json], name: str, most: int) -> list[int]:
    """One to `most` whole numbers."""
    found = strings(given, name)
    if not 1 <= len(found) <= most or not all(v.isdecimal() for v in found):
        raise Refusal(400, f"The parameter '{name}' takes 1 to {most} ids.")
    return [int(v) for v in found]


def mapping(given: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """An object; an absent one is empty."""
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(400, f"The parameter '{name}' must be an object.")
    return value


def entries(given: Mapping[str, Json], name: str) -> list[Mapping[str, Json]]:
    """A list of objects; an absent one is empty."""
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise Refusal(400, f"The parameter '{name}' must be a list of objects.")
    return value

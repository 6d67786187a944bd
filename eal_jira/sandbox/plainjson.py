"""Two small things about JSON that every room of the sandbox needs."""

from __future__ import annotations

import json

from eal_jira.sandbox.state import Json

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumps(value: object) -> str:
    """JSON as Jira writes it: compact, not escaped to ASCII."""
    return _encoder.encode(value)


def named(given: Json) -> str:
    """What an object like `{"id": …}`, `{"key": …}` or `{"name": …}` names, id first; "" when it names nothing."""
    if not isinstance(given, dict):
        return ""
    for name in ("id", "key", "name"):
        value = given.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return ""

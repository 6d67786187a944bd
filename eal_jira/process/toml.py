"""TOML out: what we write into guideline files. Reading is the standard library's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def key(name: str) -> str:
    return name if _BARE.fullmatch(name) else text(name)


def text(value: str) -> str:
    """A basic string. JSON's escapes are TOML's; only DEL has to be escaped beyond them."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def value(given: object) -> str:
    """A value on one line: text, number, yes or no, day, list, or table. Raises `TypeError` for anything else."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return text(given)
    if isinstance(given, int | float):
        return repr(given)
    if isinstance(given, date):
        return given.isoformat()
    if isinstance(given, list | tuple):
        return f"[{', '.join(map(value, given))}]"
    if isinstance(given, Mapping):
        return f"{{ {', '.join(f'{key(name)} = {value(part)}' for name, part in given.items())} }}" if given else "{}"
    raise TypeError(f"{type(given).__name__} can't be written as TOML")


def comment(words: str) -> str:
    """A comment line; whatever would end it early is a space."""
    return f"# {_CONTROL.sub(' ', words)}"

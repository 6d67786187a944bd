"""What people wrote, as plain text: from Atlassian's document format (Cloud) and from wiki markup (Data Center).

In what is *said* (comments), quotes, code and collapsed parts are left out: who quotes somebody says nothing himself.
The walker keeps its own stack, so a document nested a thousand times is only long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eal_tracker_jira.times import parse_time

_NOT_SAID = frozenset({"blockquote", "codeBlock", "expand", "nestedExpand"})
_LINES = frozenset(
    {"paragraph", "heading", "listItem", "tableRow", "rule", "codeBlock", "taskItem", "decisionItem", "blockCard"}
)
_CELLS = frozenset({"tableCell", "tableHeader"})

_WIKI_BLOCK = re.compile(r"(?<!\\)\{(quote|code|noformat|expand)(?::[^{}\n]*)?\}", re.IGNORECASE)
_WIKI_QUOTED_LINE = re.compile(r"^[ \t]*bq\. .*$", re.MULTILINE)
_WIKI_ESCAPED = re.compile(r"\\([-#*_+?^~|%{}\[\]()!@\\])")
_WIKI_ENTITY = re.compile(r"&#(\d{1,6});")
_BLANK_LINES = re.compile(r"\n\s*\n+")


def said(body: object) -> str:
    """The plain text of a comment, in either form."""
    if isinstance(body, dict):
        return _tidy(_adf(body, _NOT_SAID))
    return _tidy(_wiki_said(body)) if isinstance(body, str) else ""


def written(body: Mapping[str, Any]) -> str:
    """The plain text of a whole document."""
    return _tidy(_adf(body, frozenset()))


def is_document(value: Mapping[str, Any]) -> bool:
    return value.get("type") == "doc" and "content" in value


def _adf(document: Mapping[str, Any], skip: frozenset[str]) -> str:
    parts: list[str] = []
    stack: list[object] = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        if not isinstance(node, dict):
            continue
        kind = node.get("type")
        if kind == "text":
            parts.append(str(node.get("text") or ""))
            continue
        if kind in skip:
            continue
        parts.append(_leaf(kind, node))
        if kind in _LINES:
            stack.append("\n")
        elif kind in _CELLS:
            stack.append(" ")
        content = node.get("content")
        if isinstance(content, list):
            stack.extend(reversed(content))
    return "".join(parts)


def _leaf(kind: object, node: Mapping[str, Any]) -> str:
    if kind == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    if not isinstance(attributes, dict):
        return ""
    match kind:
        case "mention" | "status" | "placeholder":
            return str(attributes.get("text") or "")
        case "emoji":
            return str(attributes.get("text") or attributes.get("shortName") or "")
        case "inlineCard" | "blockCard" | "embedCard":
            return str(attributes.get("url") or "")
        case "taskItem":
            return "[x] " if attributes.get("state") == "DONE" else "[ ] "
        case "date":
            return _day(attributes.get("timestamp"))
        case _:
            return ""


def _day(timestamp: object) -> str:
    try:
        return parse_time(timestamp).date().isoformat()
    except ValueError:
        return str(timestamp or "")


def _wiki_said(text: str) -> str:
    parts: list[str] = []
    start, inside = 0, ""
    for tag in _WIKI_BLOCK.finditer(text):
        name = tag[1].lower()
        if not inside:
            parts.append(text[start : tag.start()])
            inside = name
        elif name == inside:
            start, inside = tag.end(), ""
    # a block that is never closed runs to the end
    parts.append("" if inside else text[start:])
    bare = _WIKI_ESCAPED.sub(r"\1", _WIKI_QUOTED_LINE.sub("", "\n".join(parts)))
    return _WIKI_ENTITY.sub(_character, bare)


def _character(entity: re.Match[str]) -> str:
    code = int(entity[1])
    # half of a surrogate pair is no character, and no text may hold a NUL
    return entity[0] if code == 0 or 0xD800 <= code <= 0xDFFF else chr(code)


def _tidy(text: str) -> str:
    return _BLANK_LINES.sub("\n", text.replace("\r\n", "\n")).strip()

"""Atlassian Document Format: is this a document that Jira would take? (facts/jira.md 8.1)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eal_jira.sandbox.state import Json
from eal_jira.sandbox.text.grammar import MARKS, NODES, Node, filled, wrong_attribute

MOST_NESTING = 100

Children = Mapping[str, Sequence[frozenset[str]]]
"""Node type → alternatives of which marks it may carry in this place."""


def problem(document: Json) -> str | None:
    """Why Jira would refuse this document, with the place; None when it would take it."""
    return _node(document, {"doc": [frozenset()]}, "document", 0)


def too_deep(body: Json) -> bool:
    """Is anything nested deeper than a document may be? Looks at any JSON, without recursion."""
    level = [body]
    for _ in range(2 * MOST_NESTING + 20):
        inside = [part for value in level if isinstance(value, dict) for part in value.values()]
        inside += [part for value in level if isinstance(value, list) for part in value]
        level = [part for part in inside if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _children(words: str) -> Children:
    """Reads `type` (no marks) and `type:mark,mark` (any of these marks)."""
    found: dict[str, list[frozenset[str]]] = {}
    for word in words.split():
        kind, _, marks = word.partition(":")
        found.setdefault(kind, []).append(frozenset(marks.split(",")) if marks else frozenset())
    return found


_INSIDE: Mapping[str, Children] = {kind: _children(node.inside or "") for kind, node in NODES.items()}
_FIRST: Mapping[str, Children] = {kind: _children(node.first) for kind, node in NODES.items() if node.first}


def _node(value: Json, allowed: Children, place: str, depth: int) -> str | None:
    if depth > MOST_NESTING:
        return f"{place} is nested deeper than {MOST_NESTING} levels"
    if not isinstance(value, dict):
        return f"{place} is no object"
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        return f"{place}: {kind!r} can't stand here"
    node = NODES[kind]
    extra = {"doc": {"version"}, "text": {"text"}}.get(kind, set())
    known = {"type"} | extra
    known |= {"attrs"} if node.attrs else set()
    known |= {"content"} if node.inside is not None else set()
    known |= {"marks"} if node.marks else set()
    unknown = sorted(map(str, set(value) - known))
    if unknown:
        return f"{place}: {kind} has no {unknown[0]!r}"
    if kind == "doc" and (value.get("version") != 1 or isinstance(value.get("version"), bool)):
        return f"{place}: version must be 1"
    if kind == "text" and not filled(value.get("text")):
        return f"{place}: a text has at least one character"
    return (
        _node_attributes(value, node, place)
        or _node_marks(value, allowed[kind], place)
        or _node_content(value, kind, node, place, depth)
    )


def _node_attributes(value: Mapping[str, Json], node: Node, place: str) -> str | None:
    if "attrs" not in value:
        return f"{place}: {value['type']} needs 'attrs'" if node.needs_attrs else None
    wrong = [wrong_attribute(value["attrs"], alternative) for alternative in node.attrs]
    return None if None in wrong else f"{place}: {value['type']}: {wrong[-1]}"


def _node_marks(value: Mapping[str, Json], allowed: Sequence[frozenset[str]], place: str) -> str | None:
    if "marks" not in value:
        return None
    marks = value["marks"]
    if not isinstance(marks, list):
        return f"{place}: 'marks' is no list"
    for mark in marks:
        wrong = _mark(mark)
        if wrong:
            return f"{place}: {wrong}"
    kinds = {mark["type"] for mark in marks}
    if not any(kinds <= alternative for alternative in allowed):
        return f"{place}: {value['type']} can't carry {', '.join(sorted(kinds))} here"
    return None


def _mark(mark: Json) -> str | None:
    kind = mark.get("type") if isinstance(mark, dict) else None
    if not isinstance(kind, str) or kind not in MARKS:
        return f"{kind!r} is no mark"
    attributes = MARKS[kind]
    if attributes is None:
        return None if set(mark) == {"type"} else f"the mark {kind} has nothing but its type"
    if set(mark) != {"type", "attrs"}:
        return f"the mark {kind} has 'attrs' and nothing else"
    return wrong_attribute(mark["attrs"], attributes)


def _node_content(value: Mapping[str, Json], kind: str, node: Node, place: str, depth: int) -> str | None:
    if node.inside is None:
        return None
    if "content" not in value:
        return f"{place}: {kind} needs 'content'" if node.least or node.needs_content else None
    content = value["content"]
    if not isinstance(content, list):
        return f"{place}: 'content' is no list"
    if len(content) < node.least or (node.most is not None and len(content) > node.most):
        return f"{place}: {kind} has {len(content)} children"
    for number, child in enumerate(content):
        allowed = _FIRST[kind] if number == 0 and kind in _FIRST else _INSIDE[kind]
        wrong = _node(child, allowed, f"{place}.content[{number}]", depth + 1)
        if wrong:
            return wrong
    return None

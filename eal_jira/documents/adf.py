"""Blocks → Atlassian Document Format (ADF), for Jira Cloud.

What may stand in what is narrower there than in Markdown (facts: the public ADF JSON schema): what does not fit its
place becomes paragraphs with the same words. Mentions, cards, media and extensions are never made.
"""

from __future__ import annotations

import json
from typing import Any

from eal_jira.documents.blocks import (
    Block,
    Blocks,
    Chip,
    Code,
    CodeBlock,
    Emphasis,
    Expand,
    Heading,
    Line,
    LineBreak,
    Link,
    List,
    Panel,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
)
from eal_jira.documents.cut import to_fit

Node = dict[str, Any]

#: Characters of serialised JSON. The tracker's limit is 32,767 for text; how it counts ADF is not documented.
LIMIT = 30_000

_PANELS = {"note": "info", "tip": "success", "important": "note", "caution": "warning"}
_COLOURS = {"neutral": "neutral", "good": "green", "bad": "red", "open": "yellow", "info": "blue"}

_IN_ITEM = {"paragraph", "bulletList", "orderedList", "codeBlock"}
_IN_QUOTE = _IN_ITEM
_IN_PANEL = _IN_ITEM | {"heading", "rule"}
_IN_EXPAND = _IN_PANEL | {"panel", "blockquote", "table"}


def render(blocks: Blocks, taken: int = 0) -> Node:
    """The document node. Its JSON stays within `LIMIT`, cut with a visible mark where needed."""
    return _document(to_fit(blocks, lambda part: len(json.dumps(_document(part))) <= LIMIT - taken))


def _document(blocks: Blocks) -> Node:
    return {"type": "doc", "version": 1, "content": _nodes(blocks) or [_paragraph([])]}


def _nodes(blocks: Blocks) -> list[Node]:
    return [node for block in blocks for node in _block(block)]


def _block(block: Block) -> list[Node]:
    match block:
        case Heading(level, line):
            return [{"type": "heading", "attrs": {"level": level}, "content": _line(line)}]
        case Paragraph(line):
            return [_paragraph(_line(line))]
        case List(items, start):
            return _list(items, start)
        case Table(header, rows):
            table = [_row("tableHeader", header), *(_row("tableCell", row) for row in rows)]
            return [{"type": "table", "content": table}]
        case CodeBlock(text, language):
            attrs = {"attrs": {"language": language}} if language else {}
            return [{"type": "codeBlock", **attrs, "content": [{"type": "text", "text": text}] if text else []}]
        case Quote(inner):
            return [{"type": "blockquote", "content": _fit(_nodes(inner), _IN_QUOTE)}]
        case Panel(kind, inner):
            return [{"type": "panel", "attrs": {"panelType": _PANELS[kind]}, "content": _fit(_nodes(inner), _IN_PANEL)}]
        case Expand(title, inner):
            return [{"type": "expand", "attrs": {"title": title}, "content": _fit(_nodes(inner), _IN_EXPAND)}]
        case Rule():
            return [{"type": "rule"}]
        case Picture(_, caption):
            return [_paragraph(_text(caption, ({"type": "em"},)))]


def _list(items: tuple[Blocks, ...], start: int | None) -> list[Node]:
    content = [{"type": "listItem", "content": _item(item)} for item in items]
    if start is None:
        return [{"type": "bulletList", "content": content}]
    return [{"type": "orderedList", "attrs": {"order": start}, "content": content}]


def _item(item: Blocks) -> list[Node]:
    """A list item's content, which must begin with a paragraph or code."""
    nodes = _fit(_nodes(item), _IN_ITEM)
    return nodes if nodes[0]["type"] in ("paragraph", "codeBlock") else [_paragraph([]), *nodes]


def _row(cell: str, cells: tuple[Line, ...]) -> Node:
    return {"type": "tableRow", "content": [{"type": cell, "content": [_paragraph(_line(line))]} for line in cells]}


def _fit(nodes: list[Node], allowed: set[str]) -> list[Node]:
    """The nodes, each that may not stand here replaced by the paragraphs inside it; never empty."""
    fitting: list[Node] = []
    for node in nodes:
        fitting += [node] if node["type"] in allowed else _paragraphs(node)
    return fitting or [_paragraph([])]


def _paragraphs(node: Node) -> list[Node]:
    content = node.get("content", [])
    if node["type"] in ("paragraph", "heading"):
        return [_paragraph(content)]
    return [paragraph for inner in content if inner["type"] != "text" for paragraph in _paragraphs(inner)]


def _paragraph(content: list[Node]) -> Node:
    return {"type": "paragraph", "content": content}


def _line(line: Line, marks: tuple[Node, ...] = ()) -> list[Node]:
    nodes: list[Node] = []
    for inline in line:
        match inline:
            case Text(text):
                nodes += _text(text, marks)
            case Strong(children):
                nodes += _line(children, _with(marks, {"type": "strong"}))
            case Emphasis(children):
                nodes += _line(children, _with(marks, {"type": "em"}))
            case Code(text):  # beside code only a link may mark a text
                nodes += _text(text, (*(mark for mark in marks if mark["type"] == "link"), {"type": "code"}))
            case Link(url, children):
                nodes += _line(children, _with(marks, {"type": "link", "attrs": {"href": url}}))
            case Chip(text, tone):
                nodes.append({"type": "status", "attrs": {"text": text, "color": _COLOURS[tone]}})
            case LineBreak():
                nodes.append({"type": "hardBreak"})
    return nodes


def _with(marks: tuple[Node, ...], mark: Node) -> tuple[Node, ...]:
    """The marks with one more, none of a kind twice: the inner one counts."""
    return (*(other for other in marks if other["type"] != mark["type"]), mark)


def _text(text: str, marks: tuple[Node, ...]) -> list[Node]:
    return [{"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}] if text else []

"""Markdown of our templates → blocks, and foreign text → Markdown that shows it as it is.

CommonMark with tables (GitHub's), no HTML. On top of it three conventions, all of which read well unrendered:

- ``> [!NOTE]`` opens a panel (also ``TIP``, ``IMPORTANT``, ``CAUTION``), ``> [!MORE] title`` something to unfold;
- ``[works](chip:good)`` is a chip (tones: neutral, good, bad, open, info);
- ``![caption](figure:NAME)`` alone in a paragraph is the place of the figure NAME.
"""

from __future__ import annotations

import re
import threading
from typing import cast, get_args

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from eal_jira.documents.blocks import (
    Block,
    Blocks,
    Chip,
    Code,
    CodeBlock,
    Emphasis,
    Expand,
    Heading,
    Inline,
    Line,
    LineBreak,
    Link,
    List,
    Panel,
    PanelKind,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    Tone,
    words,
)
from eal_jira.documents.text import clean, one_line, safe_url, shortened

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_MARK = re.compile(r"\[!(NOTE|TIP|IMPORTANT|CAUTION|MORE)\](?=\s|$)")


def escape(text: str) -> str:
    """Markdown that shows this text as it is, on one line, wherever in a line or a table cell it stands.

    Very long text is cut with a visible mark. A backslash becomes an entity: doubled, at the end of a cell, it would
    hide the bar that closes the cell.
    """
    shown = shortened(one_line(text))
    return _PUNCTUATION.sub(lambda found: "&#92;" if found[0] == "\\" else "\\" + found[0], shown)


def parse(markdown: str) -> Blocks:
    """The blocks of a Markdown text. Every text is a document; what has no meaning in one stays visible as text."""
    # what the parser keeps for addresses is filled at its first use, and half full while that lasts
    with _ONE_AT_A_TIME:
        tokens = _PARSER.parse(markdown)
    return _blocks(SyntaxTreeNode(tokens))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Which addresses are links is decided in one place for all targets, in `_link`.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


_ONE_AT_A_TIME = threading.Lock()
_PARSER = _parser()


def _blocks(parent: SyntaxTreeNode) -> Blocks:
    return tuple(_block(node) for node in parent.children)


def _block(node: SyntaxTreeNode) -> Block:
    match node.type:
        case "heading":
            return Heading(int(node.tag[1:]), _line(node))
        case "paragraph":
            return _paragraph(node)
        case "bullet_list":
            return List(tuple(_blocks(item) for item in node.children))
        case "ordered_list":
            return List(tuple(_blocks(item) for item in node.children), int(node.attrs.get("start", 1)))
        case "table":
            return _table(node)
        case "fence":
            return CodeBlock(clean(node.content).removesuffix("\n"), one_line(node.info).split(" ")[0])
        case "code_block":
            return CodeBlock(clean(node.content).removesuffix("\n"))
        case "blockquote":
            return _quote(node)
        case "hr":
            return Rule()
    raise AssertionError(f"unexpected Markdown block {node.type!r}")


def _paragraph(node: SyntaxTreeNode) -> Paragraph | Picture:
    content = node.children[0].children
    if len(content) == 1 and content[0].type == "image" and _src(content[0]).startswith("figure:"):
        return Picture(_src(content[0]).removeprefix("figure:"), words(_inlines(content[0])))
    return Paragraph(_line(node))


def _quote(node: SyntaxTreeNode) -> Quote | Panel | Expand:
    """A quotation, or what its first line says it is. The source counts: an escaped ``\\[!NOTE]`` is a quotation."""
    first = node.children[0] if node.children else None
    mark = _MARK.match(first.children[0].content) if first and first.type == "paragraph" else None
    if first is None or mark is None:
        return Quote(_blocks(node))
    opening = _without(mark[0], _line(first))
    rest = tuple(_block(child) for child in node.children[1:])
    if mark[1] == "MORE":
        return Expand(one_line(words(opening)), rest)
    return Panel(cast(PanelKind, mark[1].lower()), (Paragraph(opening), *rest) if opening else rest)


def _without(mark: str, line: Line) -> Line:
    """The line without the mark that its first text begins with."""
    match line:
        case (Text(text), *rest) if text.removeprefix(mark).strip():
            return (Text(text.removeprefix(mark).lstrip()), *rest)
        case _:
            return line[1:]


def _table(node: SyntaxTreeNode) -> Table:
    head, *bodies = node.children
    columns = head.children[0].children
    rows = tuple(tuple(_line(cell) for cell in row.children) for body in bodies for row in body.children)
    return Table(
        header=tuple(_line(cell) for cell in columns),
        rows=rows,
        align=tuple(str(cell.attrs.get("style", "text-align:left")).removeprefix("text-align:") for cell in columns),
    )


def _line(node: SyntaxTreeNode) -> Line:
    return _inlines(node.children[0]) if node.children else ()


def _inlines(parent: SyntaxTreeNode) -> Line:
    line: list[Inline] = []
    for node in parent.children:
        for inline in _inline(node):
            if isinstance(inline, Text) and line and isinstance(line[-1], Text):
                line[-1] = Text(line[-1].text + inline.text)
            else:
                line.append(inline)
    return tuple(line)


def _inline(node: SyntaxTreeNode) -> Line:
    match node.type:
        case "text":
            text = clean(node.content)
            return (Text(text),) if text else ()
        case "softbreak":
            return (Text(" "),)
        case "hardbreak":
            return (LineBreak(),)
        case "code_inline":
            code = one_line(node.content)
            return (Code(code),) if code else ()
        case "strong":
            return (Strong(_inlines(node)),)
        case "em":
            return (Emphasis(_inlines(node)),)
        case "link":
            return _link(str(node.attrs.get("href", "")), _inlines(node))
        case "image":  # a picture in the middle of a line is its words
            return _inlines(node)
    raise AssertionError(f"unexpected Markdown inline {node.type!r}")


def _link(url: str, children: Line) -> Line:
    text = one_line(words(children))
    if not text:
        return ()
    scheme, _, tone = url.partition(":")
    if scheme == "chip" and tone in get_args(Tone):
        return (Chip(text, cast(Tone, tone)),)
    safe = safe_url(url)
    return (Link(safe, children),) if safe else children


def _src(image: SyntaxTreeNode) -> str:
    return str(image.attrs.get("src", ""))

"""Blocks → Confluence's storage format, an XHTML with elements of its own (facts/jira.md 8.3). Always well-formed XML.

Foreign text stands in elements and attributes, escaped, and in no macro's parameter or plain body: what a macro makes
of its parameters is its own affair. So code is ``<pre>``, and a chip is a coloured word. Figures are pictures attached
to the page, each with its summary and its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape as escaped

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
from eal_jira.documents.elements import list_element
from eal_jira.documents.figures import MOST_ROWS, data_table, picture_file
from eal_jira.documents.text import one_line
from eal_jira.model import Figure

LIMIT = 4_000_000
"""Bytes of UTF-8. Confluence Cloud refuses a request of more than 5 MB, and people's own text needs room as well."""

_PANELS = {"note": "info", "tip": "tip", "important": "note", "caution": "warning"}
_COLOURS = {"neutral": "66,82,110", "good": "0,102,68", "bad": "191,38,0", "open": "151,79,12", "info": "7,71,166"}


def render(blocks: Blocks, figures: Mapping[str, Figure], taken: int = 0) -> str:
    """The document's elements, one block a line, within `LIMIT`, cut with a visible mark where needed."""
    return _blocks(to_fit(blocks, lambda part: len(_blocks(part, figures).encode()) <= LIMIT - taken), figures)


def _blocks(blocks: Blocks, figures: Mapping[str, Figure]) -> str:
    return "".join(_block(block, figures) + "\n" for block in blocks)


def _block(block: Block, figures: Mapping[str, Figure]) -> str:
    match block:
        case Heading(level, line):
            return f"<h{level}>{_line(line)}</h{level}>"
        case Paragraph(line):
            return f"<p>{_line(line)}</p>"
        case List():
            return list_element(block, _line, lambda inner: _blocks(inner, figures))
        case Table():
            return _table(block)
        case CodeBlock(text):
            return f"<pre>{escaped(text)}</pre>" if text else ""
        case Quote(inner):
            return f"<blockquote>\n{_blocks(inner, figures)}</blockquote>"
        case Panel(kind, inner):
            return _macro(_PANELS[kind], _blocks(inner, figures))
        case Expand(title, inner):
            # the title stands above its content and not in the macro
            return f"<p><strong>{escaped(title)}</strong></p>\n" + _macro("expand", _blocks(inner, figures))
        case Rule():
            return "<hr/>"
        case Picture(name, caption):
            return _figure(figures[name], caption) if name in figures else f"<p><em>{escaped(caption)}</em></p>"


def _macro(name: str, body: str) -> str:
    inside = f"<ac:rich-text-body>\n{body}</ac:rich-text-body>"
    return f'<ac:structured-macro ac:name="{name}">{inside}</ac:structured-macro>'


def _table(table: Table) -> str:
    rows = [_row("th", table.header, table.align), *(_row("td", row, table.align) for row in table.rows)]
    return "<table><tbody>\n" + "".join(f"{row}\n" for row in rows) + "</tbody></table>"


def _row(tag: str, cells: tuple[Line, ...], align: tuple[str, ...]) -> str:
    return "<tr>" + "".join(_cell(tag, cell, side) for cell, side in zip(cells, align, strict=True)) + "</tr>"


def _cell(tag: str, line: Line, side: str) -> str:
    style = "" if side == "left" else f' style="text-align: {escaped(side)};"'
    return f"<{tag}><p{style}>{_line(line)}</p></{tag}>"


def _figure(figure: Figure, caption: str) -> str:
    title, summary = one_line(figure.title), one_line(figure.summary)
    parts = [f"<p><strong>{escaped(caption or title)}</strong> – {escaped(summary)}</p>"]
    if figure.png:
        label = escaped(f"Chart: {title}. {summary}")
        picture = f'<ri:attachment ri:filename="{escaped(picture_file(figure))}"/>'
        parts.append(f'<p><ac:image ac:alt="{label}">{picture}</ac:image></p>')
    if figure.rows:
        numbers = _table(data_table(figure, MOST_ROWS)) + "\n"
        parts += ["<p>The numbers behind it:</p>", _macro("expand", numbers)]
    return "\n".join(parts)


def _line(line: Line) -> str:
    parts: list[str] = []
    for inline in line:
        match inline:
            case Text(text):
                parts.append(escaped(text))
            case Strong(children):
                parts.append(f"<strong>{_line(children)}</strong>")
            case Emphasis(children):
                parts.append(f"<em>{_line(children)}</em>")
            case Code(text):
                parts.append(f"<code>{escaped(text)}</code>")
            case Link(url, children):
                parts.append(f'<a href="{escaped(url)}">{_line(children)}</a>')
            case Chip(text, tone):
                parts.append(f'<strong style="color: rgb({_COLOURS[tone]});">[{escaped(text)}]</strong>')
            case LineBreak():
                parts.append("<br/>")
    return "".join(parts)

"""Blocks → HTML: the inside of a page, without head and style. No script, nothing loaded from elsewhere.

Classes that a style sheet may use: ``chip chip-TONE``, ``panel panel-KIND``, ``scroll`` around tables and charts,
``right`` and ``center`` on cells, ``diff`` on differences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape as escaped
from urllib.parse import quote

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
    words,
)
from eal_jira.documents.elements import list_element
from eal_jira.documents.figures import data_csv, data_table
from eal_jira.documents.text import clean, one_line
from eal_jira.model import Figure

#: the space before a per cent sign, where no line should break
_PERCENT = re.compile(r"(?<=\d) (?=%)")


def render(blocks: Blocks, figures: Mapping[str, Figure]) -> str:
    """The document's elements, one block a line, in reading order. Figures stand inline with summary and data."""
    return "".join(_block(block, figures) + "\n" for block in blocks)


def _block(block: Block, figures: Mapping[str, Figure]) -> str:
    match block:
        case Heading(level, line):
            return f"<h{level}>{_line(line)}</h{level}>"
        case Paragraph(line):
            return f"<p>{_line(line)}</p>"
        case List():
            return list_element(block, _line, lambda inner: render(inner, figures))
        case Table():
            return _table(block)
        case CodeBlock("", _):
            return ""
        case CodeBlock(text, "diff"):
            return f'<pre class="diff"><code>{_difference(text)}</code></pre>'
        case CodeBlock(text, _):
            return f"<pre><code>{escaped(text)}</code></pre>"
        case Quote(inner):
            return f"<blockquote>\n{render(inner, figures)}</blockquote>"
        case Panel(kind, inner):
            return f'<div class="panel panel-{kind}" role="note">\n{render(inner, figures)}</div>'
        case Expand(title, inner):
            return f"<details>\n<summary>{escaped(title)}</summary>\n{render(inner, figures)}</details>"
        case Rule():
            return "<hr>"
        case Picture(name, caption):
            return _figure(figures[name], caption) if name in figures else f"<p><em>{escaped(caption)}</em></p>"


def _table(table: Table, name: str = "") -> str:
    name = name or ", ".join(filter(None, map(words, table.header))) or "Table"
    classes = ["" if align == "left" else f' class="{escaped(align)}"' for align in table.align]
    head = "".join(f'<th scope="col"{c}>{_line(cell)}</th>' for c, cell in zip(classes, table.header, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td{c}>{_line(cell)}</td>" for c, cell in zip(classes, row, strict=True)) + "</tr>\n"
        for row in table.rows
    )
    # A wide table scrolls by itself; to scroll by keyboard it must take the focus, and so needs a role and a name. A
    # group, not a region: tables of one kind bear one name, and landmarks have to be told apart.
    return (
        f'<div class="scroll" role="group" aria-label="{escaped(name)}" tabindex="0">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>"
    )


def _figure(figure: Figure, caption: str) -> str:
    """The drawing, which brings its own title, between the question it answers and its data.

    A figure's drawing is made for a page (see `Figure.svg`) and stands in it as it is.
    """
    title = one_line(figure.title)
    # the drawing brings its title; a caption that only repeats it is said once
    said = f"<strong>{escaped(caption)}</strong> " if caption and not (figure.svg and caption == title) else ""
    after = ""
    parts = [f"<figcaption>{said}{_shown(one_line(figure.summary))}</figcaption>"]
    if figure.svg:
        label = escaped(f"Chart: {title}")
        if "<a " in figure.svg:
            # every mark in it is a link: who goes by keyboard may go past them
            past = escaped(f"after-{figure.name}")
            parts.append(
                f'<a class="skip" href="#{past}" aria-label="Skip the chart: {escaped(title)}">Skip the chart</a>'
            )
            after = f'<span id="{past}" tabindex="-1"></span>'
        parts.append(
            f'<div class="scroll" role="group" aria-label="{label}" tabindex="0">\n{figure.svg}\n</div>{after}'
        )
    if figure.rows:
        table = _table(data_table(figure), f"Numbers: {title}")
        # the file itself stands in the link: nothing is fetched
        address = f"data:text/csv;charset=utf-8,{quote(data_csv(figure))}"
        label = escaped(f"Save as CSV: {title}")
        saved = f'<p><a download="{escaped(figure.name)}.csv" href="{address}" aria-label="{label}">Save as CSV</a></p>'
        parts.append(f"<details>\n<summary>The numbers behind it</summary>\n{saved}\n{table}\n</details>")
    return "\n".join(["<figure>", *parts, "</figure>"])


def _difference(text: str) -> str:
    """Lines of a difference, each marked as what it is; the sign at its start says the same without colour."""
    tags = {"+": "ins", "-": "del"}
    lines = []
    for line in clean(text).split("\n"):
        tag = tags.get(line[:1])
        lines.append(f"<{tag}>{escaped(line)}</{tag}>" if tag else escaped(line))
    return "\n".join(lines)


def _shown(text: str) -> str:
    return escaped(_PERCENT.sub("\u00a0", text))


def _line(line: Line) -> str:
    parts: list[str] = []
    for inline in line:
        match inline:
            case Text(text):
                parts.append(_shown(text))
            case Strong(children):
                parts.append(f"<strong>{_line(children)}</strong>")
            case Emphasis(children):
                parts.append(f"<em>{_line(children)}</em>")
            case Code(text):
                parts.append(f"<code>{escaped(text)}</code>")
            case Link(url, children):
                parts.append(f'<a href="{escaped(url)}" rel="noreferrer">{_line(children)}</a>')
            case Chip(text, tone):
                parts.append(f'<span class="chip chip-{tone}">{escaped(text)}</span>')
            case LineBreak():
                parts.append("<br>")
    return "".join(parts)

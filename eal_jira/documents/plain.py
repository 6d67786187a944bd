"""Blocks → plain text, for a terminal, a mail, or a tracker without markup."""

from __future__ import annotations

import textwrap

from eal_jira.documents.blocks import (
    Block,
    Blocks,
    CodeBlock,
    Expand,
    Heading,
    List,
    Panel,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Table,
    words,
)


def render(blocks: Blocks) -> str:
    """The document's words in order, with blank lines between blocks; no line is wrapped."""
    return "\n\n".join(filter(None, map(_block, blocks)))


def _block(block: Block) -> str:
    match block:
        case Heading(level, line):
            return f"{words(line)}\n{('=' if level == 1 else '-') * len(words(line))}"
        case Paragraph(line):
            return words(line)
        case List(items, start):
            marks = ["-"] * len(items) if start is None else [f"{start + i}." for i in range(len(items))]
            return "\n".join(_item(mark, item) for mark, item in zip(marks, items, strict=True))
        case Table():
            return _table(block)
        case CodeBlock(text):
            return textwrap.indent(text, "    ")
        case Quote(inner):
            return textwrap.indent(render(inner), "> ", lambda _: True)
        case Panel(_, inner):
            return render(inner)
        case Expand(title, inner):
            return f"{title}\n\n{render(inner)}"
        case Rule():
            return "* * *"
        case Picture(_, caption):
            return caption


def _item(mark: str, item: Blocks) -> str:
    body = "\n".join(filter(None, map(_block, item)))
    return f"{mark} " + textwrap.indent(body, " " * (len(mark) + 1)).lstrip()


def _table(table: Table) -> str:
    rows = [[words(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.rjust(width) if align == "right" else cell.ljust(width)
            for cell, width, align in zip(row, widths, table.align, strict=True)
        ).rstrip()
        for row in rows
    )

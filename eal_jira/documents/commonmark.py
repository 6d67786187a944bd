"""Blocks → Markdown that any reader shows (CommonMark with GitHub's tables), for folders of files.

Foreign text has every sign escaped, and what a site would make a mention or a link of by itself is parted by a joiner
that nobody sees.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

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
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    words,
)
from eal_jira.documents.figures import data_table, picture_file
from eal_jira.documents.text import one_line
from eal_jira.model import Figure

_SIGN = re.compile(r"[!-/:-@\[-`{-~]")
#: mentions and mail addresses, which some readers find in the text behind the signs
_JOINED = re.compile(r"\\@(?=\S)")
_JOINER = "\u2060"
#: name → figure, and the folder of its picture
Figures = Mapping[str, tuple[Figure, str]]

_RULES = {"left": "---", "right": "--:", "center": ":-:"}


def render(blocks: Blocks, figures: Mapping[str, Figure], beside: str = "") -> str:
    """The document, a blank line between blocks. Figures are pictures in the folder `beside`, with what they say."""
    return _blocks(blocks, {name: (figure, beside) for name, figure in figures.items()}) + "\n"


def escape(text: str) -> str:
    """Markdown that shows this text as it is, wherever in a line it stands."""
    signs = _SIGN.sub(lambda found: "&#92;" if found[0] == "\\" else "\\" + found[0], text)
    return _JOINED.sub(rf"\\@{_JOINER}", signs)


def _blocks(blocks: Blocks, figures: Figures) -> str:
    return "\n\n".join(filter(None, (_block(block, figures) for block in blocks)))


def _block(block: Block, figures: Figures) -> str:
    match block:
        case Heading(level, line):
            return f"{'#' * level} {_line(line, ' ')}".rstrip()
        case Paragraph(line):
            return _line(line, "\\\n").strip()
        case List(items, start):
            marks = ["-"] * len(items) if start is None else [f"{start + n}." for n in range(len(items))]
            return "\n".join(_item(mark, item, figures) for mark, item in zip(marks, items, strict=True))
        case Table():
            return _table(block)
        case CodeBlock(text, language):
            fence = "`" * max(3, _longest_run(text) + 1)
            return f"{fence}{language}\n{text}\n{fence}" if text else ""
        case Quote(inner):
            return _quoted(_blocks(inner, figures))
        case Panel(kind, inner):
            return _quoted(f"[!{kind.upper()}]\n{_blocks(inner, figures)}")
        case Expand(title, inner):
            return f"**{escape(title)}**\n\n{_blocks(inner, figures)}"
        case Rule():
            return "* * *"
        case Picture(name, caption):
            return _figure(*figures[name], caption) if name in figures else _emphasised("*", escape(caption))


def _item(mark: str, item: Blocks, figures: Figures) -> str:
    indent = " " * (len(mark) + 1)
    return f"{mark} " + textwrap.indent(_blocks(item, figures), indent).lstrip(" ")


def _quoted(text: str) -> str:
    return textwrap.indent(text, "> ", lambda _: True)


def _table(table: Table) -> str:
    rows = [_row([_line(cell, " ", in_table=True) for cell in row]) for row in (table.header, *table.rows)]
    rows.insert(1, _row([_RULES[side] for side in table.align]))
    return "\n".join(rows)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(figure: Figure, beside: str, caption: str) -> str:
    title = escape(one_line(caption or figure.title))
    parts = [f"**{title}** – {escape(one_line(figure.summary))}"]
    if figure.png:
        parts.append(f"![{escape(one_line(figure.title))}](<{beside}{picture_file(figure)}>)")
    if figure.rows:
        parts.append(_table(data_table(figure)))
    return "\n\n".join(parts)


def _line(line: Line, line_break: str, *, in_table: bool = False) -> str:
    return "".join(_inline(inline, line_break, in_table) for inline in line)


def _inline(inline: Inline, line_break: str, in_table: bool) -> str:
    match inline:
        case Text(text):
            return escape(text)
        case Strong(children):
            return _emphasised("**", _line(children, line_break, in_table=in_table))
        case Emphasis(children):
            return _emphasised("*", _line(children, line_break, in_table=in_table))
        case Code(text):
            return _code(text, in_table)
        case Link(url, children):
            return f"[{escape(words(children))}](<{url}>)"
        case Chip(text, _):
            return f"**{escape(f'[{text}]')}**"
        case LineBreak():
            return line_break


def _emphasised(sign: str, content: str) -> str:
    return f"{sign}{content}{sign}" if content and content == content.strip() else content


def _code(text: str, in_table: bool) -> str:
    if in_table and ("|" in text or "\\" in text):
        # a bar ends a cell even in code
        return escape(text)
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)

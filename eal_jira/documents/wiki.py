"""Blocks → Jira wiki markup, for Jira Data Center.

The escapes follow facts/jira.md 8.2 and the order in which the tracker's renderer works: macros ``{…}``, tables,
links ``[…]``, bare addresses, backslashes, HTML (entities are kept), smileys, images, phrases. A backslash protects a
sign from all of them; where none helps (a bar in a table, an address in running text, ``h1.``, the backslash itself,
which doubled is a line break) the sign is written as an entity.
"""

from __future__ import annotations

import re

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
from eal_jira.documents.cut import to_fit

#: Characters (as the tracker counts: UTF-16) that a description or comment may have. facts/jira.md 8.1
LIMIT = 32_767

_PANELS = {"note": "#deebff", "tip": "#e3fcef", "important": "#eae6ff", "caution": "#fffae6"}
_COLOURS = {"neutral": "#42526e", "good": "#006644", "bad": "#bf2600", "open": "#974f0c", "info": "#0747a6"}

_ESCAPED = re.compile(
    r"""  (?P<sign> [#*+?^~%{}\[\]()!@] | (?<![^\W_])[-_] | [-_](?![^\W_]) )   # a-b and a_b mean nothing
        | (?P<entity> [\\|&<>]
                    | (?<!\d):(?=\S) | :(?=[^\s\d])                          # http://, mailto:x, :D; not 12:30
                    | (?i:(?<=\bh[1-6])|(?<=\bbq))\. )                       # h1. and bq. open a block
    """,
    re.VERBOSE,
)


def render(blocks: Blocks, taken: int = 0) -> str:
    """The document as wiki markup, within `LIMIT`, cut with a visible mark where needed."""
    return _blocks(to_fit(blocks, lambda part: len(_blocks(part).encode("utf-16-le")) // 2 <= LIMIT - taken))


def escape(text: str) -> str:
    """Wiki markup that shows this text as it is, wherever in a line or a table cell it stands."""
    return _ESCAPED.sub(lambda found: "\\" + found[0] if found["sign"] else f"&#{ord(found[0])};", text)


def _blocks(blocks: Blocks) -> str:
    return "\n\n".join(filter(None, map(_block, blocks)))


def _block(block: Block) -> str:
    match block:
        case Heading(level, line):
            return f"h{level}. {_line(line)}"
        case Paragraph(line):
            return _line(line, line_break="\n")
        case List():
            return "\n".join(_items(block, ""))
        case Table(header, rows):
            return "\n".join([_row("||", header), *(_row("|", row) for row in rows)])
        case CodeBlock(text):
            return _code(text)
        case Quote(inner):
            return f"{{quote}}\n{_blocks(inner)}\n{{quote}}"
        case Panel(kind, inner):
            return f"{{panel:bgColor={_PANELS[kind]}}}\n{_blocks(inner)}\n{{panel}}"
        case Expand(title, inner):
            return f"*{escape(title)}*\n\n{_blocks(inner)}"
        case Rule():
            return "----"
        case Picture(_, caption):
            return f"_{escape(caption)}_" if caption else ""


def _items(block: List, prefix: str) -> list[str]:
    """One line per item, nested items with a longer prefix. What holds more than a line is put on one line."""
    prefix += "*" if block.start is None else "#"
    lines: list[str] = []
    for item in block.items:
        own = [part for part in item if not isinstance(part, List)]
        lines.append(f"{prefix} " + r" \\ ".join(filter(None, map(_on_one_line, own))))
        for nested in item:
            if isinstance(nested, List):
                lines += _items(nested, prefix)
    return lines


def _on_one_line(block: Block) -> str:
    match block:
        case Heading(_, line) | Paragraph(line):
            return _line(line)
        case CodeBlock(text):
            return r" \\ ".join(_monospaced(line) for line in text.splitlines() if line.strip())
        case Table(header, rows):
            return r" \\ ".join(" – ".join(map(_line, row)) for row in (header, *rows))
        case Quote(inner) | Panel(_, inner) | Expand(_, inner):
            return r" \\ ".join(filter(None, map(_on_one_line, inner)))
        case List(items):
            return r" \\ ".join(_on_one_line(part) for item in items for part in item)
        case Picture(_, caption):
            return escape(caption)
        case Rule():
            return ""


def _row(bar: str, cells: tuple[Line, ...]) -> str:
    return bar + bar.join(f" {_line(cell)} " for cell in cells) + bar


def _line(line: Line, line_break: str = r" \\ ") -> str:
    parts: list[str] = []
    for position, inline in enumerate(line):
        before = words(line[:position])[-1:]
        after = words(line[position + 1 :])[:1]
        parts.append(_inline(inline, line_break, beside_a_word=before.isalnum() or after.isalnum()))
    return "".join(parts)


def _inline(inline: Inline, line_break: str, beside_a_word: bool) -> str:
    match inline:
        case Text(text):
            return escape(text)
        case Strong(children):
            return _phrase("*", _line(children, line_break), beside_a_word)
        case Emphasis(children):
            return _phrase("_", _line(children, line_break), beside_a_word)
        case Code(text):
            return _monospaced(text)
        case Link(url, children):
            return _link(url, children)
        case Chip(text, tone):
            return f"{{color:{_COLOURS[tone]}}}*{escape(text)}*{{color}}"
        case LineBreak():
            return line_break


def _phrase(sign: str, content: str, beside_a_word: bool) -> str:
    """A phrase in signs, which in the middle of a word must stand in braces."""
    if not content.strip():
        return content
    return f"{{{sign}}}{content}{{{sign}}}" if beside_a_word else f"{sign}{content}{sign}"


def _link(url: str, children: Line) -> str:
    """A link; a relative one only from the site's root, since other names in brackets are people and files."""
    text = escape(words(children))
    if not url.startswith(("http://", "https://", "/")):
        return text
    return f"[{text}|{url.replace('[', '%5B').replace(']', '%5D')}]"


def _monospaced(text: str) -> str:
    return "{{" + escape(text).replace(r"\{", "&#123;").replace(r"\}", "&#125;") + "}}"


def _code(text: str) -> str:
    """Text as it is. The one word that would end it is parted by a space of no width."""
    return "{noformat}\n" + re.sub(r"\{(?=noformat)", "{\u200b", text, flags=re.IGNORECASE) + "\n{noformat}"

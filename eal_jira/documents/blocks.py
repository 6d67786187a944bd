"""What a document is made of, whatever it is rendered to: a dozen block types and seven inline ones.

Foreign text (a summary, a reason, a status name) only ever stands in a `Text`, `Code`, `CodeBlock` or `Chip` leaf.
A renderer escapes leaves and nothing else, so there is nothing to inject into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "good", "bad", "open", "info"]
"""What a chip says by its colour; its text says the same."""

PanelKind = Literal["note", "tip", "important", "caution"]


# --- inside a line --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Emphasis:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    #: http, https, or relative; see `text.safe_url`
    url: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A status lozenge: a word or two on a coloured ground."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class LineBreak:
    pass


Inline = Text | Strong | Emphasis | Code | Link | Chip | LineBreak
Line = tuple[Inline, ...]


# --- blocks ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heading:
    #: 1 to 6
    level: int
    line: Line


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line


@dataclass(frozen=True, slots=True)
class List:
    items: tuple[tuple[Block, ...], ...]
    #: number of the first item, None for a list without numbers
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    #: "left", "right" or "center", one for each column
    align: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    kind: PanelKind
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Expand:
    """Shown as its title, opened on demand where the target can."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    pass


@dataclass(frozen=True, slots=True)
class Picture:
    """The place of a `eal_jira.model.Figure`, by its name."""

    name: str
    caption: str


Block = Heading | Paragraph | List | Table | CodeBlock | Quote | Panel | Expand | Rule | Picture
Blocks = tuple[Block, ...]


def words(line: Line) -> str:
    """The visible text of a line; a chip stands in brackets."""
    parts: list[str] = []
    for inline in line:
        match inline:
            case Text(text) | Code(text):
                parts.append(text)
            case Chip(text, _):
                parts.append(f"[{text}]")
            case Strong(children) | Emphasis(children) | Link(_, children):
                parts.append(words(children))
            case LineBreak():
                parts.append(" ")
    return "".join(parts)

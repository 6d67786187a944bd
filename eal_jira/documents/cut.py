"""Documents that are too long for their place: cut at a block, a row or an item, with a sentence that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from eal_jira.documents.blocks import (
    Block,
    Blocks,
    CodeBlock,
    Emphasis,
    Expand,
    Heading,
    List,
    Panel,
    Paragraph,
    Quote,
    Table,
    Text,
    words,
)

MARK = Paragraph((Emphasis((Text("… cut here: this text is longer than its place allows."),)),))


def to_fit(blocks: Blocks, fits: Callable[[Blocks], bool]) -> Blocks:
    """The document, or as much of its beginning as fits together with `MARK`.

    `fits` must stay True for every shorter beginning. Of the first block that does not fit whole, the first rows,
    items, blocks or characters stay.
    """
    if fits(blocks):
        return blocks
    whole = _most(len(blocks), lambda n: fits((*blocks[:n], MARK)))
    broken, length = blocks[whole], _length(blocks[whole])
    kept = _most(length, lambda n: fits((*blocks[:whole], *_beginning(broken, n), MARK)))
    return (*blocks[:whole], *_beginning(broken, kept), MARK)


def _most(upper: int, holds: Callable[[int], bool]) -> int:
    """The largest number from 0 to `upper` for which it holds, by halving; 0 when it holds for none."""
    low, high = 0, upper
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _length(block: Block) -> int:
    """How many pieces the block can be cut into."""
    match block:
        case Table(_, rows):
            return len(rows)
        case List(items):
            return len(items)
        case Quote(blocks) | Panel(_, blocks) | Expand(_, blocks):
            return len(blocks)
        case CodeBlock(text):
            return len(text)
        case Paragraph(line) | Heading(_, line):
            return len(words(line))
    return 0


def _beginning(block: Block, pieces: int) -> Blocks:
    """The block's first pieces: none or one block."""
    if not pieces:
        return ()
    match block:
        case Table():
            return (replace(block, rows=block.rows[:pieces]),)
        case List():
            return (replace(block, items=block.items[:pieces]),)
        case Quote() | Panel() | Expand():
            return (replace(block, blocks=block.blocks[:pieces]),)
        case CodeBlock():
            return (replace(block, text=block.text[:pieces]),)
        case Paragraph(line) | Heading(_, line):
            return (Paragraph((Text(words(line)[:pieces]),)),)
    return ()

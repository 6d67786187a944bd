"""Figures for targets that show no drawing: what the figure says in a sentence, and the data behind it as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

from eal_jira.documents.blocks import (
    Block,
    Blocks,
    Emphasis,
    Expand,
    Line,
    Panel,
    Paragraph,
    Picture,
    Quote,
    Strong,
    Table,
    Text,
)
from eal_jira.documents.text import one_line
from eal_jira.model import Figure

#: More rows than this say less; a ticket has a length limit, and the page has them all.
MOST_ROWS = 25


def data_table(figure: Figure, most_rows: int | None = None) -> Table:
    """The figure's data; columns of numbers stand to the right. Rows beyond `most_rows` are counted in a last row."""
    rows: list[tuple[Line, ...]] = [tuple(map(_cell, row)) for row in figure.rows]
    columns = range(len(figure.header))
    align = tuple("right" if figure.rows and all(_number(row[c]) for row in figure.rows) else "left" for c in columns)
    if most_rows is not None and len(rows) > most_rows:
        left_out = len(rows) - most_rows
        more: Line = (Emphasis((Text(f"… and {left_out:,} more rows"),)),)
        rows = [*rows[:most_rows], (more, *((),) * (len(columns) - 1))]
    return Table(tuple(map(_cell, figure.header)), tuple(rows), align)


def data_csv(figure: Figure) -> str:
    """The figure's data as CSV (RFC 4180). A text that a spreadsheet would take for a formula begins with '."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    for row in (figure.header, *figure.rows):
        lines.writerow([_no_formula(one_line(cell)) for cell in row])
    return text.getvalue()


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) and not _number(cell) else cell


def picture_file(figure: Figure) -> str:
    """The name under which the figure's PNG is attached, where pictures are files: the same for the same figure."""
    return f"eal-{figure.name}.png"


def _cell(text: str) -> Line:
    shown = one_line(text)
    return (Text(shown),) if shown else ()


def in_words(blocks: Blocks, figures: Mapping[str, Figure]) -> Blocks:
    """The same document with every figure as its title, its summary and its table."""
    return tuple(part for block in blocks for part in _block_in_words(block, figures))


def _block_in_words(block: Block, figures: Mapping[str, Figure]) -> Blocks:
    if isinstance(block, Quote | Panel | Expand):
        return (replace(block, blocks=in_words(block.blocks, figures)),)
    if not isinstance(block, Picture):
        return (block,)
    figure = figures.get(block.name)
    if figure is None:
        return (Paragraph((Emphasis((Text(block.caption),)),)),) if block.caption else ()
    said = Paragraph((Strong((Text(one_line(figure.title)),)), Text(" – " + one_line(figure.summary))))
    if not figure.rows:
        return (said,)
    return said, Expand(f"The numbers behind “{one_line(figure.title)}”", (data_table(figure, MOST_ROWS),))


def _number(cell: str) -> bool:
    try:
        float(cell.replace(",", "").replace("\u2212", "-").rstrip("% "))
    except ValueError:
        return False
    return True

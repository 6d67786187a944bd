"""What HTML and the storage format have in common: lists."""

from __future__ import annotations

from collections.abc import Callable

from eal_jira.documents.blocks import Blocks, Line, List, Paragraph


def list_element(block: List, line: Callable[[Line], str], blocks: Callable[[Blocks], str]) -> str:
    """A list; an item that is a single paragraph needs no element of its own."""
    tag = "ul" if block.start is None else "ol"
    start = "" if block.start in (None, 1) else f' start="{block.start}"'
    items = "".join(f"<li>{_item(item, line, blocks)}</li>\n" for item in block.items)
    return f"<{tag}{start}>\n{items}</{tag}>"


def _item(item: Blocks, line: Callable[[Line], str], blocks: Callable[[Blocks], str]) -> str:
    if len(item) == 1 and isinstance(item[0], Paragraph):
        return line(item[0].line)
    return "\n" + blocks(item)

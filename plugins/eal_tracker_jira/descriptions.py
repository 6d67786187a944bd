"""A description that we share with people: ours stands between two lines, theirs is kept as it is (facts 8.1).

Jira has no version of a description to hold a write against, so it is read right before it is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from eal_jira import documents
from eal_jira.errors import NotAllowed, RefusedByTracker
from eal_jira.model import Figure
from eal_tracker_jira.answers import Json
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.plaintext import said
from eal_tracker_jira.site import Site

BEGIN = "eal-jira: generated from here on; what you change in this part is overwritten"
END = "eal-jira: end of what is generated; what you write above or below it stays"
OPENING, CLOSING = f"_{BEGIN}_", f"_{END}_"
"""The same lines in markup."""

Node = dict[str, Any]
T = TypeVar("T")


class Descriptions:
    def __init__(self, site: Site) -> None:
        self._site = site

    def fresh(self, body: str, figures: Sequence[Figure]) -> Json:
        """For a new issue."""
        return self._merged(None, body, figures)

    def describe(self, issue_id: str, body: str, figures: Sequence[Figure]) -> bool:
        """Makes our part say this. False when it already did, and nothing was written."""
        before = self._read(issue_id)
        after = self._merged(before, body, figures)
        if _plain(after) == _plain(before):
            return False
        edit, path = {"fields": {"description": after}}, f"issue/{segment(issue_id)}"
        try:
            self._site.gateway.put(path, edit, notifyUsers="false")
        except NotAllowed:
            # Data Center refuses the whole edit when we may not silence its mail
            self._site.gateway.put(path, edit)
            return True
        if _plain(self._read(issue_id)) == _plain(before):
            # Cloud answers with success and does nothing (facts 5.1)
            self._site.gateway.put(path, edit)
        return True

    def theirs(self, issue_id: str) -> str:
        """What people wrote above and below ours, as plain text; "" where our lines are not there, each once."""
        before = self._read(issue_id)
        return said_around(before) if before else ""

    def _read(self, issue_id: str) -> Json:
        shown = self._site.gateway.get(f"issue/{segment(issue_id)}", fields="description")
        return (shown.get("fields") or {}).get("description") if isinstance(shown, dict) else None

    def _merged(self, before: Json, body: str, figures: Sequence[Figure]) -> Json:
        named = {figure.name: figure for figure in figures}
        if self._site.is_cloud:
            return merged_nodes(before, body, named)
        return merged_markup("" if before is None else str(before), body, named)


def said_around(description: Node | str) -> str:
    """What people say in a description, beside ours; what they quote is not said."""
    if isinstance(description, dict):
        nodes = list(description.get("content") or [])
        above, below = _around(nodes, *_node_places(nodes)) or ([], [])
        return said({"type": "doc", "content": [*above, *below]})
    return said("\n".join(_markup_around(description.splitlines(keepends=True)) or ()))


def merged_nodes(before: Node | None, body: str, figures: Mapping[str, Figure]) -> Node:
    """A document node in which our nodes stand between two lines of ours; all others are as they were."""
    nodes: list[Node] = list((before or {}).get("content") or [])
    opening, closing = _line_node(BEGIN), _line_node(END)
    above, below = ([], []) if _says_nothing(nodes) else _found(_around(nodes, *_node_places(nodes)))
    taken = len(json.dumps([*above, opening, closing, *below]))
    ours = documents.render(body, "adf", figures, taken=taken)["content"]
    return {"type": "doc", "version": 1, "content": [*above, opening, *ours, closing, *below]}


def merged_markup(before: str, body: str, figures: Mapping[str, Figure]) -> str:
    """Wiki markup in which our part stands between two lines of ours; all other characters are as they were."""
    lines = before.splitlines(keepends=True)
    above, below = _found(_markup_around(lines)) if before.strip() else ("", "")
    taken = len("".join((above, below, OPENING, CLOSING)).encode("utf-16-le", "surrogatepass")) // 2 + 4
    ours = documents.render(body, "wiki", figures, taken=taken)
    return f"{above}{OPENING}\n\n{ours}\n\n{CLOSING}{below}"


def _node_places(nodes: list[Node]) -> tuple[list[int], list[int]]:
    """Where our two lines stand among the nodes."""
    plain = [_plain(node) for node in nodes]
    opening, closing = _line_node(BEGIN), _line_node(END)
    return (
        [n for n, node in enumerate(plain) if node == opening],
        [n for n, node in enumerate(plain) if node == closing],
    )


def _markup_around(lines: list[str]) -> tuple[str, str] | None:
    begins = [n for n, line in enumerate(lines) if line.strip() == OPENING]
    ends = [n for n, line in enumerate(lines) if line.strip() == CLOSING]
    around = _around(lines, begins, ends)
    if around is None:
        return None
    # what stands before and after our words in their own lines is theirs, the ends of the lines included
    start = lines[begins[0]].partition(OPENING)[0]
    rest = lines[ends[0]].partition(CLOSING)[2]
    return "".join([*around[0], start]), "".join([rest, *around[1]])


def _around(parts: list[Any], begins: list[int], ends: list[int]) -> tuple[list[Any], list[Any]] | None:
    """What stands before and after ours; None where our lines do not stand there, each once and in order."""
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        return None
    return parts[: begins[0]], parts[ends[0] + 1 :]


def _found(around: tuple[T, T] | None) -> tuple[T, T]:
    if around is None:
        raise RefusedByTracker(
            "The description no longer has our two lines, each once and in order.",
            refused="It was left as it is, because what people wrote in it can't be told from what was generated.",
            remedy="Put the lines back as the issue's history has them, or empty the description: it is made anew.",
        )
    return around


def _line_node(text: str) -> Node:
    return {"type": "paragraph", "content": [{"type": "text", "text": text, "marks": [{"type": "em"}]}]}


def _says_nothing(nodes: list[Node]) -> bool:
    return all(node.get("type") == "paragraph" and not node.get("content") for node in nodes)


def _plain(value: Json) -> Json:
    """Without what an editor adds by itself; with one kind of line end."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {k: kept for k, v in value.items() if k != "localId" and (kept := _plain(v)) not in (None, {}, [])}
    return value

"""The grammar of ADF as a table, after Atlassian's public JSON schema: per node its attributes, what may stand inside,
in which order and how often (facts/jira.md 8.1). `adf` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eal_jira.sandbox.state import Json

Check = Callable[[Json], bool]
Attributes = Mapping[str, Check]
"""Attribute → check; a name with a leading `*` is required."""

# --- checks of attribute values -----------------------------------------------------------------------------------


def anything(_value: Json) -> bool:
    return True


def text(value: Json) -> bool:
    return isinstance(value, str)


def filled(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def yes_no(value: Json) -> bool:
    return isinstance(value, bool)


def number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def between(low: float, high: float = float("inf")) -> Check:
    return lambda value: number(value) and low <= value <= high


def matching(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.search(pattern, value) is not None


def one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def some(check: Check, least: int = 0) -> Check:
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(check, value))


def record(attributes: Attributes) -> Check:
    return lambda value: wrong_attribute(value, attributes) is None


def wrong_attribute(given: Json, known: Attributes) -> str | None:
    """What is wrong with these attributes; None when nothing is."""
    if not isinstance(given, dict):
        return "'attrs' is no object"
    for name, check in known.items():
        bare = name.lstrip("*")
        if bare in given and not check(given[bare]):
            return f"the attribute {bare!r} can't be {given[bare]!r}"
        if bare not in given and name != bare:
            return f"the attribute {bare!r} is missing"
    unknown = sorted(set(given) - {name.lstrip("*") for name in known})
    return f"there is no attribute {unknown[0]!r}" if unknown else None


# --- the grammar --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    #: alternatives: one of them must fit; empty when the node takes no `attrs`
    attrs: tuple[Attributes, ...] = ()
    needs_attrs: bool = False
    #: what may stand inside, as `_children` reads it; None when the node takes no `content`
    inside: str | None = None
    #: what the first child must be, where that differs
    first: str | None = None
    least: int = 0
    most: int | None = None
    #: `content` must be there, even when it may be empty
    needs_content: bool = False
    #: may carry a `marks` list (which marks is said where the node is used)
    marks: bool = False


_LAYOUT = one_of("wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start")
_COLOUR = "^#[0-9a-fA-F]{6}$"

MARKS: Mapping[str, Attributes | None] = {
    "alignment": {"*align": one_of("center", "end")},
    "annotation": {"*id": text, "*annotationType": one_of("inlineComment")},
    "backgroundColor": {"*color": matching(_COLOUR)},
    "border": {"*size": between(1, 3), "*color": matching(_COLOUR + "|^#[0-9a-fA-F]{8}$")},
    "breakout": {"*mode": one_of("wide", "full-width"), "width": number},
    "code": None,
    "dataConsumer": {"*sources": some(text, 1)},
    "em": None,
    "fragment": {"*localId": filled, "name": text},
    "indentation": {"*level": between(1, 6)},
    "link": {"*href": text, "title": text, "id": text, "collection": text, "occurrenceKey": text},
    "strike": None,
    "strong": None,
    "subsup": {"*type": one_of("sub", "sup")},
    "textColor": {"*color": matching(_COLOUR)},
    "underline": None,
}

_FORMATTED = (
    "text:link,em,strong,strike,subsup,underline,textColor,annotation,backgroundColor text:code,link,annotation "
)
_INLINE = (
    _FORMATTED + "date emoji hardBreak inlineCard mention placeholder status "
    "inlineExtension:dataConsumer,fragment mediaInline:link,annotation,border"
)
_CAPTION = _FORMATTED + "hardBreak mention emoji date placeholder inlineCard status"
_MEDIA = "mediaSingle:link mediaGroup "
_EXTENSION = "extension:dataConsumer,fragment "
_CARDS = "blockCard embedCard "
_LISTS = "bulletList orderedList "
_ITEMS = "taskList decisionList "
_MARKED = "paragraph:alignment paragraph:indentation heading:alignment heading:indentation "
_PLAIN = "paragraph heading codeBlock rule " + _LISTS + _MEDIA + _ITEMS
_NOT_NESTABLE = _PLAIN + "panel blockquote table:fragment " + _CARDS + _EXTENSION
_BLOCKS = _NOT_NESTABLE + _MARKED + "expand bodiedExtension:dataConsumer,fragment "
_CELL = (
    _PLAIN
    + "paragraph:alignment heading:alignment heading:indentation panel blockquote nestedExpand "
    + _CARDS
    + _EXTENSION
)

_EXTENSION_ATTRS: Attributes = {
    "*extensionKey": filled,
    "*extensionType": filled,
    "parameters": anything,
    "text": text,
    "localId": filled,
}
_BLOCK_EXTENSION: Attributes = {**_EXTENSION_ATTRS, "layout": one_of("wide", "full-width", "default")}
_CELL_ATTRS: Attributes = {
    "colspan": number,
    "rowspan": number,
    "colwidth": some(number),
    "background": text,
}
_DATASOURCE = {
    "*id": text,
    "*parameters": anything,
    "*views": some(record({"properties": anything, "*type": text}), 1),
}

NODES: Mapping[str, Node] = {
    "doc": Node(inside=_BLOCKS + "codeBlock:breakout expand:breakout layoutSection:breakout", needs_content=True),
    "blockCard": Node(
        (
            {"url": text, "*datasource": record(_DATASOURCE), "width": number, "layout": _LAYOUT},
            {"*url": text},
            {"*data": anything},
        ),
        needs_attrs=True,
    ),
    "blockquote": Node(inside="paragraph codeBlock " + _LISTS + _MEDIA, least=1),
    "bodiedExtension": Node((_BLOCK_EXTENSION,), True, _NOT_NESTABLE, least=1, marks=True),
    "bulletList": Node(inside="listItem", least=1),
    "caption": Node(inside=_CAPTION),
    "codeBlock": Node(({"language": text, "uniqueId": text},), inside="text", marks=True),
    "date": Node(({"*timestamp": filled},), True),
    "decisionItem": Node(({"*localId": text, "*state": text},), True, _INLINE),
    "decisionList": Node(({"*localId": text},), True, "decisionItem", least=1),
    "embedCard": Node(
        (
            {
                "*url": text,
                "*layout": _LAYOUT,
                "width": between(0, 100),
                "originalHeight": number,
                "originalWidth": number,
            },
        ),
        True,
    ),
    "emoji": Node(({"*shortName": text, "id": text, "text": text},), True),
    "expand": Node(({"title": text},), False, _NOT_NESTABLE + "nestedExpand", least=1, marks=True),
    "extension": Node((_BLOCK_EXTENSION,), True, marks=True),
    "hardBreak": Node(({"text": one_of("\n")},)),
    "heading": Node(({"*level": between(1, 6), "localId": text},), True, _INLINE, marks=True),
    "inlineCard": Node(({"*url": text}, {"*data": anything}), True),
    "inlineExtension": Node((_EXTENSION_ATTRS,), True, marks=True),
    "layoutColumn": Node(({"*width": between(0, 100)},), True, _BLOCKS, least=1),
    "layoutSection": Node(inside="layoutColumn", least=2, most=3, marks=True),
    "listItem": Node(
        inside="paragraph codeBlock taskList mediaSingle:link " + _LISTS,
        first="paragraph codeBlock mediaSingle:link",
        least=1,
    ),
    "media": Node(
        (
            {
                "*type": one_of("link", "file"),
                "*id": filled,
                "alt": text,
                "*collection": text,
                "height": number,
                "occurrenceKey": filled,
                "width": number,
            },
            {"*type": one_of("external"), "alt": text, "height": number, "width": number, "*url": text},
        ),
        True,
        marks=True,
    ),
    "mediaGroup": Node(inside="media:link,annotation,border", least=1),
    "mediaInline": Node(
        (
            {
                "type": one_of("link", "file", "image"),
                "*id": filled,
                "alt": text,
                "*collection": text,
                "occurrenceKey": filled,
                "width": number,
                "height": number,
                "data": anything,
            },
        ),
        True,
        marks=True,
    ),
    "mediaSingle": Node(
        (
            {"width": between(0, 100), "*layout": _LAYOUT, "widthType": one_of("percentage")},
            {"*width": between(0), "*widthType": one_of("pixel"), "*layout": _LAYOUT},
        ),
        inside="caption",
        first="media:link,annotation,border",
        least=1,
        most=2,
        marks=True,
    ),
    "mention": Node(
        (
            {
                "*id": text,
                "localId": text,
                "text": text,
                "accessLevel": text,
                "userType": one_of("DEFAULT", "SPECIAL", "APP"),
            },
        ),
        True,
    ),
    "nestedExpand": Node(({"title": text},), True, _PLAIN + "panel blockquote", least=1, marks=True),
    "orderedList": Node(({"order": between(0)},), inside="listItem", least=1),
    "panel": Node(
        (
            {
                "*panelType": one_of("info", "note", "tip", "warning", "error", "success", "custom"),
                "panelIcon": text,
                "panelIconId": text,
                "panelIconText": text,
                "panelColor": text,
            },
        ),
        True,
        _PLAIN + "blockCard",
        least=1,
    ),
    "paragraph": Node(({"localId": text},), inside=_INLINE, marks=True),
    "placeholder": Node(({"*text": text},), True),
    "rule": Node(),
    "status": Node(
        (
            {
                "*text": filled,
                "*color": one_of("neutral", "purple", "blue", "red", "yellow", "green"),
                "localId": text,
                "style": text,
            },
        ),
        True,
    ),
    "table": Node(
        (
            {
                "displayMode": one_of("default", "fixed"),
                "isNumberColumnEnabled": yes_no,
                "layout": one_of("wide", "full-width", "center", "align-end", "align-start", "default"),
                "localId": filled,
                "width": number,
            },
        ),
        inside="tableRow",
        least=1,
        marks=True,
    ),
    "tableCell": Node((_CELL_ATTRS,), inside=_CELL, least=1),
    "tableHeader": Node((_CELL_ATTRS,), inside=_CELL, least=1),
    "tableRow": Node(inside="tableCell tableHeader", needs_content=True),
    "taskItem": Node(({"*localId": text, "*state": one_of("TODO", "DONE")},), True, _INLINE),
    "taskList": Node(({"*localId": text},), True, "taskItem taskList", "taskItem", least=1),
    "text": Node(marks=True),
}

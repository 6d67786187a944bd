"""Between the two forms of a long text: ADF documents (REST v3) and wiki markup (REST v2, Data Center).

Jira keeps one text and shows it in both forms. The translation covers what people and programs write: paragraphs,
headings, lists, quotes, code, panels, tables, links, mentions, emphasis (facts/jira.md 8.2). What it doesn't know
stays as text; no text is lost, and what comes out is always a document that `adf` takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby

from eal_jira.sandbox.state import Json

Doc = dict[str, Json]

# --- wiki markup → ADF ------------------------------------------------------------------------------------------------


def to_adf(text: str) -> Doc:
    return {"type": "doc", "version": 1, "content": list(_blocks(text.splitlines(), inside=None))}


_FENCE = re.compile(r"\s*\{(code|noformat|quote|panel)(?::([^}]*))?\}\s*(.*)")
_HEADING = re.compile(r"\s*h([1-6])\.\s+(.*)")
_ITEM = re.compile(r"\s*([*#-]+)\s+(.*)")
_ROW = re.compile(r"\s*\|{1,2}.*[^|\s].*\|\s*")
_CELL = re.compile(r"(\|{1,2})((?:\\.|\[[^\]]{0,400}\]|[^|])*)(?=\|)")


def _blocks(lines: list[str], inside: str | None) -> Iterator[Doc]:
    """Block by block. `inside` a quote or a panel only what may stand there comes out, the rest as paragraphs."""
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.fullmatch(line)
        if fence and (inside is None or fence[1] in ("code", "noformat")):
            end, body = _fenced(lines, at, fence)
            yield from _fence(fence[1], fence[2], body)
            at = end
        elif _ITEM.fullmatch(line) and not re.fullmatch(r"\s*-{4,}\s*", line):
            end = _while(lines, at, _ITEM)
            yield from _lists([_item(each) for each in lines[at:end]])
            at = end
        elif inside is None and _ROW.fullmatch(line):
            end = _while(lines, at, _ROW)
            yield {"type": "table", "content": [_row(each) for each in lines[at:end]]}
            at = end
        elif inside != "quote" and re.fullmatch(r"\s*-{4,}\s*", line):
            yield {"type": "rule"}
            at += 1
        elif inside != "quote" and (heading := _HEADING.fullmatch(line)):
            yield _node("heading", _inline(heading[2]), {"level": int(heading[1])})
            at += 1
        elif inside is None and line.lstrip().startswith("bq. "):
            paragraph = _node("paragraph", _inline(line.lstrip()[4:]))
            yield {"type": "blockquote", "content": [paragraph]}
            at += 1
        elif not line.strip():
            at += 1
        else:
            end = _paragraph_end(lines, at)
            yield _node("paragraph", _joined(lines[at:end]))
            at = end


def _fenced(lines: list[str], at: int, fence: re.Match[str]) -> tuple[int, list[str]]:
    """(index after the closing fence, lines between); a fence that is never closed ends with the text."""
    closing = "{" + fence[1] + "}"
    first = fence[3]
    if first.rstrip().endswith(closing):
        return at + 1, [first.rstrip().removesuffix(closing)]
    body = [first] if first else []
    for number in range(at + 1, len(lines)):
        before, found, after = lines[number].partition(closing)
        if found:
            body += [before] if before else []
            lines[number] = after
            return number if after.strip() else number + 1, body
        body.append(lines[number])
    return len(lines), body


def _fence(kind: str, argument: str | None, body: list[str]) -> Iterator[Doc]:
    if kind in ("code", "noformat"):
        language = (argument or "").partition("|")[0]
        block: Doc = {"type": "codeBlock"}
        if kind == "code" and re.fullmatch(r"\w+", language):
            block["attrs"] = {"language": language}
        if any(body):
            block["content"] = [{"type": "text", "text": "\n".join(body)}]
        yield block
        return
    content = list(_blocks(body, kind)) or [{"type": "paragraph"}]
    if kind == "quote":
        yield {"type": "blockquote", "content": content}
    else:
        yield {"type": "panel", "attrs": {"panelType": "info"}, "content": content}


def _while(lines: list[str], at: int, pattern: re.Pattern[str]) -> int:
    while at < len(lines) and pattern.fullmatch(lines[at]):
        at += 1
    return at


def _paragraph_end(lines: list[str], at: int) -> int:
    at += 1
    starts = (_FENCE, _HEADING, _ITEM, _ROW)
    while at < len(lines) and lines[at].strip() and not any(p.fullmatch(lines[at]) for p in starts):
        at += 1
    return at


def _item(line: str) -> tuple[str, list[Doc]]:
    match = _ITEM.fullmatch(line)
    assert match is not None  # noqa: S101 – the caller has matched it
    return match[1], _inline(match[2])


def _lists(items: list[tuple[str, list[Doc]]]) -> Iterator[Doc]:
    """Lines with their bullets (`*`, `**`, `*#`, …) as nested lists; another sign begins another list."""
    for ordered, run in groupby(items, key=lambda item: item[0][0] == "#"):
        entries: list[Doc] = []
        for deeper, group in groupby(run, key=lambda item: len(item[0]) > 1):
            if deeper and entries:
                entries[-1]["content"] += _lists([(bullets[1:], inline) for bullets, inline in group])
            else:
                entries += [{"type": "listItem", "content": [_node("paragraph", i)]} for _, i in group]
        yield {"type": "orderedList" if ordered else "bulletList", "content": entries}


def _row(line: str) -> Doc:
    cells: list[Doc] = []
    for bars, inside in _CELL.findall(line.strip().rstrip("|") + "|"):
        kind = "tableHeader" if bars == "||" else "tableCell"
        cells.append({"type": kind, "content": [_node("paragraph", _inline(inside.strip()))]})
    return {"type": "tableRow", "content": cells}


_INLINE = re.compile(
    r"""(?P<escape>\\[^a-zA-Z0-9\s])
      | \{\{(?P<code>[^{}\n]+)\}\}
      | \[~(?P<mention>[^\]\s|]+)\]
      | \[(?:(?P<label>[^\]|\[\n]+)\|)?(?P<href>(?:https?://|mailto:)[^\]|\s]+)(?:\|[^\]\n]*)?\]
      | (?<!\w)\*(?P<strong>[^\s*](?:[^*\n]{0,400}[^\s*])?)\*(?!\w)
      | (?<!\w)_(?P<em>[^\s_](?:[^_\n]{0,400}[^\s_])?)_(?!\w)
      | (?P<bare>https?://[^\s|\]]+)""",
    re.VERBOSE,
)


_MAY_BE_MARKUP = re.compile(r"[\\{\[*_]|://")


def _inline(text: str) -> list[Doc]:
    if not _MAY_BE_MARKUP.search(text):
        return _text(text)
    nodes: list[Doc] = []
    at = 0
    for match in _INLINE.finditer(text):
        nodes += _text(text[at : match.start()])
        nodes += _inline_node(match)
        at = match.end()
    nodes += _text(text[at:])
    return _merged(nodes)


def _inline_node(match: re.Match[str]) -> list[Doc]:
    kind = match.lastgroup
    if kind == "escape":
        return _text(match["escape"][1:])
    if kind == "code":
        return _text(match["code"], {"type": "code"})
    if kind == "mention":
        return [{"type": "mention", "attrs": {"id": match["mention"].removeprefix("accountid:")}}]
    if match["strong"]:
        return _text(match["strong"], {"type": "strong"})
    if match["em"]:
        return _text(match["em"], {"type": "em"})
    href = match["href"] or match["bare"]
    return _text(match["label"] or href, {"type": "link", "attrs": {"href": href}})


def _joined(lines: list[str]) -> list[Doc]:
    """The lines of one paragraph; a line's end is a line's end."""
    nodes: list[Doc] = []
    for number, line in enumerate(lines):
        nodes += [{"type": "hardBreak"}] if number else []
        nodes += _inline(line)
    return nodes


def _text(text: str, mark: Doc | None = None) -> list[Doc]:
    if not text:
        return []
    return [{"type": "text", "text": text} | ({"marks": [mark]} if mark else {})]


def _merged(nodes: list[Doc]) -> list[Doc]:
    """Neighbouring plain texts become one."""
    merged: list[Doc] = []
    for node in nodes:
        plain = node["type"] == "text" and "marks" not in node
        if plain and merged and merged[-1]["type"] == "text" and "marks" not in merged[-1]:
            merged[-1] = {"type": "text", "text": merged[-1]["text"] + node["text"]}
        else:
            merged.append(node)
    return merged


def _node(kind: str, content: list[Doc], attrs: Doc | None = None) -> Doc:
    node: Doc = {"type": kind}
    if attrs:
        node["attrs"] = attrs
    if content:
        node["content"] = content
    return node


# --- ADF → wiki markup ------------------------------------------------------------------------------------------------


def to_wiki(document: Json) -> str:
    return "\n\n".join(_wiki_blocks(document.get("content") or ())).strip("\n")


def _wiki_blocks(nodes: Iterable[Doc]) -> Iterator[str]:
    for node in nodes:
        text = _wiki_block(node)
        if text:
            yield text


def _wiki_block(node: Doc) -> str:
    kind, content, attrs = node["type"], node.get("content") or [], node.get("attrs") or {}
    if kind in ("paragraph", "caption", "taskItem", "decisionItem"):
        return _wiki_inline(content)
    if kind == "heading":
        return f"h{attrs['level']}. {_wiki_inline(content)}"
    if kind in ("bulletList", "orderedList", "taskList", "decisionList"):
        return "\n".join(_wiki_list(node, ""))
    if kind == "codeBlock":
        language = f":{attrs['language']}" if attrs.get("language") else ""
        body = "".join(str(child.get("text", "")) for child in content)
        return f"{{code{language}}}\n{body}\n{{code}}"
    if kind == "rule":
        return "----"
    if kind == "table":
        return "\n".join(_wiki_row(row) for row in content)
    inside = "\n\n".join(_wiki_blocks(content))
    if kind == "blockquote":
        return f"{{quote}}\n{inside}\n{{quote}}"
    if kind == "panel":
        return f"{{panel}}\n{inside}\n{{panel}}"
    if kind == "media":
        return f"!{attrs.get('url') or attrs.get('alt') or attrs.get('id', '')}!"
    if kind in ("blockCard", "embedCard"):
        return f"[{attrs.get('url', '')}]"
    return inside


def _wiki_list(node: Doc, bullets: str) -> Iterator[str]:
    bullets += "#" if node["type"] == "orderedList" else "*"
    for item in node.get("content") or ():
        if item["type"] in ("taskList", "bulletList", "orderedList"):
            yield from _wiki_list(item, bullets)
            continue
        if item["type"] != "listItem":
            yield f"{bullets} {_wiki_block(item)}"
            continue
        first = True
        for child in item["content"]:
            if child["type"] in ("bulletList", "orderedList", "taskList"):
                yield from _wiki_list(child, bullets)
            else:
                yield f"{bullets} {_wiki_block(child)}" if first else _wiki_block(child)
            first = False


def _wiki_row(row: Doc) -> str:
    text, bar = "", "|"
    for cell in row.get("content") or ():
        bar = "||" if cell["type"] == "tableHeader" else "|"
        inside = " ".join(_wiki_blocks(cell["content"])).replace("\n", " ")
        text += f"{bar}{inside or ' '}"
    return text + bar


_MARKUP = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}


def _wiki_inline(nodes: Iterable[Doc]) -> str:
    return "".join(_wiki_piece(node) for node in nodes)


def _wiki_piece(node: Doc) -> str:
    kind, attrs = node["type"], node.get("attrs") or {}
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~accountid:{attrs['id']}]"
    if kind == "emoji":
        return str(attrs.get("text") or attrs["shortName"])
    if kind == "inlineCard":
        return f"[{attrs.get('url', '')}]"
    if kind == "date":
        stamp = str(attrs["timestamp"])
        return f"{datetime.fromtimestamp(int(stamp) / 1000, UTC):%Y-%m-%d}" if stamp.isdecimal() else stamp
    if kind != "text":
        return escaped(str(attrs.get("text") or ""))
    marks = {mark["type"]: mark.get("attrs") or {} for mark in node.get("marks") or ()}
    text = node["text"] if "code" in marks else escaped(node["text"])
    if "code" in marks:
        text = f"{{{{{text}}}}}"
    for mark, sign in _MARKUP.items():
        text = f"{sign}{text}{sign}" if mark in marks else text
    if "link" in marks:
        href = marks["link"]["href"]
        text = f"[{href}]" if node["text"] == href else f"[{text}|{href}]"
    return text


def escaped(text: str) -> str:
    """Text that wiki markup takes for nothing but text (facts 8.2)."""
    text = re.sub(r"([\\{}\[\]!|*_])", r"\\\1", text)
    return re.sub(r"(?m)^(\s*)(?:(h[1-6]|bq)(?=\.)|(?=[#-]+(?:\s|$)|-{4}))", r"\1\2\\", text)


# --- what a text says -------------------------------------------------------------------------------------------------


def plain(body: Json) -> str:
    """The words of either form, one line a block; for searching and for titles."""
    if body is None:
        return ""
    return "\n".join(_plain(to_adf(body) if isinstance(body, str) else body)).strip()


def _plain(node: Doc) -> Iterator[str]:
    if node["type"] in ("paragraph", "heading", "codeBlock", "caption", "taskItem", "decisionItem"):
        yield "".join(_plain_piece(child) for child in node.get("content") or ())
        return
    for child in node.get("content") or ():
        yield from _plain(child)


def _plain_piece(node: Doc) -> str:
    attrs = node.get("attrs") or {}
    if node["type"] == "hardBreak":
        return "\n"
    if node["type"] == "mention":
        return f"@{attrs['id']}"
    return str(node.get("text") or attrs.get("text") or attrs.get("shortName") or attrs.get("url") or "")

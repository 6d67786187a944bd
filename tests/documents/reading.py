"""Documents read back the way their targets read them, by means other than our renderers'.

Each reader gives the *form* (everything but the words) and the *words*. Text that only ever stands as text changes the
words and leaves the form as it was.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

Reading = tuple[list[Any], str]


def squeezed(text: str) -> str:
    return " ".join(text.split())


def read_html(page: str) -> Reading:
    reader = _Html()
    reader.feed(page)
    reader.close()
    return reader.form, squeezed("".join(reader.words))


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.form: list[Any] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.form.append((tag, attrs))
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.form.append(f"/{tag}")
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.form.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.form.append(("declaration", decl))

    def handle_pi(self, data: str) -> None:
        self.form.append(("instruction", data))


def read_storage(page: str) -> Reading:
    """As XML, which the storage format is; raises what a parser raises on anything else."""
    root = ElementTree.fromstring(f'<page xmlns:ac="ac" xmlns:ri="ri">{page}</page>')
    form: list[Any] = []
    words: list[str] = []
    for event, element in _walk(root):
        form.append((event, element.tag, dict(element.attrib) if event == "start" else {}))
        words.append(" ")
        words.append((element.text if event == "start" else element.tail) or "")
    return form, squeezed("".join(words))


def _walk(element: ElementTree.Element) -> Iterator[tuple[str, ElementTree.Element]]:
    yield "start", element
    for child in element:
        yield from _walk(child)
    yield "end", element


def read_adf(document: dict[str, Any]) -> Reading:
    words: list[str] = []

    def form(node: dict[str, Any]) -> Any:
        if node["type"] == "text":
            words.append(node["text"])
            return ("text", node.get("marks", []))
        words.append(" ")
        if node["type"] == "status":
            words.append(f"[{node['attrs']['text']}]")
            return ("status", node["attrs"]["color"])
        if node["type"] == "expand":
            words.append(node["attrs"]["title"] + " ")
            return ("expand", [form(child) for child in node["content"]])
        return (node["type"], node.get("attrs"), [form(child) for child in node.get("content", [])])

    return [form(document)], squeezed("".join(words))


# --- Jira wiki markup: the steps of the tracker's renderer, in its order --------------------------------------

_MACRO = re.compile(r"(?<!\\)\{([a-z]+)((?::[^{}\n]*)?)\}")
_LINK = re.compile(r"(?<!\\)\[([^\[\]\n]*?(?:\\.[^\[\]\n]*?)*)(?<!\\)\]")
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9])(?:https?://|ftps?://|mailto:|nntp://|news://|irc://|file:|callto:|skype:)[-\w.!~*';/?:@#&=%+$,\\()]+"
)
_BACKSLASH = re.compile(r"(?<!\\)\\([-#*_+?^~|%{}\[\]()!@])")
_SMILEY = re.compile(
    r"(?<!\w)(?::-?\)|:-?\(|:-?P|:-?D|;-?\)|\([yni/x!+\-?*]\)|\((?:on|off|\*[rgby]|flag|flagoff)\))", re.IGNORECASE
)
_IMAGE = re.compile(r"(?<![^\W_])!([^\s!]((?!!)[^\n]*?[^\s!])?)!(?![^\W_])")
_MENTION = re.compile(r"\[~")
_BLOCK = re.compile(r"^\s*(?:(h[1-6]\.|bq\.)|([*#-]+)\s|(-{4,})\s*$)", re.IGNORECASE)
_FORCED_BREAK = re.compile(r"\\\\")


def read_wiki(markup: str) -> Reading:
    form: list[Any] = []

    def macro(found: re.Match[str]) -> str:
        form.append(("macro", found[1], found[2]))
        return " "

    def link(found: re.Match[str]) -> str:
        text, bar, target = found[1].rpartition("|")
        form.append(("link", target if bar else found[1]))
        return f" {text} " if bar else " "

    def address(found: re.Match[str]) -> str:
        form.append(("address", found[0]))
        return found[0]

    markup = _MACRO.sub(macro, markup)
    for line in markup.split("\n"):
        opening = _BLOCK.match(line)
        form.append(opening[1] or opening[2] or opening[3] if opening else "")
        if line.lstrip().startswith("|"):
            form.append(("cells", len(re.findall(r"\|+", line.replace(r"\|", "")))))
    markup = _LINK.sub(link, markup)
    _ADDRESS.sub(address, markup)
    form += [("mention", found) for found in _MENTION.findall(markup)]
    markup = _FORCED_BREAK.sub(" ", markup)
    markup = _BACKSLASH.sub(lambda found: f"&#{ord(found[1])};", markup)
    form += [("smiley", found) for found in _SMILEY.findall(markup)]
    form += [("image", found[0]) for found in _IMAGE.findall(markup)]
    markup = re.sub(r"^\s*(h[1-6]\.|bq\.|[*#]+ |-{4,}\s*$)|\|+", " ", markup, flags=re.MULTILINE)
    for sign in ("*", "_", "-", "+", "^", "~", "??"):
        mark = re.escape(sign)
        phrase = re.compile(rf"(?<![^\W_])(?<!{mark}){mark}(?=[^\s{mark}])([^\n]*?[^\s]){mark}(?![^\W_])")
        form.append((sign, len(phrase.findall(markup))))
        if sign in "*_":  # the ones that our own text is written with
            markup = phrase.sub(r"\1", markup)
    return form, squeezed(html.unescape(markup))

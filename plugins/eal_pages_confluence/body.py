"""A page's body in the storage format, read with the place of every byte, so that what is not ours stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import name2codepoint
from xml.parsers import expat

from eal_jira.errors import RefusedByTracker

COMMENT = "ac:inline-comment-marker"

_ENTITIES = "".join(
    f'<!ENTITY {name} "&#{code};">' for name, code in name2codepoint.items() if name not in ("lt", "gt", "amp", "quot")
)
_OPENING = f"<!DOCTYPE page [{_ENTITIES}]><page>".encode()
#: attributes that say something as words do
_SAYING = ("href", "ac:name", "ac:emoji-id")


@dataclass(slots=True)
class Element:
    name: str
    attributes: Mapping[str, str]
    #: in bytes of the body, tags included
    start: int
    end: int = 0
    #: of a comment's marker: without its tags
    inner: int = 0
    inner_end: int = 0
    children: list[Element] = field(default_factory=list)
    #: its words, those of its children with them
    words: str = ""
    #: its words and whatever else it says: which picture, which link, which macro
    says: str = ""

    @property
    def mark(self) -> str:
        """Short, and the same for what says the same, however its tags are written."""
        said = f"{self.name}|{''.join(self.says.split())}"
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    @property
    def is_blank(self) -> bool:
        """An empty line, which an editor leaves anywhere."""
        return self.name == "p" and not self.says.strip() and all(child.name == "br" for child in self.children)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            yield from child.walk()


def parse(body: str) -> Element:
    """The body as an element whose children are what stands in it. Raises `RefusedByTracker`."""
    reader = _Reader(body.encode("utf-8", "surrogatepass"))
    try:
        return reader.read()
    except expat.ExpatError as error:
        raise RefusedByTracker(
            f"The page can't be read as Confluence's storage format ({error}).",
            refused="It was left as it is.",
            remedy="Open and save it in Confluence's editor, or restore an older version from its history.",
        ) from None


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._finish
        self._parser.CharacterDataHandler = self._text
        self._open: list[Element] = []
        self._words: list[str] = []
        self._says: list[str] = []
        self._starts: list[tuple[int, int]] = []
        self._silent = 0
        self._root = Element("page", {}, 0)
        #: whether anything came since the newest start tag
        self._empty = False

    def read(self) -> Element:
        self._parser.Parse(_OPENING, False)
        self._parser.Parse(self._content, False)
        self._parser.Parse(b"</page>", True)
        self._root.start = self._root.inner = 0
        self._root.end = self._root.inner_end = len(self._content)
        return self._root

    @property
    def _here(self) -> int:
        return self._parser.CurrentByteIndex - len(_OPENING)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes, self._here)
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)
        self._starts.append((len(self._words), len(self._says)))
        self._silent += name == "ac:parameter"
        said = [attributes[key] for key in sorted(attributes) if key.startswith("ri:") or key in _SAYING]
        if said and name != COMMENT and not self._silent:
            self._says += [f"[{name}", *said, "]"]
        self._empty = True

    def _text(self, text: str) -> None:
        self._empty = False
        self._words.append(text)
        if not self._silent:
            self._says.append(text)

    def _finish(self, name: str) -> None:
        element = self._open.pop()
        here = self._here
        alone = self._empty and here > 1 and self._content[here - 2 : here] == b"/>"
        # of an element without content the parser names the end, of any other the beginning of its end tag
        element.end = here if alone else self._content.find(b">", here) + 1
        element.inner_end = element.inner = here
        if name == COMMENT and not alone:
            element.inner = self._end_of_tag(element.start)
        words, says = self._starts.pop()
        element.words, element.says = "".join(self._words[words:]), "".join(self._says[says:])
        self._silent -= name == "ac:parameter"
        self._empty = False
        if not self._open:
            self._root = element

    def _end_of_tag(self, start: int) -> int:
        quoted = b""
        for place in range(start, len(self._content)):
            sign = self._content[place : place + 1]
            if quoted:
                quoted = b"" if sign == quoted else quoted
            elif sign in (b'"', b"'"):
                quoted = sign
            elif sign == b">":
                return place + 1
        return len(self._content)

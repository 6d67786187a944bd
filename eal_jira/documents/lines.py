"""What people wrote in HTML, or in plain text, as lines of plain text."""

from __future__ import annotations

from html.parser import HTMLParser

_ENDS_A_LINE = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav"),
        *("ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"),
    )
)
_NO_WORDS = frozenset({"script", "style", "template", "title"})


def as_lines(page: str) -> str:
    """A line for each block and each line of the source; an empty check box is ``[ ]`` and a ticked one ``[x]``."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return "\n".join(line for line in (" ".join(line.split()) for line in "".join(reader.parts).split("\n")) if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in _NO_WORDS:
            self._silent += 1
        elif tag in _ENDS_A_LINE:
            self.parts.append("\n")
        elif tag == "input" and (found.get("type") or "").lower() == "checkbox":
            self.parts.append("[x] " if "checked" in found else "[ ] ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _NO_WORDS:
            self._silent = max(0, self._silent - 1)
        elif tag in _ENDS_A_LINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)

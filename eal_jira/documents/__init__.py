"""Documents: Markdown of our templates → blocks → what each target shows. One renderer per target.

    markdown = Templates(folder).render("retro.md", {...})      # foreign text escaped
    render(markdown, "adf")                                     # or "wiki", "storage", "html", "markdown", "text"

`Figure`s are named by their place in the Markdown, ``![caption](figure:NAME)``: HTML shows the drawing, the storage
format and Markdown a picture beside the page (`picture_file`), the others say it in a sentence and a table. Each keeps
to its target's length limit, cut with a visible mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, overload

from eal_jira.documents import adf, commonmark, html, plain, storage, wiki
from eal_jira.documents.figures import in_words, picture_file
from eal_jira.documents.lines import as_lines
from eal_jira.documents.markdown import escape, parse
from eal_jira.documents.templates import Ours, Templates
from eal_jira.documents.text import one_line
from eal_jira.model import Figure

__all__ = ["Ours", "Templates", "as_lines", "escape", "one_line", "picture_file", "render"]

Target = Literal["adf", "wiki", "storage", "html", "markdown", "text"]

_NO_FIGURES: Mapping[str, Figure] = MappingProxyType({})


@overload
def render(
    markdown: str, target: Literal["adf"], figures: Mapping[str, Figure] = ..., *, taken: int = ...
) -> dict[str, Any]: ...
@overload
def render(
    markdown: str,
    target: Literal["wiki", "storage", "html", "markdown", "text"],
    figures: Mapping[str, Figure] = ...,
    *,
    taken: int = ...,
    beside: str = ...,
) -> str: ...
def render(
    markdown: str,
    target: Target,
    figures: Mapping[str, Figure] = _NO_FIGURES,
    *,
    taken: int = 0,
    beside: str = "",
) -> dict[str, Any] | str:
    """The Markdown for one target: an ADF document node, wiki markup, Confluence's storage format, the inside of an
    HTML page, Markdown for any reader, or plain text.

    `taken`: how much of the target's limit is used up already by what people wrote. `beside`: the folder of the
    pictures, as seen from a Markdown file."""
    blocks = parse(markdown)
    match target:
        case "html":
            return html.render(blocks, figures)
        case "adf":
            return adf.render(in_words(blocks, figures), taken)
        case "storage":
            return storage.render(blocks, figures, taken)
        case "wiki":
            return wiki.render(in_words(blocks, figures), taken)
        case "markdown":
            return commonmark.render(blocks, figures, beside)
        case "text":
            return plain.render(in_words(blocks, figures))

"""Pages as files: a folder of HTML that a browser shows without a server, a script or a network; or of Markdown.

    [pages.html]
    folder = "retros"                          # relative to the config file
    base_url = "https://retros.example.com"    # where that folder is served, if it is; links then go there

`index.html` lists the teams, each team's folder has an `index.html` of its own, and every page is one self-contained
file. People may write on a page, in its file, wherever it is not ours: see `marked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eal_jira.hookspecs import AdapterInfo, Pages, hookimpl
from eal_pages_html.markdown import MarkdownFolder
from eal_pages_html.options import Options
from eal_pages_html.site import Site

HTML, MARKDOWN = "html", "markdown"


@hookimpl
def eal_adapter_info() -> tuple[AdapterInfo, ...]:
    return (
        AdapterInfo(HTML, "pages", "a folder of HTML pages that need no server"),
        AdapterInfo(MARKDOWN, "pages", "a folder of Markdown files, with their pictures beside them"),
    )


@hookimpl
def eal_pages(name: str, options: Mapping[str, object], home: Path) -> Pages | None:
    if name == HTML:
        return Site(Options.read(options, home))
    return MarkdownFolder(Options.read(options, home, MARKDOWN)) if name == MARKDOWN else None

"""Pages as Markdown files, for a repository or a notes program: one file a page, its pictures beside it.

[pages.markdown]
folder = "notes/retros"
base_url = "https://git.example.com/team/notes/blob/main/retros"
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import PurePosixPath
from threading import Lock

from eal_jira import documents
from eal_jira.hookspecs import Check, Pages
from eal_jira.model import Page, PageRef
from eal_pages_html import files
from eal_pages_html.marked import kept, put_together, theirs
from eal_pages_html.names import file_name, folder_name
from eal_pages_html.options import Options

EMPTY_NOTES = b"\n\nNothing here yet.\n\n"

_writing = Lock()


class MarkdownFolder(Pages):
    """A page's file is named by its key, so it is found without a list; its pictures stand in a folder of that name."""

    attaches_png = True

    def __init__(self, options: Options) -> None:
        self._options = options

    def put(self, page: Page) -> PageRef:
        place = PurePosixPath(folder_name(page.team)) / PurePosixPath(file_name(page.key)).with_suffix(".md")
        path = self._options.folder / place
        with _writing:
            content = files.read(path)
            people = kept(content, path, EMPTY_NOTES)
            for figure in page.figures:
                if figure.png:
                    picture = documents.picture_file(figure)
                    files.write(path.with_suffix("") / picture, base64.b64decode(figure.png))
            files.write(path, put_together(_top(page, path.stem), b"\n", people))
        return PageRef(str(place), self._options.address(str(place)))

    def theirs(self, key: str) -> str:
        """Before, in and after the notes; "" for a page that isn't there or whose markers people have moved."""
        name = PurePosixPath(file_name(key)).with_suffix(".md").name
        with _writing:
            contents = [files.read(path) for path in sorted(self._options.folder.glob(f"*/{name}"))]
        found = [people for content in contents if content is not None and (people := theirs(content)) is not None]
        lines = "\n".join(people.written(EMPTY_NOTES) for people in found).split("\n")
        return "\n".join(line for each in lines if (line := each.strip().removeprefix("- ").removeprefix("* ").strip()))

    def checks(self) -> Iterator[Check]:
        yield files.check("pages markdown", self._options.folder)


def _top(page: Page, folder: str) -> bytes:
    figures = {figure.name: figure for figure in page.figures}
    whole = f"# {documents.escape(page.title)}\n\n{page.body}"
    return f"\n\n{documents.render(whole, 'markdown', figures, beside=f'{folder}/')}\n## Your notes\n\n".encode()

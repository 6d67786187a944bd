"""The site: a page put into it is a file, a line in its team's index, and a place in the whole one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from threading import Lock

from eal_jira.documents import as_lines, one_line
from eal_jira.hookspecs import Check, Pages
from eal_jira.model import Page, PageRef
from eal_pages_html import files, manifest, shell
from eal_pages_html.manifest import Entry
from eal_pages_html.marked import kept, put_together, theirs
from eal_pages_html.names import file_name, folder_name
from eal_pages_html.options import Options

#: the manifest is read, changed and written by one thread at a time
_writing = Lock()


class Site(Pages):
    def __init__(self, options: Options) -> None:
        self._folder = options.folder
        self._options = options

    def put(self, page: Page) -> PageRef:
        """Writes what differs and nothing else. Broken off anywhere, the same page put again completes it."""
        with _writing:
            known = manifest.load(self._folder / "pages.json")
            place = known[page.key].file if page.key in known else f"{folder_name(page.team)}/{file_name(page.key)}"
            self._write_page(page, self._folder / place)
            known[page.key] = Entry(one_line(page.team), one_line(page.title), page.date, place)
            files.write(self._folder / "pages.json", manifest.dump(known))
            self._write_indexes(known)
        return PageRef(place, self._options.address(place))

    def theirs(self, key: str) -> str:
        """Before, in and after the notes; "" for a page that isn't there or whose markers people have moved."""
        with _writing:
            known = manifest.load(self._folder / "pages.json")
            content = files.read(self._folder / known[key].file) if key in known else None
        found = None if content is None else theirs(content)
        return "" if found is None else as_lines(found.written(shell.EMPTY_NOTES))

    def checks(self) -> Iterator[Check]:
        yield files.check("pages html", self._folder)

    def _write_page(self, page: Page, path: Path) -> None:
        content = files.read(path)
        top, bottom = shell.page(page)
        files.write(path, put_together(top, bottom, kept(content, path, shell.EMPTY_NOTES)))

    def _write_indexes(self, known: Mapping[str, Entry]) -> None:
        teams: dict[PurePosixPath, list[Entry]] = {}
        for entry in sorted(known.values(), key=lambda entry: (entry.date, entry.title, entry.file), reverse=True):
            teams.setdefault(PurePosixPath(entry.file).parent, []).append(entry)
        for folder, entries in teams.items():
            files.write(self._folder / folder / "index.html", shell.team_index(entries))
        files.write(self._folder / "index.html", shell.index(sorted(teams.items(), key=lambda team: team[1][0].team)))

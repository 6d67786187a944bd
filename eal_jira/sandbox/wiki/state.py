"""What the wiki holds, and what its people do there. Under the site's lock, like everything else of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eal_jira.sandbox.wiki.markup import problem, stored

if TYPE_CHECKING:
    from eal_jira.sandbox.holdings import Holdings


class Refused(Exception):
    """The wiki does not take this; `status` is Cloud's and Data Center's number for it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    author: str
    at: datetime
    title: str
    body: str
    message: str = ""
    minor: bool = False


@dataclass(slots=True)
class Property:
    id: int
    key: str
    value: Any
    version: int = 1


@dataclass(frozen=True, slots=True)
class FileVersion:
    content: bytes
    media_type: str
    comment: str
    author: str
    at: datetime
    minor: bool


@dataclass(slots=True)
class File:
    id: int
    name: str
    versions: list[FileVersion]


@dataclass(slots=True)
class Page:
    id: int
    space: str
    parent: int | None
    versions: list[Version]
    #: "current" or "trashed"
    status: str = "current"
    properties: dict[str, Property] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    @property
    def now(self) -> Version:
        return self.versions[-1]


@dataclass(slots=True)
class Space:
    id: int
    key: str
    name: str
    home: int


class Wiki:
    """`readers` may look at everything and write nothing."""

    #: bytes of a request on Cloud (facts 8.3), characters of a property
    body_limit = 5_000_000
    property_limit = 32_768

    def __init__(self, site: Holdings) -> None:
        self._site = site
        self.spaces: dict[str, Space] = {}
        self.pages: dict[int, Page] = {}
        self.readers: set[str] = set()
        #: called once right before the next page is updated, as if somebody had been quicker
        self.before_update: Callable[[], None] | None = None

    # --- setting up, and what people do ---------------------------------------------------------------------------

    def add_space(self, key: str, name: str, author: str) -> Space:
        with self._site.lock:
            home = self._site.next_id("content")
            space = Space(self._site.next_id("space"), key, name, home)
            self.spaces[key] = space
            self.pages[home] = Page(home, key, None, [self._version(1, author, f"{name} Home", "<p>Welcome.</p>")])
            return space

    def write(self, page: int, change: Callable[[str], str], author: str) -> None:
        """Somebody edits a page's body in the editor."""
        with self._site.lock:
            now = self.pages[page].now
            self.update(self.pages[page], now.title, change(now.body), now.number + 1, author)

    def rename(self, page: int, title: str, author: str) -> None:
        with self._site.lock:
            now = self.pages[page].now
            self.update(self.pages[page], title, now.body, now.number + 1, author)

    def comment(self, page: int, words: str, ref: str) -> None:
        """Somebody comments on words of the page: the body gets a marker, and no version is made for it."""
        with self._site.lock:
            found = self.pages[page]
            marker = f'<ac:inline-comment-marker ac:ref="{ref}">{words}</ac:inline-comment-marker>'
            text = re.compile(rf"(>[^<>]*?){re.escape(words)}")
            body, count = text.subn(lambda m: m[1] + marker, found.now.body, count=1)
            if not count:
                raise KeyError(words)
            now = found.now
            found.versions[-1] = Version(now.number, now.author, now.at, now.title, body, now.message, now.minor)

    def comments(self, page: int) -> set[str]:
        """Inline comments that still stand beside their words."""
        return set(re.findall(r'<ac:inline-comment-marker ac:ref="([^"]*)"', self.pages[page].now.body))

    def trash(self, page: int) -> None:
        with self._site.lock:
            self.pages[page].status = "trashed"

    # --- for the handlers -----------------------------------------------------------------------------------------

    def create(self, space: str, title: str, body: str, parent: int | None, author: str, minor: bool = False) -> Page:
        self._may_write(author)
        self._check(space, None, title, body)
        made = self._site.next_id("content")
        version = self._version(1, author, title, stored(body, f"{made}:1"), minor=minor)
        self.pages[made] = Page(made, space, parent or self.spaces[space].home, [version])
        return self.pages[made]

    def update(
        self, page: Page, title: str, body: str, number: int, author: str, message: str = "", minor: bool = False
    ) -> None:
        self._may_write(author)
        before, self.before_update = self.before_update, None
        if before is not None:
            before()
        if number != page.now.number + 1:
            raise Refused(409, f"Version must be incremented on update. Current version is: {page.now.number}")
        self._check(page.space, page.id, title, body)
        kept = stored(body, f"{page.id}:{number}")
        page.versions.append(self._version(number, author, title, kept, message, minor))

    def set_property(self, page: Page, key: str, value: Any, number: int, author: str, size: int) -> Property:
        self._may_write(author)
        if size > self.property_limit:
            raise Refused(413, "The value of the property is too long.")
        known = page.properties.get(key)
        if number != (known.version + 1 if known else 1):
            raise Refused(409, "The given version does not match the expected target version.")
        page.properties[key] = Property(known.id if known else self._site.next_id("wikiproperty"), key, value, number)
        return page.properties[key]

    def attach(self, page: Page, name: str, version: FileVersion) -> File:
        self._may_write(version.author)
        file = page.files.setdefault(name, File(self._site.next_id("content"), name, []))
        file.versions.append(version)
        return file

    def titled(self, space: str, title: str) -> Page | None:
        """By its title, whatever the letters' case, as the wiki keeps titles apart."""
        for page in self.pages.values():
            if page.space == space and page.now.title.casefold() == title.casefold():
                return page
        return None

    def _may_write(self, author: str) -> None:
        if author in self.readers:
            raise Refused(403, "The user is not permitted to do this.")

    def _check(self, space: str, page: int | None, title: str, body: str) -> None:
        if not title.strip() or len(title) > 255:
            raise Refused(400, "A title of 1 to 255 characters is needed.")
        if len(body.encode("utf-8", "surrogatepass")) > self.body_limit:
            raise Refused(413, "The request is too large.")
        taken = self.titled(space, title)
        if taken is not None and taken.id != page:
            raise Refused(400, f"A page with this title already exists: {title}")
        wrong = problem(body)
        if wrong:
            raise Refused(400, wrong)

    def _version(
        self, number: int, author: str, title: str, body: str, message: str = "", minor: bool = False
    ) -> Version:
        return Version(number, author, self._site.clock.now(), title, body, message, minor)

"""The place: a page is found by the property that stands for its key, made or merged, and given its pictures.

The page above ours has a content property for each of them, `eal-jira.HASH`, that says which page it is: titles belong
to people. Should it be missing (we were stopped right after the page was made), the page is known by its anchors.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from eal_jira import documents
from eal_jira.errors import EalError, Gone, RefusedByTracker, TryLater
from eal_jira.hookspecs import Check, Pages, Patience
from eal_jira.model import Figure, Page, PageRef
from eal_pages_confluence.acts import Acts, Found, Property
from eal_pages_confluence.cloud import Cloud
from eal_pages_confluence.datacenter import DataCenter
from eal_pages_confluence.doctor import look
from eal_pages_confluence.merge import Ours, around, carried_marks, merged, short_hash, standing
from eal_pages_confluence.options import Options
from eal_pages_confluence.wire import Conflict, Wire

PROPERTY = "eal-jira"
ATTEMPTS = 5
"""How often a page is merged again when somebody was quicker."""

TITLE = 255
ROOM = 900_000
"""Bytes of theirs beside as much of ours as there may be (documents' own limit): together less than 5 MB."""

MOST_MARKS = 2_000
"""A content property holds 32,768 characters."""


_TASK_ID = re.compile(r"<ac:task-id>[^<]*</ac:task-id>")


class Confluence(Pages):
    attaches_png = True

    def __init__(self, options: Options, patience: Patience, sleep: Callable[[float], None] = time.sleep) -> None:
        self._options = options
        self._patience = patience
        self._sleep = sleep
        self._acts: Acts | None = None
        self._parent = options.parent

    def put(self, page: Page) -> PageRef:
        acts = self._opened()
        acts.whoami()
        key = short_hash(page.key)
        title = _title(page.title, "")
        found = self._find(acts, key)
        if found is None:
            ours = Ours(key, _rendered(page, 0))
            found = self._made(acts, title, ours)
            self._point(acts, key, found)
        found = self._brought_up(acts, page, key, found)
        _attach(acts, found, page.figures)
        return PageRef(found.id, found.url)

    def theirs(self, key: str) -> str:
        acts = self._opened()
        acts.whoami()
        found = self._find(acts, short_hash(key))
        if found is None:
            return ""
        written = _TASK_ID.sub("", around(found.body, short_hash(key)))
        for status, box in (("incomplete", "[ ] "), ("complete", "[x] ")):
            written = written.replace(f"<ac:task-status>{status}</ac:task-status>", f"<p>{box}")
        return documents.as_lines(written)

    def checks(self) -> Iterator[Check]:
        name = "pages confluence"
        try:
            yield from look(name, self._opened(), self._options)
        except EalError as error:
            yield Check.of_error(name, error)

    def _opened(self) -> Acts:
        if self._acts is None:
            wire = Wire(self._options, self._patience, self._sleep)
            kind = Cloud if _is_cloud(wire, self._options) else DataCenter
            self._acts = kind(wire, self._options.space, self._options.url)
        return self._acts

    def _above(self, acts: Acts) -> str:
        if self._parent is None:
            self._parent = acts.home()
        return self._parent

    def _find(self, acts: Acts, key: str) -> Found | None:
        pointer = acts.property(self._above(acts), f"{PROPERTY}.{key}")
        if pointer is None or not isinstance(pointer.value, dict):
            return None
        try:
            return acts.read(str(pointer.value.get("page")))
        except Gone:
            # somebody deleted it: it is made anew, as a file would be
            return None

    def _point(self, acts: Acts, key: str, found: Found) -> None:
        name = f"{PROPERTY}.{key}"
        above = self._above(acts)
        acts.put_property(above, name, {"page": found.id}, acts.property(above, name))

    def _made(self, acts: Acts, title: str, ours: Ours) -> Found:
        """A new page, or the one that we made before we were stopped. A title that is taken gets a hash beside it."""
        other = _title(title, f" ({ours.key[:6]})")
        refusal: RefusedByTracker | None = None
        for each in (title, other):
            there = acts.titled(each)
            if there is None:
                try:
                    return acts.create(each, ours.fresh(), self._above(acts))
                except Gone:
                    raise
                except RefusedByTracker as refused:
                    # by a page in the trash, or one that we are not shown
                    refusal = refused
                    there = acts.titled(each)
            if there is not None and standing(there.body, ours.key) is not None:
                return there
        raise refusal or RefusedByTracker(
            f"There are other pages called {title!r} and {other!r} in the space.",
            refused="No page was made.",
            remedy="Rename one of them.",
        )

    def _brought_up(self, acts: Acts, page: Page, key: str, found: Found) -> Found:
        for _ in range(ATTEMPTS):
            there = standing(found.body, key)
            theirs = len(found.body.encode("utf-8", "surrogatepass")) - (there.size if there else 0)
            ours = Ours(key, _rendered(page, max(0, theirs - ROOM)))
            about = acts.property(found.id, PROPERTY)
            said: dict[str, Any] = about.value if about is not None and isinstance(about.value, dict) else {}
            title = self._titled(acts, page, found, said)
            body = found.body
            if there is None or there.digest != ours.digest:
                body = merged(found.body, ours, said.get("blocks"))
            try:
                if (body, title) != (found.body, found.title):
                    found = acts.update(found, title, body)
                _remember(acts, page, found, ours, about)
            except Conflict:
                found = acts.read(found.id)
            else:
                return found
        raise TryLater(
            "Somebody else writes on the page all the time.",
            about="issue",
            refused="It was left as it is.",
            remedy="It will be tried again in the next cycle.",
        )

    def _titled(self, acts: Acts, page: Page, found: Found, said: dict[str, Any]) -> str:
        """Its title: what people made of it, or ours where they left it and we have got another one."""
        if said.get("asked") in (None, page.title) or said.get("title") != found.title:
            return found.title
        title = _title(page.title, "")
        return title if acts.titled(title) is None else found.title


def _is_cloud(wire: Wire, options: Options) -> bool:
    """A Cloud site's wiki ends with /wiki; some Data Centers' does as well, but they don't know v2."""
    if not urlsplit(options.url).path.endswith("/wiki"):
        return False
    try:
        wire.get("/api/v2/spaces", keys=options.space)
    except Gone:
        return False
    return True


def _rendered(page: Page, taken: int) -> str:
    return documents.render(page.body, "storage", {figure.name: figure for figure in page.figures}, taken=taken)


def _title(title: str, ending: str) -> str:
    line = documents.one_line(title) or "Page"
    room = TITLE - len(ending)
    return (line if len(line) <= room else line[: room - 1] + "…") + ending


def _remember(acts: Acts, page: Page, found: Found, ours: Ours, about: Property | None) -> None:
    """On the page itself: which it is, what we called it, and which blocks are ours."""
    blocks = [*ours.marks(), *carried_marks(found.body, ours.key)]
    value: dict[str, Any] = {"key": page.key, "asked": page.title, "title": found.title, "blocks": blocks}
    if about is not None and isinstance(about.value, dict) and about.value.get("asked") == page.title:
        # what people made of the title stays theirs
        value["title"] = about.value.get("title")
    if len(blocks) > MOST_MARKS:
        value["blocks"] = None
    if about is None or about.value != value:
        acts.put_property(found.id, PROPERTY, value, about)


def _attach(acts: Acts, found: Found, figures: Sequence[Figure]) -> None:
    """Each figure's picture, replaced in place when it is another one."""
    for figure in figures:
        if not figure.png:
            continue
        content = base64.b64decode(figure.png)
        comment = f"eal-jira {hashlib.sha256(content).hexdigest()[:16]}"
        name = documents.picture_file(figure)
        known = acts.attachment(found.id, name)
        if known is None or known.comment != comment:
            acts.attach(found.id, name, content, comment, known)

"""Creating a ticket exactly once where the tracker has no idempotency key (facts 5.4).

A ticket carries its marker twice: in a property, which can be read without the search index, and hashed as a label,
which can be searched. `create` sends once; `find` looks, first by keys and then by search.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol

from eal_jira.errors import Gone, NotAllowed, RefusedByTracker
from eal_jira.model import IssueRef, TicketDraft
from eal_tracker_jira.answers import Json, named, rows
from eal_tracker_jira.descriptions import Descriptions
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.jql import quote
from eal_tracker_jira.raw import PROPERTY, Marked
from eal_tracker_jira.site import Site
from eal_tracker_jira.writes import made

ABSENT = 100
"""So many keys in a row must be absent until there is none behind them: a create that failed may use up a number."""

LABELS = 50
"""Labels in one query."""

SUMMARY = 255
"""Characters of a summary; it is one line (facts 8.1)."""


class Looks(Protocol):
    """What finding a ticket needs of a reader."""

    probe: int

    def marked(self, keys: Sequence[str]) -> list[Marked]: ...

    def labelled(self, label_clause: str) -> list[IssueRef]: ...


def label_of(marker: str) -> str:
    """The label that a ticket with this marker carries; a hash, for labels hold no spaces and markers are long."""
    return f"eal-{hashlib.sha256(marker.encode()).hexdigest()[:12]}"


class Tickets:
    def __init__(self, site: Site, looks: Looks) -> None:
        self._site = site
        self._looks = looks
        #: (project key, type name) → the ids of both; names can be translated or repeat
        self._ids: dict[tuple[str, str], tuple[str, str]] = {}

    def _description(self, draft: TicketDraft) -> Json:
        if draft.shared:
            return Descriptions(self._site).fresh(draft.body, draft.figures)
        return self._site.markup(draft.body, draft.figures)

    def create(self, draft: TicketDraft) -> IssueRef:
        project, type = self._ids_of(draft.project, draft.type)
        fields = {
            "project": {"id": project},
            "issuetype": {"id": type},
            "summary": _one_line(draft.summary),
            "description": self._description(draft),
            "labels": sorted({*draft.labels, label_of(draft.marker)}),
        }
        body = {"fields": fields, "properties": [{"key": PROPERTY, "value": {"marker": draft.marker}}]}
        try:
            answer = self._site.gateway.create("issue", body)
        except RefusedByTracker as refused:
            # the type may have been replaced under the same name
            del self._ids[draft.project, draft.type]
            raise RefusedByTracker(
                refused.happened,
                problems=refused.problems,
                refused="No ticket was made.",
                remedy=f"Open the create screen of {draft.type!r} in project {draft.project}: "
                "fields that we send must be on it, and no others may be required.",
            ) from None
        return IssueRef(made(answer, "id", "a ticket"), made(answer, "key", "a ticket"))

    def find(self, project: str, marker: str, after: str) -> tuple[IssueRef, ...]:
        found = {ref.id: ref for ref in self._probe(project, marker, after)}
        for ref in self._looks.labelled(f"labels = {quote(label_of(marker))}"):
            if ref.id not in found and self._carries(ref, marker):
                found[ref.id] = ref
        return _in_order(found.values())

    def by_search(self, markers: Sequence[str]) -> dict[str, tuple[IssueRef, ...]]:
        """Marker → tickets that the search shows; two requests for a hundred of them on Cloud."""
        found: dict[str, list[IssueRef]] = {}
        for start in range(0, len(markers), LABELS):
            labels = {label_of(marker): marker for marker in markers[start : start + LABELS]}
            refs = self._looks.labelled(f"labels in ({', '.join(quote(label) for label in labels)})")
            for begin in range(0, len(refs), self._looks.probe):
                for each in self._looks.marked([ref.key for ref in refs[begin : begin + self._looks.probe]]):
                    if each.marker in labels.values():
                        found.setdefault(str(each.marker), []).append(each.ref)
        return {marker: _in_order(refs) for marker, refs in found.items()}

    def _probe(self, project: str, marker: str, after: str) -> list[IssueRef]:
        """Looks at the keys after `after` until `ABSENT` in a row are absent: no index is asked, none can lag."""
        number = after.rpartition("-")[2]
        first = int(number) + 1 if number.isdecimal() else 1
        found: list[IssueRef] = []
        absent = 0
        while absent < ABSENT:
            there = self._looks.marked([f"{project}-{n}" for n in range(first, first + self._looks.probe)])
            found += [each.ref for each in there if each.marker == marker]
            absent = 0 if there else absent + self._looks.probe
            first += self._looks.probe
        return found

    def _carries(self, ref: IssueRef, marker: str) -> bool:
        """A copy of a ticket has its labels but not its property. Where no properties are shown, the label decides."""
        return any(each.marker == marker or not each.tells for each in self._looks.marked([ref.key]))

    def _ids_of(self, project: str, type: str) -> tuple[str, str]:
        if (project, type) not in self._ids:
            self._ids[project, type] = ids_of(self._site, project, type)
        return self._ids[project, type]


def ids_of(site: Site, project: str, type: str) -> tuple[str, str]:
    """Ids of the project and of its issue type with this name. Raises `RefusedByTracker` when we may not create it."""
    known = see_project(site, project)
    try:
        types = creatable(site, f"{segment(named(known, 'key'))}/issuetypes", "issueTypes")
    except Gone:
        # before Data Center 8.4: the project's own list, whether or not we may create them
        types = rows(known, "issueTypes")
    for each in types:
        if str(each.get("name") or "").casefold() == type.casefold():
            return named(known, "id"), named(each, "id")
    names = ", ".join(str(each.get("name")) for each in types)
    raise RefusedByTracker(
        f"Project {project} has no issue type {type!r} that we may create.",
        refused="No ticket was made.",
        remedy=f"Set tracker.ticket_type to one of: {names or 'none'}.",
    )


def creatable(site: Site, path: str, name: str) -> list[Json]:
    """What may be created or sent there: Cloud calls the list `name`, Data Center `values` (facts 5.4)."""
    found: list[Json] = []
    while True:
        page = site.gateway.get(f"issue/createmeta/{path}", startAt=len(found), maxResults=50)
        listed = rows(page, name if name in page else "values")
        found += listed
        if not listed or len(found) >= int(page.get("total") or 0):
            return found


def see_project(site: Site, key: str) -> Json:
    """The project, or a sentence about why it isn't there: a typing mistake and a missing right look the same."""
    try:
        return site.gateway.get(f"project/{segment(key)}")
    except Gone:
        raise unseen(key) from None


def unseen(project: str) -> NotAllowed:
    return NotAllowed(
        f"There is no project {project}, or our account may not see it.",
        remedy="Check the key in the config, and give the account the right to browse the project.",
    )


def _in_order(refs: Iterable[IssueRef]) -> tuple[IssueRef, ...]:
    """By id, as numbers."""
    return tuple(sorted(refs, key=lambda ref: (len(ref.id), ref.id)))


def _one_line(summary: str) -> str:
    line = " ".join(summary.split())
    return line if len(line) <= SUMMARY else line[: SUMMARY - 1] + "…"

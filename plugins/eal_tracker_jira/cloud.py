"""Reading Jira Cloud: ids from the search, five thousand a page; issues in hundreds; what is cut short, in bulk.

Requests per thousand issues: 0.2 for ids, 10 for the issues with the newest 40 histories each, at most 2 for longer
histories, and one per issue with more comments, or more worklogs, than Jira embeds (facts 1.1 to 1.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import TypeVar

from eal_jira.errors import TrackerUnreachable
from eal_jira.model import IssuePage, IssueRef, SetAside
from eal_tracker_jira.answers import BrokenAnswer, Json, named, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.jql import both, in_projects
from eal_tracker_jira.passes import IN_ORDER, Frontier, Place
from eal_tracker_jira.raw import ALL_FIELDS, PROPERTY, Marked, Raw, embedded, marked, markers_in, once
from eal_tracker_jira.records import Read, read_records
from eal_tracker_jira.site import Site
from eal_tracker_jira.times import floor_literal, whole_minutes

T = TypeVar("T")

SEARCH_PAGE = 5000
BULK = 100
"""Issues per issue/bulkfetch: the most that Jira takes (facts 1.3)."""

PAGE = 5 * BULK
"""Issues per page of ours: five fetches share one request for long histories."""

HISTORIES = 10_000
"""Histories per page of changelog/bulkfetch: the most that Jira takes (facts 1.4)."""

COMMENTS = 1000
WORKLOGS = 5000
"""Worklogs per page: what Jira gives when it is not asked for fewer (facts 1.5)."""

EMPTY_PAGES = 5
"""Empty pages with a new token are allowed, but not endlessly many (facts 1.1)."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Up to a hundred issues: what could be read of them, and what still lacks its history."""

    asked: Sequence[str]
    read: Read
    long: list[Raw]


class CloudReader:
    #: keys per look for a ticket (facts 5.4)
    probe = 100

    def __init__(self, site: Site) -> None:
        self._site = site

    def everything(self, clause: str, place: Place | None) -> Iterator[IssuePage]:
        """All issues in the order of creation. Goes on from its own end until that brings it no further: searches
        that end too early have been seen (facts 1.1)."""
        total = self._count(clause) if place is None else None
        frontier = Frontier(place)
        while True:
            before = frontier.place
            for ids, read in self._pages(self._created(clause, frontier)):
                frontier.advance(ids, read.records)
                yield IssuePage(read.records, str(frontier.place or ""), read.set_aside, total)
            if frontier.place == before:
                return

    def recent(self, clause: str, since: timedelta) -> Iterator[IssuePage]:
        """Issues that changed within `since`. Relative, so that no time zone matters (facts 2.1)."""
        floor = self._site.identity.now - since
        return self._changed(clause, f"updated >= -{whole_minutes(since)}m", floor)

    def recent_from(self, clause: str, floor: datetime) -> Iterator[IssuePage]:
        return self._changed(clause, f"updated >= {floor_literal(floor, self._site.zone)}", floor)

    def read(self, ids: Iterable[str]) -> IssuePage:
        reads = [read for _, read in self._pages(ids)]
        return IssuePage(
            tuple(chain.from_iterable(read.records for read in reads)),
            "",
            tuple(chain.from_iterable(read.set_aside for read in reads)),
        )

    def ids(self, clause: str, afresh: Sequence[str] = ()) -> Iterator[str]:
        """`afresh` names issues (up to fifty) for which the search does not trust its index (facts 1.2)."""
        for page in self._search(both(clause), ["id"], afresh):
            yield from _ids(page)

    def newest_key(self, project: str) -> str:
        jql = f"{in_projects([project])} ORDER BY key DESC"
        newest = rows(self._site.gateway.ask("search/jql", {"jql": jql, "fields": ["key"], "maxResults": 1}), "issues")
        return named(newest[0], "key") if newest else ""

    def marked(self, keys: Sequence[str]) -> list[Marked]:
        """Those of these issues that exist, with the marker that each carries; not through the search index."""
        body = {"issueIdsOrKeys": list(keys), "fields": ["labels"], "properties": [PROPERTY]}
        return [marked(raw) for raw in rows(self._site.gateway.ask("issue/bulkfetch", body), "issues")]

    def labelled(self, label_clause: str) -> list[IssueRef]:
        pages = self._search(label_clause, ["key"])
        return [IssueRef(named(raw, "id"), named(raw, "key")) for page in pages for raw in page]

    # --- searching --------------------------------------------------------------------------------------------

    def _count(self, clause: str) -> int | None:
        count = self._site.gateway.ask("search/approximate-count", {"jql": clause}).get("count")
        return count if isinstance(count, int) else None

    def _created(self, clause: str, frontier: Frontier) -> Iterator[str]:
        """Ids from the frontier on that are not known yet."""
        pages = self._from(clause, frontier.place)
        first = next(pages, [])
        if frontier.place and frontier.known.isdisjoint(_ids(first)) and self._site.zone_changed():
            # the literal was read in another time zone than we thought
            pages = self._from(clause, frontier.place)
            first = next(pages, [])
        for page in chain([first], pages):
            yield from (id for id in _ids(page) if id not in frontier.known)

    def _from(self, clause: str, place: Place | None) -> Iterator[list[Json]]:
        floor = f"created >= {floor_literal(place.at, self._site.zone)}" if place else ""
        return self._search(f"{both(clause, floor)} {IN_ORDER['created']}", ["id"])

    def _changed(self, clause: str, recently: str, floor: datetime) -> Iterator[IssuePage]:
        cursor = str(Place("updated", floor))
        pages = self._search(f"{both(clause, recently)} {IN_ORDER['updated']}", ["id"])
        for _, read in self._pages(chain.from_iterable(map(_ids, pages))):
            yield IssuePage(read.records, cursor, read.set_aside)

    def _search(self, jql: str, fields: list[str], afresh: Sequence[str] = ()) -> Iterator[list[Json]]:
        body: dict[str, object] = {"jql": jql, "fields": fields, "maxResults": SEARCH_PAGE}
        if afresh:
            body["reconcileIssues"] = [int(id) for id in afresh]
        for answer in self._paged("search/jql", body, "issues"):
            if answer.get("warnings"):
                raise TrackerUnreachable(
                    f"Jira says that its search left something out: {str(answer['warnings'])[:200]}.",
                    refused="Nothing was taken from it.",
                    remedy="Make the team's scope simpler.",
                )
            yield answer["issues"]

    def _paged(self, path: str, body: dict[str, object], name: str) -> Iterator[Json]:
        """Answers that hold a list `name`, page by page, until no token comes or Jira says it was the last."""
        tokens: set[str] = set()
        token = None
        empty = 0
        while True:
            answer = self._site.gateway.ask(path, {**body, "nextPageToken": token} if token else body)
            listed = rows(answer, name)
            yield answer
            token = answer.get("nextPageToken")
            if not token or answer.get("isLast") is True:
                return
            empty = 0 if listed else empty + 1
            if token in tokens or empty > EMPTY_PAGES:
                raise TrackerUnreachable(
                    f"Jira's pages of {path} never end: {'a page token came twice' if listed else 'all are empty'}.",
                    refused="The pass was given up.",
                    remedy="It will be tried again in the next cycle.",
                )
            tokens.add(token)

    # --- fetching ---------------------------------------------------------------------------------------------

    def _pages(self, ids: Iterable[str]) -> Iterator[tuple[list[str], Read]]:
        """These issues, whole, page by page: the ids that were asked for and what could be read. Absent ones (deleted,
        hidden) are left out (facts 1.3). Hundreds go out side by side; the pages come in order."""
        for parts in _chunks(self._site.lanes.map(self._part, _chunks(ids, BULK)), PAGE // BULK):
            # those with a long history wait to share a request
            long = [raw for part in parts for raw in part.long]
            broken = self._complete_histories(long)
            reads = [*(part.read for part in parts), self._records(long), Read((), broken)]
            yield (
                [id for part in parts for id in part.asked],
                Read(
                    tuple(chain.from_iterable(read.records for read in reads)),
                    tuple(chain.from_iterable(read.set_aside for read in reads)),
                ),
            )

    def _part(self, ids: Sequence[str]) -> _Part:
        aside: list[SetAside] = []
        raws = [embedded(each) for each in self._bulk(ids, aside)]
        for raw in raws:
            if raw.lacks_comments:
                self._complete_comments(raw)
            if raw.lacks_worklogs:
                self._complete_worklogs(raw)
        self._find_markers(raws)
        # what is whole leaves its JSON behind at once
        read = self._records([raw for raw in raws if not raw.lacks_history])
        read = Read(read.records, (*aside, *read.set_aside))
        return _Part(ids, read, [raw for raw in raws if raw.lacks_history])

    def _records(self, raws: Sequence[Raw]) -> Read:
        return read_records(raws, self._site.fields) if raws else Read((), ())

    def _bulk(self, ids: Sequence[str], aside: list[SetAside]) -> list[Json]:
        """Halves what comes back broken, until the one record that breaks it stands alone (facts 1.3)."""
        body = {
            "issueIdsOrKeys": list(ids),
            "fields": list(ALL_FIELDS),
            "expand": ["changelog"],
            "properties": [PROPERTY],
        }
        try:
            answer = self._site.gateway.ask("issue/bulkfetch", body)
            found = rows(answer, "issues")
        except BrokenAnswer as broken:
            if len(ids) == 1:
                aside.append(SetAside("record", ids[0], f"Jira can't give it: {broken.happened}"))
                return []
            middle = len(ids) // 2
            found = self._bulk(ids[:middle], aside) + self._bulk(ids[middle:], aside)
            if not found:
                # not one of several can be read: that is no single record's doing
                raise
            return found
        aside.extend(
            SetAside("record", str(each.get("id")), f"Jira could not give it: {each.get('errorMessage')}.")
            for each in answer.get("issueErrors") or ()
        )
        return found

    def _complete_histories(self, raws: Sequence[Raw]) -> tuple[SetAside, ...]:
        """One issue's histories can be spread over pages, and a page holds many issues: merged by id (facts 1.4).

        Lists of an unknown shape cost only their own issue.
        """
        broken: list[SetAside] = []
        by_id = {raw.id: raw for raw in raws}
        found: dict[str, list[Json]] = {raw.id: list(raw.histories or ()) for raw in raws}
        for ids in _chunks(by_id, BULK * 10):
            body: dict[str, object] = {"issueIdsOrKeys": ids, "maxResults": HISTORIES}
            for answer in self._paged("changelog/bulkfetch", body, "issueChangeLogs"):
                for log in answer["issueChangeLogs"]:
                    if (id := str(log.get("issueId"))) not in found:
                        continue
                    listed = log.get("changeHistories")
                    if isinstance(listed, list):
                        found[id].extend(listed)
                    else:
                        broken.append(SetAside("history", by_id[id].ref, "Jira's list of its history is none."))
        for id, raw in by_id.items():
            raw.histories = once(found[id])
        return tuple(broken)

    def _complete_comments(self, raw: Raw) -> None:
        comments: list[Json] = []
        while True:
            page = self._site.gateway.get(
                f"issue/{segment(raw.id)}/comment",
                startAt=len(comments),
                maxResults=COMMENTS,
                orderBy="created",
                expand="properties",
            )
            listed = rows(page, "comments")
            comments.extend(listed)
            if not listed or len(comments) >= int(page.get("total") or 0):
                break
        raw.comments = once(comments)
        raw.markers.update(markers_in(comments))

    def _complete_worklogs(self, raw: Raw) -> None:
        worklogs: list[Json] = []
        while True:
            page = self._site.gateway.get(
                f"issue/{segment(raw.id)}/worklog", startAt=len(worklogs), maxResults=WORKLOGS
            )
            listed = rows(page, "worklogs")
            worklogs.extend(listed)
            if not listed or len(worklogs) >= int(page.get("total") or 0):
                break
        raw.worklogs = once(worklogs)

    def _find_markers(self, raws: Sequence[Raw]) -> None:
        """Markers of our own comments; embedded comments come without their properties."""
        us = str(self._site.identity.actor)
        ours = {id: raw for raw in raws if not raw.markers for id in raw.comments_by(us)}
        for ids in _chunks(ours, COMMENTS):
            body = {"ids": [int(id) for id in ids if id.isdecimal()]}
            listed = rows(self._site.gateway.ask("comment/list", body, expand="properties"), "values")
            for id, marker in markers_in(listed).items():
                ours[id].markers[id] = marker


def _ids(issues: Iterable[Json]) -> list[str]:
    return [named(issue, "id") for issue in issues]


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size`, as they come: the next page of ids is asked for only when it is needed."""
    each = iter(items)
    while chunk := list(islice(each, size)):
        yield chunk

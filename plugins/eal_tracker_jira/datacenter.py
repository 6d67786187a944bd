"""Reading Jira Data Center: the search brings whole issues, histories included, and pages by counting rows.

Counting rows loses issues when rows move, and fails beyond ten thousand hits, so a pass goes on from the minute that
it has reached instead, and counts only inside that minute; each page must then begin with a row that is known (facts
1.6, 2.3). Pages are sized by their weight: long histories in one answer have taken servers down (facts 1.4).

Requests per thousand issues: 8 where histories are light, 20 where they are long, and where the search gives what it
should; what it leaves out is asked of the issue itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from eal_jira.errors import Gone
from eal_jira.model import IssuePage, IssueRef
from eal_tracker_jira.answers import BrokenAnswer, Json, named, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.jql import both, in_projects
from eal_tracker_jira.passes import IN_ORDER, Place, newest
from eal_tracker_jira.raw import ALL_FIELDS, PROPERTY, Marked, Raw, embedded, marked, markers_in, once
from eal_tracker_jira.records import Read, read_records
from eal_tracker_jira.site import Site
from eal_tracker_jira.times import floor_literal, whole_minutes
from eal_tracker_jira.walk import Found, Walk

SMALLEST, FIRST, LARGEST = 10, 50, 125
"""Issues per page: the range, and where it begins. Only short histories bring it to the upper end."""

WEIGHT = 4 * 1024 * 1024
"""Bytes that a page should have at most."""

LIGHT = 1000
"""Rows per page that hold hardly more than ids: what Data Center gives at most by default (facts 1.6)."""

LONG_QUERY = 2000
"""Characters from which a query travels in the body: long addresses are refused on the way."""

MARGIN = 10
"""Last rows of an increment's page from the earliest of which it goes on: a node's index can be behind (facts 1.6)."""


class DataCenterReader:
    #: keys per look for a ticket (facts 5.4)
    probe = 20

    def __init__(self, site: Site) -> None:
        self._site = site
        self._size = FIRST

    def everything(self, clause: str, place: Place | None) -> Iterator[IssuePage]:
        total = None
        for found in self._steps(clause, "created", place.at if place else "", place.last if place else ""):
            # later queries count only what is left
            total = total if total is not None or place else found.total
            read = self._whole(found.rows)
            place = newest(place, read.records)
            yield IssuePage(read.records, str(place or ""), read.set_aside, total)

    def recent(self, clause: str, since: timedelta) -> Iterator[IssuePage]:
        """Issues that changed within `since`. Relative, so that no time zone matters (facts 2.1)."""
        floor = self._site.identity.now - since
        return self._changed(clause, f"updated >= -{whole_minutes(since)}m", floor)

    def recent_from(self, clause: str, floor: datetime) -> Iterator[IssuePage]:
        return self._changed(clause, floor, floor)

    def read(self, ids: Iterable[str]) -> IssuePage:
        read = self._whole([issue for issue in self._site.lanes.map(self._issue, ids) if issue is not None])
        return IssuePage(read.records, "", read.set_aside)

    def ids(self, clause: str, afresh: Sequence[str] = ()) -> Iterator[str]:
        # `afresh` is Cloud's: this index can't be passed by
        for found in self._steps(clause, "created", light=True):
            yield from (named(row, "id") for row in found.rows)

    def newest_key(self, project: str) -> str:
        found = self._search(f"{in_projects([project])} ORDER BY key DESC", 0, 1, light=True)
        return named(found.rows[0], "key") if found.rows else ""

    def marked(self, keys: Sequence[str]) -> list[Marked]:
        """Those of these issues that exist, with the marker that each carries; not through the search index."""
        issues = self._site.lanes.map(lambda key: self._issue(key, "labels", PROPERTY), keys)
        return [marked(issue) for issue in issues if issue is not None]

    def labelled(self, label_clause: str) -> list[IssueRef]:
        found = self._search(label_clause, 0, LIGHT, light=True)
        return [IssueRef(named(row, "id"), named(row, "key")) for row in found.rows]

    # --- searching --------------------------------------------------------------------------------------------

    def _changed(self, clause: str, first: str | datetime, floor: datetime) -> Iterator[IssuePage]:
        cursor = str(Place("updated", floor))
        for found in self._steps(clause, "updated", first, margin=MARGIN):
            read = self._whole(found.rows)
            yield IssuePage(read.records, cursor, read.set_aside)

    def _steps(
        self, clause: str, order: str, first: str | datetime = "", known: str = "", margin: int = 1, light: bool = False
    ) -> Iterator[Found]:
        def search(since: str, start: int) -> Found:
            jql = f"{both(clause, since)} {IN_ORDER[order]}"
            return self._search(jql, start, LIGHT, light=True) if light else self._heavy(jql, start)

        walk = Walk(
            search=search,
            order=order,
            since=lambda at: f"{order} >= {floor_literal(at, self._site.zone)}",
            zone_changed=self._site.zone_changed,
            margin=margin,
        )
        return walk.steps(first, known)

    def _heavy(self, jql: str, start: int) -> Found:
        """Whole issues, as many as the last page's weight lets expect."""
        try:
            found = self._search(jql, start, self._size)
        except BrokenAnswer:
            if self._size <= SMALLEST:
                raise
            self._size = max(SMALLEST, self._size // 2)
            return self._heavy(jql, start)
        if found.rows:
            fitting = WEIGHT * len(found.rows) // max(1, self._site.gateway.received)
            self._size = max(SMALLEST, min(LARGEST, self._size * 2, fitting))
        return found

    def _search(self, jql: str, start: int, size: int, light: bool = False) -> Found:
        # rows without the two times can't be put in order
        fields = ["created", "updated"] if light else [*ALL_FIELDS]
        expand = [] if light else ["changelog"]
        if len(jql) > LONG_QUERY:
            body = {"jql": jql, "startAt": start, "maxResults": size, "fields": fields, "expand": expand}
            answer = self._site.gateway.ask("search", body)
        else:
            answer = self._site.gateway.get(
                "search",
                jql=jql,
                startAt=start,
                maxResults=size,
                fields=",".join(fields),
                expand=",".join(expand) or None,
            )
        return Found(rows(answer, "issues"), int(named(answer, "total")))

    # --- the issues themselves --------------------------------------------------------------------------------

    def _whole(self, issues: Sequence[Json]) -> Read:
        raws = [whole for issue in issues if (whole := self._completed(embedded(issue))) is not None]
        for raw in raws:
            if not raw.markers and raw.comments_by(str(self._site.identity.actor)):
                raw.markers.update(markers_in(self._comments(raw)))
        return read_records(raws, self._site.fields) if raws else Read((), ())

    def _completed(self, raw: Raw) -> Raw | None:
        """With what the search left out asked of the issue itself; None when it has gone meanwhile."""
        if raw.lacks_history:
            issue = self._issue(raw.ref)
            if issue is None:
                return None
            raw = embedded(issue)
        if raw.lacks_comments:
            comments = self._comments(raw)
            raw.comments, raw.markers = once(comments), markers_in(comments)
        if raw.lacks_worklogs:
            # all at once: Data Center does not page them (facts 1.5)
            raw.worklogs = once(rows(self._site.gateway.get(f"issue/{segment(raw.ref)}/worklog"), "worklogs"))
        return raw

    def _issue(self, ref: str, fields: str = ",".join(ALL_FIELDS), properties: str | None = None) -> Json | None:
        """One issue by id or key, not through the search index; None when it can't be seen."""
        expand = None if properties else "changelog"
        try:
            return self._site.gateway.get(f"issue/{segment(ref)}", fields=fields, expand=expand, properties=properties)
        except Gone:
            return None

    def _comments(self, raw: Raw) -> list[Json]:
        comments: list[Json] = []
        while True:
            page = self._site.gateway.get(
                f"issue/{segment(raw.ref)}/comment", startAt=len(comments), maxResults=LIGHT, expand="properties"
            )
            listed = rows(page, "comments")
            comments.extend(listed)
            if not listed or len(comments) >= int(page.get("total") or 0):
                return comments

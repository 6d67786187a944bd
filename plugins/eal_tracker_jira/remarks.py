"""Our comments, each found again by the marker in its property (facts 5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from eal_jira.errors import Gone
from eal_tracker_jira.answers import Json, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.raw import PROPERTY, markers_in
from eal_tracker_jira.site import Site
from eal_tracker_jira.writes import made

_INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
"""On a service desk a comment is shown to the customer unless this says otherwise (facts 5.3); elsewhere it is idle."""


class Remarks:
    def __init__(self, site: Site) -> None:
        self._site = site

    def find(self, issue_id: str, marker: str) -> tuple[str, ...]:
        """Ids of all comments with this marker, the oldest first."""
        found = [id for page in self._pages(issue_id) for id, theirs in markers_in(page).items() if theirs == marker]
        return tuple(sorted(set(found), key=lambda id: (len(id), id)))

    def _pages(self, issue_id: str) -> Iterator[list[Json]]:
        start = 0
        while True:
            page = self._site.gateway.get(
                f"issue/{segment(issue_id)}/comment",
                startAt=start,
                maxResults=100,
                orderBy="-created",
                expand="properties",
            )
            listed = rows(page, "comments")
            yield listed
            start += len(listed)
            if not listed or start >= int(page.get("total") or 0):
                return

    def add(self, issue_id: str, body: str, marker: str) -> str:
        answer = self._site.gateway.create(f"issue/{segment(issue_id)}/comment", self._comment(body, marker))
        return made(answer, "id", "a comment")

    def edit(self, issue_id: str, comment_id: str, body: str, marker: str) -> None:
        """Without mail on Cloud; Data Center has no way to say so."""
        path = f"issue/{segment(issue_id)}/comment/{segment(comment_id)}"
        quietly = "false" if self._site.is_cloud else None
        self._site.gateway.put(path, self._comment(body, marker), notifyUsers=quietly)

    def delete(self, issue_id: str, comment_id: str) -> None:
        with suppress(Gone):
            self._site.gateway.delete(f"issue/{segment(issue_id)}/comment/{segment(comment_id)}")

    def _comment(self, body: str, marker: str) -> Json:
        properties = [{"key": PROPERTY, "value": {"marker": marker}}, _INTERNAL]
        return {"body": self._site.markup(body), "properties": properties}

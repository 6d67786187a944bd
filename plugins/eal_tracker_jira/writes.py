"""What we write on issues that exist: labels, our property, comments, transitions (facts 5).

Everything but adding a comment and a transition states how something should be, so saying it twice does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from eal_jira.errors import AnswerUnknown, NotAllowed, RefusedByTracker
from eal_jira.model import IssueRef, IssueState
from eal_tracker_jira.answers import BrokenAnswer, Json, named, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.raw import PROPERTY, markers_in
from eal_tracker_jira.site import Site

PROPERTY_SIZE = 32_768
"""Characters of an issue property's JSON (facts 5.2)."""

_INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
"""On a service desk a comment is shown to the customer unless this says otherwise (facts 5.3); elsewhere it is idle."""


class Writer:
    def __init__(self, site: Site) -> None:
        self._site = site

    def look(self, issue_id: str) -> IssueState:
        issue = self._site.gateway.get(f"issue/{segment(issue_id)}", fields="labels,status", properties=PROPERTY)
        fields = issue.get("fields") or {}
        ours = (issue.get("properties") or {}).get(PROPERTY)
        return IssueState(
            ref=IssueRef(named(issue, "id"), named(issue, "key")),
            status=named(fields.get("status"), "id"),
            labels=frozenset(map(str, fields.get("labels") or ())),
            property=ours if isinstance(ours, Mapping) else None,
        )

    # --- labels and property ----------------------------------------------------------------------------------

    def edit_labels(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        """By verbs, which leave everybody's other labels alone; without mail where we may; and looked at afterwards,
        for an edit can be answered with success and ignored (facts 5.1)."""
        verbs = [*({"add": label} for label in add), *({"remove": label} for label in remove)]
        edit = {"update": {"labels": verbs}}
        try:
            self._put_issue(issue_id, edit, quietly=True)
        except NotAllowed:
            # Data Center refuses the whole edit when we may not silence its mail
            self._put_issue(issue_id, edit, quietly=False)
        if self._labelled(issue_id, add, remove):
            return
        self._put_issue(issue_id, edit, quietly=False)
        if self._labelled(issue_id, add, remove):
            return
        # a Jira that knows no verbs: the whole set, as it was a moment ago
        labels = (self.look(issue_id).labels | {*add}) - {*remove}
        self._put_issue(issue_id, {"fields": {"labels": sorted(labels)}}, quietly=False)
        if not self._labelled(issue_id, add, remove):
            raise RefusedByTracker(
                f"Jira accepts new labels for issue {issue_id} and then does not have them.",
                remedy="Check that our account may edit issues and that Labels is on the project's edit screen.",
            )

    def _put_issue(self, issue_id: str, edit: Json, quietly: bool) -> None:
        self._site.gateway.put(f"issue/{segment(issue_id)}", edit, notifyUsers="false" if quietly else None)

    def _labelled(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> bool:
        labels = self.look(issue_id).labels
        return labels.issuperset(add) and labels.isdisjoint(remove)

    def set_property(self, issue_id: str, value: Mapping[str, object]) -> None:
        size = len(json.dumps(value, separators=(",", ":")))
        if size > PROPERTY_SIZE:
            raise RefusedByTracker(
                f"What is to be said of issue {issue_id} is too long for an issue property: {size} characters.",
                refused=f"Jira takes {PROPERTY_SIZE}.",
            )
        self._site.gateway.put(f"issue/{segment(issue_id)}/properties/{PROPERTY}", dict(value))

    # --- comments ---------------------------------------------------------------------------------------------

    def find_comment(self, issue_id: str, marker: str) -> str | None:
        for page in self._comments(issue_id):
            for id, found in markers_in(page).items():
                if found == marker:
                    return id
        return None

    def _comments(self, issue_id: str) -> Iterator[list[Json]]:
        """Newest first: what we look for was mostly written lately."""
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

    def add_comment(self, issue_id: str, body: str, marker: str) -> str:
        answer = self._site.gateway.create(f"issue/{segment(issue_id)}/comment", self._comment(body, marker))
        return made(answer, "id", "a comment")

    def edit_comment(self, issue_id: str, comment_id: str, body: str, marker: str) -> None:
        path = f"issue/{segment(issue_id)}/comment/{segment(comment_id)}"
        quietly = "false" if self._site.is_cloud else None
        self._site.gateway.put(path, self._comment(body, marker), notifyUsers=quietly)

    def _comment(self, body: str, marker: str) -> Json:
        properties = [{"key": PROPERTY, "value": {"marker": marker}}, _INTERNAL]
        return {"body": self._site.markup(body), "properties": properties}

    # --- transitions ------------------------------------------------------------------------------------------

    def transition(self, issue_id: str, status: str) -> None:
        now = self._status(issue_id)
        if _same(now, status):
            return
        ways = self._ways(issue_id)
        way = next((way for way in ways if _same(_target(way), status)), None)
        if way is None:
            possible = ", ".join(sorted({repr(_target(way)) for way in ways})) or "none"
            raise RefusedByTracker(
                f"Issue {issue_id} can't move from {now!r} to {status!r}.",
                remedy=f"Statuses that its workflow allows us now: {possible}.",
            )
        try:
            self._site.gateway.create(
                f"issue/{segment(issue_id)}/transitions", {"transition": {"id": named(way, "id")}}
            )
        except AnswerUnknown:
            # moving is made once, but whether it took effect can be seen
            if not _same(self._status(issue_id), status):
                raise
            return
        reached = self._status(issue_id)
        if not _same(reached, status):
            raise RefusedByTracker(
                f"Issue {issue_id} was to move to {status!r} and is in {reached!r}.",
                remedy="Something in its workflow moved it on: an automation, or a post function.",
            )

    def _ways(self, issue_id: str) -> list[Json]:
        return rows(self._site.gateway.get(f"issue/{segment(issue_id)}/transitions"), "transitions")

    def _status(self, issue_id: str) -> str:
        issue = self._site.gateway.get(f"issue/{segment(issue_id)}", fields="status")
        return named((issue.get("fields") or {}).get("status"), "name")


def made(answer: Json, name: str, what: str) -> str:
    """The id or key of what a create made. Raises `AnswerUnknown` when the answer does not say."""
    try:
        return named(answer, name)
    except BrokenAnswer:
        raise AnswerUnknown(
            f"Jira made {what} but does not say which.", refused="It was not sent again: it took effect."
        ) from None


def _target(way: Json) -> str:
    to = way.get("to")
    return str(to.get("name") or "") if isinstance(to, Mapping) else ""


def _same(status: str, wanted: str) -> bool:
    return status.strip().casefold() == wanted.strip().casefold()

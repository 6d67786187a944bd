"""What we write on issues that exist: labels, our property, transitions (facts 5.1, 5.2, 5.5).

Labels and property state how something should be, so saying it twice does no harm; a transition is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from eal_jira.errors import AnswerUnknown, Gone, NotAllowed, RefusedByTracker, TrackerUnreachable
from eal_jira.model import Category, IssueRef, IssueState, Status
from eal_tracker_jira.answers import BrokenAnswer, Json, named, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.raw import PROPERTY
from eal_tracker_jira.site import Site

BULK = 100
"""Issues per issue/bulkfetch: the most that Jira takes (facts 1.3)."""

_LOOK = "labels,status"
_CATEGORIES = {"new": Category.TODO, "indeterminate": Category.DOING, "done": Category.DONE}
"""By key: names of categories are translated. "undefined" counts as not begun."""

PROPERTY_SIZE = 32_768
"""Characters of an issue property's JSON (facts 5.2)."""


class Writer:
    def __init__(self, site: Site) -> None:
        self._site = site
        #: issue id → project key, of the issues that were looked at together last
        self._projects: dict[str, str] = {}
        #: projects in which we may not silence the mail of an edit
        self._loud: set[str] = set()

    def begin(self) -> None:
        """Rights may have been given since the last time: try again to be quiet."""
        self._loud.clear()

    def look(self, issue_id: str) -> IssueState:
        issue = self._site.gateway.get(f"issue/{segment(issue_id)}", fields=_LOOK, properties=PROPERTY)
        return _state(issue)

    def looks(self, issue_ids: Sequence[str]) -> dict[str, IssueState]:
        """On Cloud a hundred with one request; absent ones are left out (facts 1.3)."""
        if self._site.is_cloud:
            hundreds = [list(issue_ids[start : start + BULK]) for start in range(0, len(issue_ids), BULK)]
            found = [state for states in self._site.lanes.map(self._bulk, hundreds) for state in states]
        else:
            found = [state for state in self._site.lanes.map(self._seen, issue_ids) if state is not None]
        self._projects = {state.ref.id: _project(state) for state in found}
        return {state.ref.id: state for state in found}

    def _bulk(self, issue_ids: list[str]) -> list[IssueState]:
        body = {"issueIdsOrKeys": issue_ids, "fields": _LOOK.split(","), "properties": [PROPERTY]}
        return [_state(issue) for issue in rows(self._site.gateway.ask("issue/bulkfetch", body), "issues")]

    def _seen(self, issue_id: str) -> IssueState | None:
        try:
            return self.look(issue_id)
        except Gone:
            return None

    # --- labels and property ----------------------------------------------------------------------------------

    def tag(self, issue_id: str, add: Sequence[str], remove: Sequence[str], value: Mapping[str, object] | None) -> None:
        """Both in one edit: one write of the issue's budget, and nobody ever sees one without the other."""
        if value is None or not (add or remove):
            # a property alone makes no mail
            if value is not None:
                self.set_property(issue_id, value)
            if add or remove:
                self.edit_labels(issue_id, add, remove)
            return
        _check_size(issue_id, value)
        edit = {"update": _verbs(add, remove), "properties": [{"key": PROPERTY, "value": dict(value)}]}
        state = self._edited(issue_id, edit, add, remove)
        if state.property is not None and state.property != value:
            self.set_property(issue_id, value)
        if not _labelled(state, add, remove):
            self._whole_set(issue_id, add, remove)
            self.set_property(issue_id, value)

    def edit_labels(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        """By verbs, which leave everybody's other labels alone; without mail where we may; and looked at afterwards,
        for an edit can be answered with success and ignored (facts 5.1)."""
        state = self._edited(issue_id, {"update": _verbs(add, remove)}, add, remove)
        if not _labelled(state, add, remove):
            self._whole_set(issue_id, add, remove)

    def _edited(self, issue_id: str, edit: Json, add: Sequence[str], remove: Sequence[str]) -> IssueState:
        """The issue after the edit, which is sent quietly first and again with mail where that was not taken."""
        project = self._projects.get(issue_id, "")
        if project not in self._loud:
            try:
                state = self._put_issue(issue_id, edit, quietly=True)
            except NotAllowed:
                # Data Center refuses the whole edit when we may not silence its mail
                self._loud.add(project)
            else:
                if _labelled(state, add, remove):
                    return state
                self._loud.add(_project(state))
        return self._put_issue(issue_id, edit, quietly=False)

    def _put_issue(self, issue_id: str, edit: Json, quietly: bool) -> IssueState:
        path = f"issue/{segment(issue_id)}"
        silence = "false" if quietly else None
        shown = self._site.gateway.put(
            path, edit, notifyUsers=silence, returnIssue="true" if self._site.is_cloud else None
        )
        return _state(shown) if isinstance(shown, dict) and "fields" in shown else self.look(issue_id)

    def _whole_set(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        """For a Jira that knows no verbs: the whole set, as it was a moment ago."""
        labels = (self.look(issue_id).labels | {*add}) - {*remove}
        state = self._put_issue(issue_id, {"fields": {"labels": sorted(labels)}}, quietly=False)
        if not _labelled(state, add, remove):
            raise RefusedByTracker(
                f"Jira accepts new labels for issue {issue_id} and then does not have them.",
                remedy="Check that our account may edit issues and that Labels is on the project's edit screen.",
            )

    def set_property(self, issue_id: str, value: Mapping[str, object]) -> None:
        _check_size(issue_id, value)
        self._site.gateway.put(f"issue/{segment(issue_id)}/properties/{PROPERTY}", dict(value))

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
        lost: AnswerUnknown | None = None
        try:
            self._site.gateway.create(
                f"issue/{segment(issue_id)}/transitions", {"transition": {"id": named(way, "id")}}
            )
        except AnswerUnknown as unknown:
            lost = unknown
        # moving is made once, but whether it took effect can be seen
        try:
            reached = self._status(issue_id)
        except TrackerUnreachable as away:
            raise lost or AnswerUnknown(
                f"Issue {issue_id} was moved, and can't be looked at: {away.happened}",
                refused="It was not moved again.",
            ) from None
        if lost is not None and not _same(reached, status):
            raise lost
        if not _same(reached, status):
            raise RefusedByTracker(
                f"Issue {issue_id} was to move to {status!r} and is in {reached!r}.",
                remedy="Something in its workflow moved it on: an automation, or a post function.",
            )

    def ways(self, issue_id: str) -> tuple[Status, ...]:
        targets = [way["to"] for way in self._ways(issue_id) if isinstance(way.get("to"), Mapping)]
        return tuple(status_of(target) for target in targets)

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


def status_of(raw: Json) -> Status:
    category = raw.get("statusCategory")
    key = category.get("key") if isinstance(category, Mapping) else None
    return Status(named(raw, "id"), named(raw, "name"), _CATEGORIES.get(str(key), Category.TODO))


def _state(issue: Json) -> IssueState:
    fields = issue.get("fields") or {}
    ours = (issue.get("properties") or {}).get(PROPERTY)
    return IssueState(
        ref=IssueRef(named(issue, "id"), named(issue, "key")),
        status=named(fields.get("status"), "id"),
        labels=frozenset(map(str, fields.get("labels") or ())),
        property=ours if isinstance(ours, Mapping) else None,
    )


def _project(state: IssueState) -> str:
    return state.ref.key.rpartition("-")[0]


def _verbs(add: Sequence[str], remove: Sequence[str]) -> Json:
    return {"labels": [*({"add": label} for label in add), *({"remove": label} for label in remove)]}


def _labelled(state: IssueState, add: Sequence[str], remove: Sequence[str]) -> bool:
    return state.labels.issuperset(add) and state.labels.isdisjoint(remove)


def _check_size(issue_id: str, value: Mapping[str, object]) -> None:
    size = len(json.dumps(value, separators=(",", ":")))
    if size > PROPERTY_SIZE:
        raise RefusedByTracker(
            f"What is to be said of issue {issue_id} is too long for an issue property: {size} characters.",
            refused=f"Jira takes {PROPERTY_SIZE}.",
        )


def _target(way: Json) -> str:
    to = way.get("to")
    return str(to.get("name") or "") if isinstance(to, Mapping) else ""


def _same(status: str, wanted: str) -> bool:
    return status.strip().casefold() == wanted.strip().casefold()

"""An issue as Jira sent it, and which of its embedded lists Jira cut short (facts 1.4, 1.5).

Embedded histories, comments and worklogs are never taken as whole: each list is compared with the total that stands
beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eal_jira.model import IssueRef
from eal_tracker_jira.answers import named
from eal_tracker_jira.fields import account

PROPERTY = "eal-jira"
"""Key of our issue property, and of the property that marks our comments and tickets."""

ALL_FIELDS = ("*all", "-attachment")
"""Also the fields that aren't shown in lists, but for one that is large and not mirrored."""


@dataclass(slots=True)
class Raw:
    issue: Mapping[str, Any]
    #: None when the answer had none at all
    histories: Sequence[Mapping[str, Any]] | None
    #: how many histories there are, None when Jira doesn't say
    stated: int | None
    comments: Sequence[Mapping[str, Any]] | None
    stated_comments: int | None
    #: None when Jira tells of none: it leaves the field out where time tracking is off
    worklogs: Sequence[Mapping[str, Any]] | None
    stated_worklogs: int | None
    #: comment id → our marker
    markers: dict[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """What to call it in messages."""
        return str(self.issue.get("key") or self.issue.get("id") or "a record without a key")

    @property
    def id(self) -> str:
        return str(self.issue.get("id") or "")

    @property
    def readable(self) -> bool:
        return bool(self.id) and isinstance(self.issue.get("fields"), dict)

    @property
    def lacks_history(self) -> bool:
        return self.readable and _short(self.histories, self.stated)

    @property
    def lacks_comments(self) -> bool:
        return self.readable and _short(self.comments, self.stated_comments)

    @property
    def lacks_worklogs(self) -> bool:
        return self.readable and self.worklogs is not None and _short(self.worklogs, self.stated_worklogs)

    def comments_by(self, author: str) -> list[str]:
        """Ids of comments that this account wrote: only those can be ours."""
        return [str(each.get("id")) for each in self.comments or () if account(each.get("author")) == author]


def embedded(issue: object) -> Raw:
    """What one issue of an answer brought with it."""
    known: Mapping[str, Any] = issue if isinstance(issue, dict) else {}
    fields = known.get("fields")
    histories, stated = _list_in(known.get("changelog"), "histories")
    inside = fields if isinstance(fields, dict) else {}
    comments, stated_comments = _list_in(inside.get("comment"), "comments")
    worklogs, stated_worklogs = _list_in(inside.get("worklog"), "worklogs")
    return Raw(known, histories, stated, comments, stated_comments, worklogs, stated_worklogs)


@dataclass(frozen=True, slots=True)
class Marked:
    """An issue that was looked at for our marker."""

    ref: IssueRef
    #: the marker in its property
    marker: str | None
    #: whether this Jira shows properties at all
    tells: bool


def marked(issue: Mapping[str, Any]) -> Marked:
    properties = issue.get("properties")
    ours = properties.get(PROPERTY) if isinstance(properties, dict) else None
    marker = ours.get("marker") if isinstance(ours, dict) else None
    ref = IssueRef(named(issue, "id"), named(issue, "key"))
    return Marked(ref, str(marker) if marker else None, properties is not None)


def once(entries: Iterable[Any]) -> list[Any]:
    """Each entry once, by id: pages can overlap."""
    return list({str(each.get("id")): each for each in entries if isinstance(each, dict)}.values())


def markers_in(comments: Iterable[Any]) -> dict[str, str]:
    """Our markers among comments that were asked for with their properties."""
    found = {}
    for comment in comments:
        for each in comment.get("properties") or ():
            value = each.get("value") if isinstance(each, dict) and each.get("key") == PROPERTY else None
            if isinstance(value, dict) and value.get("marker"):
                found[str(comment.get("id"))] = str(value["marker"])
    return found


def _list_in(holder: object, name: str) -> tuple[list[Any] | None, int | None]:
    listed = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or not isinstance(listed, list):
        return None, None
    total = holder.get("total")
    return once(listed), total if isinstance(total, int) else None


def _short(given: Sequence[Any] | None, stated: int | None) -> bool:
    return given is None or (stated is not None and len(given) < stated)

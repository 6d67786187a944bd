"""Jira's fields: which is which, and any value of theirs in neutral form.

A field is known by its id and its `schema.custom`, never by number, and by name only where Jira gives nothing better
(facts 7: several fields can share a name).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eal_jira.model import REMOTE_LINKS, Field, Value
from eal_tracker_jira.answers import named
from eal_tracker_jira.plaintext import is_document, written

SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
RANK = "com.pyxis.greenhopper.jira:gh-lexo-rank"
TEAM_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
DEVELOPMENT = "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummary"

TYPED = frozenset({
    "summary", "status", "issuetype", "project", "created", "updated", "resolutiondate", "priority", "assignee",
    "reporter", "creator", "labels", "components", "parent", "issuelinks", "comment",
    "worklog",
})  # fmt: skip
"""Fields that have a place of their own in `eal_jira.model.Issue` or `IssueRecord`."""

NOISE = frozenset({
    "votes", "watches", "lastViewed", "attachment", "thumbnail", "timetracking", "progress",
    "aggregateprogress", "aggregatetimespent", "aggregatetimeestimate", "aggregatetimeoriginalestimate", "workratio",
    "statuscategorychangedate", "statusCategory", "issuerestriction", "subtasks",
})  # fmt: skip
"""Fields that change without anybody working on the issue, or that repeat what stands elsewhere."""

LONGEST = 4000
"""Characters of a text value that are kept; enough to see that something was written, and what about."""

_POINTS_NAMES = frozenset({"story points", "story point estimate"})

_HISTORY_NAMES = {
    "component": "components",
    "fix version": "fixVersions",
    "version": "versions",
    "link": "issuelinks",
    "attachment": "attachment",
    "comment": "comment",
    "parent": "parent",
    "issue type": "issuetype",
}
"""What histories of Data Center call system fields, where it is neither the field's id nor its name."""

REMOTE_LINK_NAMES = frozenset({"RemoteIssueLink", "RemoteWorkItemLink"})
"""What histories call a remote link: no field of Jira's, so there is never an id. The second since issues are called
work items."""

_KINDS = {
    "string": "text",
    "number": "number",
    "date": "date",
    "datetime": "date",
    "user": "user",
    "option": "option",
    "priority": "option",
    "resolution": "option",
    "status": "option",
    "array": "list",
}


@dataclass(frozen=True, slots=True)
class FieldTable:
    """The fields of a site. Built from the answer of ``GET field``."""

    by_id: Mapping[str, Field]
    #: fields that hold estimates, the best first; several, since team-managed projects have one of their own
    points: tuple[str, ...]
    #: fields that hold sprints
    sprints: frozenset[str]
    #: ids that never reach `Issue.fields`
    left_out: frozenset[str]
    #: casefolded display name → id, None where several fields share it
    _by_name: Mapping[str, str | None]

    def id_of(self, item: Mapping[str, Any]) -> str:
        """The field of a history item: its id where Jira gives one (Cloud), else found by name, else the name."""
        given = item.get("fieldId")
        if given:
            return str(given)
        name = str(item.get("field") or "")
        if name in REMOTE_LINK_NAMES:
            return REMOTE_LINKS
        folded = name.casefold()
        if name in self.by_id:
            return name
        if item.get("fieldtype") != "custom" and folded in _HISTORY_NAMES:
            return _HISTORY_NAMES[folded]
        return self._by_name.get(folded) or name


def field_table(listed: Iterable[Mapping[str, Any]], estimates: Iterable[str] = ()) -> FieldTable:
    """`estimates` are ids of fields known to hold estimates (a board's setting, the config), the best first."""
    by_id: dict[str, Field] = {}
    by_name: dict[str, str | None] = {}
    points, left_out = dict.fromkeys(estimates), NOISE | TYPED
    for raw in listed:
        id = named(raw, "id")
        name = str(raw.get("name") or id)
        schema = raw.get("schema") or {}
        if _holds_points(name, schema):
            points[id] = None
        if schema.get("custom") in (RANK, DEVELOPMENT):
            left_out |= {id}
        by_id[id] = Field(id, name, "points" if id in points else _kind(id, schema))
        by_name[name.casefold()] = None if name.casefold() in by_name else id
    sprints = frozenset(field.id for field in by_id.values() if field.kind == "sprint")
    return FieldTable(by_id, tuple(points), sprints, left_out | sprints | points.keys(), by_name)


def _holds_points(name: str, schema: Mapping[str, Any]) -> bool:
    custom = schema.get("custom")
    return custom == TEAM_POINTS or (custom == FLOAT and name.strip().casefold() in _POINTS_NAMES)


def _kind(id: str, schema: Mapping[str, Any]) -> str:
    custom = schema.get("custom")
    if custom in (SPRINT, RANK):
        return "sprint" if custom == SPRINT else "rank"
    if id == "issuetype":
        return "type"
    if schema.get("type") == "array" and schema.get("items") == "user":
        return "user"
    return _KINDS.get(str(schema.get("type")), "other")


def account(user: object) -> str | None:
    """The stable id of a person: account id on Cloud, key on Data Center, the name only in old data (facts 9)."""
    if not isinstance(user, dict):
        return None
    found = user.get("accountId") or user.get("key") or user.get("name")
    return str(found) if found else None


def neutral(value: object) -> Value:
    """Any field value as text, number, yes/no or several texts; None for what is empty or says nothing."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list):
        return _several(value) or None
    return None


def _object(value: Mapping[str, Any]) -> Value:
    if is_document(value):
        return _cut(written(value))
    if "accountId" in value or "displayName" in value:
        return account(value)
    if "child" in value and isinstance(value["child"], dict):
        return _several([value.get("value"), value["child"]])
    for key in ("value", "name", "key"):
        if key in value:
            return neutral(value[key])
    return None


def _several(values: Iterable[object]) -> tuple[str, ...]:
    texts: list[str] = []
    for each in values:
        plain = neutral(each)
        if isinstance(plain, tuple):
            texts.extend(plain)
        elif plain is not None:
            texts.append(plain if isinstance(plain, str) else f"{plain:g}" if isinstance(plain, float) else str(plain))
    return tuple(texts)


def _cut(text: str) -> str | None:
    text = text.strip()
    return (text if len(text) <= LONGEST else text[: LONGEST - 1] + "…") or None

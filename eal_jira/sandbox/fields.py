"""The fields of a site: system fields, the custom fields that Jira Software brings, and whatever else is added.

Ids of custom fields differ between the flavours on purpose: whoever relies on a number instead of `schema.custom`
meets the difference here first (facts/jira.md 7).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from eal_jira.sandbox.flavour import Flavour

SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
RANK = "com.pyxis.greenhopper.jira:gh-lexo-rank"
TEAM_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
TEXTAREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
TEXTFIELD = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
MULTISELECT = "com.atlassian.jira.plugin.system.customfieldtypes:multiselect"
SELECT = "com.atlassian.jira.plugin.system.customfieldtypes:select"
MULTICHECKBOX = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"
USERPICKER = "com.atlassian.jira.plugin.system.customfieldtypes:userpicker"


@dataclass(slots=True)
class Field:
    id: str
    name: str
    #: Jira's schema: "string", "number", "array", "user", "option", …
    type: str
    items: str | None = None
    #: the custom field's type key, None for system fields
    custom: str | None = None
    #: names that JQL knows it by, besides its name (custom) or its id (system)
    clauses: tuple[str, ...] = ()
    navigable: bool = True
    orderable: bool = True
    searchable: bool = True
    #: can stand in `fields` of a create or an edit
    settable: bool = True
    #: None: in both flavours
    flavour: Flavour | None = None

    @property
    def rich(self) -> bool:
        """Long text: ADF on v3, wiki markup on v2."""
        return self.id in ("description", "environment") or self.custom == TEXTAREA

    @property
    def schema(self) -> dict[str, object]:
        schema: dict[str, object] = {"type": self.type}
        if self.items:
            schema["items"] = self.items
        if self.custom:
            schema |= {"custom": self.custom, "customId": self.number or 0}
        else:
            schema["system"] = self.id
        return schema

    @property
    def number(self) -> int | None:
        digits = self.id.removeprefix("customfield_")
        return int(digits) if self.id.startswith("customfield_") and digits.isdecimal() else None

    @property
    def clause_names(self) -> list[str]:
        if self.number is not None:
            return [f"cf[{self.number}]", self.name, *self.clauses]
        return list(self.clauses)


def _system(id: str, name: str, type: str, items: str | None = None, *clauses: str, **more: Any) -> Field:
    return Field(id, name, type, items, None, clauses, **more)


def system_fields() -> list[Field]:
    derived: dict[str, Any] = {"settable": False, "orderable": False}
    return [
        _system("issuetype", "Issue Type", "issuetype", None, "issuetype", "type"),
        _system("project", "Project", "project", None, "project"),
        _system("summary", "Summary", "string", None, "summary"),
        _system("description", "Description", "string", None, "description"),
        _system("environment", "Environment", "string", None, "environment"),
        _system("status", "Status", "status", None, "status", **derived),
        _system("statusCategory", "Status Category", "statusCategory", flavour="cloud", **derived),
        _system("statuscategorychangedate", "Status Category Changed", "datetime", flavour="cloud", **derived),
        _system("resolution", "Resolution", "resolution", None, "resolution"),
        _system("resolutiondate", "Resolved", "datetime", None, "resolutiondate", "resolved", **derived),
        _system("archiveddate", "Archived", "datetime", **derived),
        _system("priority", "Priority", "priority", None, "priority"),
        _system("labels", "Labels", "array", "string", "labels"),
        _system("components", "Components", "array", "component", "component"),
        _system("fixVersions", "Fix versions", "array", "version", "fixVersion"),
        _system("versions", "Affects versions", "array", "version", "affectedVersion"),
        _system("assignee", "Assignee", "user", None, "assignee"),
        _system("reporter", "Reporter", "user", None, "reporter"),
        _system("creator", "Creator", "user", None, "creator", **derived),
        _system("created", "Created", "datetime", None, "created", "createdDate", **derived),
        _system("updated", "Updated", "datetime", None, "updated", "updatedDate", **derived),
        _system("duedate", "Due date", "date", None, "due", "duedate"),
        _system("parent", "Parent", "issuelink", None, "parent"),
        _system("subtasks", "Sub-tasks", "array", "issuelinks", "subtasks", **derived),
        _system("issuelinks", "Linked Issues", "array", "issuelinks", settable=False),
        _system("comment", "Comment", "comments-page", None, "comment", navigable=False, settable=False),
        _system("worklog", "Log Work", "array", "worklog", navigable=False, settable=False),
        _system("attachment", "Attachment", "array", "attachment", navigable=False, settable=False),
        _system("votes", "Votes", "votes", None, "votes", **derived),
        _system("watches", "Watchers", "watches", None, "watchers", **derived),
        _system("workratio", "Work Ratio", "number", None, "workratio", **derived),
        _system("lastViewed", "Last Viewed", "datetime", None, "lastViewed", **derived),
    ]


#: name, schema type, items, custom type, number on Cloud, number on Data Center
_SOFTWARE = (
    ("Sprint", "array", "json", SPRINT, 10020, 10105),
    ("Epic Link", "any", None, EPIC_LINK, 10014, 10101),
    ("Rank", "any", None, RANK, 10019, 10109),
    ("Story Points", "number", None, FLOAT, 10036, 10106),
    ("Story point estimate", "number", None, TEAM_POINTS, 10016, None),
)


@dataclass(slots=True)
class Fields:
    """All fields of one site by id, in the order in which they are listed."""

    flavour: Flavour
    by_id: dict[str, Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in system_fields():
            if each.flavour in (None, self.flavour):
                self.by_id[each.id] = each

    def __iter__(self) -> Iterator[Field]:
        return iter(self.by_id.values())

    def get(self, id: str) -> Field | None:
        return self.by_id.get(id)

    def of_type(self, custom: str) -> Field | None:
        """The first field of this custom type."""
        return next((f for f in self if f.custom == custom), None)

    def add(self, name: str, type: str, custom: str, items: str | None = None, id: str | None = None) -> Field:
        """A new custom field. Names may repeat, ids may not."""
        id = id or f"customfield_{self._free_number()}"
        if id in self.by_id:
            raise ValueError(f"there is a field {id} already: {self.by_id[id].name}")
        self.by_id[id] = Field(id, name, type, items, custom)
        return self.by_id[id]

    def add_software(self) -> None:
        """The fields that Jira Software brings, as far as this site doesn't have them yet."""
        for name, type, items, custom, cloud, dc in _SOFTWARE:
            number = cloud if self.flavour == "cloud" else dc
            known = any(f.custom == custom and f.name == name for f in self)
            if number is None or known:
                continue
            id = f"customfield_{number}"
            items = "string" if custom == SPRINT and self.flavour == "datacenter" else items
            self.add(name, type, custom, items, id if id not in self.by_id else None)

    def named(self, name: str) -> list[Field]:
        """Fields that JQL finds under this name: several custom fields may share one."""
        wanted = name.casefold()
        return [f for f in self if wanted == f.id.casefold() or wanted in map(str.casefold, f.clause_names)]

    def by_display_name(self, name: str) -> Field | None:
        wanted = name.casefold()
        return next((f for f in self if f.name.casefold() == wanted), None)

    def _free_number(self) -> int:
        return max([10_200, *(f.number or 0 for f in self)]) + 1

"""Which fields stand on a project's create and edit screens, and what a client is told about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eal_jira.sandbox.fields import Field
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.state import Json, Project

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site

_NOT_ON_EDIT = ("project",)


def screen(site: Site, project: Project, name: str, *, administrator: bool = False) -> list[Field]:
    """The settable fields of the "create" or the "edit" screen. The reporter is there for administrators only."""
    hidden = project.hidden.get(name, set())
    return [
        field
        for field in site.fields
        if field.settable
        and field.id not in hidden
        and field.id != "resolution"
        and not (name == "edit" and field.id in _NOT_ON_EDIT)
        and not (field.id == "reporter" and not administrator)
        and field.type
    ]


def field_meta(call: Call, project: Project, field: Field, type_id: str) -> dict[str, Json]:
    """One field as createmeta and editmeta describe it."""
    required = field.id in ("summary", "issuetype", "project") or field.id in project.required.get(type_id, ())
    operations = ["add", "set", "remove"] if field.type == "array" else ["set"]
    shown: dict[str, Json] = {
        "required": required,
        "schema": field.schema,
        "name": field.name,
        "key": field.id,
        "fieldId": field.id,
        "hasDefaultValue": False,
        "operations": operations,
    }
    if not call.cloud:
        del shown["key"]
    allowed = _allowed(call, project, field, type_id)
    if allowed is not None:
        shown["allowedValues"] = allowed
    return shown


def _allowed(call: Call, project: Project, field: Field, type_id: str) -> list[Json] | None:
    catalogue = call.site.catalogue
    if field.id == "issuetype":
        return [call.present.type(type_id)]
    if field.id == "project":
        return [call.present.project(project)]
    if field.id == "priority":
        return [call.present.priority(p) for p in catalogue.priorities]
    if field.items in ("component", "version"):
        parts = project.components if field.items == "component" else project.versions
        return [{**part, "self": f"{call.present.api}/{field.items}/{i}"} for i, part in parts.items()]
    return None

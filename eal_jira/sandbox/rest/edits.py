"""What the body of a create or an edit asks for, checked field by field before anything happens (facts/jira.md 5).

Every problem is collected; one problem refuses the whole request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eal_jira.sandbox.fields import Field
from eal_jira.sandbox.people import CREATE, PROJECT_ADMIN
from eal_jira.sandbox.plainjson import dumps, named
from eal_jira.sandbox.rest import reading
from eal_jira.sandbox.rest.answers import Refusal
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.rest.screens import screen
from eal_jira.sandbox.state import Issue, Json, Project
from eal_jira.sandbox.values import Invalid, Reader


@dataclass(slots=True)
class Change:
    """A checked request: stored values by field id, properties by key, and a comment if the verbs hold one."""

    project: Project
    values: dict[str, Json] = field(default_factory=dict)
    properties: dict[str, Json] = field(default_factory=dict)
    comment: Json = None


def read_create(call: Call, body: Json) -> Change:
    """Raises a `Refusal` with `errors` by field."""
    call.user  # noqa: B018 – anonymous callers get 401
    given = reading.mapping(body, "fields")
    project = _project(call, given.get("project"))
    type_id = _type(call, project, given.get("issuetype"))
    change = Change(project, {"issuetype": type_id})
    rest = {name: value for name, value in given.items() if name not in ("project", "issuetype")}
    errors = _read_into(call, change, "create", rest, reading.mapping(body, "update"), {})
    for name in ("summary", *sorted(project.required.get(type_id, ()))):
        if not change.values.get(name) and name not in errors:
            label = call.site.fields.by_id[name].name
            errors[name] = "You must specify a summary of the issue." if name == "summary" else f"{label} is required."
    if call.site.catalogue.types[type_id].subtask and not change.values.get("parent"):
        errors.setdefault("parent", "Issue type is a sub-task but parent issue key or id not specified.")
    change.properties = read_properties(call, reading.entries(body, "properties"))
    if errors:
        raise Refusal(400, errors=errors)
    return change


def read_edit(call: Call, issue: Issue, body: Json) -> Change:
    """Raises a `Refusal` with `errors` by field."""
    project = call.site.projects[issue.project]
    change = Change(project)
    given = reading.mapping(body, "fields")
    # a project in an edit is accepted and moves nothing (facts 5.1)
    given = {name: value for name, value in given.items() if name != "project"}
    errors = _read_into(call, change, "edit", given, reading.mapping(body, "update"), issue.fields)
    change.properties = read_properties(call, reading.entries(body, "properties"))
    if errors:
        raise Refusal(400, errors=errors)
    return change


def _read_into(
    call: Call,
    change: Change,
    where: str,
    given: Mapping[str, Json],
    verbs: Mapping[str, Json],
    before: Mapping[str, Json],
) -> dict[str, str]:
    """Fill the change from `fields` and `update`; gives the problems by field."""
    administrator = call.may(PROJECT_ADMIN, change.project.id)
    allowed = {f.id: f for f in screen(call.site, change.project, where, administrator=administrator)}
    reader = Reader(call.site, change.project, call.version)
    errors: dict[str, str] = {}
    for name in {**given, **verbs}:
        try:
            if name in given and name in verbs:
                raise Invalid(name, f"Field '{name}' can stand in 'fields' or in 'update', not in both.")
            if name == "comment" and name in verbs:
                change.comment = _comment(reader, verbs[name])
            elif name not in allowed:
                raise Invalid(name, f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
            elif name in given:
                change.values[name] = _typed(call, change, allowed[name], reader, given[name])
            else:
                change.values[name] = _apply(call, change, allowed[name], reader, verbs[name], before)
        except Invalid as problem:
            errors[problem.field_id] = problem.message
    return errors


def _typed(call: Call, change: Change, field: Field, reader: Reader, value: Json) -> Json:
    if field.id == "issuetype":
        return _type(call, change.project, value)
    return reader.stored(field, value)


def _apply(call: Call, change: Change, field: Field, reader: Reader, verbs: Json, before: Mapping[str, Json]) -> Json:
    """A list of verbs, one after the other, over what is there now."""
    if not isinstance(verbs, list) or not all(isinstance(v, Mapping) and len(v) == 1 for v in verbs):
        raise Invalid(field.id, "The update must be a list of one-verb objects.")
    value = before.get(field.id)
    for step in verbs:
        verb, operand = next(iter(step.items()))
        if verb == "set":
            value = _typed(call, change, field, reader, operand)
        elif verb in ("add", "remove") and field.type == "array":
            one = reader.label(operand) if field.id == "labels" else reader.stored(field, [operand])[0]
            others = [v for v in value or () if v != one]
            value = [*others, one] if verb == "add" else others
        else:
            raise Invalid(field.id, f"The operation '{verb}' is not supported by the field '{field.id}'.")
    return sorted(value or ()) if field.id == "labels" else value


def _comment(reader: Reader, verbs: Json) -> Json:
    match verbs:
        case [{"add": {"body": body}}]:
            return reader.rich_text("comment", body)
    raise Invalid("comment", "Only one comment can be added, as [{'add': {'body': …}}].")


def _project(call: Call, given: Json) -> Project:
    project = call.site.find_project(named(given))
    if project is None or project.state != "live" or not call.may(CREATE, project.id):
        raise Refusal(400, errors={"project": "Specify a valid project ID or key"})
    return project


def _type(call: Call, project: Project, given: Json) -> str:
    wanted = named(given)
    for type_id in project.types:
        if wanted in (type_id, call.site.catalogue.types[type_id].name):
            return type_id
    raise Refusal(400, errors={"issuetype": "Specify a valid issue type"})


def read_properties(call: Call, given: list[Mapping[str, Json]]) -> dict[str, Json]:
    """`[{"key": …, "value": …}]`, checked."""
    for each in given:
        check_property(call, each.get("key"), each.get("value"))
    return {str(each["key"]): each["value"] for each in given}


def check_property(call: Call, key: Json, value: Json) -> None:
    """Limits of keys and values of entity properties (facts 5.2)."""
    limits = call.site.limits
    if not isinstance(key, str) or not 0 < len(key) <= limits.property_key:
        raise Refusal(400, f"A property key must have 1 to {limits.property_key} characters.")
    if value is None or value == "" or len(dumps(value)) > limits.property_value:
        raise Refusal(400, f"A property value must be JSON of at most {limits.property_value} characters.")

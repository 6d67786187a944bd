"""From what a request says to what the site stores, and from there to what a history entry says.

Stored values: ids for statuses, types, priorities, resolutions, people, components, versions and sprints; the text
itself for texts (wiki markup, or an ADF document as a dict); otherwise the JSON as it came. A request is held to
Jira's rules ("strict"); an act of `acts` may name things by their bare name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eal_jira.sandbox.catalogue import find
from eal_jira.sandbox.fields import SPRINT, Field
from eal_jira.sandbox.plainjson import dumps, named
from eal_jira.sandbox.state import Json, Project
from eal_jira.sandbox.text import adf
from eal_jira.sandbox.text.wiki import to_wiki

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site


class Invalid(Exception):
    """A value that a field refuses, worded as Jira does."""

    def __init__(self, field_id: str, message: str) -> None:
        super().__init__(field_id, message)
        self.field_id = field_id
        self.message = message


class Reader:
    """Reads values for one project. `version` is the REST version ("2" or "3"), None for an act."""

    def __init__(self, site: Site, project: Project, version: str | None) -> None:
        self._site = site
        self._project = project
        self._version = version

    def stored(self, field: Field, value: Json) -> Json:
        """The value as the site keeps it; raises `Invalid`."""
        if field.rich:
            return self.rich_text(field.id, value)
        if field.custom == SPRINT:
            return self._sprints(field, value)
        by_id = {
            "summary": self._summary,
            "labels": self._labels,
            "priority": self._priority,
            "resolution": self._resolution,
            "parent": self._parent,
        }
        if field.id in by_id:
            return by_id[field.id](field, value)
        if field.type == "user":
            return self._person(field, value)
        if field.type == "array" and field.items in ("component", "version"):
            return self._parts(field, value)
        if value is None:
            return None
        return self._plain(field, value)

    def rich_text(self, field_id: str, value: Json) -> Json:
        """A long text: an ADF document on v3, a string on v2, either in an act."""
        if value is None or value == "":
            return None
        if self._version == "3":
            problem = adf.problem(value)
            if problem:
                raise Invalid(
                    field_id,
                    "Operation value must be an Atlassian Document (see the Atlassian Document Format): " + problem,
                )
        elif self._version == "2" and not isinstance(value, str):
            raise Invalid(field_id, "Operation value must be a string")
        size = len(value) if isinstance(value, str) else len(dumps(value))
        if size > self._site.limits.text:
            raise Invalid(
                field_id,
                f"The entered text is too long. It exceeds the allowed limit of {self._site.limits.text} characters.",
            )
        return value

    def _summary(self, field: Field, value: Json) -> str:
        if not isinstance(value, str) or not value.strip():
            raise Invalid(field.id, "You must specify a summary of the issue.")
        if "\n" in value or "\r" in value:
            raise Invalid(field.id, "The summary is invalid because it contains newline characters.")
        if len(value) > self._site.limits.summary:
            raise Invalid(field.id, f"Summary can't exceed {self._site.limits.summary} characters.")
        return value

    def label(self, value: Json) -> str:
        if not isinstance(value, str) or not value:
            raise Invalid("labels", "data was not an array of strings")
        if any(c.isspace() for c in value):
            raise Invalid("labels", f"The label '{value}' contains spaces which is invalid.")
        if len(value) > self._site.limits.label:
            raise Invalid(
                "labels",
                f"The label '{value[:20]}...' exceeds the maximum length of {self._site.limits.label} characters.",
            )
        return value

    def _labels(self, field: Field, value: Json) -> list[str]:
        if not isinstance(value, list | tuple):
            if value is None:
                return []
            raise Invalid(field.id, "data was not an array")
        return sorted({self.label(each) for each in value})

    def _priority(self, field: Field, value: Json) -> str | None:
        if value is None:
            return None
        found = find(self._site.catalogue.priorities, self._id_or_name(field, value))
        if found is None:
            raise Invalid(field.id, "Priority name or id is not valid")
        return found.id

    def _resolution(self, field: Field, value: Json) -> str | None:
        if value is None:
            return None
        name = self._id_or_name(field, value)
        if self._version is None:
            return self._site.catalogue.resolution(name).id
        found = find(self._site.catalogue.resolutions, name)
        if found is None:
            raise Invalid(field.id, f"Resolution name '{name}' is not valid")
        return found.id

    def _parent(self, field: Field, value: Json) -> Json:
        if value is None:
            return None
        parent = self._site.find(value if isinstance(value, str) else named(value))
        if parent is None:
            raise Invalid(field.id, "Could not find issue by id or key.")
        return {"id": str(parent.id)}

    def _person(self, field: Field, value: Json) -> str | None:
        if value is None:
            return None
        account = None
        if isinstance(value, str) and self._version is None:
            account = self._site.people.search(value)
        elif isinstance(value, dict) and self._site.flavour == "cloud":
            account = self._site.people.accounts.get(str(value.get("accountId") or value.get("id")))
        elif isinstance(value, dict):
            account = self._site.people.by_login(str(value.get("name")))
        if account is None or not account.active:
            problem = "Account ID is not valid" if self._site.flavour == "cloud" else "User does not exist."
            raise Invalid(field.id, f"Specify a valid user for {field.id}: {problem}")
        return account.id

    def _parts(self, field: Field, value: Json) -> list[str]:
        known = self._project.components if field.items == "component" else self._project.versions
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise Invalid(field.id, "data was not an array")
        return [self.part(field, each, known) for each in value]

    def part(self, field: Field, value: Json, known: dict[str, dict[str, Json]]) -> str:
        """The id of a component or version named by `{"id"}` or `{"name"}`."""
        wanted = self._id_or_name(field, value)
        found = next((i for i, part in known.items() if wanted in (i, part["name"])), None)
        if found is None:
            kind = "Component" if field.items == "component" else "Version"
            raise Invalid(field.id, f"{kind} name '{wanted}' is not valid")
        return found

    def _sprints(self, field: Field, value: Json) -> list[int]:
        if value is None:
            return []
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise Invalid(field.id, "Number value expected as the Sprint id.") from None
        sprint = self._site.sprints.get(number)
        if sprint is None:
            raise Invalid(field.id, f"Sprint with id '{number}' does not exist.")
        if sprint.state == "closed" and self._version is not None:
            raise Invalid(field.id, "The sprint is closed: issues can't be moved into it.")
        return [number]

    def _plain(self, field: Field, value: Json) -> Json:
        fits = {
            "string": lambda v: isinstance(v, str),
            "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
            "date": lambda v: isinstance(v, str),
            "datetime": lambda v: isinstance(v, str),
            "array": lambda v: isinstance(v, list),
        }.get(field.type)
        if fits and not fits(value):
            wanted = {"number": "a number", "array": "an array"}.get(field.type, "a string")
            raise Invalid(field.id, f"Operation value must be {wanted}")
        if field.type == "option":
            return {"value": value} if isinstance(value, str) else value
        return value

    def _id_or_name(self, field: Field, value: Json) -> str:
        if named(value):
            return named(value)
        if isinstance(value, str) and self._version is None:
            return value
        raise Invalid(field.id, f"Could not find valid 'id' or 'name' in {field.id} object.")


# --- what a history entry says ----------------------------------------------------------------------------------


def change_items(site: Site, project: Project, field: Field, old: Json, new: Json) -> list[dict[str, Json]]:
    """The items that a change of this field leaves in the history; none when nothing changed."""
    if old == new or (not old and not new and old != 0 and new != 0):
        return []
    if field.type == "array" and field.items in ("component", "version"):
        before, after = list(old or ()), list(new or ())
        gone = [(part, None) for part in before if part not in after]
        come = [(None, part) for part in after if part not in before]
        return [_item(site, project, field, a and [a], b and [b]) for a, b in gone + come]
    return [_item(site, project, field, old, new)]


_HISTORY_NAMES = {"components": "Component", "fixVersions": "Fix Version", "versions": "Version"}


def _item(site: Site, project: Project, field: Field, old: Json, new: Json) -> dict[str, Json]:
    from_id, from_text = _words(site, project, field, old)
    to_id, to_text = _words(site, project, field, new)
    name = field.name if field.custom else _HISTORY_NAMES.get(field.id, field.id)
    return {
        "field": "IssueParentAssociation" if field.id == "parent" else name,
        "fieldtype": "custom" if field.custom else "jira",
        "fieldId": field.id,
        "from": from_id,
        "fromString": from_text,
        "to": to_id,
        "toString": to_text,
    }


def _words(site: Site, project: Project, field: Field, value: Json) -> tuple[str | None, str | None]:
    """(id, display text) of a stored value, as a history item has them."""
    if field.id == "labels":
        return "", " ".join(value or ())
    if field.custom == SPRINT:
        known = [site.sprints[i] for i in value or () if i in site.sprints]
        return ", ".join(str(s.id) for s in known), ", ".join(s.name for s in known)
    if value is None or value == []:
        return None, None
    words = site.catalogue.words(field.id)
    if words is not None:
        return str(value), words[value].name if value in words else str(value)
    if field.type == "user":
        account = site.people.accounts.get(value)
        return str(value), account.name if account else str(value)
    if field.id == "parent":
        parent = site.issues.get(int(value["id"]))
        return str(value["id"]), parent.key if parent else value.get("key")
    if field.items in ("component", "version"):
        parts = project.components if field.items == "component" else project.versions
        return str(value[0]), parts[value[0]]["name"]
    if field.rich:
        return None, value if isinstance(value, str) else to_wiki(value)
    return None, _plain_text(value)


def _plain_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return str(value.get("value") or value.get("name") or dumps(value))
    if isinstance(value, list):
        return ", ".join(_plain_text(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)

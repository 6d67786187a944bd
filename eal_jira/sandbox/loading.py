"""Taking over issues in Jira's own JSON: one record is what `GET issue/{key}?expand=changelog` gives.

Projects, statuses, types, people, components and fields come into being as the records mention them. A record that
can't be used is set out in the report, with the reason, and the next one is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from eal_jira.sandbox.fields import SPRINT, TEXTFIELD, Field
from eal_jira.sandbox.guessing import custom_type, guessed, parsed_sprint
from eal_jira.sandbox.loading_words import LoadReport, NotLoaded, Words, moment
from eal_jira.sandbox.state import (
    Comment,
    History,
    Issue,
    Json,
    Project,
    Status,
    Worklog,
)
from eal_jira.sandbox.text.adf import too_deep

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site


class Unusable(Exception):
    """A record that can't be taken over; the text is the reason."""


def load_records(
    site: Site,
    records: Iterable[Json],
    *,
    statuses: Iterable[Mapping[str, Json]] = (),
    fields: Iterable[Mapping[str, Json]] = (),
    sprints: Iterable[Mapping[str, Json]] = (),
) -> LoadReport:
    loader = _Loader(site)
    for status in statuses:
        loader.status(status)
    for definition in fields:
        loader.field_definition(definition)
    for sprint in sprints:
        loader.sprint(sprint)
    for line, record in enumerate(records, start=1):
        try:
            loader.record(record)
        except Unusable as problem:
            ref = str(record.get("key") or record.get("id") or "?") if isinstance(record, dict) else "?"
            loader.report.not_loaded.append(NotLoaded(line, ref, str(problem)))
    loader.finish()
    return loader.report


class _Loader(Words):
    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._loaded: list[Issue] = []

    # --- one record -------------------------------------------------------------------------------------------

    def record(self, record: Json) -> None:
        if not isinstance(record, dict):
            raise Unusable("the record is no JSON object")
        given = record.get("fields")
        if not isinstance(given, Mapping):
            raise Unusable("the record has no `fields`")
        id_, key = str(record.get("id", "")), str(record.get("key", ""))
        if not id_.isdecimal() or not re.fullmatch(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*", key):
            raise Unusable("the record has no usable `id` and `key`")
        if int(id_) in self._site.issues or key in self._site.keys:
            raise Unusable(f"an issue with the id {id_} or the key {key} is here already")
        for needed in "project", "status", "issuetype", "created", "updated":
            if not given.get(needed):
                raise Unusable(f"the record has no `fields.{needed}`")
        with _reading("changelog"):
            histories = self._histories(record.get("changelog"))
        with _reading("fields.project"):
            project = self.project(given["project"], key)
        resolved = given.get("resolutiondate")
        issue = Issue(
            id=self._site.next_id("issue", int(id_)),
            key=key,
            project=project.id,
            created=_needed_moment(given["created"], "fields.created"),
            updated=_needed_moment(given["updated"], "fields.updated"),
            fields={},
            resolved=_needed_moment(resolved, "fields.resolutiondate") if resolved else None,
            histories=histories,
            declared_histories=self._declared(record.get("changelog"), len(histories)),
        )
        with _reading("fields.comment"):
            issue.comments = [self._comment(c) for c in _list(given.get("comment"), "comments")]
        with _reading("fields.worklog"):
            issue.worklogs = [self._worklog(w) for w in _list(given.get("worklog"), "worklogs")]
        for name, value in given.items():
            if name not in _ELSEWHERE:
                with _reading(f"fields.{name}"):
                    self._value(issue, project, name, value)
        issue.properties = dict(record.get("properties") or {})
        self._take(issue, project)

    def _take(self, issue: Issue, project: Project) -> None:
        for comment in issue.comments:
            if comment.id in self._site.comments:
                raise Unusable(f"a comment with the id {comment.id} is here already")
        if issue.fields["status"] not in project.statuses:
            project.statuses.append(issue.fields["status"])
        if issue.fields["issuetype"] not in project.types:
            project.types.append(issue.fields["issuetype"])
        for comment in issue.comments:
            self._site.comments[comment.id] = issue.id
        self._site.admit(issue)
        self._loaded.append(issue)
        self.report.issues += 1
        self.report.histories += len(issue.histories)
        self.report.comments += len(issue.comments)
        self.report.worklogs += len(issue.worklogs)

    def finish(self) -> None:
        """Once all records are there: who is whose child, and which statuses only histories know."""
        for issue in self._loaded:
            parent = issue.fields.get("parent")
            known = self._site.issues.get(int(parent["id"])) if parent else None
            if known:
                known.children.append(issue.id)
            for history in issue.histories:
                for item in history.items:
                    if item.get("field") == "status":
                        self._past_status(self._site.projects[issue.project], item)
        self._site.changed_everywhere()

    def _past_status(self, project: Project, item: Mapping[str, Json]) -> None:
        for id_, name in (item.get("from"), item.get("fromString")), (item.get("to"), item.get("toString")):
            if id_ and name and id_ not in self._site.catalogue.statuses:
                self._site.catalogue.statuses[id_] = Status(id_, name, "undefined")
            if id_ and name and id_ not in project.statuses:
                project.statuses.append(id_)

    # --- fields -----------------------------------------------------------------------------------------------

    def field_definition(self, given: Mapping[str, Json]) -> None:
        """An entry of `GET field`. Without a schema the type is taken from the first value that comes along."""
        known = self._site.fields.get(given["id"])
        if known:
            known.name = given.get("name") or known.name
            return
        schema = given.get("schema") or {}
        self._site.fields.by_id[given["id"]] = Field(
            given["id"],
            given.get("name") or given["id"],
            schema.get("type", ""),
            schema.get("items"),
            schema.get("custom") or (TEXTFIELD if given.get("custom") else None),
            tuple(given.get("clauseNames") or ()),
            navigable=given.get("navigable", True),
        )

    def _value(self, issue: Issue, project: Project, name: str, value: Json) -> None:
        if isinstance(value, Mapping) and value.get("id") == name and set(value) == {"id", "name", "value"}:
            # a record in which somebody wrote the field's name beside its value
            self.field_definition({"id": name, "name": value["name"], "custom": True})
            value = value["value"]
        field = self._site.fields.get(name)
        if value is None or value == []:
            if field is None:
                self._site.fields.by_id[name] = Field(name, name, "", None, custom_type(name, TEXTFIELD))
            issue.fields[name] = value
            return
        if field is None or not field.type:
            field = guessed(name, field.name if field else name, value)
            self._site.fields.by_id[name] = field
        issue.fields[name] = self._stored(project, field, value)

    def _stored(self, project: Project, field: Field, value: Json) -> Json:
        catalogue = self._site.catalogue
        if field.type == "array" and not isinstance(value, list):
            raise TypeError("not a list")
        if field.id in ("summary", "duedate") and not isinstance(value, str):
            raise TypeError("not a text")
        if field.rich:
            return _body(value)
        if field.id == "status":
            return self.status(value)
        if field.id == "issuetype":
            return self.type(value)
        if field.id in ("priority", "resolution"):
            words = catalogue.priorities if field.id == "priority" else catalogue.resolutions
            return self.named(words, value)
        if field.type == "user":
            return self.person(value)
        if field.custom == SPRINT:
            return [self.sprint(s if isinstance(s, Mapping) else parsed_sprint(s)) for s in value]
        if field.items in ("component", "version") and isinstance(value, list):
            parts = project.components if field.items == "component" else project.versions
            for part in value:
                id_ = str(part["id"])
                parts.setdefault(id_, {k: v for k, v in part.items() if k != "self"} | {"id": id_})
            return [str(part["id"]) for part in value]
        return value

    # --- histories, comments, worklogs ------------------------------------------------------------------------

    def _histories(self, changelog: Json) -> list[History]:
        histories = []
        for given in _list(changelog, "histories"):
            if not str(given.get("id", "")).isdecimal():
                raise Unusable("a history of the record has no usable `id`")
            histories.append(
                History(
                    self._site.next_id("history", int(given["id"])),
                    _needed_moment(given.get("created"), "changelog.histories.created"),
                    self.person(given.get("author")),
                    [self._item(item) for item in given.get("items") or []],
                )
            )
        return sorted(histories, key=lambda h: (h.created, h.id))

    def _item(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Data Center doesn't give a field's id; Cloud does: fill it in where the name tells."""
        item = dict(given)
        if "fieldId" not in item:
            name = str(item.get("field"))
            known = self._site.fields.get(_HISTORY_IDS.get(name, name))
            known = known or self._site.fields.by_display_name(name)
            if known:
                item["fieldId"] = known.id
        return item

    @staticmethod
    def _declared(changelog: Json, count: int) -> int:
        total = changelog.get("total") if isinstance(changelog, Mapping) else None
        return total if isinstance(total, int) and total > count else 0

    def _comment(self, given: Mapping[str, Json]) -> Comment:
        created = _needed_moment(given.get("created"), "comment.created")
        return Comment(
            id=self._site.next_id("comment", int(given["id"])),
            author=self.person(given.get("author")),
            body=_body(given.get("body") or ""),
            created=created,
            updated=moment(given.get("updated")) or created,
            update_author=self.person(given.get("updateAuthor")),
            visibility=given.get("visibility"),
            public=given.get("jsdPublic", True),
        )

    def _worklog(self, given: Mapping[str, Json]) -> Worklog:
        created = _needed_moment(given.get("created"), "worklog.created")
        return Worklog(
            id=self._site.next_id("worklog", int(given["id"])),
            author=self.person(given.get("author")),
            comment=_body(given.get("comment")),
            started=moment(given.get("started")) or created,
            seconds=int(given.get("timeSpentSeconds") or 0),
            created=created,
            updated=moment(given.get("updated")) or created,
        )


#: read from the record's own places, or computed when shown
_ELSEWHERE = frozenset(
    (
        *("project", "created", "updated", "resolutiondate", "comment", "worklog"),
        *("statusCategory", "statuscategorychangedate", "workratio"),
    )
)
_HISTORY_IDS = {"Component": "components", "Fix Version": "fixVersions", "Version": "versions", "Link": "issuelinks"}


@contextmanager
def _reading(place: str) -> Iterator[None]:
    """Whatever can't be read in this place makes the record unusable, with the place as the reason."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        raise Unusable(f"`{place}` can't be read: {problem!r}") from problem


def _body(value: Json) -> Json:
    """A long text in either form."""
    if value is not None and not isinstance(value, str | dict):
        raise TypeError("neither a text nor a document")
    if too_deep(value):
        raise ValueError("nested too deeply")
    return value


def _list(holder: Json, name: str) -> list[Mapping[str, Json]]:
    entries = holder.get(name) if isinstance(holder, Mapping) else None
    return [entry for entry in entries or () if isinstance(entry, Mapping)]


def _needed_moment(text: Json, place: str) -> datetime:
    found = moment(text)
    if found is None:
        raise Unusable(f"`{place}` is no timestamp with an offset: {text!r}")
    return found

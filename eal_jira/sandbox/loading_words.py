"""The words that records bring along: statuses, types, priorities, people, projects, sprints; and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eal_jira.sandbox.acts import Person
from eal_jira.sandbox.catalogue import CATEGORIES, free_id
from eal_jira.sandbox.state import IssueType, Json, Named, Project, Sprint, Status

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site


@dataclass(frozen=True, slots=True)
class NotLoaded:
    #: 1 for the first record
    line: int
    #: the record's key or id, as far as it has one
    ref: str
    reason: str


@dataclass(slots=True)
class LoadReport:
    issues: int = 0
    histories: int = 0
    comments: int = 0
    worklogs: int = 0
    not_loaded: list[NotLoaded] = field(default_factory=list)
    #: what was loaded, but not word for word
    notes: list[str] = field(default_factory=list)


class Words:
    """Takes words over into a site as records mention them; each method gives the id under which they are kept."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.report = LoadReport()
        self._fresh = not site.issues

    def status(self, given: Mapping[str, Json]) -> str:
        """The id of a status, which is made when it is new; the first to name it wins."""
        id_ = str(given["id"])
        category = (given.get("statusCategory") or {}).get("key", "undefined")
        known = self._site.catalogue.statuses.get(id_)
        if known is None:
            category = category if category in CATEGORIES else "undefined"
            self._site.catalogue.statuses[id_] = Status(
                id_, str(given["name"]), category, given.get("description") or ""
            )
        elif known.name != given["name"]:
            self._note(f"status {id_} is called {known.name!r} here, a record says {given['name']!r}")
        return id_

    def type(self, given: Mapping[str, Json]) -> str:
        id_ = str(given["id"])
        self._site.catalogue.types.setdefault(
            id_,
            IssueType(id_, str(given["name"]), bool(given.get("subtask")), given.get("description") or ""),
        )
        return id_

    def named(self, words: dict[str, Named], given: Mapping[str, Json]) -> str:
        """A priority or resolution. What Jira is delivered with gives way in a site that had no issues before."""
        id_ = str(given.get("id") or next((w.id for w in words.values() if w.name == given["name"]), ""))
        id_ = id_ or free_id(words)
        if id_ not in words or (self._fresh and words[id_].name != given["name"]):
            words[id_] = Named(id_, str(given["name"]), given.get("description") or "")
        return id_

    def project(self, given: Mapping[str, Json], issue_key: str) -> Project:
        key = issue_key.rpartition("-")[0]
        known = self._site.find_project(key)
        if known:
            return known
        id_ = str(given.get("id", ""))
        number = int(id_) if id_.isdecimal() and int(id_) not in self._site.projects else 0
        project = Project(self._site.next_id("project", number), key, str(given.get("name") or key))
        self._site.projects[project.id] = project
        return project

    def person(self, given: Json) -> str | None:
        """The account of a user object; the person is made when new. None for nobody."""
        if not isinstance(given, Mapping):
            return None
        id_ = given.get("accountId") or given.get("key") or given.get("name")
        if not id_:
            return None
        if id_ not in self._site.people.accounts:
            kind = given.get("accountType") or "atlassian"
            person = Person(str(id_), str(given.get("displayName") or id_), account_type=kind)
            account = self._site.people.add(person, login=given.get("name"), active=given.get("active", True))
            account.time_zone = given.get("timeZone")
        return str(id_)

    def sprint(self, given: Mapping[str, Json]) -> int:
        number = int(given["id"])
        if number not in self._site.sprints:
            self._site.sprints[number] = Sprint(
                id=number,
                name=str(given.get("name") or ""),
                board=int(given.get("originBoardId") or given.get("boardId") or given.get("rapidViewId") or 0),
                state=str(given.get("state") or "closed").lower(),
                start=moment(given.get("startDate")),
                end=moment(given.get("endDate")),
                activated=moment(given.get("activatedDate")),
                completed=moment(given.get("completeDate")),
                goal=given.get("goal") or "",
            )
        return number

    def _note(self, text: str) -> None:
        if text not in self.report.notes:
            self.report.notes.append(text)


def moment(text: Json) -> datetime | None:
    """The moment that a timestamp with an offset names; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else None

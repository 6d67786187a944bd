"""What a site holds, how it is found, and the bookkeeping that every change needs. `Site` adds what people do."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from eal_jira.sandbox.catalogue import Catalogue
from eal_jira.sandbox.clock import Clock, RealClock
from eal_jira.sandbox.faults import Schedule
from eal_jira.sandbox.fields import Fields
from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.index import Index
from eal_jira.sandbox.journal import JournalEntry, RequestEntry
from eal_jira.sandbox.limits import Limits
from eal_jira.sandbox.people import BROWSE, Account, People
from eal_jira.sandbox.state import Board, Issue, Link, Project, Sprint
from eal_jira.sandbox.wiki.state import Wiki


class Holdings:
    """Everything here is read and changed under `lock`."""

    def __init__(self, flavour: Flavour, clock: Clock | None, title: str, time_zone: str) -> None:
        self.flavour: Flavour = flavour
        self.clock: Clock = clock or RealClock()
        self.title = title
        #: the system default user time zone: timestamps are written in it (facts 1.4)
        self.time_zone = ZoneInfo(time_zone)
        self.lock = threading.RLock()
        self.limits = Limits()
        self.catalogue: Catalogue = Catalogue()
        self.fields = Fields(flavour)
        self.people = People()
        self.index = Index()
        self.projects: dict[int, Project] = {}
        self.issues: dict[int, Issue] = {}
        #: every key that leads to an issue, keys of before a move included
        self.keys: dict[str, int] = {}
        self.links: dict[int, Link] = {}
        #: comment id → issue id
        self.comments: dict[int, int] = {}
        #: worklog id → when it was deleted
        self.deleted_worklogs: dict[int, datetime] = {}
        self.boards: dict[int, Board] = {}
        self.sprints: dict[int, Sprint] = {}
        self.journal: list[JournalEntry] = []
        #: in the order of their answers; `number` counts arrivals
        self.requests: list[RequestEntry] = []
        self.arrivals = itertools.count(1)
        #: called with every journal entry, under the lock
        self.listeners: list[Callable[[JournalEntry], None]] = []
        #: decides about each request whether something goes wrong with it; None: nothing ever does
        self.faults: Schedule | None = None
        #: what `self` links start with; `serve` sets it, a test may set another (facts 3.3)
        self.base_url = "http://127.0.0.1"
        self.cloud_id = "6d2d4a5e-8d8c-4a52-9d1f-5b0a5c7a0e11"
        #: a broken credential reads as anonymous instead of being refused (facts 4)
        self.anonymous_fallback = False
        #: what JQL that names an unknown field, project or value gets from a known caller:
        #: "refuse" (400) or "empty" (200 without issues); facts 1.1 has seen both
        self.unknown_in_jql = "refuse"
        #: how changelog/bulkfetch writes `created`: "iso", "seconds" or "milliseconds" (facts 1.4)
        self.bulk_changelog_time = "iso"
        #: counts renames and other changes that show in many issues at once
        self.epoch = 0
        #: JSON of people, see `rest.present`
        self.texts: dict[tuple[str, str | None, int, str], str] = {}
        self.wiki = Wiki(self)
        self._ids: defaultdict[str, int] = defaultdict(lambda: 10_000)

    # --- who sees what --------------------------------------------------------------------------------------------

    def may(self, account: Account | None, permission: str, project: int | None) -> bool:
        state = self.projects[project].state if project is not None else "live"
        if state == "deleted" or (state == "archived" and permission != BROWSE):
            return False
        return self.people.allows(account, permission, project)

    def sees(self, account: Account | None, issue: Issue) -> bool:
        if issue.restricted_to is not None and (account is None or account.id not in issue.restricted_to):
            return False
        return self.may(account, BROWSE, issue.project)

    # --- looking up -----------------------------------------------------------------------------------------------

    def issue(self, key: str) -> Issue:
        """By key (an old one will do) or id; KeyError when there is none."""
        found = self.find(key)
        if found is None:
            raise KeyError(key)
        return found

    def find(self, id_or_key: str) -> Issue | None:
        if id_or_key.isdecimal():
            return self.issues.get(int(id_or_key))
        return self.issues.get(self.keys.get(id_or_key.upper(), -1))

    def project(self, id_or_key: str) -> Project:
        """By id or key; KeyError when there is none."""
        for project in self.projects.values():
            if id_or_key in (project.key, str(project.id)) or id_or_key.upper() in project.old_keys:
                return project
        raise KeyError(id_or_key)

    def find_project(self, id_or_key: str) -> Project | None:
        try:
            return self.project(id_or_key)
        except KeyError:
            return None

    # --- bookkeeping for the modules of this room ----------------------------------------------------------------

    def next_id(self, kind: str, taken: int = 0) -> int:
        """Ids grow; `taken` is an id that a record brought, so that new ones stay above it."""
        if taken:
            self._ids[kind] = max(self._ids[kind], taken)
            return taken
        self._ids[kind] += 1
        return self._ids[kind]

    def admit(self, issue: Issue) -> None:
        project = self.projects[issue.project]
        self.issues[issue.id] = issue
        self.keys[issue.key.upper()] = issue.id
        project.issues.add(issue.id)
        project.next_number = max(project.next_number, issue.number + 1)

    def rekey(self, issue: Issue, project: Project) -> None:
        self.projects[issue.project].issues.discard(issue.id)
        issue.project = project.id
        issue.key = f"{project.key}-{project.next_number}"
        self.admit(issue)

    def dismiss(self, issue: Issue) -> None:
        del self.issues[issue.id]
        self.projects[issue.project].issues.discard(issue.id)
        for key in [key for key, issue_id in self.keys.items() if issue_id == issue.id]:
            del self.keys[key]
        for comment in issue.comments:
            del self.comments[comment.id]
        self.forget_serialised(issue)

    def forget_serialised(self, issue: Issue) -> None:
        """Drop the cached JSON of an issue, and of those that embed a piece of it."""
        issue.cache.clear()
        parent = issue.fields.get("parent")
        ends = (end for link in issue.links if link in self.links for end in _ends(self.links[link]))
        for near in (*ends, *issue.children, int(parent["id"]) if parent else 0):
            if near in self.issues:
                self.issues[near].cache.clear()

    def changed_everywhere(self) -> None:
        self.epoch += 1
        self.index.generation += 1

    def add_to_projects(self, project: Project) -> None:
        if any(known.key == project.key for known in self.projects.values()):
            raise ValueError(f"there is a project {project.key} already")
        self.projects[project.id] = project


def _ends(link: Link) -> tuple[int, int]:
    return link.outward, link.inward

"""One Jira site in memory: what it holds, how it is set up, and what its own people do to it.

`Site` is the way in for tests, the demo and the living history; `serve` puts it on a socket. Everything goes through
one lock (`site.lock`), so a test may perform acts while the server answers.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from eal_jira.sandbox import agile
from eal_jira.sandbox.acts import Act, Create, Edit, Move, Person, ProjectPlan, Say
from eal_jira.sandbox.catalogue import Catalogue, find
from eal_jira.sandbox.clock import Clock, RealClock
from eal_jira.sandbox.faults import Schedule
from eal_jira.sandbox.fields import Field, Fields
from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.index import Index, Lag
from eal_jira.sandbox.journal import JournalEntry, RequestEntry
from eal_jira.sandbox.jql.search import Search
from eal_jira.sandbox.limits import Limits
from eal_jira.sandbox.loading import LoadReport, load_records
from eal_jira.sandbox.people import Account, People
from eal_jira.sandbox.rest.present import Presenter
from eal_jira.sandbox.rest.selection import Selection
from eal_jira.sandbox.state import Board, Issue, Json, Link, Project, Sprint, Transition
from eal_jira.sandbox.values import Reader
from eal_jira.sandbox.webhooks import Mischief, Webhook
from eal_jira.sandbox.writes import Writer


class Site:
    def __init__(
        self,
        flavour: Flavour = "cloud",
        clock: Clock | None = None,
        *,
        title: str = "Sandbox",
        time_zone: str = "Etc/UTC",
    ) -> None:
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
        self.search = Search(self)
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
        self._ids: defaultdict[str, int] = defaultdict(lambda: 10_000)

    # --- setting up -------------------------------------------------------------------------------------------

    def add_person(self, person: Person) -> Account:
        with self.lock:
            return self.people.add(person)

    def add_project(self, plan: ProjectPlan) -> Project:
        """Set up a project; its statuses and types are shared with other projects by name."""
        with self.lock:
            self.fields.add_software()
            project = Project(self.next_id("project"), plan.key, plan.name)
            by_name = {name: self.catalogue.status(name, category) for name, category in plan.statuses}
            project.statuses = [status.id for status in by_name.values()]
            project.types = [self.catalogue.type(name).id for name in plan.types]
            project.transitions = _transitions(plan, {name: status.id for name, status in by_name.items()})
            for name in plan.components:
                component = str(self.next_id("component"))
                project.components[component] = {"id": component, "name": name}
            self._add(project)
            return project

    def add_board(
        self,
        name: str,
        project: str,
        *,
        type: str = "scrum",
        jql: str | None = None,
        columns: Iterable[tuple[str, Iterable[str]]] | None = None,
        estimate: str | None = None,
        owner: str | None = None,
    ) -> Board:
        """A board over a project (or any query). `columns` maps column names to status names; without it the
        project's workflow makes one column a status."""
        with self.lock:
            return agile.add_board(self, self.project(project), name, type, jql, columns, estimate, owner)

    def add_sprint(
        self,
        board: int,
        name: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        goal: str = "",
        state: str = "future",
    ) -> Sprint:
        with self.lock:
            return agile.add_sprint(self, board, name, start, end, goal, state)

    def start_sprint(self, sprint: int, at: datetime | None = None) -> Sprint:
        """No issue's `updated` moves (facts 2.5)."""
        with self.lock:
            return agile.start_sprint(self, sprint, at or self.clock.now())

    def close_sprint(self, sprint: int, at: datetime | None = None) -> Sprint:
        """No issue's `updated` moves (facts 2.5)."""
        with self.lock:
            return agile.close_sprint(self, sprint, at or self.clock.now())

    def load(
        self,
        records: Iterable[Json],
        *,
        statuses: Iterable[Mapping[str, Json]] = (),
        fields: Iterable[Mapping[str, Json]] = (),
        sprints: Iterable[Mapping[str, Json]] = (),
    ) -> LoadReport:
        """Take over issues as `GET issue/{key}?expand=changelog` gives them, with whatever they bring along.

        `statuses`, `fields` and `sprints` are the answers of the endpoints of those names, where they are at hand.
        What can't be taken over is set out in the report and stops nothing else.
        """
        with self.lock:
            return load_records(self, records, statuses=statuses, fields=fields, sprints=sprints)

    def add_webhook(
        self, url: str, secret: str | None, *, events: Collection[str] | None = None, mischief: Mischief | None = None
    ) -> Webhook:
        """Tell this address of every write from now on, until the webhook is closed (facts 6)."""
        return Webhook(self, url, secret, events, mischief)

    # --- what people do ---------------------------------------------------------------------------------------

    def perform(self, act: Act) -> Issue:
        """Do what an act says, at its moment (which may lie before the clock's); gives the issue."""
        with self.lock:
            writer = Writer(self, act.actor, act.at, "act")
            match act:
                case Create():
                    project = self.project(act.key.rpartition("-")[0])
                    values = self._values(project, {"summary": act.summary, **act.fields})
                    values["issuetype"] = self.catalogue.type(act.type).id
                    return writer.create(project, values, key=act.key)
                case Move():
                    issue = self.issue(act.key)
                    writer.transition(issue, self._status(self.projects[issue.project], act.to))
                case Edit():
                    issue = self.issue(act.key)
                    writer.edit(issue, self._values(self.projects[issue.project], {act.field: act.value}))
                case Say():
                    issue = self.issue(act.key)
                    writer.comment(issue, act.text, {})
            return issue

    def write(self, actor: str | None, at: datetime | None = None) -> Writer:
        """For what acts have no word for: links, worklogs, properties, moves and deletions by the site's people."""
        return Writer(self, actor, at or self.clock.now(), "act")

    def delete(self, key: str, actor: str | None = None) -> None:
        with self.lock:
            self.write(actor).delete(self.issue(key))

    def move_to(self, key: str, project: str, actor: str | None = None) -> Issue:
        with self.lock:
            issue = self.issue(key)
            self.write(actor).move(issue, self.project(project))
            return issue

    # --- who may what -----------------------------------------------------------------------------------------

    def credentials(self, account_id: str) -> tuple[str | None, str]:
        """(user, token): e-mail and API token on Cloud, (None, personal access token) on Data Center."""
        account = self.people.accounts[account_id]
        return (account.email if self.flavour == "cloud" else None), account.token

    def revoke_token(self, account_id: str) -> None:
        self.people.accounts[account_id].token_valid = False

    def restore_token(self, account_id: str) -> None:
        self.people.accounts[account_id].token_valid = True

    def grant(self, account_id: str, project: str | None, *permissions: str) -> None:
        with self.lock:
            self.people.grant(account_id, self.project(project).id if project else None, permissions)

    def revoke(self, account_id: str, project: str | None, *permissions: str) -> None:
        """Take permissions away from an account, in one project or (None) everywhere."""
        with self.lock:
            self.people.revoke(account_id, self.project(project).id if project else None, permissions)

    def restrict(self, key: str, to: Iterable[str] | None) -> None:
        """Issue security: only these accounts see the issue; None lifts it. Leaves `updated` alone."""
        with self.lock:
            self.issue(key).restricted_to = None if to is None else frozenset(to)
            self.index.generation += 1

    def may(self, account: Account | None, permission: str, project: int | None) -> bool:
        if project is not None and self.projects[project].state == "deleted":
            return False
        return self.people.allows(account, permission, project)

    def sees(self, account: Account | None, issue: Issue) -> bool:
        if issue.restricted_to is not None and (account is None or account.id not in issue.restricted_to):
            return False
        return self.may(account, "BROWSE_PROJECTS", issue.project)

    # --- renames: seen everywhere, no issue's `updated` moves (facts 2.5) ---------------------------------------

    def rename_status(self, name: str, to: str) -> None:
        with self.lock:
            found = find(self.catalogue.statuses, name)
            if found is None:
                raise KeyError(name)
            found.name = to
            self.changed_everywhere()

    def rename_field(self, field_id: str, to: str) -> None:
        with self.lock:
            self.fields.by_id[field_id].name = to
            self.changed_everywhere()

    def rename_person(self, account_id: str, to: str) -> None:
        with self.lock:
            self.people.accounts[account_id].name = to
            self.changed_everywhere()

    def changed_everywhere(self) -> None:
        self.epoch += 1
        self.index.generation += 1

    def warm(self) -> None:
        """Write every issue's JSON now, so that a benchmark measures its client and not this."""
        with self.lock:
            present = Presenter(self, "3" if self.flavour == "cloud" else "2")
            everything = Selection([], "*all")
            for issue in self.issues.values():
                present.issue_text(issue, fields=everything, expand=("changelog",))

    # --- looking up -------------------------------------------------------------------------------------------

    @property
    def index_lag(self) -> Lag:
        """How long search doesn't see a write: a duration, or a function of the issue."""
        return self.index.lag

    @index_lag.setter
    def index_lag(self, lag: Lag) -> None:
        self.index.lag = lag

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

    def _add(self, project: Project) -> None:
        if any(known.key == project.key for known in self.projects.values()):
            raise ValueError(f"there is a project {project.key} already")
        self.projects[project.id] = project

    def _values(self, project: Project, given: Mapping[str, object]) -> dict[str, Json]:
        reader = Reader(self, project, None)
        values: dict[str, Json] = {}
        for name, value in given.items():
            field = self._field(name)
            values[field.id] = reader.stored(field, value)
        return values

    def _field(self, name: str) -> Field:
        found = self.fields.get(name) or self.fields.by_display_name(name)
        if found is None:
            raise KeyError(f"no field {name!r} on this site")
        return found

    def _status(self, project: Project, name: str) -> str:
        for status in project.statuses:
            if self.catalogue.statuses[status].name.casefold() == name.casefold():
                return status
        raise KeyError(f"no status {name!r} in project {project.key}")


def _ends(link: Link) -> tuple[int, int]:
    return link.outward, link.inward


def _transitions(plan: ProjectPlan, ids: Mapping[str, str]) -> list[Transition]:
    """Ids as Jira numbers them: 11, 21, 31, …"""
    everywhere = [(None, name) for name, _ in plan.statuses]
    pairs = everywhere if plan.transitions is None else plan.transitions
    return [
        Transition(str(number * 10 + 1), to, ids[source] if source else None, ids[to])
        for number, (source, to) in enumerate(pairs, start=1)
    ]

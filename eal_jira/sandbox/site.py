"""One Jira site in memory: what it holds, how it is set up, and what its own people do to it.

`Site` is the way in for tests, the demo and the living history; `serve` puts it on a socket. Everything goes through
one lock (`site.lock`), so a test may perform acts while the server answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from eal_jira.sandbox import agile
from eal_jira.sandbox.acts import Act, Create, Edit, Move, Person, ProjectPlan, Say
from eal_jira.sandbox.catalogue import find
from eal_jira.sandbox.clock import Clock
from eal_jira.sandbox.fields import Field
from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.holdings import Holdings
from eal_jira.sandbox.index import Lag
from eal_jira.sandbox.jql.search import Search
from eal_jira.sandbox.loading import load_records
from eal_jira.sandbox.loading_words import LoadReport
from eal_jira.sandbox.people import Account
from eal_jira.sandbox.rest.present import Presenter
from eal_jira.sandbox.rest.selection import Selection
from eal_jira.sandbox.state import Board, Issue, Json, Project, Sprint, Transition
from eal_jira.sandbox.values import Reader
from eal_jira.sandbox.webhooks import Mischief, Webhook
from eal_jira.sandbox.writes import Writer


class Site(Holdings):
    def __init__(
        self,
        flavour: Flavour = "cloud",
        clock: Clock | None = None,
        *,
        title: str = "Sandbox",
        time_zone: str = "Etc/UTC",
    ) -> None:
        super().__init__(flavour, clock, title, time_zone)
        self.search = Search(self)

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
            self.add_to_projects(project)
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
            self.index.generation += 1

    def revoke(self, account_id: str, project: str | None, *permissions: str) -> None:
        """Take permissions away from an account, in one project or (None) everywhere."""
        with self.lock:
            self.people.revoke(account_id, self.project(project).id if project else None, permissions)
            self.index.generation += 1

    def restrict(self, key: str, to: Iterable[str] | None) -> None:
        """Issue security: only these accounts see the issue; None lifts it. Leaves `updated` alone."""
        with self.lock:
            self.issue(key).restricted_to = None if to is None else frozenset(to)
            self.index.generation += 1

    def archive(self, key: str, archived: bool = True) -> None:
        """The issue leaves search and is read-only, or comes back. Leaves `updated` alone (facts 2.4)."""
        with self.lock:
            issue = self.issue(key)
            issue.archived = self.clock.now() if archived else None
            issue.cache.clear()
            self.index.generation += 1

    def put_project(self, key: str, state: str) -> None:
        """To "archived" (leaves search, read-only), "deleted" (to the trash: nobody sees it) or "live" again."""
        with self.lock:
            self.project(key).state = state
            self.index.generation += 1

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

    def warm(self) -> None:
        """Write every issue's JSON now, so that a benchmark measures its client and not this. Once it is served: the
        site's address stands in every answer."""
        with self.lock:
            present = Presenter(self, "3" if self.flavour == "cloud" else "2")
            everything = Selection([], "*all")
            for issue in self.issues.values():
                present.issue_text(issue, fields=everything, expand=("changelog",))

    @property
    def index_lag(self) -> Lag:
        """How long search doesn't see a write: a duration, or a function of the issue."""
        return self.index.lag

    @index_lag.setter
    def index_lag(self, lag: Lag) -> None:
        self.index.lag = lag

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


def _transitions(plan: ProjectPlan, ids: Mapping[str, str]) -> list[Transition]:
    """Ids as Jira numbers them: 11, 21, 31, …"""
    everywhere = [(None, name) for name, _ in plan.statuses]
    pairs = everywhere if plan.transitions is None else plan.transitions
    return [
        Transition(str(number * 10 + 1), to, ids[source] if source else None, ids[to])
        for number, (source, to) in enumerate(pairs, start=1)
    ]

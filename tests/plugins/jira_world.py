"""A sandbox Jira for the tests of the adapter: on loopback, its clock moved by the test and by the adapter's waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from eal_jira.hookspecs import Connection, Patience, PatienceInMemory
from eal_jira.model import IssueRef, Scope
from eal_jira.sandbox import Create, Edit, Move, Person, ProjectPlan, RequestEntry, Say, Site, VirtualClock, serve
from eal_jira.sandbox.flavour import Flavour
from eal_tracker_jira.limits import Limits
from eal_tracker_jira.options import Options
from eal_tracker_jira.service import JiraTracker

NOW = datetime(2026, 3, 2, 9, 30, 17, tzinfo=UTC)
ANN, BOT = "712020:ann", "712020:bot"
STATUSES = (("To Do", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate"), ("Done", "done"))


class JiraWorld:
    """A `World` of the contract, with more to turn for the tests of our own."""

    ticket_type = "Task"
    statuses = tuple(name for name, _ in STATUSES)

    def __init__(self, site: Site, clock: VirtualClock, url: str, project: str) -> None:
        self.site = site
        self.clock = clock
        self.url = url
        self.project = project
        self.scope = Scope(projects=(project,))
        #: seconds that the adapter waited, instead of waiting them
        self.waits: list[float] = []
        self.trackers: list[JiraTracker] = []
        site.add_project(ProjectPlan(project, "Do it", STATUSES))

    def in_new_project(self) -> JiraWorld:
        """The same site, as if nothing had been done in it yet."""
        self.site.faults = None
        return JiraWorld(self.site, self.clock, self.url, f"{self.project}{len(self.site.projects)}")

    def close(self) -> None:
        for tracker in self.trackers:
            tracker.close()

    # --- what people do ---------------------------------------------------------------------------------------

    def make_issue(self, summary: str, **fields: object) -> IssueRef:
        key = f"{self.project}-{self.site.project(self.project).next_number}"
        made = self.site.perform(Create(self.clock.now(), ANN, key, "Story", summary, fields))
        return IssueRef(str(made.id), made.key)

    def make_issues(self, count: int, every: timedelta = timedelta(minutes=1)) -> list[IssueRef]:
        refs = []
        for number in range(count):
            refs.append(self.make_issue(f"Issue {number}"))
            self.clock.advance(every)
        return refs

    def move(self, issue: IssueRef, status: str) -> None:
        self.site.perform(Move(self.clock.now(), ANN, issue.key, status))

    def label(self, issue: IssueRef, label: str) -> None:
        labels = [*self.site.issue(issue.key).fields.get("labels", ()), label]
        self.site.perform(Edit(self.clock.now(), ANN, issue.key, "labels", labels))

    def edit(self, issue: IssueRef, field: str, value: object) -> None:
        self.site.perform(Edit(self.clock.now(), ANN, issue.key, field, value))

    def comment(self, issue: IssueRef, text: str) -> None:
        self.site.perform(Say(self.clock.now(), ANN, issue.key, text))

    def log_work(self, issue: IssueRef, seconds: int) -> None:
        self.site.write(ANN).worklog(self.site.issue(issue.key), seconds, self.clock.now())

    def link_page(self, issue: IssueRef, url: str, title: str) -> None:
        self.site.write(ANN).remote_link(self.site.issue(issue.key), None, {"object": {"url": url, "title": title}})

    def delete(self, issue: IssueRef) -> None:
        self.site.delete(issue.key, ANN)

    def later(self, by: timedelta) -> None:
        self.clock.advance(by)

    # --- the adapter ------------------------------------------------------------------------------------------

    def tracker(
        self,
        options: Options | None = None,
        secret: Callable[[], str] | None = None,
        patience: Patience | None = None,
    ) -> JiraTracker:
        """One that lives on the world's clock: where it would wait, the clock moves on."""
        user, token = self.site.credentials(BOT)
        connection = Connection(self.url, user, secret or (lambda: token), {}, patience or PatienceInMemory())
        limits = Limits(connection.patience, self._wait, self.clock.now, lambda: self.clock.now().timestamp())
        tracker = JiraTracker(connection, options or Options(timeout=2), self._wait, limits)
        self.trackers.append(tracker)
        return tracker

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    @contextmanager
    def counted(self) -> Iterator[list[RequestEntry]]:
        """The requests that arrive inside the block, filled in at its end."""
        before = len(self.site.requests)
        arrived: list[RequestEntry] = []
        yield arrived
        arrived.extend(self.site.requests[before:])


@contextmanager
def served(flavour: Flavour, zone: str = "Asia/Tokyo") -> Iterator[JiraWorld]:
    clock = VirtualClock(NOW)
    site = Site(flavour, clock, time_zone="America/New_York")
    # search sees every write half a minute late (facts 1.2)
    site.index_lag = timedelta(seconds=30)
    site.add_person(Person(ANN, "Ann"))
    site.add_person(Person(BOT, "Bot", time_zone=zone))
    with serve(site) as running:
        # a word of the query language, on purpose: whoever forgets to quote it finds nothing (facts 1.1)
        world = JiraWorld(site, clock, running.url, "DO")
        yield world
        world.close()


def paths(arrived: list[RequestEntry]) -> list[str]:
    """ "POST search/jql": method and the end of the path, without the REST version."""
    return [f"{each.method} {each.path.split('/rest/api/')[-1].partition('/')[2]}" for each in arrived]

"""Jira's limits: nothing is sent inside a ban, a ban stops no more than it is about, writes on one issue keep a pace.

Everything happens on the sandbox's clock: where the adapter would wait, that clock moves on. Its list of requests is
the oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from eal_jira.errors import AnswerUnknown, TryLater
from eal_jira.hookspecs import Budget, Cost, PatienceInMemory
from eal_jira.model import TicketDraft
from eal_jira.sandbox import RequestEntry
from eal_jira.sandbox.faults import Exchange, Fault, Instead, Times, on
from eal_jira.store import open_store
from eal_jira.store.bans import StoredPatience
from eal_tracker_jira.cost import Meter, allowance, points
from eal_tracker_jira.limits import CAP, LONGEST, Target
from eal_tracker_jira.service import JiraTracker
from tests.plugins.jira_world import BOT, JiraWorld, paths, served

QUOTAS = ["jira-quota-global-based", "jira-quota-tenant-based"]
BURST, PER_ISSUE = "jira-burst-based", "jira-per-issue-on-write"


@pytest.fixture(scope="module")
def cloud_site() -> Iterator[JiraWorld]:
    with served("cloud") as world:
        yield world


@pytest.fixture
def cloud(cloud_site: JiraWorld) -> Iterator[JiraWorld]:
    world = cloud_site.in_new_project()
    yield world
    world.close()


@pytest.fixture
def datacenter() -> Iterator[JiraWorld]:
    with served("datacenter") as world:
        yield world


def busy(world: JiraWorld, retry_after: str | None, reason: str = "", status: int = 429, **more: str) -> Instead:
    """`retry_after` as Jira may write it; "date" is the HTTP date in 90 seconds."""
    now = world.clock.now()
    if retry_after == "date":
        retry_after = format_datetime(now + timedelta(seconds=90), usegmt=True)
    given = {"Retry-After": retry_after, "RateLimit-Reason": reason, "Date": format_datetime(now, usegmt=True)}
    return Instead(status, b"{}", headers={name: text for name, text in given.items() if text} | more)


def goes(act: Callable[[], object]) -> bool:
    """Whether it was done; False when it has to be tried later."""
    try:
        act()
    except TryLater:
        return False
    return True


def inside(arrived: list[RequestEntry], least: timedelta, matches: Callable[[RequestEntry], bool]) -> list[str]:
    """What was sent inside the ban that the one refused request began."""
    (begun,) = [each for each in arrived if each.status in (429, 503)]
    return paths([e for e in arrived if e.number > begun.number and e.at < begun.at + least and matches(e)])


# --- the four reasons, and none -----------------------------------------------------------------------------------

FORMS = [
    ("40", timedelta(seconds=40)),
    ("3600", timedelta(hours=1)),
    ("date", timedelta(seconds=89)),
    ("2", timedelta(seconds=2)),
    ("0", timedelta(seconds=1)),
    (None, timedelta(seconds=2)),
]


@pytest.mark.parametrize(("retry_after", "least"), FORMS)
@pytest.mark.parametrize("reason", [*QUOTAS, BURST, PER_ISSUE, "", "jira-cost-based"])
@pytest.mark.parametrize("status", [429, 503])
def test_nothing_is_sent_inside_a_ban_and_what_it_is_not_about_goes_on(
    cloud: JiraWorld, status: int, reason: str, retry_after: str | None, least: timedelta
) -> None:
    """Trap 16."""
    if status == 503 and not reason and retry_after is None:
        pytest.skip("such a 503 is an outage, not a limit")
    issue, other = cloud.make_issue("One"), cloud.make_issue("Another")
    tracker = cloud.tracker()
    tracker.whoami()
    answer = busy(cloud, retry_after, reason, status)

    def write() -> None:
        tracker.set_property(issue.id, {"n": 1})

    def write_elsewhere() -> None:
        tracker.set_property(other.id, {"n": 1})

    act = write if reason == PER_ISSUE else tracker.vocabulary
    cloud.site.faults = Times(
        on("PUT", f"/{issue.id}/properties/eal-jira") if act is write else on("GET", "/field"), answer
    )
    with cloud.counted() as arrived:
        done = goes(act)
        elsewhere = goes(write_elsewhere)
        reads = goes(lambda: tracker.look(issue.id))
        for _ in range(20):
            done = done or goes(act)
            cloud.later(least / 15)
    quota = reason in QUOTAS
    about: Callable[[RequestEntry], bool] = {
        PER_ISSUE: lambda e: e.write and issue.id in e.path,
        **dict.fromkeys(QUOTAS, lambda _: True),
    }.get(reason, lambda e: e.path.endswith("/field"))
    assert inside(arrived, least, about) == []
    assert done
    short = least <= timedelta(seconds=10)
    assert (elsewhere, reads) == ((True, True) if not quota or short else (False, False))
    assert cloud.site.issue(issue.key).key == issue.key
    if reason == PER_ISSUE:
        assert cloud.waits == [], "nobody waited for the one issue"


def test_a_quota_stops_creates_as_well_and_says_until_when(cloud: JiraWorld) -> None:
    """Trap 16: one worker's ban is everybody's, reads and writes alike."""
    issue = cloud.make_issue("One")
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("GET", "/field"), busy(cloud, "1847", QUOTAS[1]))
    assert not goes(tracker.vocabulary)
    cloud.later(timedelta(seconds=47))
    with cloud.counted() as arrived:
        for act in (
            lambda: tracker.create(TicketDraft(cloud.project, "Task", "A", "B", "m")),
            lambda: tracker.add_comment(issue.id, "Hello", "m"),
            lambda: tracker.read([issue.id]),
            tracker.whoami,
        ):
            with pytest.raises(TryLater, match="until") as raised:
                act()
            assert (raised.value.wait, raised.value.about) == (timedelta(seconds=1800), "site")
    assert arrived == []


def test_a_burst_stops_one_endpoint_whatever_issue_it_is_asked_of(cloud: JiraWorld) -> None:
    one, another = cloud.make_issue("One"), cloud.make_issue("Another")
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("PUT", "/properties/eal-jira"), busy(cloud, "60", BURST))
    with cloud.counted() as arrived:
        assert not goes(lambda: tracker.set_property(one.id, {"n": 1}))
        with pytest.raises(TryLater) as raised:
            tracker.set_property(another.id, {"n": 1})
        assert goes(lambda: tracker.edit_labels(another.id, ["ours"], []))
    assert raised.value.about == "endpoint"
    assert [each.status for each in arrived if each.path.endswith("/properties/eal-jira")] == [429]


def test_a_ban_on_one_issue_stops_only_its_writes(cloud: JiraWorld) -> None:
    banned, *others = cloud.make_issues(6)
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("PUT", f"/issue/{banned.id}"), busy(cloud, "30", PER_ISSUE))
    with cloud.counted() as arrived:
        with pytest.raises(TryLater) as raised:
            tracker.edit_labels(banned.id, ["ours"], [])
        assert not goes(lambda: tracker.add_comment(banned.id, "Hello", "m"))
        for other in others:
            tracker.edit_labels(other.id, ["ours"], [])
            tracker.add_comment(other.id, "Hello", "m")
        assert tracker.look(banned.id).labels == frozenset()
    assert raised.value.about == "issue"
    assert [e.path for e in arrived if e.write and banned.id in e.path] == [f"/rest/api/3/issue/{banned.id}"]
    cloud.later(timedelta(seconds=30))
    tracker.edit_labels(banned.id, ["ours"], [])


def test_on_data_center_a_limit_is_the_accounts_and_zero_means_an_interval(datacenter: JiraWorld) -> None:
    """Facts 3.2: the bucket is one per user, and `Retry-After: 0` comes with a 429 all the same."""
    issue = datacenter.make_issue("One")
    tracker = datacenter.tracker()
    tracker.whoami()
    bucket = {"X-RateLimit-Interval-Seconds": "5", "X-RateLimit-FillRate": "10"}
    datacenter.site.faults = Times(on("GET", "/field"), busy(datacenter, "0", **bucket))
    with datacenter.counted() as arrived:
        tracker.vocabulary()
        tracker.look(issue.id)
    assert inside(arrived, timedelta(seconds=5), lambda _: True) == []


def test_a_create_met_by_a_503_may_have_happened_and_the_ban_holds_all_the_same(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    draft = TicketDraft(cloud.project, "Task", "A", "B", f"m/{cloud.project}")
    cloud.site.faults = Times(on("POST", "/rest/api/3/issue"), busy(cloud, "600", status=503))
    with pytest.raises(AnswerUnknown):
        tracker.create(draft)
    with cloud.counted() as arrived, pytest.raises(TryLater):
        tracker.create(draft)
    assert "POST issue" not in paths(arrived)


# --- how long ------------------------------------------------------------------------------------------------------


class Always:
    """Every request of one kind is refused, without a word about how long."""

    def __init__(self, what: Fault) -> None:
        self.what = what
        self.at: list[datetime] = []

    def fault(self, exchange: Exchange) -> Fault | None:
        if not exchange.path.endswith("/field"):
            return None
        self.at.append(exchange.at)
        return self.what


@pytest.mark.parametrize("retry_after", [None, "0"])
def test_bans_in_a_row_become_longer_and_begin_anew_after_an_answer(cloud: JiraWorld, retry_after: str | None) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = storm = Always(busy(cloud, retry_after, BURST))
    for _ in range(400):
        goes(tracker.vocabulary)
        cloud.later(timedelta(seconds=1))
    gaps = [later - earlier for earlier, later in zip(storm.at, storm.at[1:], strict=False)]
    assert all(gap >= min(CAP, timedelta(seconds=2**n)) for n, gap in enumerate(gaps))
    assert gaps[-1] <= 2 * CAP, "it is still asked now and then"
    cloud.site.faults = None
    cloud.later(CAP)
    assert goes(tracker.vocabulary)
    cloud.site.faults = storm = Always(busy(cloud, retry_after, BURST))
    goes(tracker.vocabulary)
    assert storm.at[1] - storm.at[0] < timedelta(seconds=4)


def test_an_answer_that_came_late_does_not_shorten_a_ban(cloud: JiraWorld) -> None:
    """Several requests are under way when a limit is met; each answer names its own wait."""
    patience = PatienceInMemory()
    tracker = cloud.tracker(patience=patience)
    tracker.whoami()
    begun = cloud.clock.now()
    cloud.site.faults = Times(on("GET", "/field"), busy(cloud, "600", QUOTAS[0]))
    assert not goes(tracker.vocabulary)
    assert patience.until("") == begun + timedelta(seconds=600)
    limits = tracker._site._limits
    later = limits.refused(
        Target.of("GET", "status", False), 429, {"Retry-After": "5", "RateLimit-Reason": QUOTAS[0]}, "x"
    )
    assert later.wait == timedelta(seconds=5)
    assert patience.until("") == begun + timedelta(seconds=600)


def test_a_clock_that_was_set_back_does_not_make_a_ban_last_for_years(cloud: JiraWorld) -> None:
    patience = PatienceInMemory()
    patience.ask("", cloud.clock.now() + timedelta(days=3650), QUOTAS[0])
    assert goes(cloud.tracker(patience=patience).whoami)
    patience.ask("", cloud.clock.now() + LONGEST, QUOTAS[0])
    assert not goes(cloud.tracker(patience=patience).whoami)


def test_a_limit_that_is_near_slows_down(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    near = {"X-RateLimit-NearLimit": "true", "X-AAccountId": quote(BOT)}
    cloud.site.faults = Times(on("GET", "/field"), Instead(200, b"[]", headers=near))
    tracker.vocabulary()
    assert cloud.waits == [1.0]


# --- over a restart ------------------------------------------------------------------------------------------------


def test_a_ban_outlives_the_process_that_met_it(cloud: JiraWorld, tmp_path: Path) -> None:
    issue = cloud.make_issue("One")

    def in_a_new_process(act: Callable[[JiraTracker], object]) -> tuple[bool, list[RequestEntry]]:
        store = open_store("sqlite:///eal.db", tmp_path)
        tracker = cloud.tracker(patience=StoredPatience(store, cloud.clock.now))
        with cloud.counted() as arrived:
            done = goes(lambda: act(tracker))
        store.close()
        return done, arrived

    cloud.site.faults = Times(on("GET", "/field"), busy(cloud, "3600", QUOTAS[0]))
    assert not in_a_new_process(JiraTracker.vocabulary)[0]
    for _ in range(3):
        cloud.later(timedelta(minutes=19))
        assert in_a_new_process(JiraTracker.whoami) == (False, [])
    cloud.later(timedelta(minutes=3))
    assert in_a_new_process(JiraTracker.whoami)[0]
    cloud.site.faults = Times(on("PUT", "/eal-jira"), busy(cloud, "60", PER_ISSUE))
    for _ in range(4):
        done, arrived = in_a_new_process(lambda tracker: tracker.set_property(issue.id, {}))
        assert not done
        cloud.later(timedelta(seconds=10))
    assert not any(each.write for each in arrived)


# --- the pace of writes --------------------------------------------------------------------------------------------


def test_writes_on_one_issue_keep_jiras_pace_and_hold_up_no_other(cloud: JiraWorld) -> None:
    """Facts 3.1: 20 in 2 seconds and 100 in 30, in every window; by one tracker on the clock that waiting moves."""
    issue, other = cloud.make_issue("One"), cloud.make_issue("Another")
    tracker = cloud.tracker()
    tracker.whoami()
    with cloud.counted() as arrived:
        for n in range(230):
            tracker.set_property(issue.id, {"n": n})
            if n % 50 == 0:
                waited = len(cloud.waits)
                tracker.set_property(other.id, {"n": n})
                assert len(cloud.waits) == waited
    at = [each.at for each in arrived if each.write and issue.id in each.path]
    assert len(at) == 230
    for count, seconds in ((20, 2), (100, 30)):
        assert all(b - a >= timedelta(seconds=seconds) for a, b in zip(at, at[count:], strict=False))
    assert at[-1] - at[0] < timedelta(seconds=66), "and no slower than that"


# --- the cost ------------------------------------------------------------------------------------------------------


def test_requests_are_counted_as_they_arrive_the_refused_ones_too(cloud: JiraWorld) -> None:
    ids = [issue.id for issue in cloud.make_issues(7)]
    tracker = cloud.tracker()
    assert tracker.cost() == Cost()
    cloud.site.faults = Times(on("GET", "/field"), busy(cloud, "1", BURST), times=2)
    with cloud.counted() as arrived:
        tracker.whoami()
        tracker.vocabulary()
        tracker.read(ids)
        tracker.set_property(ids[0], {})
    assert tracker.cost().requests == len(arrived)
    # who we are: one object of identity; seven issues; nothing more for a write or for what is no object
    assert tracker.cost().points == len(arrived) + 2 + 7


@pytest.mark.parametrize(
    ("path", "answer", "more"),
    [
        ("search/jql", {"issues": [{"id": "1"}] * 5000}, 5000),
        ("issue/bulkfetch", {"issues": [{"id": "1"}] * 100, "issueErrors": [{}]}, 100),
        ("search/approximate-count", {"count": 12}, 0),
        ("issue/10001", {"id": "10001", "transitions": [{}] * 4}, 1),
        ("issue/10001/comment", {"comments": [{}] * 3, "total": 3}, 3),
        ("mypermissions", {"permissions": {"A": {}, "B": {}}}, 4),
        ("myself", {"accountId": "x"}, 2),
        ("field", [{}] * 60, 0),
        ("/rest/agile/1.0/board/3/sprint", {"values": []}, 0),
    ],
)
def test_points_are_counted_by_what_was_read(path: str, answer: object, more: int) -> None:
    assert points(path, answer) == more


@pytest.mark.parametrize(
    ("method", "path", "writes", "endpoint", "issue"),
    [
        ("GET", "issue/10001", False, "GET issue/*", None),
        ("PUT", "issue/10001", True, "PUT issue/*", "10001"),
        ("POST", "issue/PAY-7/comment", True, "POST issue/*/comment", "PAY-7"),
        ("PUT", "issue/10001/comment/20002", True, "PUT issue/*/comment/*", "10001"),
        ("POST", "issue", True, "POST issue", None),
        ("POST", "issue/bulkfetch", False, "POST issue/bulkfetch", None),
        ("GET", "project/PAY/statuses", False, "GET project/*/statuses", None),
        ("GET", "/rest/agile/1.0/board/3/sprint", False, "GET rest/agile/*/board/*/sprint", None),
    ],
)
def test_an_endpoint_is_the_same_whatever_it_is_asked_of(
    method: str, path: str, writes: bool, endpoint: str, issue: str | None
) -> None:
    assert Target.of(method, path, writes) == Target(endpoint, issue)


# --- the budget, for status ------------------------------------------------------------------------------------------


def test_what_was_spent_is_counted_by_the_full_hour() -> None:
    clock = [datetime(2026, 3, 2, 9, 30, tzinfo=UTC)]
    meter = Meter(lambda: clock[0])
    meter.requested()
    meter.read("search", {"issues": [{}, {}]})
    nine, ten = clock[0].replace(minute=0), clock[0].replace(hour=10, minute=0)
    assert meter.budget(None) == Budget(nine, Cost(1, 3))
    clock[0] += timedelta(minutes=29, seconds=59)
    meter.requested()
    assert meter.budget(65_000) == Budget(nine, Cost(2, 4), 65_000)
    clock[0] += timedelta(seconds=1)
    assert meter.budget(None) == Budget(ten, Cost())
    meter.requested()
    assert meter.budget(None) == Budget(ten, Cost(1, 1))
    assert meter.cost == Cost(3, 5)


@pytest.mark.parametrize(
    ("headers", "limit", "remaining", "near", "reason"),
    [
        ({"X-RateLimit-Limit": "500", "X-RateLimit-Remaining": "499"}, 500, 499, False, ""),
        ({"X-RateLimit-NearLimit": "true"}, None, None, True, ""),
        ({"X-RateLimit-Remaining": "0", "RateLimit-Reason": BURST}, None, 0, False, BURST),
        ({"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "7"}, None, 7, False, ""),
    ],
)
def test_an_answers_word_about_a_limit_is_kept(
    cloud: JiraWorld, headers: dict[str, str], limit: int | None, remaining: int | None, near: bool, reason: str
) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    assert tracker.budget().told is None, "most answers say nothing"
    answer = Instead(200, b"[]", headers={**headers, "X-AAccountId": quote(BOT)})
    cloud.site.faults = Times(on("GET", "/field"), answer)
    tracker.vocabulary()
    told = tracker.budget().told
    assert told is not None
    assert (told.place, told.limit, told.remaining) == ("GET field", limit, remaining)
    assert (told.near, told.reason) == (near, reason)


def test_headers_that_say_nothing_about_limits_are_no_word() -> None:
    for headers in ({}, {"Retry-After": "3"}, {"X-RateLimit-Limit": "-1"}, {"X-RateLimit-NearLimit": "false"}):
        assert allowance(datetime(2026, 3, 2, tzinfo=UTC), "GET field", headers) is None

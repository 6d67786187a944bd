"""Requests and their answers: what is repeated, what is sent once, and what stops at the first."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eal_jira.errors import (
    AnswerUnknown,
    ConfigError,
    EalError,
    Gone,
    NotAllowed,
    RefusedByTracker,
    TrackerUnreachable,
    TryLater,
)
from eal_jira.hookspecs import Connection
from eal_jira.http import retry_after
from eal_jira.model import TicketDraft
from eal_jira.sandbox.faults import (
    Cut,
    Delay,
    Fault,
    Instead,
    Reset,
    Rewrite,
    Silence,
    Times,
    login_page,
    on,
    unavailable,
)
from eal_tracker_jira import eal_adapter_info, eal_tracker
from eal_tracker_jira.gateway import ATTEMPTS
from eal_tracker_jira.options import Options, read_options
from eal_tracker_jira.service import JiraTracker
from tests.plugins.jira_world import BOT, JiraWorld, paths, served

HTML = b"<!DOCTYPE html><html><body>Welcome to the hotel's network</body></html>"


@pytest.fixture(scope="module")
def cloud_site() -> Iterator[JiraWorld]:
    with served("cloud") as world:
        yield world


@pytest.fixture(scope="module")
def datacenter_site() -> Iterator[JiraWorld]:
    with served("datacenter") as world:
        yield world


@pytest.fixture
def cloud(cloud_site: JiraWorld) -> Iterator[JiraWorld]:
    world = cloud_site.in_new_project()
    yield world
    world.close()


@pytest.fixture
def datacenter(datacenter_site: JiraWorld) -> Iterator[JiraWorld]:
    world = datacenter_site.in_new_project()
    yield world
    world.close()


def marker(world: JiraWorld) -> str:
    return f"proposal/{world.project}"


def draft(world: JiraWorld) -> TicketDraft:
    return TicketDraft(world.project, "Task", "A better guideline", "Because.", marker(world))


def busy(retry_after: str | None = None, reason: str = "") -> Instead:
    headers = {"RateLimit-Reason": reason} if reason else {}
    return Instead(429, b"{}", headers=headers | ({"Retry-After": retry_after} if retry_after is not None else {}))


# --- what is repeated --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what",
    [
        Reset(after_effect=False),
        Reset(after_effect=True),
        Cut(20),
        unavailable(),
        unavailable("3"),
        Instead(500, b"{}"),
        Instead(502, HTML, "text/html"),
        busy("2"),
        busy("0"),
        busy(),
    ],
    ids=repr,
)
def test_a_read_is_repeated_until_it_is_answered(cloud: JiraWorld, what: Fault) -> None:
    issue = cloud.make_issue("Read me")
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("POST", "/issue/bulkfetch"), what, times=2)
    assert [record.issue.id for record in tracker.read([issue.id]).records] == [issue.id]
    assert len(cloud.waits) == 2
    assert cloud.waits[1] > 0


def test_a_read_is_repeated_a_few_times_and_then_given_up(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("GET", "/field"), unavailable(), times=100)
    with cloud.counted() as arrived, pytest.raises(TrackerUnreachable, match="503"):
        tracker.vocabulary()
    assert paths(arrived) == ["GET field"] * ATTEMPTS
    assert sum(cloud.waits) < 60


def test_each_wait_is_longer_and_never_shorter_than_jira_names(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("GET", "/field"), busy("6"), times=3)
    tracker.vocabulary()
    assert all(6 <= wait <= 8 for wait in cloud.waits)


def test_an_edit_that_states_how_something_should_be_is_repeated(cloud: JiraWorld) -> None:
    issue = cloud.make_issue("Label me")
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("PUT", f"/issue/{issue.id}"), Reset(after_effect=True), times=2)
    tracker.edit_labels(issue.id, ["ours"], [])
    assert tracker.look(issue.id).labels == {"ours"}


# --- what is sent once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "made"),
    [
        (Reset(after_effect=True), 1),
        (Reset(after_effect=False), 0),
        (Silence(after_effect=True), 1),
        (Cut(10), 1),
        (Instead(503, b"{}", after_effect=True, headers={"Retry-After": "1"}), 1),
        (Instead(500, b"{}"), 0),
        (Instead(201, b"{", after_effect=True), 1),
        (Instead(201, b"{}", after_effect=True), 1),
        (Instead(201, HTML, "text/html", after_effect=True), 1),
    ],
    ids=repr,
)
def test_a_create_is_sent_once_and_a_lost_answer_is_said_to_be_unknown(
    cloud: JiraWorld, what: Fault, made: int
) -> None:
    """Trap 13: the stock client makes four tickets of one."""
    tracker = cloud.tracker(Options(timeout=1))
    tracker.whoami()
    before = tracker.highest_key(cloud.project)
    cloud.site.faults = Times(on("POST", "/rest/api/3/issue"), what)
    with cloud.counted() as arrived, pytest.raises(AnswerUnknown):
        tracker.create(draft(cloud))
    assert paths(arrived).count("POST issue") == 1
    assert len(cloud.site.project(cloud.project).issues) == made
    assert len(tracker.find_tickets(cloud.project, marker(cloud), before)) == made


def test_a_comment_whose_answer_was_lost_is_found_again(datacenter: JiraWorld) -> None:
    issue = datacenter.make_issue("Comment me")
    tracker = datacenter.tracker()
    tracker.whoami()
    datacenter.site.faults = Times(on("POST", "/comment"), Reset(after_effect=True))
    with pytest.raises(AnswerUnknown):
        tracker.add_comment(issue.id, "Once.", "marker/1")
    assert tracker.find_comment(issue.id, "marker/1") == str(datacenter.site.issue(issue.key).comments[0].id)
    assert len(datacenter.site.issue(issue.key).comments) == 1


def test_a_move_whose_answer_was_lost_is_looked_at(cloud: JiraWorld) -> None:
    issue = cloud.make_issue("Move me")
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("POST", "/transitions"), Reset(after_effect=True))
    tracker.transition(issue.id, "Done")
    cloud.site.faults = Times(on("POST", "/transitions"), Reset(after_effect=False))
    with pytest.raises(AnswerUnknown):
        tracker.transition(issue.id, "To Do")
    assert len(cloud.site.issue(issue.key).histories) == 1


def test_a_create_that_never_left_is_simply_an_unreachable_tracker(cloud: JiraWorld) -> None:
    """Nobody listens any more: nothing can have taken effect, so nothing has to be looked for."""
    tracker = cloud.tracker()
    tracker.whoami()
    tracker.create(draft(cloud))
    tracker._site.gateway._base = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TrackerUnreachable, match="nobody answers") as raised:
        tracker.create(draft(cloud))
    assert not isinstance(raised.value, AnswerUnknown)


# --- patience ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "wait", "reason"),
    [
        (busy("1847", "jira-quota-tenant-based"), timedelta(seconds=1847), "jira-quota-tenant-based"),
        (busy("2", "jira-quota-global-based"), timedelta(seconds=2), "jira-quota-global-based"),
        (busy("3600"), timedelta(hours=1), ""),
        (unavailable("600"), timedelta(minutes=10), ""),
    ],
    ids=repr,
)
def test_a_long_ban_stops_at_once_and_says_how_long(
    cloud: JiraWorld, what: Fault, wait: timedelta, reason: str
) -> None:
    """Trap 16: not one request inside the ban, and no sleeping here: others decide what to do meanwhile."""
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("GET", "/field"), what, times=9)
    with cloud.counted() as arrived, pytest.raises(TryLater) as raised:
        tracker.vocabulary()
    assert len(arrived) == 1
    assert cloud.waits == []
    assert (raised.value.wait, raised.value.reason) == (wait, reason)


def test_a_create_that_meets_a_ban_is_not_repeated_here(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("POST", "/rest/api/3/issue"), busy("1"), times=9)
    with pytest.raises(TryLater) as raised:
        tracker.create(draft(cloud))
    assert raised.value.wait == timedelta(seconds=1)
    assert cloud.waits == []


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "40"}, 40),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "0", "X-RateLimit-Interval-Seconds": "5"}, 5),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "Mon, 02 Mar 2026 10:00:30 GMT", "Date": "Mon, 02 Mar 2026 10:00:00 GMT"}, 30),
        ({"Retry-After": "Mon, 02 Mar 2026 09:00:00 GMT", "Date": "Mon, 02 Mar 2026 10:00:00 GMT"}, 1),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "1e300"}, None),
    ],
)
def test_the_wait_that_jira_names_is_understood_in_every_form(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after(headers) == (None if wait is None else timedelta(seconds=wait))


def test_a_server_that_accepts_and_never_answers_is_given_up_within_the_limit(cloud: JiraWorld) -> None:
    """Trap 17."""
    tracker = cloud.tracker(Options(timeout=1))
    tracker.whoami()
    cloud.site.faults = Times(on("GET", "/field"), Silence(), times=9)
    started = datetime.now(UTC)
    with pytest.raises(TrackerUnreachable, match="time limit"):
        tracker.vocabulary()
    assert datetime.now(UTC) - started < timedelta(seconds=ATTEMPTS * 1.5 + 2)


def test_a_slow_answer_is_an_answer(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    cloud.site.faults = Times(on("GET", "/myself"), Delay(0.3))
    assert tracker.whoami().actor == BOT


# --- who we are --------------------------------------------------------------------------------------------------


def test_a_wrong_credential_stops_at_the_first_attempt(cloud: JiraWorld) -> None:
    tracker = cloud.tracker(secret=lambda: "wrong")
    with cloud.counted() as arrived, pytest.raises(NotAllowed, match=r"tracker\.token"):
        tracker.whoami()
    assert [each.status for each in arrived].count(401) == 1


def test_a_captcha_stops_at_the_first_attempt_and_says_what_to_do(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    denied = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=http://jira/login"}
    cloud.site.faults = Times(on("GET", "/myself"), Instead(403, b"{}", headers=denied), times=9)
    with cloud.counted() as arrived, pytest.raises(NotAllowed, match="CAPTCHA"):
        tracker.whoami()
    assert len(arrived) == 2


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_an_empty_answer_to_nobody_is_an_error(flavour: Any) -> None:
    """Trap 1: the token is revoked, and Jira goes on answering as to an anonymous caller: 200, nothing."""
    with served(flavour) as world:
        world.make_issues(3)
        tracker = world.tracker()
        tracker.whoami()
        world.site.anonymous_fallback = True
        world.site.revoke_token(BOT)
        with pytest.raises(NotAllowed, match="without knowing us"):
            list(tracker.changed(world.scope, timedelta(minutes=10)))
        with pytest.raises(NotAllowed):
            tracker.members(world.scope)
        with pytest.raises(NotAllowed):
            tracker.whoami()


def test_an_answer_to_somebody_else_is_an_error(cloud: JiraWorld) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.faults = Times(on("GET", "/field"), Instead(200, b"[]", headers={"X-AAccountId": "712020:eve"}))
    with pytest.raises(NotAllowed, match="without knowing us"):
        tracker.vocabulary()


def test_a_replaced_secret_is_picked_up_without_a_restart(datacenter: JiraWorld) -> None:
    _, token = datacenter.site.credentials(BOT)
    file = [token]
    tracker = datacenter.tracker(secret=lambda: file[0])
    tracker.whoami()
    file[0] = datacenter.site.people.new_token(datacenter.site.people.accounts[BOT])
    with pytest.raises(NotAllowed):
        tracker.vocabulary()
    assert tracker.whoami().actor == BOT
    assert tracker.vocabulary().statuses


def test_a_missing_permission_is_said_with_what_it_was_needed_for(cloud: JiraWorld) -> None:
    issue = cloud.make_issue("Mine")
    tracker = cloud.tracker()
    tracker.whoami()
    cloud.site.revoke(BOT, cloud.project, "EDIT_ISSUES")
    with pytest.raises(NotAllowed, match=r"PUT issue/\d+/properties"):
        tracker.set_property(issue.id, {"deviations": []})


def test_a_scoped_token_works_through_the_gateways_address(cloud: JiraWorld) -> None:
    """Addresses are built from ids, and people are sent to the site itself (facts 3.3, 4)."""
    issue = cloud.make_issue("Behind the gateway")
    user, token = cloud.site.credentials(BOT)
    url = f"{cloud.url}/ex/jira/{cloud.site.cloud_id}"
    tracker = eal_tracker(name="jira", connection=Connection(url, user, lambda: token, {}))
    assert tracker is not None
    tracker.whoami()
    assert [record.issue.id for record in tracker.read([issue.id]).records] == [issue.id]
    assert tracker.url(issue) == f"{cloud.url}/browse/{issue.key}"
    tracker.close()


# --- what is no answer of Jira -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        (login_page(), NotAllowed, "login page"),
        (Instead(302, b"", headers={"Location": "https://sso.example.com/login?x=1"}), NotAllowed, "login page"),
        (
            Instead(302, b"", headers={"Location": "https://new.example.com/jira"}),
            TrackerUnreachable,
            "new.example.com",
        ),
        (Instead(200, HTML, "text/html"), TrackerUnreachable, "page instead of data"),
        (Instead(200, b'{"cut": ['), TrackerUnreachable, "broken JSON"),
        (Instead(200, b"[" * 100_000), TrackerUnreachable, "broken JSON"),
        (Instead(200, b""), TrackerUnreachable, "nothing at all"),
        (Instead(410, b'{"errorMessages":["The requested API has been removed."]}'), RefusedByTracker, "410"),
        (Instead(404, b"{}"), Gone, "404"),
    ],
    ids=repr,
)
def test_what_is_no_answer_of_jira_is_one_clear_sentence(
    cloud: JiraWorld, what: Fault, error: type[EalError], words: str
) -> None:
    tracker = cloud.tracker()
    tracker.whoami()
    signed = Times(on("GET", "/status"), with_signature(what), times=1)
    cloud.site.faults = signed
    with pytest.raises(error, match=words):
        tracker.vocabulary()


def with_signature(what: Fault) -> Fault:
    """Answers that come from our own account: only what they hold is wrong."""
    assert isinstance(what, Instead)
    return Instead(what.status, what.body, what.media_type, {"X-AAccountId": BOT, **what.headers})


def test_an_address_that_is_not_jira_is_said_to_be_none(cloud: JiraWorld) -> None:
    for body in (b"{}", b"[]", b'"Jira"', b"null", b'{"version": null}'):
        cloud.site.faults = Times(on("GET", "/serverInfo"), Instead(200, body))
        with pytest.raises(TrackerUnreachable, match=r"tracker\.url"):
            cloud.tracker().whoami()


@pytest.mark.parametrize("path", ["/search/jql", "/issue/bulkfetch", "/myself", "/status", "/field"])
def test_answers_of_unknown_shape_are_errors_of_the_contract(cloud: JiraWorld, path: str) -> None:
    """An answer without its list is not an empty list (reliability R18)."""
    cloud.make_issues(3)
    cloud.later(timedelta(hours=1))

    def read_all() -> None:
        tracker = cloud.tracker()
        tracker.whoami()
        list(tracker.changed(cloud.scope, None))
        tracker.vocabulary()

    for body in (b"{}", b"7", b'{"issues": 3, "values": null}', b'{"issues": [3]}', b"[3]", b"null"):
        cloud.site.faults = Times(lambda exchange: exchange.path.endswith(path), Rewrite(_always(body)), times=50)
        with pytest.raises(EalError):
            read_all()


def _always(body: bytes) -> Callable[[bytes], bytes]:
    return lambda _given: body


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://no-such-host.invalid"])
def test_an_unreachable_jira_is_said_at_once(url: str) -> None:
    waits: list[float] = []
    connection = Connection(url.format(port=free_port()), None, lambda: "secret-token", {})
    tracker = JiraTracker(connection, Options(timeout=1), sleep=waits.append)
    with pytest.raises(TrackerUnreachable, match=r"tracker\.url") as raised:
        tracker.whoami()
    assert waits == []
    assert "secret-token" not in str(raised.value)


def test_no_error_shows_the_secret_or_what_was_asked(cloud: JiraWorld) -> None:
    _, token = cloud.site.credentials(BOT)
    tracker = cloud.tracker()
    tracker.whoami()
    issue = cloud.make_issue("A secret summary")
    actions: list[Callable[[], object]] = [
        lambda: tracker.look("no-such-issue"),
        lambda: tracker.set_property(issue.id, {"text": "x" * 40_000}),
        lambda: list(tracker.changed(cloud.scope, None)),
        lambda: tracker.create(draft(cloud)),
        tracker.vocabulary,
    ]
    echo = f'{{"errorMessages":["Authorization was Basic {token}"]}}'.encode()
    for action in actions:
        cloud.site.faults = Times(lambda _: True, Reset(after_effect=False), times=ATTEMPTS)
        with pytest.raises(EalError) as raised:
            action()
        assert token not in str(raised.value)
        assert "jql" not in str(raised.value).replace("search/jql", "")
        cloud.site.faults = Times(lambda _: True, Instead(400, echo))
        with pytest.raises(EalError) as raised:
            action()
        assert token not in str(raised.value), "what Jira echoes must not show it either"


# --- plugging in -------------------------------------------------------------------------------------------------


def test_the_adapter_answers_to_its_name_only_and_sends_nothing_yet() -> None:
    connection = Connection("http://no-such-host.invalid", None, lambda: "", {})
    assert eal_tracker(name="redmine", connection=connection) is None
    tracker = eal_tracker(name="jira", connection=connection)
    assert isinstance(tracker, JiraTracker)
    assert tracker.capabilities.properties
    tracker.close()
    assert eal_adapter_info().kind == "tracker"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"time_out": 3}, "Did you mean 'timeout'"),
        ({"timeout": "3"}, r"tracker\.options\.timeout"),
        ({"timeout": True}, r"tracker\.options\.timeout"),
        ({"timeout": 0}, r"tracker\.options\.timeout"),
        ({"points_field": 7}, r"tracker\.options\.points_field"),
        ({"ca_file": "no-such-file.pem"}, "no-such-file.pem"),
        ({"zzz": 1}, "It knows: timeout"),
    ],
)
def test_an_option_that_is_wrong_is_named(table: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_options(table)


def test_options_have_defaults() -> None:
    assert read_options({}) == Options(timeout=60.0, ca_file=None, points_field=None)
    assert read_options({"timeout": 5, "points_field": "customfield_9"}).points_field == "customfield_9"


@pytest.mark.parametrize("secret", ["with\nbreak", "tökén", "nul\x00"])
def test_a_token_that_no_jira_could_have_made_is_said_to_be_wrong(cloud: JiraWorld, secret: str) -> None:
    with pytest.raises(ConfigError, match=r"tracker\.token") as raised:
        cloud.tracker(secret=lambda: secret).whoami()
    assert secret not in str(raised.value)

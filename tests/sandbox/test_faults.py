"""What goes wrong on purpose: before the effect or after it, and what the other side sees."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import requests

from eal_jira.sandbox import Create, Site
from eal_jira.sandbox.faults import (
    Cut,
    Delay,
    Exchange,
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
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, Client, small_site

NEW = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Story"}, "summary": "x"}}


@pytest.fixture
def site(flavour: str) -> Site:
    return small_site(flavour)


@pytest.fixture
def client(connect: Connect, site: Site) -> Client:
    return connect(site)


def create(client: Client) -> requests.Response:
    return client("POST", "issue", json=NEW)


@pytest.mark.parametrize("after", [True, False])
def test_a_reset_leaves_the_effect_or_none(site: Site, client: Client, after: bool) -> None:
    """Trap 13 begins here: the answer is lost, the ticket may be there."""
    site.faults = Times(on("POST", "/issue"), Reset(after_effect=after))
    with pytest.raises(requests.ConnectionError):
        create(client)
    assert len(site.issues) == (1 if after else 0)
    assert (site.requests[-1].status, site.requests[-1].method) == (None, "POST")
    assert create(client).status_code == 201, "only the first request is hit"


@pytest.mark.parametrize("after", [True, False])
def test_another_answer_comes_before_or_after_the_effect(site: Site, client: Client, after: bool) -> None:
    site.faults = Times(
        on("POST", "/issue"), Instead(502, b"<html>Bad Gateway</html>", "text/html", after_effect=after)
    )
    assert create(client).status_code == 502
    assert len(site.issues) == (1 if after else 0)
    assert site.requests[-1].status == 502


@pytest.mark.parametrize("retry_after", [None, "0", "3600"])
def test_a_503_says_when_to_come_back_or_nothing(site: Site, client: Client, retry_after: str | None) -> None:
    site.faults = Times(on("GET", "/myself"), unavailable(retry_after), times=2)
    answers = [client("GET", "myself") for _ in range(3)]
    assert [a.status_code for a in answers] == [503, 503, 200]
    assert answers[0].headers.get("Retry-After") == retry_after


def test_a_login_page_comes_with_200(site: Site, client: Client) -> None:
    site.faults = Times(on("GET", "/myself"), login_page())
    answer = client("GET", "myself")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert not {"X-AAccountId", "X-AUSERNAME"} & set(answer.headers)


def test_a_cut_answer_promises_more_than_it_brings(site: Site, client: Client) -> None:
    site.faults = Times(on("POST", "/issue"), Cut(10))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        create(client)
    assert len(site.issues) == 1
    assert site.requests[-1].status == 201


def test_an_answer_can_be_rewritten(site: Site, client: Client) -> None:
    site.faults = Times(on("GET", "/field"), Rewrite(lambda body: body[: len(body) // 2]))
    answer = client("GET", "field")
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("after", [True, False])
def test_silence_ends_with_the_callers_patience(site: Site, client: Client, after: bool) -> None:
    """Trap 17."""
    site.faults = Times(on("POST", "/issue"), Silence(after_effect=after))
    with pytest.raises(requests.Timeout):
        requests.post(f"{client.url}/rest/api/2/issue", json=NEW, headers=client.headers(), timeout=0.2)
    assert len(site.issues) == (1 if after else 0)
    assert create(client).status_code == 201


def test_a_delay_holds_up_one_request_and_no_other(site: Site, client: Client, connect: Connect) -> None:
    site.faults = Times(on("GET", "/field"), Delay(0.3))
    slow = threading.Thread(target=client.get, args=("field",))
    slow.start()
    time.sleep(0.05)
    started = time.monotonic()
    assert connect(site).get("myself")
    assert time.monotonic() - started < 0.2
    slow.join()


def test_a_schedule_sees_every_request_in_its_order(site: Site, client: Client) -> None:
    class Watching:
        def __init__(self) -> None:
            self.seen: list[Exchange] = []

        def fault(self, exchange: Exchange) -> Fault | None:
            self.seen.append(exchange)
            return unavailable() if exchange.number % 2 == 0 else None

    site.faults = watching = Watching()
    assert [client("GET", "myself").status_code for _ in range(4)] == [200, 503, 200, 503]
    assert [e.number for e in watching.seen] == [1, 2, 3, 4]
    assert {e.path for e in watching.seen} == {f"/rest/api/{client.version}/myself"}


def test_the_log_is_complete_when_the_answer_arrives(site: Site, client: Client) -> None:
    for number in range(1, 30):
        client.get("myself")
        assert len(site.requests) == number


# --- switches for other processes ---------------------------------------------------------------------------------


def test_another_process_moves_the_clock_and_reads_the_logs(site: Site, client: Client) -> None:
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    moved = client.post("/_sandbox/clock", {"advance_seconds": 90})
    assert moved == {"now": (START + timedelta(seconds=90)).isoformat()}
    assert client.post("/_sandbox/clock", {"set": "2027-01-01T00:00:00+00:00"})["now"].startswith("2027")
    assert client.post("/_sandbox/index", {"lag_seconds": 180}) == {"lag_seconds": 180}
    assert site.index_lag == timedelta(minutes=3)
    create(client)
    (request,) = client.get("/_sandbox/requests")
    assert (request["method"], request["status"], request["account"], request["write"]) == ("POST", 201, "bot", True)
    journal = client.get("/_sandbox/journal", since=1)
    assert [(e["kind"], e["via"]) for e in journal] == [("create", "rest")]
    assert client.get("/_sandbox")["issues"] == 2


@pytest.mark.parametrize("body", [{}, {"advance_seconds": "soon"}, {"set": "tomorrow"}, {"set": "2027-01-01"}, []])
def test_a_switch_that_makes_no_sense_says_what_does(client: Client, body: object) -> None:
    assert "send" in client("POST", "/_sandbox/clock", json=body).json()["error"]

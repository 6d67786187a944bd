"""The site's webhooks, as a receiver sees them (facts/jira.md 6)."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from eal_jira.sandbox import Create, Edit, Mischief, Move, Say, Site
from eal_jira.sandbox import webhooks as sandbox_webhooks

from .support import START, small_site

SECRET = "shared"
both = pytest.mark.parametrize("flavour", ["cloud", "datacenter"])


class Receiver:
    """Keeps what arrives; answers with the next of `answers`, then with 204."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def create(site: Site, key: str) -> str:
    return str(site.perform(Create(START, "ada", key, "Story", "A thing", {})).id)


@both
def test_every_kind_of_write_is_told_as_the_real_ones_are(receiver: Receiver, flavour: str) -> None:
    site = small_site(flavour)
    other = create(site, "PAY-2")
    with site.add_webhook(receiver.url, SECRET) as webhook:
        issue = create(site, "PAY-1")
        site.perform(Edit(START, "ada", "PAY-1", "summary", "Another thing"))
        site.perform(Move(START, "ada", "PAY-1", "Done"))
        site.perform(Say(START, "ada", "PAY-1", "A word"))
        write, here = site.write("ada"), site.issue("PAY-1")
        write.edit_comment(here, here.comments[0], "Another word", {})
        write.delete_comment(here, here.comments[0])
        write.delete_worklog(here, write.worklog(here, 60, START))
        write.property(here, "k", 1)
        write.link(next(iter(site.catalogue.link_types)), here, site.issue("PAY-2"))
        write.remote_link(here, "g", {"object": {}})
        site.move_to("PAY-1", "WEB", "ada")
        site.delete("WEB-1", "ada")
        webhook.wait()
    told = [(event["webhookEvent"], event.get("issue_event_type_name")) for event in receiver.events]
    assert told == [
        ("jira:issue_created", "issue_created"),
        ("jira:issue_updated", "issue_updated"),
        ("jira:issue_updated", "issue_generic"),
        ("jira:issue_updated", "issue_commented"),
        ("comment_created", None),
        ("jira:issue_updated", "issue_comment_edited"),
        ("comment_updated", None),
        ("jira:issue_updated", "issue_comment_deleted"),
        ("comment_deleted", None),
        ("jira:issue_updated", "issue_work_logged"),
        ("worklog_created", None),
        ("jira:issue_updated", "issue_worklog_deleted"),
        ("worklog_deleted", None),
        ("issue_property_set", None),
        ("issuelink_created", None),
        ("jira:issue_updated", "issue_moved"),
        ("jira:issue_deleted", None),
    ]
    by_event = {event["webhookEvent"]: event for event in receiver.events}
    assert all(e["issue"]["id"] == issue for e in receiver.events if e["webhookEvent"].startswith("jira:"))
    ends = by_event["issuelink_created"]["issueLink"]
    assert (ends["sourceIssueId"], ends["destinationIssueId"]) == (int(issue), int(other))
    for name in ("comment_created", "comment_updated", "comment_deleted", "worklog_created", "worklog_deleted"):
        part = by_event[name][name.partition("_")[0]]
        assert f"/issue/{issue}/" in part["self"]
        # Data Center leaves the issue out, Cloud doesn't
        assert ("issue" in by_event[name]) == (flavour == "cloud")
    assert receiver.events[2]["changelog"]["items"][-1]["toString"] == "Done"
    assert receiver.events[0]["issue"]["fields"]["summary"] == "A thing"
    assert receiver.events[0]["timestamp"] == START.timestamp() * 1000


def test_each_delivery_is_signed_and_named(receiver: Receiver) -> None:
    site = small_site()
    with site.add_webhook(receiver.url, SECRET) as webhook, site.add_webhook(receiver.url, None) as unsigned:
        create(site, "PAY-1")
        webhook.wait()
        unsigned.wait()
    signed = [headers for headers, _ in receiver.got if "x-hub-signature" in headers]
    assert len(signed) == 1
    for headers, body in receiver.got:
        expected = f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
        assert headers.get("x-hub-signature", expected) == expected
        assert "x-atlassian-webhook-retry" not in headers
        assert headers["x-atlassian-webhook-identifier"]


def test_only_the_events_asked_for_are_told(receiver: Receiver) -> None:
    site = small_site()
    with site.add_webhook(receiver.url, SECRET, events={"comment_created"}) as webhook:
        create(site, "PAY-1")
        site.perform(Say(START, "ada", "PAY-1", "A word"))
        webhook.wait()
    create(site, "PAY-2")
    assert [event["webhookEvent"] for event in receiver.events] == ["comment_created"]


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [([503, 429, 408, 204], 4), ([409, 425, 500, 502, 503, 504, 204], 6), ([400], 1), ([401], 1), ([413], 1)],
)
def test_a_delivery_is_repeated_up_to_five_times_where_that_can_help(
    receiver: Receiver, answers: list[int], attempts: int
) -> None:
    site = small_site()
    receiver.answers = list(answers)
    with sandbox_webhooks.Webhook(site, receiver.url, SECRET, pause=0.01) as webhook:
        create(site, "PAY-1")
        webhook.wait()
        (sent,) = webhook.sent
    assert (sent.attempts, sent.status) == (attempts, answers[attempts - 1])
    assert len({headers["x-atlassian-webhook-identifier"] for headers, _ in receiver.got}) == 1
    retries = [headers.get("x-atlassian-webhook-retry") for headers, _ in receiver.got]
    assert retries == [None, *map(str, range(1, attempts))]


def test_mischief_drops_doubles_and_mixes_up(receiver: Receiver) -> None:
    def names(mischief: Mischief) -> list[str]:
        receiver.got.clear()
        site = small_site()
        with site.add_webhook(receiver.url, SECRET, mischief=mischief) as webhook:
            with site.lock:
                for number in range(1, 41):
                    create(site, f"PAY-{number}")
            webhook.wait()
        return [event["issue"]["key"] for event in receiver.events]

    every = [f"PAY-{number}" for number in range(1, 41)]
    assert names(Mischief()) == every
    odd = names(Mischief(drop=0.3, duplicate=0.3, seed=5))
    assert odd == names(Mischief(drop=0.3, duplicate=0.3, seed=5))
    assert odd != names(Mischief(drop=0.3, duplicate=0.3, seed=6))
    assert 0 < len(set(odd)) < 40
    assert len(odd) > len(set(odd))
    mixed = names(Mischief(shuffle=40, seed=5))
    assert mixed != every
    assert sorted(mixed, key=every.index) == every


def test_a_receiver_that_is_away_stops_nobody(receiver: Receiver) -> None:
    receiver.close()
    site = small_site()
    with sandbox_webhooks.Webhook(site, receiver.url, SECRET, pause=0.01) as webhook:
        create(site, "PAY-1")
        webhook.wait()
        (sent,) = webhook.sent
    assert (sent.status, sent.attempts) == (None, 6)

"""Webhooks of the site: each accepted write is told to an address, signed, in a thread of its own (facts/jira.md 6).

with site.add_webhook(url, "secret") as webhook:
    site.perform(…)
    webhook.wait()

They are as unreliable as the real ones when asked to be: see `Mischief`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import random
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING
from uuid import UUID

import requests

from eal_jira.sandbox.journal import JournalEntry
from eal_jira.sandbox.plainjson import dumps
from eal_jira.sandbox.rest.present import Presenter
from eal_jira.sandbox.rest.selection import Selection
from eal_jira.sandbox.state import Issue, Json

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site

RETRIES = 5
TIMEOUT = (5, 20)
"""Seconds to connect, and for the answer."""

_UPDATED = {
    "edit": "issue_updated",
    "transition": "issue_generic",
    "move": "issue_moved",
    "comment": "issue_commented",
    "comment-edit": "issue_comment_edited",
    "comment-delete": "issue_comment_deleted",
    "worklog": "issue_work_logged",
    "worklog-edit": "issue_worklog_updated",
    "worklog-delete": "issue_worklog_deleted",
}
"""Kinds of writes that are told as jira:issue_updated, with their issue_event_type_name."""

_OWN_EVENT = {
    "comment": "comment_created",
    "comment-edit": "comment_updated",
    "comment-delete": "comment_deleted",
    "worklog": "worklog_created",
    "worklog-edit": "worklog_updated",
    "worklog-delete": "worklog_deleted",
    "property": "issue_property_set",
    "property-delete": "issue_property_deleted",
}
"""…and those that have an event of their own, some beside the other: then one act makes two deliveries."""


@dataclass(frozen=True, slots=True)
class Mischief:
    """What happens to deliveries on their way. The same seed does the same to the same deliveries, but for their order
    where they are mixed up: that depends on how fast they come."""

    #: share (0 to 1) that never arrives
    drop: float = 0.0
    #: share that arrives twice
    duplicate: float = 0.0
    #: so many deliveries are held back and mixed up
    shuffle: int = 1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery that was made or given up."""

    identifier: str
    event: str
    #: of the last answer; None: no answer came, or it was dropped on the way
    status: int | None
    attempts: int


class Webhook:
    """Tells `url` about the site's writes until closed. `sent` grows as deliveries are made.

    `events` leaves out all others; `pause` is the seconds between attempts, which Jira counts in minutes.
    """

    def __init__(
        self,
        site: Site,
        url: str,
        secret: str | None,
        events: Collection[str] | None = None,
        mischief: Mischief | None = None,
        pause: float = 0.2,
    ) -> None:
        self._site = site
        self._url = url
        self._secret = secret
        self._events = events
        self._mischief = mischief or Mischief()
        self._pause = pause
        self._random = random.Random(self._mischief.seed)  # noqa: S311 - a game, to be played again the same
        self._waiting: queue.Queue[tuple[str, dict[str, Json]] | None] = queue.Queue()
        self._closed = threading.Event()
        self.sent: list[Sent] = []
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()
        with site.lock:
            site.listeners.append(self._hear)

    def wait(self, seconds: float = 10) -> None:
        """Until everything that was written so far has been told, or given up. Raises `TimeoutError`."""
        finished = self._waiting.all_tasks_done
        with finished:
            if not finished.wait_for(lambda: not self._waiting.unfinished_tasks, seconds):
                raise TimeoutError(f"{self._waiting.unfinished_tasks} webhooks are still to be delivered")

    def close(self) -> None:
        """What is still waiting is not told any more."""
        with self._site.lock:
            self._site.listeners.remove(self._hear)
        self._closed.set()
        self._waiting.put(None)
        self._thread.join(10)

    def __enter__(self) -> Webhook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what is told -----------------------------------------------------------------------------------------

    def _hear(self, entry: JournalEntry) -> None:
        """Called under the site's lock: the body says how things are at this moment."""
        for event, parts in _told(self._site, entry):
            if self._events is None or event in self._events:
                body = {"timestamp": int(entry.at.timestamp() * 1000), "webhookEvent": event, **parts}
                self._waiting.put((event, body))

    # --- how it gets there --------------------------------------------------------------------------------------

    def _run(self) -> None:
        with requests.Session() as session:
            while not self._closed.is_set():
                held = self._take()
                self._random.shuffle(held)
                for event, body in held:
                    self._deliver(session, event, body)
                    self._waiting.task_done()

    def _take(self) -> list[tuple[str, dict[str, Json]]]:
        """The next deliveries: as many as are to be mixed up, or as there are after a moment of quiet."""
        held: list[tuple[str, dict[str, Json]]] = []
        try:
            while len(held) < max(1, self._mischief.shuffle):
                item = self._waiting.get(timeout=0.05 if held else None)
                if item is None:
                    self._waiting.task_done()
                    break
                held.append(item)
        except queue.Empty:
            pass
        return held

    def _deliver(self, session: requests.Session, event: str, body: dict[str, Json]) -> None:
        identifier = str(UUID(int=self._random.getrandbits(128)))
        dropped = self._random.random() < self._mischief.drop
        times = 2 if self._random.random() < self._mischief.duplicate else 1
        for _ in range(0 if dropped else times):
            status, attempts = self._attempts(session, identifier, dumps(body).encode())
            self.sent.append(Sent(identifier, event, status, attempts))
        if dropped:
            self.sent.append(Sent(identifier, event, None, 0))

    def _attempts(self, session: requests.Session, identifier: str, body: bytes) -> tuple[int | None, int]:
        status: int | None = None
        for retry in range(RETRIES + 1):
            try:
                status = session.post(
                    self._url,
                    data=body,
                    headers=self._headers(identifier, retry, body),
                    timeout=TIMEOUT,
                    allow_redirects=False,
                ).status_code
            except requests.RequestException:
                status = None
            again = status is None or status in (408, 409, 425, 429) or status >= 500
            if not again or self._closed.wait(self._pause):
                break
        return status, retry + 1

    def _headers(self, identifier: str, retry: int, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            "X-Atlassian-Webhook-Identifier": identifier,
            "X-Atlassian-Webhook-Flow": "Primary",
        }
        if retry:
            headers["X-Atlassian-Webhook-Retry"] = str(retry)
        if self._secret is not None:
            digest = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={digest}"
        return headers


def _told(site: Site, entry: JournalEntry) -> Iterator[tuple[str, dict[str, Json]]]:
    """(event, its parts) for each webhook that a write sets off; none for what Jira keeps to itself."""
    present = Presenter(site, "2")
    issue = site.find(entry.issue_id)
    user = {"user": present.user(entry.actor)} if entry.actor else {}
    if issue is None:
        if entry.kind == "delete":
            address = f"{present.api}/issue/{entry.issue_id}"
            yield "jira:issue_deleted", {**user, "issue": {"id": entry.issue_id, "self": address, "key": entry.key}}
        return
    whole = json.loads(present.issue_text(issue, fields=Selection([], "*all")))
    del whole["expand"]
    if entry.kind == "create":
        yield "jira:issue_created", {"issue_event_type_name": "issue_created", **user, "issue": whole}
    if entry.kind in _UPDATED:
        changes = _changelog(issue, entry)
        yield "jira:issue_updated", {"issue_event_type_name": _UPDATED[entry.kind], **user, "issue": whole, **changes}
    if entry.kind in _OWN_EVENT:
        parts = _part(present, issue, entry)
        # Data Center tells of a comment or a worklog without its issue
        told = parts if site.flavour == "datacenter" and "property" not in parts else {**parts, "issue": whole}
        yield _OWN_EVENT[entry.kind], told
    if entry.kind == "link":
        link = site.links[int(entry.artefact["link"])]
        if link.outward == issue.id:  # it is in the journal of both ends
            ends = {"id": link.id, "sourceIssueId": link.outward, "destinationIssueId": link.inward}
            yield "issuelink_created", {"issueLink": {**ends, "issueLinkType": present.link_type(link.type)}}


def _changelog(issue: Issue, entry: JournalEntry) -> dict[str, Json]:
    last = issue.histories[-1] if issue.histories else None
    if entry.kind not in ("edit", "transition", "move") or last is None:
        return {}
    return {"changelog": {"id": str(last.id), "items": last.items}}


def _part(present: Presenter, issue: Issue, entry: JournalEntry) -> dict[str, Json]:
    """The comment, worklog or property itself; of a deleted one what still can be said."""
    name = entry.kind.partition("-")[0]
    artefact = entry.artefact[name]
    if name == "property":
        return {"property": {"key": artefact, "value": entry.artefact.get("value")}}
    for comment in issue.comments if name == "comment" else ():
        if str(comment.id) == artefact:
            return {"comment": present.comment(issue, comment)}
    for worklog in issue.worklogs if name == "worklog" else ():
        if str(worklog.id) == artefact:
            return {"worklog": present.worklog(issue, worklog)}
    address = f"{present.api}/issue/{issue.id}/{name}/{artefact}"
    return {name: {"id": artefact, "self": address, "issueId": str(issue.id)}}

"""The one way on which every request to Jira leaves, and every answer comes in.

Reads, and writes that state how something should be, are repeated after lost connections, failures of the server and
short bans, with jitter and within a bound; a create is sent once. Nothing is sent inside a ban (`limits`). Refusals of
who we are stop at the first. Every answer must come from the account that `identify` named (facts 4: a broken
credential can yield an empty 200).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests
import tenacity
from jira import JIRA, JIRAError
from urllib3.filepost import encode_multipart_formdata

from eal_jira.errors import NotKnown
from eal_jira.hookspecs import Watch
from eal_jira.http import never_sent, reason
from eal_tracker_jira.answers import Again, Effect, Json, limited, lost_answer, lost_connection, value_of
from eal_tracker_jira.connection import session_of
from eal_tracker_jira.cost import Meter
from eal_tracker_jira.limits import SHORT, Limits, Target

ATTEMPTS = 4
BUDGET = 60.0
"""Seconds after which no further attempt starts."""

NEAR = 1.0
"""Seconds of rest after an answer that says that a limit is near (facts 3.1)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A body that is no JSON: a file in a form."""

    content: bytes
    #: its media type
    kind: str


@dataclass(frozen=True, slots=True)
class Signature:
    """The header in which a site says whose request it answered, and what it must say."""

    header: str
    name: str

    def matches(self, said: str | None) -> bool:
        return said is not None and unquote(said).casefold() == self.name.casefold()


def segment(text: str) -> str:
    """One step of a path: ids and keys come from data, and data may hold a slash."""
    return quote(text, safe="")


class Gateway:
    """Requests to one site. Used by one thread at a time: the connection beneath is not made for more (facts 3.3)."""

    def __init__(
        self,
        client: JIRA,
        limits: Limits,
        meter: Meter,
        watch: Watch,
        sleep: Callable[[float], None] = time.sleep,
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._client = client
        self._limits = limits
        self._meter = meter
        self._watch = watch
        self._session = session_of(client)
        self._base = client.server_url
        self._sleep = sleep
        #: stands around all that only waits
        self._waiting = waiting
        self._reached = False
        #: version of the REST interface: 2 until the site is known to be Cloud
        self.version = 2
        self.signature: Signature | None = None
        #: headers and size in bytes of the newest answer
        self.headers: Mapping[str, str] = {}
        self.received = 0

    def get(self, path: str, **params: object) -> Json:
        return self._call(Effect.READ, "GET", path, params, None)

    def ask(self, path: str, body: Json, **params: object) -> Json:
        """A POST that only reads."""
        return self._call(Effect.READ, "POST", path, params, body)

    def put(self, path: str, body: Json, **params: object) -> Json:
        return self._call(Effect.SET, "PUT", path, params, body)

    def create(self, path: str, body: Json, **params: object) -> Json:
        """A POST that makes something. Raises `AnswerUnknown` when it may or may not have taken effect."""
        return self._call(Effect.CREATE, "POST", path, params, body)

    def state(self, path: str, body: Json) -> Json:
        """A POST that creates or replaces by an identity of its own: twice does what once does (facts 5.6)."""
        return self._call(Effect.SET, "POST", path, {}, body)

    def delete(self, path: str) -> Json:
        return self._call(Effect.SET, "DELETE", path, {}, None)

    def upload(self, path: str, name: str, content: bytes) -> Json:
        """Sends a file, once: a create (facts 5.6)."""
        body, kind = encode_multipart_formdata({"file": (name, content)})
        return self._call(Effect.CREATE, "POST", path, {}, Form(body, kind))

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def _call(self, effect: Effect, method: str, path: str, params: dict[str, object], body: Json) -> Json:
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Again),
            # a site that never answered is more likely misspelt than busy
            stop=tenacity.stop_after_attempt(ATTEMPTS if self._reached else 1) | tenacity.stop_before_delay(BUDGET),
            wait=_pause,
            sleep=self._rest,
            reraise=True,
        )
        try:
            return attempts(self._once, effect, method, path, params, body)
        except Again as again:
            raise again.error from None

    def _rest(self, seconds: float) -> None:
        with self._waiting():
            self._sleep(seconds)

    def _once(self, effect: Effect, method: str, path: str, params: dict[str, object], body: Json) -> Json:
        what = f"{method} {path.lstrip('/')}"
        target = Target.of(method, path, writes=effect is not Effect.READ)
        with self._waiting(), self._limits.entered(target, what):
            response = self._watched(target.endpoint, lambda: self._send(effect, method, path, params, body, what))
        self._meter.told(target.endpoint, response.headers)
        if limited(response):
            raise self._refused(target, response, effect, what)
        self._limits.answered(target)
        value = value_of(response, effect, what)
        if effect is Effect.READ:
            self._meter.read(path, value)
        if effect is not Effect.CREATE:
            # a create has happened, whoever is said to have made it: its id must not be lost
            self._check_signature(response, what)
        return value

    def _watched(self, operation: str, send: Callable[[], requests.Response]) -> requests.Response:
        self._watch.sending(operation)
        begin, code = time.monotonic(), "lost"
        try:
            response = send()
            code = str(response.status_code)
        finally:
            self._watch.answered(operation, code, time.monotonic() - begin)
        return response

    def _send(
        self, effect: Effect, method: str, path: str, params: dict[str, object], body: Json, what: str
    ) -> requests.Response:
        self._meter.requested()
        try:
            response = self._session.request(
                method,
                self._url(path),
                params={name: str(value) for name, value in params.items() if value is not None},
                allow_redirects=False,
                **_carried(body),
            )
        except JIRAError as refused:
            if refused.response is None:
                raise lost_connection(effect, what, "there was no answer", sent=True) from None
            response = refused.response
        except requests.RequestException as broken:
            where = f"{what} at {urlsplit(self._base).netloc}"
            raise lost_connection(effect, where, reason(broken), sent=not never_sent(broken)) from None
        self.headers, self.received = response.headers, len(response.content)
        self._reached = True
        if response.headers.get("X-RateLimit-NearLimit", "").lower() == "true":
            self._sleep(NEAR)
        return response

    def _refused(self, target: Target, response: requests.Response, effect: Effect, what: str) -> Exception:
        error = self._limits.refused(target, response.status_code, response.headers, what)
        self._watch.limited(error.reason)
        if effect is Effect.CREATE:
            # only a 429 surely took no effect
            return error if response.status_code == 429 else lost_answer(response, effect, what)
        # a quota stands until the hour is full, and other issues need not wait for one: nobody waits here for these
        if "quota" in error.reason or error.about == "issue" or error.wait is None or error.wait > SHORT:
            return error
        return Again(error, error.wait.total_seconds())

    def _check_signature(self, response: requests.Response, what: str) -> None:
        signature = self.signature
        if signature is None or signature.matches(response.headers.get(signature.header)):
            return
        raise NotKnown(
            f"Jira answered {what} without knowing us: its answer may leave out what we are not shown.",
            refused="The answer was not used.",
            remedy="Check that tracker.token is still valid.",
        )

    def _url(self, path: str) -> str:
        # built from ids, never from the addresses inside answers (facts 3.3)
        return self._base + path if path.startswith("/") else f"{self._base}/rest/api/{self.version}/{path}"


def _carried(body: Json) -> dict[str, Any]:
    """The body as the session takes it."""
    if isinstance(body, Form):
        # Jira takes no form without this: a browser could be made to send one (facts 5.6)
        return {"data": body.content, "headers": {"Content-Type": body.kind, "X-Atlassian-Token": "no-check"}}
    return {} if body is None else {"json": body}


def _pause(state: tenacity.RetryCallState) -> float:
    """What Jira names is a minimum; without it a second, doubled each time. Jitter keeps daemons apart (facts 3.1)."""
    again = state.outcome.exception() if state.outcome else None
    named = again.wait if isinstance(again, Again) else 0.0
    return max(named * random.uniform(1.0, 1.3), 2.0 ** (state.attempt_number - 1) * random.uniform(0.7, 1.3))  # noqa: S311

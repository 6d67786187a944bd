"""The one way on which every request to Confluence leaves, and what an answer means.

Reads, and writes that state how something should be, are repeated after lost connections, failures of the server and
short waits that it asks for, with jitter and within a bound; a create is sent once. Nothing is sent inside a longer
wait. A refusal of who we are stops at the first.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import tenacity

from eal_jira import __version__, failpoints
from eal_jira.errors import (
    AnswerUnknown,
    ConfigError,
    EalError,
    Gone,
    NotAllowed,
    NotKnown,
    RefusedByTracker,
    TrackerUnreachable,
    TryLater,
)
from eal_jira.hookspecs import Patience
from eal_jira.http import foreign_line, never_sent, reason, retry_after
from eal_pages_confluence.options import Options

ATTEMPTS = 4
BUDGET = 60.0
"""Seconds after which no further attempt starts."""

CONNECT_TIMEOUT = 5.0

SHORT = timedelta(seconds=10)
"""The longest wait inside one request; what asks for more is for the next cycle."""

LONGEST = timedelta(days=1)

UNNAMED = timedelta(seconds=30)
"""The wait where a 429 names none."""

Json = Any

_CREDENTIALS = (
    "Check pages.confluence.user and pages.confluence.token: Confluence Cloud wants the account's e-mail and an API "
    "token, Data Center a personal access token and no user."
)
_ADDRESS = "Check pages.confluence.url: it must be the address of Confluence itself, as people open it in a browser."
_NEXT = "It will be tried again in the next cycle."


class Conflict(RefusedByTracker):
    """Somebody else wrote there meanwhile, or what is to be made is there already. Nothing took effect."""


class _Again(Exception):
    """This request may be sent again after `wait` seconds; else `error` is the outcome."""

    def __init__(self, error: EalError, wait: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the body of a form."""

    name: str
    content: bytes
    comment: str


def segment(text: str) -> str:
    """One step of a path."""
    return quote(text, safe="")


class Wire:
    """Used by one thread at a time."""

    def __init__(
        self,
        options: Options,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._options = options
        self._patience = patience
        self._sleep = sleep
        self._now = now
        self._session = requests.Session()
        self._session.verify = options.ca_file or True
        self._session.headers.update(
            {"Accept": "application/json", "User-Agent": f"eal-jira/{__version__}", "Accept-Language": "en"}
        )

    def get(self, path: str, **params: object) -> Json:
        return self._call("GET", path, params, None, repeat=True)

    def put(self, path: str, body: Json) -> Json:
        return self._call("PUT", path, {}, body, repeat=True)

    def create(self, path: str, body: Json, **params: object) -> Json:
        """A POST that makes something. Raises `AnswerUnknown` when it may or may not have taken effect."""
        return self._call("POST", path, params, body, repeat=False)

    def upload(self, method: str, path: str, file: Upload) -> Json:
        """Sends a file, once: the same again would be one more version of it. Raises `AnswerUnknown`."""
        return self._call(method, path, {}, file, repeat=False)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, params: Mapping[str, object], body: Json, *, repeat: bool) -> Json:
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_before_delay(BUDGET),
            wait=_pause,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return attempts(self._once, method, path, params, body, repeat)
        except _Again as again:
            raise again.error from None

    def _once(self, method: str, path: str, params: Mapping[str, object], body: Json, repeat: bool) -> Json:
        what = f"{method} {path.lstrip('/')}"
        left = self._left()
        if left > timedelta():
            raise _later(what, left)
        self._patience.go()
        failpoints.reach("wiki", method, "before")
        try:
            response = self._session.request(
                method,
                self._options.url + path,
                params={name: str(value) for name, value in params.items() if value is not None},
                auth=self._signed,
                timeout=(CONNECT_TIMEOUT, self._options.timeout),
                allow_redirects=False,
                **_carried(body),
            )
        except requests.RequestException as broken:
            where = f"{what} at {urlsplit(self._options.url).netloc}"
            raise _broken(where, reason(broken), sent=not never_sent(broken), repeat=repeat) from None
        failpoints.reach("wiki", method, "answered")
        if response.status_code == 429 or (response.status_code == 503 and "Retry-After" in response.headers):
            raise self._limited(response, what, repeat)
        return _value(response, what, repeat)

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Basic with a user, a bearer token without; the secret as it is now, and no .netrc."""
        secret, user = self._options.secret(), self._options.user
        if not secret.isascii() or not secret.isprintable():
            raise ConfigError(
                "pages.confluence.token holds characters that no token has.",
                remedy="Copy the token again, without spaces or breaks.",
            )
        if user is not None:
            requests.auth.HTTPBasicAuth(user.encode(), secret.encode())(request)
            return request
        request.headers["Authorization"] = f"Bearer {secret}"
        return request

    def _limited(self, response: requests.Response, what: str, repeat: bool) -> Exception:
        named = retry_after(response.headers)
        wait = named or UNNAMED
        if not repeat and response.status_code != 429:
            return AnswerUnknown(f"Confluence did not answer {what} (status 503).", refused="It was not sent again.")
        error = _later(what, wait)
        if named is not None and wait <= SHORT:
            return _Again(error, wait.total_seconds())
        self._patience.ask("", self._now() + min(wait, LONGEST), response.headers.get("RateLimit-Reason", ""))
        return error

    def _left(self) -> timedelta:
        """Of the wait that was asked for. One that lasts longer than any does was put down by another clock."""
        until, now = self._patience.until(""), self._now()
        return until - now if until is not None and until <= now + LONGEST else timedelta()


def rows(answer: Json) -> list[dict[str, Any]]:
    """The list of results in an answer. No list is not an empty list."""
    listed = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise TrackerUnreachable("Confluence's answer has no list of results.", remedy=_NEXT)
    return listed


def at(answer: Json, *path: str) -> str:
    """The text or number at this place of an answer, as text."""
    value = answer
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TrackerUnreachable(f"Confluence's answer has no {'.'.join(path)}.", remedy=_NEXT)
    return str(value)


def _carried(body: Json) -> dict[str, Any]:
    if isinstance(body, Upload):
        # nothing is taken from a form without this: a browser could be made to send one (facts 8.3)
        return {
            "files": {"file": (body.name, body.content, "image/png")},
            "data": {"minorEdit": "true", "comment": body.comment},
            "headers": {"X-Atlassian-Token": "nocheck"},
        }
    return {} if body is None else {"json": body}


def _pause(state: tenacity.RetryCallState) -> float:
    """What is named is a minimum; without it a second, doubled each time. Jitter keeps daemons apart."""
    again = state.outcome.exception() if state.outcome else None
    named = again.wait if isinstance(again, _Again) else 0.0
    return max(named * random.uniform(1.0, 1.3), 2.0 ** (state.attempt_number - 1) * random.uniform(0.7, 1.3))  # noqa: S311


def _later(what: str, wait: timedelta) -> TryLater:
    return TryLater(f"Confluence asks for patience with {what}.", wait=wait, refused="It was not done.", remedy=_NEXT)


def _broken(where: str, why: str, *, sent: bool, repeat: bool) -> Exception:
    if sent and not repeat:
        return AnswerUnknown(
            f"The connection to Confluence broke during {where}: {why}.",
            refused="It was not sent again: it may have taken effect.",
        )
    error = TrackerUnreachable(
        f"Confluence could not be reached for {where}: {why}.",
        remedy="Check pages.confluence.url, the network, the proxy and the certificate.",
    )
    return _Again(error) if repeat else error


def _value(response: requests.Response, what: str, repeat: bool) -> Json:
    status = response.status_code
    if 200 <= status < 300:
        return _decoded(response, what, repeat)
    if 300 <= status < 400:
        return _elsewhere(response, what)
    said = _complaint(response)
    happened = f"Confluence refuses {what} (status {status})" + (f": {said}" if said else ".")
    if status >= 500:
        if not repeat:
            raise AnswerUnknown(
                f"Confluence failed to answer {what} (status {status}).",
                refused="It was not sent again: it may have taken effect.",
            )
        raise _Again(TrackerUnreachable(f"Confluence failed to answer {what} (status {status}).", remedy=_NEXT))
    match status:
        case 401:
            raise NotKnown(f"Confluence does not accept the credential for {what}.", remedy=_CREDENTIALS)
        case 403:
            raise NotAllowed(happened, remedy="Give the account the right to add and edit pages in that space.")
        case 404:
            raise Gone(happened)
        case 409:
            raise Conflict(happened)
    raise RefusedByTracker(happened)


def _elsewhere(response: requests.Response, what: str) -> Json:
    target = urlsplit(response.headers.get("Location", ""))
    if "login" in target.path.lower():
        raise NotKnown(f"Confluence sends {what} to its login page.", remedy=_CREDENTIALS)
    where = f"{target.scheme}://{target.hostname}" if target.hostname else "elsewhere"
    raise TrackerUnreachable(
        f"The server sends {what} to {where}.", refused="The credential was not taken there.", remedy=_ADDRESS
    )


def _decoded(response: requests.Response, what: str, repeat: bool) -> Json:
    if not response.content:
        return None
    if "json" not in response.headers.get("Content-Type", ""):
        happened = f"{what} was answered with a page instead of data."
        if b"login" in response.content[:20_000].lower():
            raise NotKnown(f"Confluence answered {what} with a login page.", remedy=_CREDENTIALS)
        raise (TrackerUnreachable if repeat else AnswerUnknown)(happened, remedy=_ADDRESS)
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        happened = f"Confluence's answer to {what} is broken JSON."
        raise (TrackerUnreachable if repeat else AnswerUnknown)(happened, remedy=_NEXT) from None


def _complaint(response: requests.Response) -> str:
    """What Confluence says is wrong: foreign text, so cut and on one line."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    listed = body.get("errors")
    errors = [error.get("title") for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    return foreign_line(" ".join(str(text) for text in (body.get("message"), *errors) if text))

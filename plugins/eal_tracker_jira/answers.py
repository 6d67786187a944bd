"""What an answer of Jira means: a value, or one of the errors of the adapter contract (facts 3 and 4).

`value_of` decides; nothing here sends or waits. What may be asked again leaves as `Again`, with the error to raise
when asking again did not help.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import orjson
from requests import Response

from eal_jira.errors import (
    AnswerUnknown,
    EalError,
    Gone,
    NotAllowed,
    NotKnown,
    RefusedByTracker,
    TrackerUnreachable,
    TryLater,
)
from eal_jira.http import foreign_line

CONFLICT = timedelta(seconds=5)
"""The wait after a conflicting write."""

Json = Any
"""A decoded JSON value as Jira sends it; `records` and `fields` are where its shape is checked."""

SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading JSON of an unexpected shape raises."""

_CREDENTIALS = (
    "Check tracker.user and tracker.token: Jira Cloud wants the account's e-mail and an API token, "
    "Data Center a personal access token and no user."
)
_NOT_JIRA = "Check tracker.url: it must be the address of Jira itself, as people open it in a browser."


class Effect(Enum):
    """What sending a request twice would do."""

    #: nothing: it only reads
    READ = "read"
    #: nothing more than once: it states how something should be
    SET = "set"
    #: everything twice: it is sent once, whatever happens
    CREATE = "create"


class Again(Exception):
    """This request may be sent again after `wait` seconds (0: as soon as is polite); else `error` is the outcome."""

    def __init__(self, error: EalError, wait: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class BrokenAnswer(TrackerUnreachable):
    """The answer is no complete JSON. Asking for less at once may help (facts 1.3)."""


def value_of(response: Response, effect: Effect, what: str) -> Json:
    """The decoded body, None for an answer without one.

    `what` names the request in messages ("POST search/jql"); it holds no value of any parameter.
    """
    status = response.status_code
    if 200 <= status < 300:
        return _decoded(response, effect, what)
    if 300 <= status < 400:
        raise _redirected(response, what)
    if status >= 500:
        raise lost_answer(response, effect, what)
    if status == 409 and effect is not Effect.READ:
        raise _conflict(response, effect, what)
    raise _refused(response, what)


def limited(response: Response) -> bool:
    """Whether Jira did not look at the request at all, for there were too many. A 503 of an outage names no wait."""
    headers = response.headers
    return response.status_code == 429 or (
        response.status_code == 503 and ("Retry-After" in headers or "RateLimit-Reason" in headers)
    )


def rows(answer: Json, name: str) -> list[dict[str, Any]]:
    """The list of objects called `name` in an answer. Raises `BrokenAnswer`: no list is not an empty list."""
    listed = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise BrokenAnswer(f"Jira's answer has no list {name!r}.", remedy="It will be tried again in the next cycle.")
    return listed


def named(row: Json, name: str) -> str:
    """The text or number called `name`, as text. Raises `BrokenAnswer` when it is missing."""
    value = row.get(name) if isinstance(row, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BrokenAnswer(f"Jira's answer has no {name!r}.", remedy="It will be tried again in the next cycle.")
    return str(value)


@contextmanager
def shaped(about: str) -> Iterator[None]:
    """Around reading answers: what a shape that nobody foresaw raises becomes an outage, told in a sentence."""
    try:
        yield
    except SHAPE as error:
        raise BrokenAnswer(
            f"Jira's answer about {about} has an unknown shape ({error!r:.100}).",
            refused="Nothing was taken from it.",
            remedy="It will be tried again in the next cycle; if it stays, update eal-jira.",
        ) from error


def lost_connection(effect: Effect, what: str, reason: str, sent: bool) -> Exception:
    """The error for a connection that broke. `sent` is False when surely nothing reached Jira."""
    if not sent:
        error = TrackerUnreachable(
            f"Jira could not be reached for {what}: {reason}.",
            remedy="Check tracker.url, the network, the proxy and the certificate.",
        )
        return error if effect is Effect.CREATE else Again(error)
    return _lost(effect, f"The connection to Jira broke during {what}: {reason}.")


def lost_answer(response: Response, effect: Effect, what: str) -> Exception:
    """The error for an answer that tells nothing but that the server could not give one."""
    return _lost(effect, f"Jira failed to answer {what} (status {response.status_code}{_trace(response)}).")


def _lost(effect: Effect, happened: str) -> Exception:
    if effect is Effect.CREATE:
        return AnswerUnknown(happened, refused="It was not sent again: it may have taken effect.")
    return Again(TrackerUnreachable(happened, remedy="It will be tried again in the next cycle."))


def _conflict(response: Response, effect: Effect, what: str) -> Exception:
    """Somebody else was writing there at that moment: nothing took effect, and a moment later it will (facts 5.1)."""
    said, _ = complaints(response)
    error = TryLater(
        f"Jira had another write under way where {what} was to go (status 409{_trace(response)})"
        + (f": {said}" if said else "."),
        wait=CONFLICT,
        about="issue",
        remedy="It will be tried again.",
    )
    return error if effect is Effect.CREATE else Again(error)


def _decoded(response: Response, effect: Effect, what: str) -> Json:
    content = response.content
    if not content:
        if effect is Effect.READ:
            raise BrokenAnswer(f"Jira answered {what} with nothing at all.", remedy=_NOT_JIRA)
        return None
    media = response.headers.get("Content-Type", "")
    if "json" not in media:
        raise _page(response, effect, what)
    try:
        return _read(content)
    except (ValueError, RecursionError):
        happened = f"Jira's answer to {what} is broken JSON ({len(content)} bytes{_trace(response)})."
        if effect is Effect.CREATE:
            raise AnswerUnknown(happened, refused="It was not sent again: it took effect.") from None
        raise BrokenAnswer(happened, remedy="It will be tried again in the next cycle.") from None


def _read(content: bytes) -> Json:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        # half a character (a lone surrogate) in somebody's text is no reason to lose the issue: it becomes "?"
        text = json.dumps(json.loads(content), ensure_ascii=False)
        return orjson.loads(text.encode("utf-8", "replace"))


def _page(response: Response, effect: Effect, what: str) -> EalError:
    start = response.content[:20_000].lower()
    if b"os_password" in start or b"login" in start or "AUTH" in response.headers.get("X-Seraph-LoginReason", ""):
        return NotKnown(f"Jira answered {what} with a login page.", remedy=_CREDENTIALS)
    if effect is Effect.CREATE:
        return AnswerUnknown(f"{what} was answered with a page instead of data.", remedy=_NOT_JIRA)
    return TrackerUnreachable(f"{what} was answered with a page instead of data.", remedy=_NOT_JIRA)


def _redirected(response: Response, what: str) -> EalError:
    target = urlsplit(response.headers.get("Location", ""))
    if "login" in target.path.lower():
        return NotKnown(f"Jira sends {what} to its login page.", remedy=_CREDENTIALS)
    where = f"{target.scheme}://{target.hostname}" if target.hostname else "elsewhere"
    return TrackerUnreachable(
        f"The server sends {what} to {where}.",
        refused="The credential was not taken there.",
        remedy="Write the address that Jira really has in tracker.url.",
    )


def _refused(response: Response, what: str) -> EalError:
    said, problems = complaints(response)
    happened = f"Jira refuses {what} (status {response.status_code}{_trace(response)})" + (f": {said}" if said else ".")
    match response.status_code:
        case 401:
            return NotKnown(f"Jira does not accept the credential for {what}.", remedy=_CREDENTIALS)
        case 403 if "X-Authentication-Denied-Reason" in response.headers:
            return NotKnown(
                f"Jira wants a CAPTCHA solved before it lets this account in ({what}).",
                refused="It was not tried again: each attempt would lock the account longer.",
                remedy="Log in with this account in a browser once, then check tracker.token.",
            )
        case 403:
            return NotAllowed(happened, remedy="Give the account the permission that this needs.")
        case 404:
            return Gone(happened, problems=problems)
        case 410:
            return RefusedByTracker(happened, remedy="This Jira no longer offers it: update eal-jira.")
        case _:
            return RefusedByTracker(happened, problems=problems)


def complaints(response: Response) -> tuple[str, dict[str, str]]:
    """What Jira says is wrong: one sentence, and messages by field. Foreign text, so cut and on one line."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return "", {}
    if not isinstance(body, dict):
        return "", {}
    listed = body.get("errorMessages")
    general = [*listed] if isinstance(listed, list) else []
    general += [body[key] for key in ("message", "errorMessage") if body.get(key)]
    by_field = body.get("errors")
    problems = {str(k): foreign_line(v) for k, v in by_field.items()} if isinstance(by_field, dict) else {}
    said = [foreign_line(text) for text in general] + [f"{name}: {text}" for name, text in problems.items()]
    return foreign_line(" ".join(said)), problems


def _trace(response: Response) -> str:
    """Jira's own number of a request: its support asks for it (facts 4)."""
    trace = response.headers.get("Atl-Traceid") or response.headers.get("X-Arequestid")
    return f", trace {foreign_line(trace, 64)}" if trace else ""

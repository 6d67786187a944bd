"""Where things go wrong on purpose. A schedule sees every request and may name something that happens to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a schedule knows about a request before it is handled. `number` counts from 1."""

    number: int
    method: str
    path: str
    query: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delay:
    """Answer as usual, but only after this many seconds of real time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """Accept the request and never answer. With `after_effect` the site acts on it first."""

    after_effect: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Drop the connection without an answer. With `after_effect` the site acts on the request first."""

    after_effect: bool = True


@dataclass(frozen=True, slots=True)
class Instead:
    """Give this answer in place of the site's own. With `after_effect` the site acts on the request first."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    after_effect: bool = False


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Let the site answer, then send what `body` makes of the answer's bytes (cut, malformed, …)."""

    body: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Cut:
    """Announce the whole answer, send only its first `size` bytes, then drop the connection."""

    size: int


Fault = Delay | Silence | Reset | Instead | Rewrite | Cut


class Schedule(Protocol):
    def fault(self, exchange: Exchange) -> Fault | None:
        """What happens to this request; None lets it pass."""
        ...


@dataclass(slots=True)
class Times:
    """The first `times` requests that match get the fault, all others pass."""

    matches: Callable[[Exchange], bool]
    what: Fault
    times: int = 1

    def fault(self, exchange: Exchange) -> Fault | None:
        if self.times <= 0 or not self.matches(exchange):
            return None
        self.times -= 1
        return self.what


def on(method: str, path_ends: str) -> Callable[[Exchange], bool]:
    """Matches requests of this method whose path ends so."""
    return lambda exchange: exchange.method == method and exchange.path.endswith(path_ends)


def unavailable(retry_after: str | None = None) -> Instead:
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    return Instead(503, b'{"errorMessages":["Service Unavailable"],"errors":{}}', headers=headers)


def login_page() -> Instead:
    """What a proxy or an expired session gives: a page for people, with 200."""
    page = b"<!DOCTYPE html><html><head><title>Log in</title></head><body><form id='login'></form></body></html>"
    return Instead(200, page, "text/html;charset=UTF-8")

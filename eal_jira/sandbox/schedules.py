"""Schedules of what goes wrong: one seed gives one list, which prints itself and can be played again.

    with Mischance(site, seed=7) as schedule:
        …                     # whatever talks to the site now meets what `schedule` prints

What happens to a request depends on its number alone, counted from when the schedule begins: the same seed over the
same requests is the same run.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from eal_jira.sandbox.faults import (
    Cut,
    Delay,
    Exchange,
    Fault,
    Instead,
    Reset,
    Rewrite,
    Schedule,
    Silence,
    login_page,
    unavailable,
)
from eal_jira.sandbox.index import Lag
from eal_jira.sandbox.plainjson import dumps
from eal_jira.sandbox.site import Site

REASONS = ("jira-quota-global-based", "jira-quota-tenant-based", "jira-burst-based", "jira-per-issue-on-write")
"""What `RateLimit-Reason` says (facts/jira.md 3.1)."""

RETRY_AFTER = (None, "0", "1", "3", "3600", "Wed, 01 Jan 2025 00:00:00 GMT")
LONGEST_LAG = 10
"""Minutes that search can be behind."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happens at one request."""

    #: counted from 1, from the first request that the schedule sees
    request: int
    what: str
    fault: Fault | None = None
    #: rows that a search gives at most, for this request alone
    rows: int | None = None
    #: how long search doesn't see writes, from this request on
    lag: timedelta | None = None

    def __str__(self) -> str:
        return f"request {self.request}: {self.what}"


@dataclass(frozen=True, slots=True)
class Shortened:
    """The first part of an answer, as if that were all of it."""

    share: float

    def __call__(self, body: bytes) -> bytes:
        return body[: int(len(body) * self.share)]


@dataclass(frozen=True, slots=True)
class Garbled:
    """One byte of the answer's structure is another one: no JSON any more."""

    share: float

    def __call__(self, body: bytes) -> bytes:
        structure = [n for n, byte in enumerate(body) if byte in b"{}[]:,"]
        if not structure:
            return b"}" + body
        at = structure[int(len(structure) * self.share)]
        return body[:at] + b"#" + body[at + 1 :]


@dataclass(slots=True)
class SameToken:
    """The first page token that comes by, again on every page after it: followed blindly, the pages never end."""

    token: str | None = None

    def __call__(self, body: bytes) -> bytes:
        try:
            page = json.loads(body)
        except ValueError:
            return body
        if not isinstance(page, dict) or "issues" not in page or "startAt" in page:
            return body
        self.token = self.token or page.get("nextPageToken")
        if self.token is None:
            return body
        return dumps({**page, "nextPageToken": self.token, "isLast": False}).encode()


@dataclass(frozen=True, slots=True)
class _Stroke:
    """One thing that goes wrong, before it is known at which request; `times` requests in a row."""

    what: str
    fault: Fault | None = None
    rows: int | None = None
    lag: timedelta | None = None
    times: int = 1


def mishaps(seed: int, requests: int = 60, share: float = 0.25, silences: bool = True) -> tuple[Mishap, ...]:
    """The list of this seed: what happens among the first `requests` requests, of which about `share` are hit.

    Without `silences` nothing keeps its caller waiting until the caller's own patience ends.
    """
    dice = random.Random(seed)  # noqa: S311 - chance that can be repeated, not a secret
    kinds = [make for make, silent in _KINDS.items() if silences or not silent]
    found: list[Mishap] = []
    number = 0
    while (number := number + 1) <= requests:
        if dice.random() >= share:
            continue
        stroke = dice.choice(kinds)(dice)
        for _ in range(stroke.times):
            found.append(Mishap(number, stroke.what, stroke.fault, stroke.rows, stroke.lag))
            number += 1
        number -= 1
    return tuple(found)


class Mischance:
    """The schedule of one seed over one site, as long as it is entered. What it changed at the site it puts back."""

    def __init__(self, site: Site, seed: int, requests: int = 60, share: float = 0.25, silences: bool = True) -> None:
        self.mishaps = mishaps(seed, requests, share, silences)
        self._call = f"Mischance(site, seed={seed}, requests={requests}, share={share}, silences={silences})"
        self._site = site
        self._due: Mapping[int, Mishap] = {mishap.request: mishap for mishap in self.mishaps}
        self._seen = 0
        self._before: tuple[Schedule | None, int | None, Lag]

    def __repr__(self) -> str:
        """How to play it again, and what it does."""
        return "\n  ".join([self._call, *map(str, self.mishaps)])

    def fault(self, exchange: Exchange) -> Fault | None:
        self._seen += 1
        mishap = self._due.get(self._seen)
        self._site.limits.search_rows = mishap.rows if mishap else None
        if mishap is None:
            return None
        if mishap.lag is not None:
            self._site.index_lag = mishap.lag
        return mishap.fault

    def __enter__(self) -> Mischance:
        with self._site.lock:
            self._before = self._site.faults, self._site.limits.search_rows, self._site.index_lag
            self._site.faults = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._site.lock:
            self._site.faults, self._site.limits.search_rows, self._site.index_lag = self._before
        if error is not None:
            error.add_note(repr(self))


# --- the kinds of strokes ---------------------------------------------------------------------------------------


def _too_many(dice: random.Random) -> _Stroke:
    reason, after = dice.choice(REASONS), dice.choice(RETRY_AFTER)
    headers = {"RateLimit-Reason": reason, "X-RateLimit-Remaining": "0"}
    if after is not None:
        headers["Retry-After"] = after
    return _Stroke(f"429, {reason}, Retry-After {after}", Instead(429, b"", "text/plain", headers))


def _down(dice: random.Random) -> _Stroke:
    status, after_effect = dice.choice((500, 502, 503, 504)), dice.random() < 0.5
    page = Instead(status, b"<html><h1>Sorry</h1></html>", "text/html", after_effect=after_effect)
    return _Stroke(f"{status} {'after' if after_effect else 'before'} the effect", page, times=dice.randint(1, 2))


def _unavailable(dice: random.Random) -> _Stroke:
    after = dice.choice(RETRY_AFTER)
    return _Stroke(f"503, Retry-After {after}", unavailable(after))


def _reset(dice: random.Random) -> _Stroke:
    after_effect = dice.random() < 0.5
    return _Stroke(f"reset {'after' if after_effect else 'before'} the effect", Reset(after_effect))


def _silence(dice: random.Random) -> _Stroke:
    after_effect = dice.random() < 0.5
    return _Stroke(f"no answer, {'after' if after_effect else 'before'} the effect", Silence(after_effect))


def _slow(dice: random.Random) -> _Stroke:
    seconds = round(dice.uniform(0.001, 0.03), 3)
    return _Stroke(f"answered after {seconds} s", Delay(seconds))


def _cut(dice: random.Random) -> _Stroke:
    size = dice.randint(0, 200)
    return _Stroke(f"cut off after {size} bytes", Cut(size))


def _shortened(dice: random.Random) -> _Stroke:
    share = round(dice.random(), 3)
    return _Stroke(f"the first {share:.1%} of the answer as if whole", Rewrite(Shortened(share)))


def _garbled(dice: random.Random) -> _Stroke:
    share = round(dice.random(), 3)
    return _Stroke(f"one wrong byte at {share:.1%} of the structure", Rewrite(Garbled(share)), times=dice.randint(1, 3))


def _login(_dice: random.Random) -> _Stroke:
    return _Stroke("a login page with 200", login_page())


def _nobody(_dice: random.Random) -> _Stroke:
    return _Stroke("an empty result for nobody we know", Instead(200, b'{"issues":[],"total":0,"isLast":true}'))


def _short_page(dice: random.Random) -> _Stroke:
    rows, times = dice.randint(1, 3), dice.randint(1, 4)
    return _Stroke(f"a search gives {rows} rows at most", rows=rows, times=times)


def _empty_page(dice: random.Random) -> _Stroke:
    return _Stroke("a search gives an empty page and goes on", rows=0, times=dice.randint(1, 3))


def _same_token(_dice: random.Random) -> _Stroke:
    return _Stroke("the same page token again and again", Rewrite(SameToken()), rows=2, times=4)


def _lag(dice: random.Random) -> _Stroke:
    minutes = dice.randint(0, LONGEST_LAG)
    return _Stroke(f"from here on search is {minutes} min behind", lag=timedelta(minutes=minutes))


_KINDS: dict[Callable[[random.Random], _Stroke], bool] = {
    _too_many: False,
    _down: False,
    _unavailable: False,
    _reset: False,
    _silence: True,
    _slow: False,
    _cut: False,
    _shortened: False,
    _garbled: False,
    _login: False,
    _nobody: False,
    _short_page: False,
    _empty_page: False,
    _same_token: False,
    _lag: False,
}
"""Every kind, and whether it ends only with its caller's patience."""

"""Jira's limits, kept by all connections to a site together: bans by their reason, and the pace of writes (facts 3).

A ban is about the whole site (a quota), one endpoint (a burst) or the writes on one issue. `Limits.enter` stands before
every request, so nothing is sent inside a ban, whichever thread or process it was that met it.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eal_jira.errors import About, TryLater
from eal_jira.hookspecs import Patience
from eal_jira.http import retry_after

SHORT = timedelta(seconds=10)
"""The longest wait inside one request; what asks for more is for whoever plans the next cycle."""

UNNAMED = timedelta(seconds=2)
"""The wait where Jira names none (facts 3.1)."""

CAP = timedelta(seconds=30)
"""What doubling ends at. A wait that Jira names is kept, however long (up to `LONGEST`)."""

LONGEST = timedelta(days=1)
"""No limit of Jira's lasts longer: what says so is broken, or this machine's clock was set back meanwhile."""

PACE = ((20, 2.0), (100, 30.0))
"""At most so many writes on one issue within so many seconds (facts 3.1)."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request goes to, as limits count it."""

    #: "POST issue/*/comment": ids and keys are left out
    endpoint: str
    #: the issue that it writes on, None for any other request
    issue: str | None

    @classmethod
    def of(cls, method: str, path: str, writes: bool) -> Target:
        steps = path.strip("/").split("/")
        # data has a digit or a dot, or no small letter: 10001, PAY-7, PAY, about.PAY
        shown = ["*" if re.search(r"[\d.]", step) or step == step.upper() else step for step in steps]
        on_issue = writes and shown[:2] == ["issue", "*"]
        return cls(f"{method} {'/'.join(shown)}", steps[1] if on_issue else None)

    @property
    def places(self) -> dict[About, str]:
        """Where a ban on this request may stand, as `Patience` names it."""
        places: dict[About, str] = {"site": "", "endpoint": f"endpoint:{self.endpoint}"}
        return places if self.issue is None else {**places, "issue": f"issue:{self.issue}"}

    def about(self, reason: str, headers: Mapping[str, str]) -> About:
        """What a refusal of this request is about. A reason that nobody has heard of is about the endpoint."""
        if "quota" in reason:
            return "site"
        if "per-issue" in reason and self.issue is not None:
            return "issue"
        # Data Center gives no reason; its token bucket is the account's, whatever is asked (facts 3.2)
        return "site" if not reason and "X-RateLimit-Interval-Seconds" in headers else "endpoint"


class Limits:
    """Shared by the gateways of one site, and by their threads."""

    def __init__(
        self,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = patience
        self._sleep = sleep
        self._now = now
        self._pace = Pace(sleep, monotonic)
        self._lock = threading.Lock()
        #: place → bans that followed each other there without a proper answer between them
        self._in_a_row: dict[str, int] = {}

    @contextmanager
    def entered(self, target: Target, what: str) -> Iterator[None]:
        """Around one request. Waits for our turn, at most `SHORT`.

        Raises `TryLater` with nothing sent where that takes longer, and at once for a ban on one issue: other issues
        need not wait for it.
        """
        latest = self._now() + SHORT
        while (ban := self._ban(target)) is not None:
            about, until = ban
            left = until - self._now()
            if about == "issue" or until > latest:
                raise TryLater(
                    f"Jira asked for patience until {until:%H:%M:%S} UTC, which holds for {what}.",
                    wait=left,
                    about=about,
                    refused="It was not sent.",
                    remedy="The next cycle after that goes on from here.",
                )
            self._sleep(max(left.total_seconds(), 0.0) * random.uniform(1.0, 1.3))  # noqa: S311 - jitter
        if target.issue is None:
            self._patience.go()
            yield
            return
        with self._pace.kept(target.issue):
            self._patience.go()
            yield

    def refused(self, target: Target, status: int, headers: Mapping[str, str], what: str) -> TryLater:
        """Remembers the ban that an answer tells of. What Jira names is a minimum; bans in a row become longer."""
        reason = headers.get("RateLimit-Reason", "")
        about = target.about(reason, headers)
        place, now = target.places[about], self._now()
        with self._lock:
            standing = self._standing(place, now)
            before = self._in_a_row.get(place, 0)
            if standing is None:
                # answers to what was under way already when the ban began say nothing new
                self._in_a_row[place] = before + 1
            wait = max(retry_after(headers) or UNNAMED, min(CAP, interval(headers) * 2.0 ** min(before, 10)))
            until = now + min(wait, LONGEST)
            if standing is None or standing < until:
                self._patience.ask(place, until, reason)
        return TryLater(
            f"Jira asks for patience with {what} (status {status}{', ' + reason if reason else ''}).",
            wait=until - now,
            reason=reason,
            about=about,
            remedy="The next cycle after that goes on from here.",
        )

    def answered(self, target: Target) -> None:
        """A proper answer: the next ban there begins with the shortest wait again."""
        with self._lock:
            for place in target.places.values():
                self._in_a_row.pop(place, None)

    def _ban(self, target: Target) -> tuple[About, datetime] | None:
        """The ban that lasts longest of those that hold for this request."""
        now = self._now()
        found = [(about, self._standing(place, now)) for about, place in target.places.items()]
        return max(((about, until) for about, until in found if until), key=lambda ban: ban[1], default=None)

    def _standing(self, place: str, now: datetime) -> datetime | None:
        until = self._patience.until(place)
        return until if until is not None and now < until <= now + LONGEST else None


class Pace:
    """At most `PACE` writes on one issue: those of the last half minute, by when their answers came.

    By the answers, for a request can be under way longer than the next one. A few lines of our own: a limiter from a
    library counts whole milliseconds before sending, and wants a bucket and its cleaning for each issue.
    """

    def __init__(self, sleep: Callable[[float], None], monotonic: Callable[[], float]) -> None:
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._written: deque[tuple[float, str]] = deque()

    @contextmanager
    def kept(self, issue: str) -> Iterator[None]:
        """Around one write: waits until there is room for it. Writes on one issue come one at a time."""
        while (wait := self._wait(issue)) > 0:
            self._sleep(wait)
        try:
            yield
        finally:
            with self._lock:
                self._written.append((self._monotonic(), issue))

    def _wait(self, issue: str) -> float:
        now = self._monotonic()
        with self._lock:
            while self._written and self._written[0][0] <= now - PACE[-1][1]:
                self._written.popleft()
            times = [at for at, written in self._written if written == issue]
        return max((times[-count] + seconds - now for count, seconds in PACE if len(times) >= count), default=0.0)


def interval(headers: Mapping[str, str]) -> timedelta:
    """How often a token bucket is filled, one second where it isn't told (facts 3.2)."""
    told = headers.get("X-RateLimit-Interval-Seconds", "")
    return timedelta(seconds=max(1, int(told)) if told.isdecimal() and len(told) < 6 else 1)

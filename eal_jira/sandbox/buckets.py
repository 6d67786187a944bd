"""Cloud's limits on requests, enforced: bursts per endpoint and method, and writes on one issue (facts/jira.md 3.1).

site.faults = Buckets()           # real time: requests beyond the limits get 429 with the reason
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from eal_jira.sandbox.faults import Delay, Exchange, Fault, Instead
from eal_jira.sandbox.journal import READING_POSTS

BURST = {"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50}
"""Requests a second to one endpoint."""

GET_ISSUE = 150
PER_ISSUE = ((20, 2.0), (100, 30.0))


@dataclass
class Bucket:
    """Holds `rate` tokens and is filled with as many a second."""

    rate: int
    filled: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.rate

    def take(self, now: float) -> bool:
        self.tokens = min(self.rate, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Buckets:
    """Every request that passes is answered after `latency` seconds. `refused` counts the others by their reason."""

    latency: float = 0.0
    monotonic: Callable[[], float] = time.monotonic
    refused: dict[str, int] = field(default_factory=dict)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _written: dict[str, deque[float]] = field(default_factory=dict)

    def fault(self, exchange: Exchange) -> Fault | None:
        now = self.monotonic()
        steps = exchange.path.partition("/rest/api/")[2].split("/")[1:]
        writes = exchange.method != "GET" and not exchange.path.endswith(READING_POSTS)
        if writes and steps[:1] == ["issue"] and len(steps) > 1 and not self._issue_takes(steps[1], now):
            return self._refuse("jira-per-issue-on-write")
        place = f"{exchange.method} {'/'.join('*' if re.search('[0-9]', step) else step for step in steps)}"
        rate = GET_ISSUE if place == "GET issue/*" else BURST[exchange.method]
        if not self._buckets.setdefault(place, Bucket(rate, now)).take(now):
            return self._refuse("jira-burst-based")
        return Delay(self.latency) if self.latency else None

    def _issue_takes(self, issue: str, now: float) -> bool:
        times = self._written.setdefault(issue, deque())
        while times and times[0] <= now - PER_ISSUE[-1][1]:
            times.popleft()
        if any(len(times) >= most and times[-most] > now - seconds for most, seconds in PER_ISSUE):
            return False
        times.append(now)
        return True

    def _refuse(self, reason: str) -> Instead:
        self.refused[reason] = self.refused.get(reason, 0) + 1
        headers = {"Retry-After": "1", "RateLimit-Reason": reason}
        return Instead(429, b'{"errorMessages":["Too many requests."],"errors":{}}', headers=headers)

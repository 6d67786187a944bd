"""One piece of work, tried: what its failure means for the next try, and what the log says of it.

A tracker that is away is asked again at the usual interval. One that says no is left alone for an hour, unless the
credential changes: each try with a wrong one may lock the account, and a right that was taken does not come back within
a minute (facts/reliability.md R13, R14). The log tells of trouble when it begins, once an hour while it lasts, and when
it is over (R21).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from eal_jira import metrics
from eal_jira.cycle import Cycle
from eal_jira.errors import ConfigError, EalError, LeaseHeld, LeaseLost, NoSecret, NotAllowed, TryLater

log = structlog.get_logger()

REFUSED = 3600.0
"""Seconds that a tracker which said no is left alone."""

LOOK = 30.0
"""Seconds between two looks at the credential meanwhile."""

TOLD = 3600.0
"""Seconds until the log repeats the same reason."""


@dataclass(slots=True)
class _Trouble:
    reason: str
    told: float
    times: int = 1


class Attempts:
    """The tries of one daemon. `credential` gives what would have to change for a refusal to be reconsidered early.

    Used by one thread at a time for each job; what several threads see of each other is at worst one line too many.
    """

    def __init__(self, every: float, credential: Callable[[], str] = str) -> None:
        self._every = every
        self._credential = credential
        self._refused: tuple[float, str | None] | None = None
        self._trouble: _Trouble | None = None
        self._worked = False

    def once(self, cycle: Callable[[], Cycle | None], job: str) -> float | None:
        """One try; None when it went well, else how many seconds to wait before the next. `job` names it in metrics.

        Raises what repeating would not mend: `ConfigError`, `LeaseLost`; and `LeaseHeld`.
        """
        if self._shut():
            return min(LOOK, self._every)
        try:
            done = cycle()
        except NoSecret as error:
            if not self._worked:
                raise
            # it is being replaced: an editor empties a file before it writes it
            return self._tell(error, "a cycle could not be finished", job, "not finished", min(LOOK, self._every))
        except (ConfigError, LeaseHeld, LeaseLost):
            raise
        except TryLater as error:
            wait = self._every if error.wait is None else max(self._every, error.wait.total_seconds())
            return self._tell(error, "the tracker asks for patience", job, "postponed", wait)
        except NotAllowed as error:
            self._refused = time.monotonic() + REFUSED, self._seen()
            self._tell(error, "the tracker says no", job, "not finished", REFUSED)
            return min(LOOK, self._every)
        except EalError as error:
            return self._tell(error, "a cycle could not be finished", job, "not finished", self._every)
        except Exception:
            log.exception("a cycle ended unexpectedly; the next one goes on where it was")
            metrics.cycles.labels(job, "unexpected").inc()
            return self._every
        self._well(done, job)
        return None

    def _shut(self) -> bool:
        """Whether the tracker said no within the hour, to the credential that we still have."""
        if self._refused is None:
            return False
        until, credential = self._refused
        if time.monotonic() < until and self._seen() == credential:
            return True
        self._refused = None
        return False

    def _seen(self) -> str | None:
        try:
            return self._credential()
        except NoSecret:
            return None

    def _tell(self, error: EalError, event: str, job: str, state: str, wait: float) -> float:
        now, reason = time.monotonic(), str(error)
        metrics.cycles.labels(job, state).inc()
        if self._trouble is None or self._trouble.reason != reason:
            log.warning(event, reason=reason, seconds=wait)
            self._trouble = _Trouble(reason, now)
            return wait
        self._trouble.times += 1
        if now - self._trouble.told >= TOLD:
            log.warning(event, reason=reason, seconds=wait, times=self._trouble.times)
            self._trouble.told = now
        return wait

    def _well(self, done: Cycle | None, job: str) -> None:
        metrics.cycles.labels(job, "done").inc()
        self._worked = True
        if self._trouble is not None and done is not None:
            log.info("it works again", failed=self._trouble.times)
            self._trouble = None
        if done is None:
            return
        _count(done)
        log.info(
            "cycle done",
            changed=done.pulled.changed,
            opened=done.checked.opened,
            closed=done.checked.closed,
            written=done.delivered.written,
            stopped=done.delivered.stopped or None,
        )


def _count(done: Cycle) -> None:
    for verb, number in done.delivered.done.items():
        metrics.effects.labels(verb, "done").inc(number)
    metrics.effects.labels("any", "postponed").inc(done.delivered.postponed)
    metrics.effects.labels("any", "parked").inc(done.delivered.parked)

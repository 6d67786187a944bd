"""Named places at which the process can be made to die, for the tests that kill it. Off, a place costs one comparison.

EAL_FAILPOINT="NAME:N"     the N-th time that NAME is reached, the process ends as by `kill -9`
EAL_FAILPOINT_LOG="FILE"   every name that is reached is written there, one a line

The places are few, because everything durable goes through them: `Store.write` (named by who writes), every request to
the tracker (named by its kind), every file, every statement of a migration. A test scans the code for others.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from types import FrameType


@dataclass(slots=True)
class _Plan:
    name: str
    #: 0: at none of its turns
    turn: int
    log: int | None
    reached: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)


_plan: _Plan | None = None

_PLUMBING = ("contextlib", "eal_jira.failpoints", "eal_jira.store.database")
"""Modules between a place and who wanted it."""


def arm(point: str = "", log: str = "") -> None:
    """Dies at `point` ("NAME:N"), and writes what is reached to the file `log`."""
    global _plan  # noqa: PLW0603 - one process dies once
    name, _, turn = point.rpartition(":")
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
    _plan = _Plan(name, int(turn or 0), file)


def disarm() -> None:
    global _plan  # noqa: PLW0603
    _plan = None


def reach(kind: str, what: str | None, moment: str) -> None:
    """The process is at this place, just before or just after something durable; `what` None: whoever wants it."""
    if _plan is None:
        return
    name = f"{kind} {_wanted_by() if what is None else what} {moment}"
    with _plan.lock:
        _plan.reached[name] += 1
        turn = _plan.reached[name]
    if _plan.log is not None:
        os.write(_plan.log, f"{name}\n".encode())
    if (name, turn) == (_plan.name, _plan.turn):
        os.kill(os.getpid(), signal.SIGKILL)


def _wanted_by() -> str:
    """The function that wants something, for a private one also whom it serves: `outbox.deliver._mark<_ticket`."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") in _PLUMBING and frame.f_code.co_name != "_migrate":
        frame = frame.f_back
    if frame is None:
        return "?"
    name = f"{frame.f_globals.get('__name__', '?').removeprefix('eal_jira.')}.{frame.f_code.co_name}"
    caller = frame.f_back
    if frame.f_code.co_name.startswith("_") and caller is not None:
        name += f"<{caller.f_code.co_name}"
    return name


if "EAL_FAILPOINT" in os.environ or "EAL_FAILPOINT_LOG" in os.environ:
    arm(os.environ.get("EAL_FAILPOINT", ""), os.environ.get("EAL_FAILPOINT_LOG", ""))

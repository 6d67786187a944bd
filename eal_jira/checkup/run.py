"""Runs the checks side by side, and ends in time whatever hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import structlog

from eal_jira.errors import EalError
from eal_jira.hookspecs import Check

log = structlog.get_logger()

Found = SimpleQueue[Check | None]
"""What a part has found so far; None ends it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Checks that come from one place, one after the other."""

    name: str
    look: Callable[[], Iterable[Check]]


def examine(parts: Sequence[Part], seconds: float) -> Iterator[Check]:
    """The findings in the order of the parts, each as soon as it is there; a part that isn't done by then says so.

    All parts run at once, each in a thread that nobody waits for: a name server or a disk can hang beyond any time-out
    of ours.
    """
    deadline = time.monotonic() + seconds
    begun = [(part, _begin(part)) for part in parts]
    for part, found in begun:
        yield from _until(deadline, part, found)


def _begin(part: Part) -> Found:
    found: Found = SimpleQueue()
    threading.Thread(target=_look, args=(part, found), name=f"doctor: {part.name}", daemon=True).start()
    return found


def _look(part: Part, found: Found) -> None:
    try:
        for check in part.look():
            found.put(check)
    except EalError as error:
        found.put(Check.of_error(part.name, error))
    except Exception as error:
        log.exception("a check ended unexpectedly", part=part.name)
        what = f"This could not be checked: unexpected {type(error).__name__}."
        found.put(Check.red(part.name, what, "The log beside this list says where; please report it with that."))
    finally:
        found.put(None)


def _until(deadline: float, part: Part, found: Found) -> Iterator[Check]:
    answered = False
    while True:
        try:
            check = found.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            yield _late(part.name, answered)
            return
        if check is None:
            return
        answered = True
        yield check


def _late(name: str, answered: bool) -> Check:
    if answered:
        return Check.yellow(name, "Time ran out before all of this was checked.", "Run doctor again when less is busy.")
    return Check.red(
        name, "There was no answer in time.", "Look at the network and the machine behind it: something hangs there."
    )

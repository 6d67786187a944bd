"""What others could use: what a team has learnt in a period, and what of it others have taken up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from eal_jira.reflection.periods import Period

MOST = 8
NOTHING_YET = ("cannot tell yet", "stopped")
"""Outcomes that give others nothing to use."""


@dataclass(frozen=True, slots=True)
class Useful:
    what: str
    #: "works", "does not work", "no difference shown" or "told by the team"
    outcome: str
    #: how well founded it is
    grade: str
    made: datetime
    #: issues of others that are linked to its ticket
    elsewhere: int = 0
    #: its ticket, "" where it has none
    key: str = ""
    url: str = ""


def useful(known: Iterable[Useful], period: Period) -> tuple[Useful, ...]:
    """What is new of this period, and what others made use of by then; the newest first. Nobody ranks it by its use."""
    shown = [
        each
        for each in known
        if each.outcome not in NOTHING_YET
        and each.made < period.end
        and (each.made >= period.start or each.elsewhere > 0)
    ]
    return tuple(sorted(shown, key=lambda each: (-each.made.timestamp(), each.what)))[:MOST]

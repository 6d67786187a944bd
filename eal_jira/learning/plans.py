"""The plan of an experiment: what is tried, what is hoped for, and how one will know. `plan_text` reads and writes it.

A plan is fixed when the experiment begins (`fingerprint`): whoever could still choose the measure after seeing the
numbers would always find one that looks good.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import orjson

from eal_jira.learning.evidence import Direction
from eal_jira.learning.keepable import Keepable
from eal_jira.learning.measured import MEASURED, Measured

Comparison = Literal["same period", "before"]
WHEN_MOVED = "when moved"
NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Keepable):
    """What an experiment is about. Built by code, or read from a ticket by `read_plan`."""

    title: str
    hypothesis: str
    team: str
    #: id of the guideline departed from
    guideline: str
    #: a key of `MEASURED`
    measure: str = "cycle_time"
    better: Direction = "lower"
    #: measures that must not get worse
    guards: tuple[str, ...] = ()
    #: issues with this label take part; "" where they are found otherwise
    label: str = ""
    #: issues that a look finds by this query while they are unfinished take part; "" where they are found otherwise
    query: str = ""
    #: keys of the issues that take part, where they are listed
    issues: tuple[str, ...] = ()
    comparison: Comparison = "same period"
    #: "now", "when moved" (the ticket, into work) or a day
    start: str = WHEN_MOVED
    #: so many trial issues end it; None: only the day does
    size: int | None = 40
    ends: date | None = None
    #: a smaller difference of the medians than this share would not be worth a change
    smallest_effect: float = 0.1
    #: key of the proposal or practice that it comes from
    origin: str | None = None

    @property
    def fingerprint(self) -> str:
        """Of everything that decides the result. A title or an origin does not."""
        body = replace(self, title="", origin=None, start="").to_json()
        if not self.query:
            del body["query"]  # plans of before had none, and have not changed
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @property
    def measured(self) -> Measured:
        return MEASURED[self.measure]

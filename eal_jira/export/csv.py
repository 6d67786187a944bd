"""CSV (RFC 4180), one event a line: what every spreadsheet and every process mining tool reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from eal_jira.export.cases import Case, Value

CASE_COLUMNS = (
    "team",
    "project",
    "type",
    "priority",
    "points",
    "status",
    "created",
    "started",
    "finished",
    "lead_time_days",
    "cycle_time_days",
    "waiting_time_days",
    "blocked_time_days",
    "flow_efficiency",
    "rework",
    "reopenings",
    "handoffs",
    "escaped_bugs",
    "unfinished",
)
HEADER = ("case_id", "activity", "timestamp", "resource", "deviations", *CASE_COLUMNS)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula, when it begins with it."""


def as_csv(cases: Iterable[Case]) -> Iterator[str]:
    """The file, a case at a time. No cell is a formula to any spreadsheet: texts that look like one begin with '."""
    yield _lines([HEADER])
    for case in cases:
        outcome = [_cell(case.attributes.get(name)) for name in CASE_COLUMNS]
        yield _lines(
            [
                _cell(case.key),
                _cell(step.activity),
                _cell(step.at),
                _cell(step.actor),
                _cell(", ".join(step.deviations)),
                *outcome,
            ]
            for step in case.steps
        )


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: Value | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
    return repr(value)

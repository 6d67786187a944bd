"""The event log for other tools: XES (IEEE 1849-2016), OCEL 2.0 as JSON, and CSV.

Each file is made of `Case`s, so all three tell the same: one case an issue, one event a move of it, with the deviations
that were seen there and the measures that came out. People are the pseudonyms of the store, and free text (summaries,
comments, contents of fields) stays out, since it may name anybody.
"""

from __future__ import annotations

from eal_jira.export.cases import Case, Step, cases
from eal_jira.export.csv import as_csv
from eal_jira.export.ocel import as_ocel
from eal_jira.export.xes import as_xes

FORMATS = {"xes": as_xes, "ocel": as_ocel, "csv": as_csv}
"""By name: a function from cases to the chunks of the file."""

__all__ = ["FORMATS", "Case", "Step", "as_csv", "as_ocel", "as_xes", "cases"]

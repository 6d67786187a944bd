"""What pm4py says: runs in an environment of its own (it is AGPL, so nothing of ours imports it).

One question as JSON on stdin, the answer as JSON on stdout; what pm4py prints goes to stderr. Where it reads a file of
ours, a warning is an error, except the advice to install a quicker reader.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
import warnings
from typing import Any

with contextlib.redirect_stdout(sys.stderr):
    import pandas
    import pm4py

CONSTRAINTS = {
    "precedence": "precedence",
    "response": "response",
    "succession": "succession",
    "not_coexistence": "noncoexistence",
    "absence": "absence",
}
"""Our kinds and pm4py's templates."""


def xes(question: dict[str, Any]) -> dict[str, Any]:
    log = pm4py.read_xes(question["file"])
    return {
        "cases": int(log["case:concept:name"].nunique()),
        "events": len(log),
        "activities": {str(k): int(v) for k, v in log["concept:name"].value_counts().items()},
        "resources": sorted({str(r) for r in log.get("org:resource", pandas.Series(dtype=str)).dropna()}),
        "columns": sorted(map(str, log.columns)),
        "first": log["time:timestamp"].min().isoformat(),
    }


def ocel(question: dict[str, Any]) -> dict[str, Any]:
    """Reads the JSON, and holds its relational form against the standard's constraints.

    Those on keys are left out: pm4py writes that form without declaring any, whatever is in it.
    """
    from pm4py.objects.ocel.validation import ocel20_rel_validation

    log = pm4py.read_ocel2_json(question["file"])
    pm4py.write_ocel2_sqlite(log, question["sqlite"])
    _, unsatisfied = ocel20_rel_validation.apply(question["sqlite"])
    return {
        "events": len(log.events),
        "objects": {str(k): int(v) for k, v in log.objects[log.object_type_column].value_counts().items()},
        "activities": {str(k): int(v) for k, v in log.events[log.event_activity].value_counts().items()},
        "relations": len(log.relations),
        "o2o": len(log.o2o),
        "unsatisfied": [name for name in unsatisfied if "_key_" not in name],
    }


def csv(question: dict[str, Any]) -> dict[str, Any]:
    frame = pandas.read_csv(question["file"])
    frame["timestamp"] = pandas.to_datetime(frame["timestamp"], utc=True)
    log = pm4py.format_dataframe(frame, case_id="case_id", activity_key="activity", timestamp_key="timestamp")
    return {"cases": int(log["case:concept:name"].nunique()), "events": len(log)}


def declare(question: dict[str, Any]) -> list[list[list[str]]]:
    """For each trace the constraints it departs from, as [kind, first, second]."""
    model: dict[str, dict[Any, dict[str, int]]] = {}
    ours = {theirs: kind for kind, theirs in CONSTRAINTS.items()}
    for kind, *statuses in question["constraints"]:
        about = statuses[0] if len(statuses) == 1 else tuple(statuses)
        model.setdefault(CONSTRAINTS[kind], {})[about] = {"support": 1, "confidence": 1}
    told = pm4py.conformance_declare(frame_of(question["traces"]), model)
    return [
        [[ours[template], *([about] if isinstance(about, str) else about)] for template, about in trace["deviations"]]
        for trace in told
    ]


def steps(question: dict[str, Any]) -> list[list[Any]]:
    """The directly-follows graph."""
    graph, _, _ = pm4py.discover_dfg(frame_of(question["traces"]))
    return [[left, reached, int(count)] for (left, reached), count in graph.items()]


def speed(question: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds for the constraints and for a temporal profile of the traces themselves, log and model ready made."""
    model: dict[str, dict[Any, dict[str, int]]] = {}
    for kind, *statuses in question["constraints"]:
        about = statuses[0] if len(statuses) == 1 else tuple(statuses)
        model.setdefault(CONSTRAINTS[kind], {})[about] = {"support": 1, "confidence": 1}
    log = frame_of(question["traces"], question["minutes"])
    started = time.process_time()
    told = pm4py.conformance_declare(log, model)
    declared = time.process_time() - started
    few = frame_of(question["traces"][: question["timed"]], question["minutes"][: question["timed"]])
    profile = pm4py.discover_temporal_profile(few)
    started = time.process_time()
    pm4py.conformance_temporal_profile(few, profile, zeta=1.0)
    return {
        "declare_seconds": declared,
        "departing": sum(not trace["is_fit"] for trace in told),
        "temporal_seconds": time.process_time() - started,
        "version": pm4py.__version__,
    }


def frame_of(traces: list[list[str]], minutes: list[list[int]] | None = None) -> Any:
    """A log as pm4py likes it best, a data frame; by default a minute passes from event to event."""
    moments = minutes or [list(range(len(trace))) for trace in traces]
    begin = pandas.Timestamp("2026-01-01", tz="UTC")
    return pandas.DataFrame(
        {
            "case:concept:name": [f"{number:07d}" for number, trace in enumerate(traces) for _ in trace],
            "concept:name": [activity for trace in traces for activity in trace],
            "time:timestamp": begin + pandas.to_timedelta([m for row in moments for m in row], unit="min"),
        }
    )


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        if "file" in asked:
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message="Install the optional requirement")
        answer = {"xes": xes, "ocel": ocel, "csv": csv, "declare": declare, "steps": steps, "speed": speed}[
            asked["ask"]
        ](asked)
    json.dump(answer, sys.stdout)

"""Our one tag on an issue: what stands for it, and the experiments in which it takes part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eal_jira.model import Deviation
from eal_jira.outbox.intents import Tag, want
from eal_jira.store import Connection, experiments, intents, issues, process
from eal_jira.store.experiments import ExperimentRow

LABEL = "eal-deviation"
"""Of issues for which a deviation stands; what it is about stands in our property beside it."""

TRIAL_LABEL = "eal-trial"
"""Of issues that take part in an experiment."""


def tag(connection: Connection, team: str, issue_ids: Sequence[str], now: datetime) -> None:
    """States what these issues are tagged with by now; nothing for one that never had anything to say."""
    standing = process.deviations_of(connection, issue_ids)
    trials = experiments.trials_of(connection, issue_ids)
    silent = [f"tag:{i}" for i in issue_ids if not standing[i] and not trials[i]]
    tagged_once = intents.known(connection, silent)
    numbers = issues.keys(connection, [row.ticket_id for rows in trials.values() for row in rows])
    for issue_id in issue_ids:
        if standing[issue_id] or trials[issue_id] or f"tag:{issue_id}" in tagged_once:
            want(connection, team, _tag(issue_id, standing[issue_id], trials[issue_id], numbers), now)


def _tag(
    issue_id: str, standing: Sequence[Deviation], trials: Sequence[ExperimentRow], numbers: Mapping[str, str]
) -> Tag:
    labels = {LABEL: bool(standing)} | ({TRIAL_LABEL: True} if trials else {})
    value: dict[str, Any] = {"schema": 1, "deviations": [_told(deviation) for deviation in standing]}
    if trials:
        value["experiments"] = [numbers.get(row.ticket_id, row.key) for row in trials]
    return Tag(
        issue_id,
        add=tuple(label for label, stands in labels.items() if stands),
        remove=tuple(label for label, stands in labels.items() if not stands),
        value=value,
    )


def _told(deviation: Deviation) -> dict[str, object]:
    return {
        "guideline": deviation.guideline,
        "version": deviation.version,
        "at": deviation.at.isoformat(),
        "what": deviation.sentence,
    }

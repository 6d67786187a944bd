"""Our one tag on an issue: what stands for it, the experiments in which it takes part, and whether it surprised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eal_jira.model import Deviation
from eal_jira.outbox.intents import Tag, want
from eal_jira.store import Connection, experiments, intents, issues, learnings, process
from eal_jira.store.experiments import ExperimentRow

LABEL = "eal-deviation"
"""Of issues for which a deviation stands; what it is about stands in our property beside it."""

TRIAL_LABEL = "eal-trial"
"""Of issues that take part in an experiment."""


SURPRISE_LABEL = "eal-surprise"
"""Of issues on which somebody has noted a surprise."""


def tag(connection: Connection, team: str, issue_ids: Sequence[str], now: datetime) -> None:
    """States what these issues are tagged with by now; nothing for one that never had anything to say."""
    standing = process.deviations_of(connection, issue_ids)
    trials = experiments.trials_of(connection, issue_ids)
    surprises = learnings.surprised(connection, issue_ids)
    numbers = issues.keys(connection, [row.ticket_id for rows in trials.values() for row in rows])
    silent = {i for i in issue_ids if not standing[i] and not trials[i] and i not in surprises}
    tagged_once = intents.known(connection, [f"tag:{i}" for i in sorted(silent)])
    for issue_id in issue_ids:
        if issue_id in silent and f"tag:{issue_id}" not in tagged_once:
            continue
        surprise = issue_id in surprises
        want(connection, team, _tag(issue_id, standing[issue_id], trials[issue_id], numbers, surprise=surprise), now)


def _tag(
    issue_id: str,
    standing: Sequence[Deviation],
    trials: Sequence[ExperimentRow],
    numbers: Mapping[str, str],
    *,
    surprise: bool,
) -> Tag:
    labels = {LABEL: bool(standing)} | ({TRIAL_LABEL: True} if trials else {})
    labels |= {SURPRISE_LABEL: True} if surprise else {}
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

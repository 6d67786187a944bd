"""Our one tag on an issue: what stands for it, the experiments in which it takes part, and whether it surprised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from eal_jira.model import Deviation
from eal_jira.outbox.intents import Tag, want
from eal_jira.store import Connection, experiments, intents, issues, learnings, process

LABEL = "eal-deviation"
"""Of issues for which a deviation stands; what it is about stands in our property beside it."""

TRIAL_LABEL = "eal-trial"
"""Of issues that take part in an experiment."""


SURPRISE_LABEL = "eal-surprise"
"""Of issues on which somebody has noted a surprise."""


def tag(connection: Connection, team: str, issue_id: str, now: datetime) -> None:
    """States what the issue is tagged with by now; nothing for one that never had anything to say."""
    standing = process.deviations_of(connection, issue_id)
    trials = experiments.trials_of(connection, issue_id)
    surprise = learnings.surprised(connection, issue_id)
    if not standing and not trials and not surprise and intents.get(connection, f"tag:{issue_id}") is None:
        return
    labels = {LABEL: bool(standing)} | ({TRIAL_LABEL: True} if trials else {})
    labels |= {SURPRISE_LABEL: True} if surprise else {}
    value: dict[str, Any] = {"schema": 1, "deviations": [_told(deviation) for deviation in standing]}
    if trials:
        keys = issues.keys(connection, [row.ticket_id for row in trials])
        value["experiments"] = [keys.get(row.ticket_id, row.key) for row in trials]
    wanted = Tag(
        issue_id,
        add=tuple(label for label, stands in labels.items() if stands),
        remove=tuple(label for label, stands in labels.items() if not stands),
        value=value,
    )
    want(connection, team, wanted, now)


def _told(deviation: Deviation) -> dict[str, object]:
    return {
        "guideline": deviation.guideline,
        "version": deviation.version,
        "at": deviation.at.isoformat(),
        "what": deviation.sentence,
    }

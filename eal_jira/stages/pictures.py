"""Pictures on tickets of ours; that of a proposal shows its evidence, drawn from what was told and not anew."""

from __future__ import annotations

import base64
from datetime import datetime

from eal_jira.documents import picture_file
from eal_jira.learning.evidence import Verdict
from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import OUTCOMES
from eal_jira.learning.practices import Practice
from eal_jira.model import Figure, IssueRef
from eal_jira.outbox.intents import Attached, want
from eal_jira.reflection.charts import Taken, Trial, experiment_chart
from eal_jira.settings import TeamPart
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.store import Connection, process

NAME = "evidence"


def of_practice(house: House, connection: Connection, team: TeamPart, practice: Practice) -> Figure | None:
    """By the outcome in which it does best. None where no outcome has a number."""
    known = {name: e for name, e in practice.evidence.items() if e.effect is not None}
    shown = max(
        (o for o in OUTCOMES if o.name in known),
        key=lambda o: (known[o.name].verdict is Verdict.BETTER, known[o.name].low or 0.0),
        default=None,
    )
    if shown is None:
        return None
    evidence = known[shown.name]
    side = {**dict.fromkeys(practice.comparison, False), **dict.fromkeys(practice.trial, True)}
    apart = set(practice.outside)
    taken = []
    for row in process.measures(connection, team.name):
        if row.issue_id not in side or row.issue_id in apart:
            continue
        measures = Measures.from_json(row.body)
        value = shown.value(measures)
        if value is not None:
            url = house.tracker.url(IssueRef(row.issue_id, measures.key))
            begun = measures.started or measures.created
            taken.append(Taken(measures.key, begun, value, side[row.issue_id], url))
    trial = Trial(
        name=NAME,
        title=f"{practice.title} ({practice.label})",
        measure=f"{shown.title} ({shown.unit})",
        taken=taken,
        began=None,
        effect=None
        if evidence.effect is None or evidence.low is None or evidence.high is None
        else (evidence.effect, evidence.low, evidence.high),
        state=str(evidence.verdict),
        versions=[
            (v.in_force_from, f"v{v.version}")
            for v in versions(connection, team.name)
            if v.guideline == practice.guideline
        ],
        kind="Practice",
    )
    return draw(house, team, trial)


def draw(house: House, team: TeamPart, trial: Trial) -> Figure:
    png = house.tracker.capabilities.attachments
    return experiment_chart(trial, name=NAME, zone=team.zone, min_group=team.min_group, png=png)


def attach(connection: Connection, team: str, ticket: str, figure: Figure, now: datetime) -> bool:
    """The picture beside the text; a newer one takes its place. Whether there is something to deliver."""
    file = as_file(ticket, figure)
    return file is not None and want(connection, team, file, now)


def as_file(ticket: str, figure: Figure) -> Attached | None:
    if not figure.png:
        return None
    return Attached(picture_file(figure), base64.b64decode(figure.png), ticket=ticket, replaces=True)

"""What ended experiments lead to: a proposal that waited for one is asked again, and what works is proposed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from eal_jira.learning.conclusions import Result
from eal_jira.learning.designs import Design
from eal_jira.learning.measures import Measures
from eal_jira.learning.plans import Plan
from eal_jira.learning.practices import condition
from eal_jira.learning.trials import State
from eal_jira.model import Figure, IssueRef
from eal_jira.outbox.intents import Comment, Linked, marker, want
from eal_jira.process.versions import in_force
from eal_jira.reflection.decisions import Choice
from eal_jira.reflection.proposals import FINAL, change_of
from eal_jira.settings import TeamPart
from eal_jira.stages import pictures, said
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.learnt import EXPERIMENT, learn_experiment
from eal_jira.stages.measuring import traces_of
from eal_jira.stages.propose import make
from eal_jira.store import Connection, experiments, intents, learning, process
from eal_jira.store.experiments import ExperimentRow
from eal_jira.store.learning import ProposalRow

ENDED = tuple(str(state) for state in State if state is not State.GATHERING)


def hear_results(house: House, connection: Connection, team: TeamPart, now: datetime) -> int:
    """How many proposals were made."""
    made = 0
    for row in experiments.listed(connection, team.name, ENDED):
        if row.design is None or row.result is None:
            continue
        learn_experiment(connection, team, row, now)
        proposal = None if row.origin is None else learning.proposal(connection, row.origin)
        if proposal is not None:
            _ask_again(house, connection, team, proposal, row, now)
        elif row.state == State.WORKS:
            made += _propose(house, connection, team, row, now)
    return made


def _ask_again(
    house: House, connection: Connection, team: TeamPart, proposal: ProposalRow, row: ExperimentRow, now: datetime
) -> None:
    """The trial is over, so the decision is open again; votes count from when it was decided to try."""
    if proposal.state != Choice.TRY_FIRST:
        return
    result = Result.from_json(row.result or {})
    decisions = house.settings.decisions
    options = {"approve": " / ".join(decisions.approve), "decline": " / ".join(decisions.decline)}
    told = {"experiment": _shown(house, connection, row), "state": str(result.state), "options": options}
    body = house.templates.render("tried.md", told)
    want(connection, team.name, Comment(marker("tried", proposal.key), body, ticket=proposal.key), now)
    learning.change_proposal(connection, proposal.key, state="open")


def _propose(house: House, connection: Connection, team: TeamPart, row: ExperimentRow, now: datetime) -> int:
    """What works becomes a proposal, once, when nothing else is open for its guideline."""
    plan = Plan.from_json((row.design or {})["plan"])
    key = marker("proposal", row.key)
    known = [p for p in learning.proposals(connection, team.name) if p.guideline == plan.guideline]
    version = next((v for v in in_force(versions(connection, team.name), now) if v.guideline == plan.guideline), None)
    busy = any(p.state not in FINAL for p in known)
    if version is None or version.mandatory or busy or any(p.key == key for p in known):
        return 0
    ids = sorted(experiments.trials(connection, row.key))
    ways = Counter(
        d.signature
        for d in process.deviations(connection, team.name, ids)
        if (d.guideline, d.version) == (version.guideline, version.version)
    )
    if not ways:
        return 0  # the work tried departs in no way that a rule could say: its result is a learning all the same
    signature = min(ways, key=lambda way: (-ways[way], way))
    traces = list(traces_of(connection, ids).values())
    where = _where(connection, team, ids, [version.guideline, version.version])
    change = change_of(signature, where, version, context(connection, team, now), traces)
    seen = next((p.body for p in learning.practices(connection, team.name) if p.signature == signature), None)
    body = {
        "practice": seen,
        "way": {"signature": signature, "condition": where},
        "issues": ids,
        "experiment": row.key,
    }
    shown = {"experiment": _shown(house, connection, row)}
    figure = _figure(house, connection, team, row)
    make(house, connection, team, key, version, change, signature, EXPERIMENT, body, traces, shown, now, figure)
    if house.settings.decisions.link and house.tracker.capabilities.links and row.ticket_id:
        want(connection, team.name, Linked(house.settings.decisions.link, ticket=key, other_id=row.ticket_id), now)
    return 1


def _figure(house: House, connection: Connection, team: TeamPart, row: ExperimentRow) -> Figure | None:
    """None when nothing was written down."""
    if not experiments.observations(connection, row.key):
        return None
    design, result = Design.from_json(row.design or {}), Result.from_json(row.result or {})
    trial = said.trial_of(house, connection, row, design, result, versions(connection, team.name))
    return pictures.draw(house, team, trial)


def _where(
    connection: Connection, team: TeamPart, ids: Sequence[str], pair: Sequence[object]
) -> dict[str, tuple[str, ...]]:
    rows = process.measures(connection, team.name)
    about = [Measures.from_json(each.body) for each in rows if list(pair) in each.applied]
    return condition([m for m in about if m.issue_id in set(ids)], about)


def _shown(house: House, connection: Connection, row: ExperimentRow) -> dict[str, object]:
    plan, result = Plan.from_json((row.design or {})["plan"]), Result.from_json(row.result or {})
    ticket = intents.get(connection, f"ticket:{row.key}")
    made = None if ticket is None else ticket.result
    ref = None if made is None else IssueRef(str(made["id"]), str(made["key"]))
    return {
        "title": plan.title,
        "hypothesis": plan.hypothesis,
        "key": "the experiment" if ref is None else ref.key,
        "url": "" if ref is None else house.tracker.url(ref),
        "sentences": result.sentences,
    }

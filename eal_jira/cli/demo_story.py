"""What the demo's nine months came to: first as facts, then as a dozen lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eal_jira.cli.demo_world import World
from eal_jira.documents.words import percent
from eal_jira.learning.adoption import Adoption
from eal_jira.process.differences import difference
from eal_jira.stages.guidelines import versions
from eal_jira.stages.house import House
from eal_jira.store import Connection, experiments, intents, issues, learning, process
from eal_jira.store.experiments import ExperimentRow
from eal_jira.store.learning import ProposalRow


def facts_of(house: House, world: World) -> dict[str, Any]:
    """The story as one document. `truths` is what the sandbox planted, to be held against what was found."""
    truths = world.organisation.truths()
    with house.store.read() as connection:
        counts = issues.counts(connection)
        teams = [_team(house, connection, team.name) for team in house.teams]
        delivered = intents.count(connection)
    return {
        "sandbox": world.url,
        "folder": str(world.folder),
        "config": str(world.config),
        "mirror": {"issues": counts.issues, "histories": counts.histories, "comments": counts.comments},
        "teams": teams,
        "delivered": {verb: n for (state, verb), n in sorted(delivered.items()) if state == "done"},
        "undelivered": sum(n for (state, _), n in delivered.items() if state != "done"),
        "truths": {
            name: {
                "team": truth.team,
                "guideline": truth.guideline,
                "signature": truth.signature,
                "direction": truth.direction,
                "issues": len(truth.issues),
            }
            for name in ("practice", "rework", "experiment")
            for truth in [getattr(truths, name)]
        },
    }


def _team(house: House, connection: Connection, name: str) -> dict[str, Any]:
    history = versions(connection, name)
    return {
        "team": name,
        "deviations": process.count_deviations(connection, name),
        "practices": [
            {"guideline": row.guideline, "label": row.body["label"], "verdict": row.verdict}
            for row in learning.practices(connection, name)
        ],
        "proposals": [
            {
                "ticket": _ticket(connection, row.key),
                "guideline": row.guideline,
                "change": row.body["change"],
                "state": row.state,
                "experiment": row.body.get("experiment"),
                "made": row.made,
                "decided": row.decided,
                "new_version": row.new_version,
                "evidence": _evidence(connection, row),
                "adoption": None if row.adoption is None else _adoption(Adoption.from_json(row.adoption)),
            }
            for row in learning.proposals(connection, name)
        ],
        "new_versions": [
            {
                "guideline": new.guideline,
                "version": new.version,
                "in_force_from": new.in_force_from,
                "change": list(difference(old, new)),
            }
            for new in history
            for old in history
            if (old.guideline, old.version + 1) == (new.guideline, new.version)
        ],
        "experiments": [_experiment(connection, row) for row in experiments.listed(connection, name)],
        "retros": learning.count_retros(connection, name),
    }


def _experiment(connection: Connection, row: ExperimentRow) -> dict[str, Any]:
    ticket = issues.issues(connection, [row.ticket_id]).get(row.ticket_id)
    plan = None if row.design is None else row.design["plan"]
    return {
        "ticket": None if ticket is None else ticket.key,
        "guideline": None if plan is None else plan["guideline"],
        "title": "" if plan is None else plan["title"],
        "state": row.state,
        "key": row.key,
        "origin": row.origin,
        "made": row.made,
        "started": row.started,
        "ended": row.ended,
        "trial_issues": len(experiments.trials(connection, row.key)),
        "sentences": [] if row.result is None else row.result["sentences"],
    }


def _evidence(connection: Connection, row: ProposalRow) -> list[str]:
    """What the proposal rests on: the experiment's sentences where it comes from one, else the practice's."""
    tried = row.body.get("experiment")
    found = experiments.get(connection, tried) if tried else None
    if found is not None and found.result is not None:
        return list(found.result["sentences"])
    return [] if row.evidence is None else list(row.evidence["sentences"])


def _adoption(adoption: Adoption) -> dict[str, Any]:
    return {"share_before": adoption.before.share, "share_since": adoption.since.share, "sentence": adoption.sentence}


def _ticket(connection: Connection, key: str) -> str | None:
    row = intents.get(connection, f"ticket:{key}")
    return None if row is None or row.result is None else str(row.result["key"])


def told(facts: dict[str, Any]) -> Iterator[str]:
    """The story for people, about a dozen lines."""
    mirror = facts["mirror"]
    yield f"Nine months, three teams: {mirror['issues']} issues with {mirror['histories']} changes were mirrored."
    for team in facts["teams"]:
        count = team["deviations"]
        yield f"{team['team']} departed from its guidelines {count} times; all are tagged, nobody is named."
    for team in facts["teams"]:
        for practice in team["practices"]:
            if practice["verdict"] != "cannot tell":
                yield f"{team['team']}: “{practice['label']}” turned out {practice['verdict']}."
        for trial in team["experiments"]:
            if trial["started"]:
                yield f"{team['team']} tried something on purpose ({trial['ticket']}): “{trial['title']}”."
            if trial["ended"]:
                yield f"  After {trial['trial_issues']} issues, on {trial['ended']:%d %B %Y}: {trial['state']}."
        for proposal in team["proposals"]:
            yield f"{team['team']}: ticket {proposal['ticket']} proposed: {'; '.join(proposal['change'])}."
            if proposal["decided"]:
                yield f"  A manager {_decided(proposal['state'])} on {proposal['decided']:%d %B %Y}."
            if proposal["adoption"] and None not in proposal["adoption"].values():
                before, since = (percent(proposal["adoption"][f"share_{when}"]) for when in ("before", "since"))
                yield f"  Of the work it is for, {since} is done that way since then, {before} before."
        for version in team["new_versions"]:
            yield f"{team['team']}: “{version['guideline']}” has been in force as version {version['version']} since."
    retros = sum(team["retros"] for team in facts["teams"])
    yield f"{retros} retros were written: open {facts['folder']}/retros/index.html"
    yield f"Look further with: eal-jira status --config {facts['config']}"


def _decided(state: str) -> str:
    return {"approved": "approved it", "declined": "declined it"}.get(state, f"decided “{state}”")

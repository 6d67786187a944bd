"""The chain behind a guideline: versions, what departed from them, what was seen, proposed, decided, and came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eal_jira.process.differences import difference
from eal_jira.process.versions import GuidelineVersion
from eal_jira.stages.guidelines import versions
from eal_jira.store import Connection, experiments, intents, issues, learning, process
from eal_jira.store.experiments import ExperimentRow
from eal_jira.store.learning import ProposalRow

Document = Mapping[str, Any]


def chain_of(connection: Connection, team: str, guideline: str, min_group: int) -> list[Document]:
    """Each version of the guideline, oldest first, with all that hangs on it; empty for a guideline unknown here."""
    known = [v for v in versions(connection, team) if v.guideline == guideline]
    rows = [row for row in learning.proposals(connection, team) if row.guideline == guideline]
    return [
        _version(connection, team, version, known[number - 1] if number else None, rows, min_group)
        for number, version in enumerate(known)
    ]


def _version(
    connection: Connection,
    team: str,
    version: GuidelineVersion,
    before: GuidelineVersion | None,
    rows: list[ProposalRow],
    min_group: int,
) -> Document:
    departed = {
        d.issue_id
        for d in process.deviations(connection, team)
        if (d.guideline, d.version) == (version.guideline, version.version)
    }
    return {
        "team": team,
        "guideline": version.guideline,
        "version": version.version,
        "title": version.title,
        "in_force_from": version.in_force_from,
        "in_force_until": version.in_force_until,
        "grade": version.grade,
        "origin": version.origin,
        "origin_ticket": ticket_key(connection, version.origin),
        "change": [] if before is None else list(difference(before, version)),
        "issues_that_departed": len(departed) if len(departed) >= min_group else None,
        "practices": [
            {"label": row.body["label"], "verdict": row.verdict, "sentences": row.body["sentences"]}
            for row in learning.practices(connection, team)
            if (row.guideline, row.body["version"]) == (version.guideline, version.version)
        ],
        "proposals": [proposal_document(connection, row) for row in rows if row.base_version == version.version],
    }


def proposal_document(connection: Connection, row: ProposalRow) -> Document:
    """A proposal with both ends of its links: what it comes from and what it led to."""
    behind = [
        each
        for each in experiments.listed(connection, row.team)
        if each.origin == row.key or each.key == row.body.get("experiment")
    ]
    sources = issues.keys(connection, list(row.body.get("issues", ())))
    return {
        "proposal": row.key,
        "ticket": ticket_key(connection, row.key),
        "kind": row.kind,
        "made": row.made,
        "change": row.body["change"],
        "issues": sorted(sources.values()),
        "evidence": [] if row.evidence is None else row.evidence["sentences"],
        "experiments": [_experiment(connection, each) for each in behind],
        "state": row.state,
        "decided": row.decided,
        "reason": row.reason,
        "new_version": row.new_version,
        "adoption": None if row.adoption is None else row.adoption["sentence"],
    }


def _experiment(connection: Connection, row: ExperimentRow) -> Document:
    return {
        "experiment": row.key,
        "ticket": ticket_key(connection, row.key),
        "state": row.state,
        "sentences": [] if row.result is None else row.result["sentences"],
    }


def proposed_ways(connection: Connection, team: str) -> dict[tuple[str, int, str], list[Document]]:
    """Guideline, version and signature of a departure → proposals that it led to."""
    found: dict[tuple[str, int, str], list[Document]] = {}
    for row in learning.proposals(connection, team):
        way = row.body.get("practice") or row.body.get("way")
        if way is not None:
            told = {"proposal": row.key, "ticket": ticket_key(connection, row.key), "state": row.state}
            found.setdefault((row.guideline, row.base_version, way["signature"]), []).append(told)
    return found


def proposal_of_ticket(connection: Connection, team: str, ticket: str) -> ProposalRow | None:
    """The proposal whose ticket this is."""
    return next(
        (row for row in learning.proposals(connection, team) if ticket_key(connection, row.key) == ticket), None
    )


def ticket_key(connection: Connection, marker: str) -> str | None:
    row = intents.get(connection, f"ticket:{marker}")
    return None if row is None or row.result is None else str(row.result["key"])

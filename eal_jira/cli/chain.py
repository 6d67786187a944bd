"""The chain behind a guideline or a proposal, for `eal-jira explain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from eal_jira.cli.read import when

if TYPE_CHECKING:
    from eal_jira.settings import Settings
    from eal_jira.store import Connection


def chains(connection: Connection, settings: Settings, named: str) -> list[dict[str, Any]]:
    """Of the guideline with this id in every team that has it, or of the one that a proposal's ticket is about."""
    from eal_jira.stages.chain import chain_of, proposal_of_ticket

    found: list[dict[str, Any]] = []
    for team in settings.teams:
        proposal = proposal_of_ticket(connection, team.name, named.upper())
        about = named if proposal is None else proposal.guideline
        found += map(dict, chain_of(connection, team.name, about, team.min_group))
    return found


def told(versions: Sequence[dict[str, Any]]) -> Iterator[str]:
    for version in versions:
        until = "" if version["in_force_until"] is None else f" until {when(version['in_force_until'])}"
        yield f"{version['team']}: {version['guideline']} v{version['version']}: {version['title']}"
        yield f"  in force since {when(version['in_force_from'])}{until}; {version['grade']}"
        yield f"  came from {version['origin_ticket'] or version['origin']}"
        yield from (f"  changed: {line}" for line in version["change"])
        if version["issues_that_departed"] is not None:
            yield f"  {version['issues_that_departed']} issues departed from it"
        yield from (f"  practice: {each['label']}: {each['verdict']}" for each in version["practices"])
        for proposal in version["proposals"]:
            yield from _proposal(proposal)


def _proposal(row: dict[str, Any]) -> Iterator[str]:
    yield f"  proposal {row['ticket'] or row['proposal']} (from {row['kind']}), {when(row['made'])}: {row['state']}"
    yield from (f"    change: {line}" for line in row["change"])
    yield f"    comes from {', '.join(row['issues']) or 'no issue'}"
    yield from (f"    seen: {sentence}" for sentence in row["evidence"])
    for each in row["experiments"]:
        yield f"    experiment {each['ticket'] or each['experiment']}: {each['state']}"
        yield from (f"      {sentence}" for sentence in each["sentences"])
    if row["decided"] is not None:
        yield f"    decided {when(row['decided'])}" + (f", because: {row['reason']}" if row["reason"] else "")
    if row["new_version"] is not None:
        yield f"    led to version {row['new_version']}"
    if row["adoption"] is not None:
        yield f"    came of it: {row['adoption']}"

"""Rows of the mirror that are not what was stored: found when they are read for a decision, read again, never believed.

SQLite has no check sums, and ``quick_check`` does not see a byte that changes inside a value (facts/reliability.md
M10). What is looked through here costs what is read, never the whole store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, delete, select, tuple_, update

from eal_jira.errors import RowsDamaged, VerdictsDamaged
from eal_jira.model import IssueRecord, SetAside, Trace
from eal_jira.store import facts, issues, work
from eal_jira.store import tables as t
from eal_jira.store.bulk import insert_rows
from eal_jira.store.content import fits, trace_hash
from eal_jira.store.tables import Unreadable

log = structlog.get_logger()

DAMAGED = "damaged"
"""Kind of what is set aside: an issue whose rows must be read again."""

NOWHERE = b""
"""The hash of an issue that is not to be believed: whatever the tracker says differs from it."""

REASON = (
    "What is stored of it is not what was written (bytes changed on the disk?). Nothing about it is written to the "
    "tracker until it was read again, which the next cycle does by itself."
)


def whole_records(connection: Connection, issue_ids: Sequence[str], now: datetime) -> dict[str, IssueRecord]:
    """These issues with all that belongs to them, as far as they are what was stored; the others are distrusted."""
    found = issues.records(connection, issue_ids)
    strange = found.keys() - set(issue_ids)
    if strange:
        raise Unreadable(f"the issue {min(strange)!r} is not the one that was asked for")
    broken = _broken(connection, found)
    distrust(connection, broken, now)
    return {issue_id: record for issue_id, record in found.items() if issue_id not in broken}


def require_whole(connection: Connection, issue_ids: Sequence[str]) -> dict[str, IssueRecord]:
    """These issues with all that belongs to them; raises `RowsDamaged` for those that are not what was stored."""
    found = issues.records(connection, issue_ids)
    broken = _broken(connection, found)
    if broken:
        raise RowsDamaged(broken)
    return found


def _broken(connection: Connection, found: Mapping[str, IssueRecord]) -> list[str]:
    known = issues.hashes(connection, list(found))
    return [issue_id for issue_id, record in found.items() if not fits(record, known.get(issue_id, NOWHERE))]


def distrust(connection: Connection, issue_ids: Sequence[str], now: datetime) -> None:
    """These are to be read again, and nothing is decided by them before."""
    known = issues.keys(connection, issue_ids)
    if not known:
        return
    connection.execute(update(t.issues).where(t.issues.c.id.in_(list(known))).values(hash=NOWHERE))
    # what comes then is looked at even if it says what was known once
    connection.execute(delete(t.echoes).where(t.echoes.c.issue_id.in_(list(known))))
    work.add(connection, work.AGAIN, list(known))
    work.set_aside(connection, DAMAGED, now, [SetAside(DAMAGED, key, REASON) for key in known.values()])
    log.warning("stored issues are damaged and will be read again", issues=sorted(known.values()))


def distrusted(connection: Connection, issue_ids: Sequence[str]) -> frozenset[str]:
    """Those of the issues that are not to be believed before they were read again."""
    rows = connection.execute(
        select(t.issues.c.id).where(t.issues.c.id.in_(list(issue_ids)), t.issues.c.hash == NOWHERE)
    )
    return frozenset(row.id for row in rows)


# --- traces ---------------------------------------------------------------------------------------------------


def seal_traces(connection: Connection, traces: Iterable[Trace]) -> None:
    """Keeps a hash over what each of these issues is judged by."""
    rows = ((f"trace:{trace.issue.id}", trace_hash(trace)) for trace in traces)
    insert_rows(connection, t.seals, ("key", "digest"), rows, replace=True)


def require_whole_traces(connection: Connection, traces: Sequence[Trace]) -> None:
    """Raises `RowsDamaged` for those that are not what was sealed; one that is about to be told anew is let pass."""
    keys = {f"trace:{trace.issue.id}": trace for trace in traces}
    rows = connection.execute(select(t.seals).where(t.seals.c.key.in_(list(keys))))
    broken = [keys[row.key].issue.id for row in rows if trace_hash(keys[row.key]) != row.digest]
    if broken:
        anew = connection.execute(select(t.work.c.issue_id).where(t.work.c.stage == "log"))
        broken = sorted(set(broken) - {row.issue_id for row in anew})
    if broken:
        raise RowsDamaged(broken)


# --- verdicts -------------------------------------------------------------------------------------------------


TO_BE_JUDGED = ""
"""What a team's issues were last judged by when it is not to be believed: all differs from it."""


def judge_again(connection: Connection, teams: Iterable[str], damaged: VerdictsDamaged) -> None:
    """All issues of these teams are to be judged anew; what is damaged goes: nothing else writes over a damaged key."""
    table = t.metadata.tables[damaged.table]
    connection.execute(delete(table).where(tuple_(*table.primary_key).in_(damaged.keys)))
    for team in teams:
        facts.set_team(connection, team, judged_by=TO_BE_JUDGED)
        log.warning("stored verdicts are damaged and will be made again", team=team, table=damaged.table)


def to_be_judged(connection: Connection, team: str) -> bool:
    """Whether nothing is to be concluded about the team before its issues were judged again."""
    state = facts.team(connection, team)
    return state is not None and state.judged_by == TO_BE_JUDGED

"""Stores pages: pseudonyms first, then only what differs, then what the next stages have to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from eal_jira.mirror.plan import PagePlan, plan_page
from eal_jira.mirror.pseudonyms import Pseudonyms, user_fields
from eal_jira.model import REMOTE_LINKS, IssuePage, SetAside, Vocabulary
from eal_jira.store import Connection, Store, issues, readings, work
from eal_jira.store.damage import DAMAGED
from eal_jira.store.issues import Watermark


@dataclass(slots=True)
class Pulled:
    """What a pull did."""

    read: int = 0
    changed: int = 0
    set_aside: list[SetAside] = field(default_factory=list)

    def include(self, other: Pulled) -> None:
        self.read += other.read
        self.changed += other.changed
        self.set_aside.extend(other.set_aside)


@dataclass(frozen=True, slots=True)
class Reader:
    """`now` is the tracker's clock; `links` says whether the tracker can be asked for remote links."""

    database: Store
    people: Pseudonyms
    words: Vocabulary
    now: datetime
    pulled: Pulled
    links: bool

    def store(self, page: IssuePage, scopes: Sequence[str], mark: Watermark | None) -> None:
        with self.database.write() as connection:
            self.store_in(connection, page, scopes, mark)

    def store_in(self, connection: Connection, page: IssuePage, scopes: Sequence[str], mark: Watermark | None) -> None:
        users = user_fields(self.words.fields)
        records = [self.people.record(record, users) for record in page.records]
        ids = [record.issue.id for record in records]
        readable = [ref for record in records for ref in (record.issue.id, record.issue.key)]
        plan = plan_page(records, issues.hashes(connection, ids))
        issues.save_records(connection, plan.store)
        issues.seen(connection, ids)
        work.add(connection, "log", plan.changed_ids)
        if self.links:
            # a first pass may bring a hundred thousand of them: these wait their turn
            stage = readings.LINKED if mark is None else readings.WHOLE
            work.add(connection, stage, _newly_linked(connection, plan))
        for kind in ("record", "history", DAMAGED):
            work.set_aside(connection, kind, self.now, page.set_aside, cleared=readable)
        if mark is not None:
            for scope in scopes:
                issues.save_watermark(connection, scope, mark)
        self.pulled.read += len(records)
        self.pulled.changed += len(plan.store)
        self.pulled.set_aside.extend(page.set_aside)


def _newly_linked(connection: Connection, plan: PagePlan) -> list[str]:
    """Issues whose history tells of a remote link since their links were last read."""
    told = {
        record.issue.id: max(times)
        for _, record in plan.store
        if (times := [change.at for change in record.changes if change.field == REMOTE_LINKS])
    }
    known = readings.read_at(connection, list(told)) if told else {}
    return [issue_id for issue_id, at in told.items() if issue_id not in known or at >= known[issue_id]]

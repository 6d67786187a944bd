"""Reads issues again that nothing tells of: a net under everything that moves no `updated` (facts/jira.md 2.5).

Links between issues, remote links and properties can come and go without the issue being listed as changed. So once a
day the issues that wait longest for it are read by themselves, with their remote links: `A_DAY` of them, however large
the project, so that the cost does not grow with it. Two thirds are unfinished issues, where a change still matters; the
rest are whatever waits longest. With U unfinished issues and N in all, a silent change is seen within about U / 400
days in an unfinished issue, N / 200 in any.

Remote links stand in no list of issues, and asking costs a request an issue. So they are read here, and when an issue's
history or a webhook tells of one; a first pass never asks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

import structlog

from eal_jira.errors import TrackerUnreachable, TryLater
from eal_jira.hookspecs import Tracker
from eal_jira.mirror.reader import Reader
from eal_jira.store import Connection, facts, issues, readings, work
from eal_jira.store.readings import LINKED, WHOLE

log = structlog.get_logger()

A_DAY = 600
"""Issues that are read again each day."""

UNFINISHED_A_DAY = 400
"""So many of these at least are unfinished, if there are so many."""

EVERY = timedelta(days=1)

A_PULL = 200
"""Issues that one pull reads by themselves at most: the rest waits, so that no cycle takes long."""

TOGETHER = 100
"""Issues per reading: as many as any tracker gives at once."""


def choose(reader: Reader, projects: Sequence[str], teams: Sequence[str]) -> None:
    """Once a day, lists what is to be read again. While the last day's are not read yet, no others are."""
    with reader.database.write() as connection:
        chosen = facts.get_moment(connection, "chosen_to_read_again")
        if chosen is not None and reader.now - chosen < EVERY:
            return
        # the first pass has just read everything: the first turn comes a day later
        if chosen is not None and not work.waiting(connection, WHOLE):
            work.add(connection, WHOLE, _oldest(connection, projects, teams))
        facts.put_moment(connection, "chosen_to_read_again", reader.now)


def _oldest(connection: Connection, projects: Sequence[str], teams: Sequence[str]) -> set[str]:
    first = readings.longest_unread(connection, projects, teams, UNFINISHED_A_DAY, unfinished=True)
    others = readings.longest_unread(connection, projects, teams, A_DAY, unfinished=False)
    return {*first, *[issue_id for issue_id in others if issue_id not in set(first)][: A_DAY - len(first)]}


def read_listed(reader: Reader, tracker: Tracker, *, whole: bool, counted: Collection[str] = ()) -> None:
    """Reads what is listed: first where something told of remote links, then, if `whole`, what waits its turn.

    What can't be had now stays listed; the cycle goes on without it. `counted`: projects that the census lists; what is
    absent there is its business, for it alone can tell whether the listing is in doubt.
    """
    left = A_PULL
    stages = (LINKED, WHOLE) if whole else (LINKED,)
    for stage in stages:
        while left > 0 and (ids := _next(reader, stage, min(left, TOGETHER))):
            try:
                _read(reader, tracker, stage, ids, counted)
            except (TrackerUnreachable, TryLater) as error:
                log.warning("some issues can't be read by themselves now", issues=len(ids), reason=str(error))
                return
            left -= len(ids)


def _next(reader: Reader, stage: str, most: int) -> list[str]:
    with reader.database.read() as connection:
        return work.take(connection, stage)[:most]


def _read(reader: Reader, tracker: Tracker, stage: str, ids: Sequence[str], counted: Collection[str]) -> None:
    with reader.database.read() as connection:
        # a webhook may name anything
        known = issues.keys(connection, ids)
    page = tracker.read(list(known)) if stage == WHOLE and known else None
    links = tracker.remote_links(list(known)) if reader.links and known else {}
    with reader.database.write() as connection:
        if page is not None:
            reader.store_in(connection, page, (), None)
            told = {record.issue.id for record in page.records} | {item.ref for item in page.set_aside}
            absent = issues.issues(connection, [id for id, key in known.items() if id not in told and key not in told])
            work.add(connection, "census", [id for id, issue in absent.items() if issue.project not in counted])
        changed = readings.save_remote_links(connection, links)
        work.add(connection, "log", changed)
        reader.pulled.changed += len(changed)
        # where links could not be had, the issue itself was read all the same: others are next
        readings.save_read(connection, list(links if page is None else known), reader.now)
        work.done(connection, LINKED, list(links))
        work.done(connection, stage, ids)

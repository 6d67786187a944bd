"""The census: what vanished. Absent is not gone (facts/jira.md 2.4).

A deletion never shows in "what changed", so once a day all ids of a project are listed and held against the mirror.
An id that is missing is asked for by itself: it may have moved, be archived, or be hidden from us. Only what was
missing from two listings a while apart and could not be seen by itself either is called gone; even then its history
stays. A listing that lacks more than half of a project at once is not believed: what it lacks is in doubt until a
listing is whole again, or until the operator says that these very issues are meant to be absent. Even then each goes
the way of any other that is missing.

What comes back is read again, whatever its times say: it may have been edited while it was out of sight, and the
watermark has passed that by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from eal_jira.hookspecs import Presence, Tracker
from eal_jira.model import Scope, SetAside
from eal_jira.store import Store, facts, issues, work
from eal_jira.store.issues import Missing

CENSUS_AGE = timedelta(days=1)
HALF = 0.5
FEW = 5
"""A project this small may lose more than half of its issues in a day."""

LISTINGS = 2
"""So many listings must lack an issue before it is called gone."""

COMMAND = "eal-jira census confirm"
"""How the operator says that a project was really emptied; its name follows."""


class Fate(StrEnum):
    """What the census concludes about one issue."""

    READ_AGAIN = "read again"
    ARCHIVED = "archived"
    UNSEEN = "unseen"
    GONE = "gone"


@dataclass(slots=True)
class Counted:
    listed: int = 0
    gone: int = 0
    unseen: int = 0
    doubted: list[str] = field(default_factory=list)


def conclude(found: Presence, before: Missing | None, now: datetime) -> Fate:
    """What is known of an issue that a listing lacks, by what asking for it gave and what earlier listings said."""
    match found:
        case Presence.PRESENT | Presence.MOVED:
            return Fate.READ_AGAIN
        case Presence.ARCHIVED:
            return Fate.ARCHIVED
        case Presence.UNSEEN:
            long_enough = before is not None and now - before.since >= CENSUS_AGE / 2
            return Fate.GONE if long_enough and before and before.listings + 1 >= LISTINGS else Fate.UNSEEN


def doubtful(known: Set[str], listed: Set[str]) -> bool:
    """Whether so much vanished at once that the listing itself is in doubt."""
    lost = len(known - listed)
    return len(known) > FEW and lost > HALF * len(known)


def take_census(store: Store, tracker: Tracker, projects: Sequence[str], now: datetime) -> Counted:
    """Counts each project whose last census is a day old. Changes nothing for a project that can't be listed.

    What is to be read is listed as `work.AGAIN` in the store, so that a reading that fails is made up for.
    """
    counted = Counted()
    with store.read() as connection:
        named = work.take(connection, "census")
    if named:
        # a webhook named them and they could not be read: asked for now, called gone at the earliest by a listing
        _follow(store, tracker.presence(named), now, counted)
        with store.write() as connection:
            work.done(connection, "census", named)
    for project in projects:
        key = f"census {project}"
        with store.read() as connection:
            taken = facts.get_moment(connection, key)
            complete = issues.watermark(connection, project).complete
        if complete is None or (taken is not None and now - taken < CENSUS_AGE):
            continue
        if taken is not None:
            _count(store, tracker, project, now, counted)
        # the first pass has just listed everything: the first census comes a day later
        with store.write() as connection:
            facts.put_moment(connection, key, now)
    return counted


def _count(store: Store, tracker: Tracker, project: str, now: datetime, counted: Counted) -> None:
    listed = tracker.members(Scope(projects=(project,)))
    with store.read() as connection:
        known = issues.ids_in_project(connection, project)
        expected = frozenset(work.of_project(connection, work.CONFIRMED, project)) - listed
        doubted = any(item.kind == "census" and item.ref == project for item, _ in work.listed(connection))
    counted.listed += len(listed)
    absent = known - listed
    doubt: list[SetAside] = []
    if doubtful(known - expected, listed):
        doubt.append(SetAside("census", project, _reason(project, len(known), len(listed))))
        counted.doubted.append(project)
    with store.write() as connection:
        work.set_aside(connection, "census", now, doubt, cleared=[project])
        work.replace_of_project(connection, work.IN_DOUBT, project, absent - expected if doubt else ())
        # what is back, or gone for good, needs nobody's word any more
        work.replace_of_project(connection, work.CONFIRMED, project, expected & known)
        back = issues.seen(connection, known & listed)
        # while a listing is in doubt nobody notes what it lacks, so nobody can tell what came back
        work.add(connection, work.AGAIN, listed if doubt or doubted else (listed - known) | back)
    if doubt:
        return
    missing = sorted(absent)
    for start in range(0, len(missing), work.BATCH):
        _follow(store, tracker.presence(missing[start : start + work.BATCH]), now, counted)


def confirm_absent(store: Store, project: str, issue_ids: Set[str]) -> int:
    """The operator says that these of the issues in doubt are meant to be absent; how many of them are.

    The next cycle takes the project's census and believes that it lacks them, and no others. Nothing is marked here:
    each is still asked for by itself, and gone only after two listings.
    """
    with store.write() as connection:
        doubted = work.of_project(connection, work.IN_DOUBT, project)
        confirmed = [issue_id for issue_id in doubted if issue_id in issue_ids]
        if not confirmed:
            return 0
        work.replace_of_project(connection, work.IN_DOUBT, project, set(doubted) - set(confirmed))
        work.add(connection, work.CONFIRMED, confirmed)
        taken = facts.get_moment(connection, f"census {project}")
        if taken is not None:
            facts.put_moment(connection, f"census {project}", taken - CENSUS_AGE)
        reason = (
            f"{len(confirmed)} issues of {project} were confirmed as absent. The next cycle lists the project again; "
            "what is missing then and a day later, and can't be seen by itself either, is marked as gone. Its history "
            "stays."
        )
        since = next(at for item, at in work.listed(connection) if item.kind == "census" and item.ref == project)
        work.set_aside(connection, "census", since, [SetAside("census", project, reason)])
    return len(confirmed)


def _reason(project: str, known: int, listed: int) -> str:
    return (
        f"The tracker listed {listed} of the {known} known issues of {project}. More than half of a project does not "
        "vanish in a day: nothing was marked as gone. Check that our account may still browse it. If these issues were "
        f"really deleted or moved away, say so: {COMMAND} {project}"
    )


def _follow(store: Store, found: Mapping[str, Presence], now: datetime, counted: Counted) -> None:
    with store.write() as connection:
        before = issues.missing(connection, sorted(found))
        fates = {issue_id: conclude(presence, before.get(issue_id), now) for issue_id, presence in found.items()}
        issues.save_missing(
            connection,
            {
                issue_id: Missing(
                    since=before[issue_id].since if issue_id in before else now,
                    listings=(before[issue_id].listings if issue_id in before else 0) + 1,
                    presence=fate,
                )
                for issue_id, fate in fates.items()
                if fate is not Fate.READ_AGAIN
            },
        )
        work.add(connection, work.AGAIN, [issue_id for issue_id, fate in fates.items() if fate is Fate.READ_AGAIN])
    counted.gone += sum(fate is Fate.GONE for fate in fates.values())
    counted.unseen += sum(fate is Fate.UNSEEN for fate in fates.values())

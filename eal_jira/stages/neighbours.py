"""Issues that are judged by one another: what each adds is kept in the store, and a change looks at whom it touches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from eal_jira.model import Interval, Sprint
from eal_jira.process.among import Among, levelled
from eal_jira.process.judge import Judge, Name
from eal_jira.process.rules.crossing import Concerns
from eal_jira.settings import TeamPart
from eal_jira.store import Connection, Store, facts, intervals, process, work


def everything(store: Store, team: TeamPart, judge: Judge) -> list[tuple[Name, Interval, int]]:
    """What all issues of the team add, worked out from their traces."""
    if not judge.crossing:
        return []
    found: defaultdict[Name, list[Interval]] = defaultdict(list)
    with store.read() as connection:
        ids = work.all_of_team(connection, team.name, team.scope)
        for start in range(0, len(ids), work.BATCH):
            for trace in process.traces(connection, ids[start : start + work.BATCH]).values():
                for name, interval in judge.intervals(trace):
                    found[name].append(interval)
    return [(name, interval, level) for name, added in found.items() for interval, level in levelled(added)]


def spread(store: Store, team: TeamPart, judge: Judge) -> None:
    """What the issues to be checked add is brought up to date, and the issues that this touches are to be checked."""
    last = "" if judge.crossing else None
    while last is not None:
        with store.write() as connection:
            ids = work.take(connection, "check", team.name, after=last)
            _bring_up_to_date(connection, team, judge, ids)
        last = ids[-1] if len(ids) == work.BATCH else None


def _bring_up_to_date(connection: Connection, team: TeamPart, judge: Judge, ids: Sequence[str]) -> None:
    before: defaultdict[Name, set[Interval]] = defaultdict(set)
    for name, interval, _ in intervals.of_issues(connection, team.name, ids):
        before[name].add(interval)
    after: defaultdict[Name, set[Interval]] = defaultdict(set)
    for trace in process.traces(connection, work.of_team(connection, ids, team.name, team.scope)).values():
        for name, interval in judge.intervals(trace):
            after[name].add(interval)
    touched: set[str] = set()
    for name, rule in judge.crossing.items():
        gone, come = before[name] - after[name], after[name] - before[name]
        later = rule.CONCERNS is Concerns.LATER
        touched |= intervals.exchange(connection, team.name, name, gone, come, levels=later)
        if rule.CONCERNS is Concerns.GROUP:
            touched |= {interval.group for interval in gone | come}
    work.add(connection, "check", sorted(touched), team.name)


def among(connection: Connection, team: TeamPart, judge: Judge, ids: Sequence[str]) -> Mapping[Name, Among]:
    """What these issues are judged by besides their own traces."""
    if not judge.crossing:
        return {}
    levels: dict[Name, dict[tuple[str, datetime, str], int]] = {name: {} for name in judge.crossing}
    groups: dict[Name, defaultdict[str, list[Interval]]] = {name: defaultdict(list) for name in judge.crossing}
    for some in _batches(ids):
        for name, interval, level in intervals.of_issues(connection, team.name, some):
            if name in levels:
                levels[name][interval.place] = level
        for name, interval in intervals.of_groups(connection, team.name, some):
            if name in groups:
                groups[name][interval.group].append(interval)
    return {name: Among(levels[name], groups[name]) for name in judge.crossing}


def sprints_moved(connection: Connection, team: TeamPart, sprints: Mapping[str, Sprint]) -> list[str]:
    """Issues that were ever in a sprint which has been started, closed or moved since this was last asked."""
    key = f"sprints:{team.name}"
    known = json.loads(facts.get(connection, key) or "{}")
    told = {s.id: [s.name, s.state, s.start and s.start.isoformat(), s.completed and s.completed.isoformat()]
            for s in sprints.values()}  # fmt: skip
    if told == known:
        return []
    facts.put(connection, key, json.dumps(told, sort_keys=True))
    moved = [sprint for sprint in sprints.values() if told[sprint.id] != known.get(sprint.id)]
    # a history may name a sprint by its id or by its name
    groups = {word for sprint in moved for word in (sprint.id, sprint.name)}
    return sorted({interval.issue_id for _, interval in intervals.of_groups(connection, team.name, groups)})


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + work.BATCH] for start in range(0, len(ids), work.BATCH))

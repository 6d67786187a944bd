"""What issues add to what others are judged by, kept so that one change costs the neighbours it touches.

A level says how many intervals of a group there were when one began. It is kept up to date by the difference that each
change makes, so nothing is ever counted from the beginning again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, delete, func, literal, or_, select, update

from eal_jira.errors import VerdictsDamaged
from eal_jira.model import Interval
from eal_jira.store import tables as t

Name = tuple[str, int]
"""A guideline version: the guideline's id and the version's number."""

_c = t.intervals.c
_AT_ONCE = 5_000


def rebuild(connection: Connection, team: str, rows: Iterable[tuple[Name, Interval, int]]) -> None:
    """These, with their levels, are all there are of the team's."""
    connection.execute(delete(t.intervals).where(_c.team == team))
    page: list[dict[str, Any]] = []
    for name, interval, level in rows:
        page.append(_row(team, name, interval, level))
        if len(page) == _AT_ONCE:
            connection.execute(t.intervals.insert(), page)
            page = []
    if page:
        connection.execute(t.intervals.insert(), page)


def of_issues(connection: Connection, team: str, issue_ids: Sequence[str]) -> list[tuple[Name, Interval, int]]:
    """What these issues add, with the levels."""
    rows = _sound(connection.execute(select(t.intervals).where(_c.team == team, _c.issue_id.in_(issue_ids))))
    return [((row.guideline, row.version), _interval(row), row.level) for row in rows]


def of_groups(connection: Connection, team: str, groups: Collection[str]) -> list[tuple[Name, Interval]]:
    """What belongs to these groups."""
    rows = _sound(connection.execute(select(t.intervals).where(_c.team == team, _c.group.in_(list(groups)))))
    return [((row.guideline, row.version), _interval(row)) for row in rows]


def exchange(
    connection: Connection, team: str, name: Name, gone: Iterable[Interval], come: Iterable[Interval], *, levels: bool
) -> frozenset[str]:
    """Takes away and adds; with `levels`, keeps all levels true. The issues of which a level moved."""
    before, after = ({i.place: i for i in intervals} for intervals in (gone, come))
    touched: set[str] = set()
    for place in before.keys() - after.keys():
        touched |= _take_away(connection, team, name, before[place], levels=levels)
    for place in before.keys() & after.keys():
        touched |= _end_elsewhere(connection, team, name, before[place], after[place], levels=levels)
    for place in sorted(after.keys() - before.keys()):
        touched |= _add(connection, team, name, after[place], levels=levels)
    return frozenset(touched)


def _take_away(connection: Connection, team: str, name: Name, old: Interval, *, levels: bool) -> set[str]:
    connection.execute(delete(t.intervals).where(*_in_group(team, name, old), _this(old)))
    return _move(connection, -1, *_in_group(team, name, old), _behind(old), _c.entered < old.until) if levels else set()


def _end_elsewhere(
    connection: Connection, team: str, name: Name, old: Interval, new: Interval, *, levels: bool
) -> set[str]:
    if old.left == new.left:
        return set()
    connection.execute(
        update(t.intervals)
        .where(*_in_group(team, name, old), _this(old))
        .values(left=new.left, balance=_c.level + literal(_rest(team, name, new), BigInteger))
    )
    if not levels:
        return set()
    sooner, later = sorted((old.until, new.until))
    between = (_c.entered >= sooner, _c.entered < later)
    return _move(connection, 1 if new.until == later else -1, *_in_group(team, name, old), *between)


def _add(connection: Connection, team: str, name: Name, new: Interval, *, levels: bool) -> set[str]:
    group = _in_group(team, name, new)
    level = _level(connection, group, new) if levels else 0
    connection.execute(t.intervals.insert(), _row(team, name, new, level))
    return _move(connection, 1, *group, _behind(new), _c.entered < new.until) if levels else set()


def _level(connection: Connection, group: Sequence[ColumnElement[bool]], new: Interval) -> int:
    """From the interval that came just before: those it met, less those that ended since."""
    before = or_(_c.entered < new.entered, and_(_c.entered == new.entered, _c.issue_id < new.issue_id))
    ahead = and_(_c.entered <= new.entered, before)
    latest = (_c.entered.desc(), _c.issue_id.desc())
    found = _sound(connection.execute(select(t.intervals).where(*group, ahead).order_by(*latest).limit(1)))
    if not found:
        return 1
    last = found[0]
    ended = select(func.count()).where(*group, _c.left > last.entered, _c.left <= new.entered)
    return int(last.level) + 1 - int(connection.execute(ended).scalar_one())


def _move(connection: Connection, by: int, *where: ColumnElement[bool]) -> set[str]:
    moved = (
        update(t.intervals).where(*where).values(level=_c.level + by, balance=_c.balance + by).returning(_c.issue_id)
    )
    return {row.issue_id for row in connection.execute(moved)}


def _in_group(team: str, name: Name, interval: Interval) -> list[ColumnElement[bool]]:
    return [_c.team == team, _c.guideline == name[0], _c.version == name[1], _c.group == interval.group]


def _this(interval: Interval) -> ColumnElement[bool]:
    return and_(_c.entered == interval.entered, _c.issue_id == interval.issue_id)


def _behind(interval: Interval) -> ColumnElement[bool]:
    later = or_(_c.entered > interval.entered, and_(_c.entered == interval.entered, _c.issue_id > interval.issue_id))
    # said twice: an index is used for a range, and for no alternative
    return and_(_c.entered >= interval.entered, later)


def _row(team: str, name: Name, interval: Interval, level: int) -> dict[str, Any]:
    return {
        "team": team,
        "guideline": name[0],
        "version": name[1],
        "group": interval.group,
        "entered": interval.entered,
        "issue_id": interval.issue_id,
        "left": interval.left,
        "level": level,
        "balance": level + _rest(team, name, interval),
    }


def _rest(team: str, name: Name, interval: Interval) -> int:
    """What a row says besides its level, as a number."""
    left = t.microseconds(interval.left)
    said = (team, *name, interval.group, interval.issue_id, t.microseconds(interval.entered), left)
    return int.from_bytes(hashlib.sha256(orjson.dumps(said)).digest()[:6])


def _sound(rows: Iterable[Any]) -> list[Any]:
    """Raises `VerdictsDamaged` for rows that are not what was stored."""
    rows = list(rows)
    broken = [
        tuple(row._mapping[column.name] for column in t.intervals.primary_key)
        for row in rows
        if row.balance - row.level != _rest(row.team, (row.guideline, row.version), _interval(row))
    ]
    if broken:
        raise VerdictsDamaged(t.intervals.name, broken)
    return rows


def _interval(row: Any) -> Interval:
    left: datetime | None = row.left
    return Interval(row.group, row.issue_id, row.entered, left)

"""What was asked of the tracker in the hour that runs, by all who wrote it down here, and its newest word on limits."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from eal_jira.hookspecs import Allowance, Budget, Cost
from eal_jira.store import facts

_KEY = "budget"
HOUR = timedelta(hours=1)


def add(connection: Connection, now: Budget, before: Budget | None) -> None:
    """What one connection spent since `before`, as far as it falls into the hour that runs."""
    share = now.spent - before.spent if before is not None and before.hour == now.hour else now.spent
    known = last(connection)
    total = known.spent + share if known is not None and known.hour == now.hour else share
    # an hour that another process has counted already is never taken back
    if known is not None and known.hour > now.hour:
        return
    told = now.told or (known.told if known is not None else None)
    _put(connection, Budget(now.hour, total, now.quota, told))


def last(connection: Connection) -> Budget | None:
    """As it was written down last: its hour may be over."""
    found = facts.get(connection, _KEY)
    if found is None:
        return None
    raw: dict[str, Any] = json.loads(found)
    told = raw["told"]
    return Budget(
        hour=datetime.fromisoformat(raw["hour"]),
        spent=Cost(**raw["spent"]),
        quota=raw["quota"],
        told=None if told is None else Allowance(**{**told, "at": datetime.fromisoformat(told["at"])}),
    )


def running(connection: Connection, now: datetime) -> Budget | None:
    """Of the hour that runs at `now`: nothing has been spent in it when it has just begun."""
    found = last(connection)
    if found is None or now - found.hour < HOUR:
        return found
    hour = found.hour + HOUR * ((now - found.hour) // HOUR)
    return Budget(hour, Cost(), found.quota, found.told)


def _put(connection: Connection, budget: Budget) -> None:
    facts.put(connection, _KEY, json.dumps(asdict(budget), default=datetime.isoformat))

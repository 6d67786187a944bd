"""What is left of the tracker's patience, for `eal-jira status`: points, its own word on its limits, bans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eal_jira.cli.read import when

if TYPE_CHECKING:
    from eal_jira.hookspecs import Allowance
    from eal_jira.store import Connection
    from eal_jira.store.bans import Ban


def budget_document(connection: Connection, now: datetime) -> dict[str, Any]:
    from eal_jira.store import spending

    found = spending.running(connection, now)
    spent = None if found is None else found.spent
    quota = None if found is None else found.quota
    return {
        "hour": None if found is None else found.hour,
        "spent": spent,
        "quota": quota,
        "left": None if spent is None or quota is None else max(0, quota - spent.points),
        "told": None if found is None else found.told,
    }


def budget_lines(document: dict[str, Any]) -> Iterator[str]:
    """Of the whole document of `status`."""
    budget = document["budget"]
    if budget["spent"] is not None:
        yield f"Budget: {_points(budget)}"
    if budget["told"] is not None:
        yield _word(budget["told"])
    for ban in document["bans"]:
        yield _ban(ban)
    if not document["bans"]:
        yield "Bans: none in force"


def _points(budget: dict[str, Any]) -> str:
    spent = budget["spent"]
    text = f"{spent.points} points in {spent.requests} requests since {when(budget['hour'])}"
    if budget["quota"] is None:
        return f"{text}; how many an hour has is not known (tracker.options.points_per_hour)"
    return f"{text}, {budget['left']} of {budget['quota']} points left until the next full hour"


def _word(told: Allowance) -> str:
    """The tracker's own, of its newest answer that had one."""
    found = []
    if told.remaining is not None:
        found.append(f"{told.remaining} left" if told.limit is None else f"{told.remaining} of {told.limit} left")
    elif told.limit is not None:
        found.append(f"a limit of {told.limit}")
    if told.near:
        found.append("near the limit")
    if told.reason:
        found.append(told.reason)
    return f"The tracker said at {when(told.at)} about {told.place}: {', '.join(found)}"


def _ban(ban: Ban) -> str:
    until = f"until {when(ban.until)}" + (f": {ban.reason}" if ban.reason else "")
    if ban.pages:
        return f"The pages {ban.pages} ask for patience {until}"
    kind, _, place = ban.what.partition(":")
    about = {"": "", "endpoint": f" with {place}", "issue": f" with writes on issue {place}"}.get(
        kind, f" ({ban.what})"
    )
    return f"The tracker asks for patience{about} {until}"


def last_cycle_cost(connection: Connection) -> dict[str, int] | None:
    from eal_jira.store import facts

    requests, points = (facts.get(connection, f"last_cycle_{name}") for name in ("requests", "points"))
    return None if requests is None or points is None else {"requests": int(requests), "points": int(points)}

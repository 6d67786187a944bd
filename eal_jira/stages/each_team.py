"""One bad team never stops the others: it is set aside, where `status` shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

import structlog

from eal_jira.errors import EalError, RowsDamaged, VerdictsDamaged
from eal_jira.model import SetAside
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import damage, work

log = structlog.get_logger()


def each_team(house: House, stage: str, now: datetime, act: Callable[[TeamPart], None]) -> None:
    """Calls `act` for every team. A team that can't be dealt with is set aside until it can."""
    for team in house.teams:
        apart(house, now, f"{team.name}: {stage}", partial(act, team), [team.name])


def apart(house: House, now: datetime, ref: str, act: Callable[[], None], teams: Iterable[str]) -> None:
    """Calls `act`, which is about these teams. Where it can't be done, it is set aside until it can."""
    reason = attempt(house, now, ref, act, teams)
    with house.store.read() as connection:
        listed = any(item.kind == "team" and item.ref == ref for item, _ in work.listed(connection))
    if reason or listed:
        aside = [SetAside("team", ref, reason)] if reason else []
        with house.store.write() as connection:
            work.set_aside(connection, "team", now, aside, cleared=[ref])


def attempt(house: House, now: datetime, what: str, act: Callable[[], None], teams: Iterable[str]) -> str:
    """Why it could not be done, "" where it was. Damaged rows that were met are had again by the next cycle."""
    try:
        act()
    except RowsDamaged as error:
        with house.store.write() as connection:
            damage.distrust(connection, error.issue_ids, now)
        return str(error)
    except VerdictsDamaged as error:
        with house.store.write() as connection:
            damage.judge_again(connection, teams, error)
        return str(error)
    except EalError as error:
        log.warning("something was set aside", what=what, reason=str(error))
        return str(error)
    except Exception as error:
        log.exception("something was set aside", what=what)
        return f"Unexpected {type(error).__name__}; the log has the details."
    return ""

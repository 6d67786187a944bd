"""One bad team never stops the others: it is set aside, where `status` shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from eal_jira.errors import EalError, RowsDamaged
from eal_jira.model import SetAside
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import damage, work

log = structlog.get_logger()


def each_team(house: House, stage: str, now: datetime, act: Callable[[TeamPart], None]) -> None:
    """Calls `act` for every team. A team that can't be dealt with is set aside until it can."""
    for team in house.teams:
        ref = f"{team.name}: {stage}"
        try:
            act(team)
        except RowsDamaged as error:
            with house.store.write() as connection:
                damage.distrust(connection, error.issue_ids, now)
            _record(house, now, ref, str(error))
        except EalError as error:
            log.warning("a team was set aside", team=team.name, stage=stage, reason=str(error))
            _record(house, now, ref, str(error))
        except Exception as error:
            log.exception("a team was set aside", team=team.name, stage=stage)
            _record(house, now, ref, f"Unexpected {type(error).__name__}; the log has the details.")
        else:
            _clear(house, now, ref)


def _record(house: House, now: datetime, ref: str, reason: str) -> None:
    with house.store.write() as connection:
        work.set_aside(connection, "team", now, [SetAside("team", ref, reason)])


def _clear(house: House, now: datetime, ref: str) -> None:
    with house.store.read() as connection:
        listed = any(item.kind == "team" and item.ref == ref for item, _ in work.listed(connection))
    if listed:
        with house.store.write() as connection:
            work.set_aside(connection, "team", now, (), cleared=[ref])

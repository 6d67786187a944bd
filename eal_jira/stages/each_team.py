"""One bad team never stops the others: it is set aside, where `status` shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from eal_jira.errors import EalError
from eal_jira.model import SetAside
from eal_jira.settings import TeamPart
from eal_jira.stages.house import House
from eal_jira.store import work

log = structlog.get_logger()


def each_team(house: House, stage: str, now: datetime, act: Callable[[TeamPart], None]) -> int:
    """Calls `act` for every team; returns how many had to be set aside."""
    trouble = 0
    for team in house.teams:
        ref = f"{team.name} ({stage})"
        found: list[SetAside] = []
        try:
            act(team)
        except EalError as error:
            found = [SetAside("team", ref, str(error))]
            log.warning("a team was set aside", team=team.name, stage=stage, reason=str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other teams go on, and it is shown
            found = [SetAside("team", ref, f"Unexpected {type(error).__name__}; the log has the details.")]
            log.exception("a team was set aside", team=team.name, stage=stage)
        trouble += len(found)
        with house.store.write() as connection:
            work.set_aside(connection, "team", now, found, cleared=[ref])
    return trouble

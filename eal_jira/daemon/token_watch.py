"""Warns in the log before the tracker's token ends."""

from __future__ import annotations

from datetime import date, datetime

import structlog

from eal_jira.checkup.expiry import LOG_EVENT, token_warning

log = structlog.get_logger()


class TokenWatch:
    """To be asked before every cycle. Warns once a day (UTC)."""

    def __init__(self, expires: date | None) -> None:
        self._expires = expires
        self._told: tuple[date, str] | None = None

    def look(self, now: datetime) -> None:
        warning = token_warning(self._expires, now)
        if warning is None or self._told == (now.date(), warning):
            return
        self._told = now.date(), warning
        log.warning(LOG_EVENT, reason=warning, expires=str(self._expires))

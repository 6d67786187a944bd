"""A page is as it says. The pages adapter finds it by its key, keeps what people wrote, and writes what differs.

A place that is away, asks for patience or does not let us in holds back its own pages and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from eal_jira.errors import AnswerUnknown, EalError, NotAllowed, RefusedByTracker, TrackerUnreachable, TryLater
from eal_jira.model import Page, SetAside
from eal_jira.outbox.desk import Desk, Later
from eal_jira.outbox.figures import figures
from eal_jira.store import work
from eal_jira.store.intents import IntentRow

UNREACHABLE_PAUSE = timedelta(minutes=1)
NOT_ALLOWED_PAUSE = timedelta(hours=1)


def page(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    place, wanted = row.payload["adapter"], row.payload["page"]
    if place not in desk.pages:
        raise RefusedByTracker(
            f"The pages {place!r} are in no team's config any more.",
            refused="The page was not put anywhere.",
            remedy="Name them again under pages, or drop this intent.",
        )
    with desk.pages_lock:
        if place in desk.away:
            raise Later(desk.away[place], row.state)
        try:
            ref = desk.pages[place].put(Page(**{**wanted, "figures": figures(wanted["figures"])}))
        except AnswerUnknown:
            raise
        except TryLater as error:
            pause = error.wait or UNREACHABLE_PAUSE
            if error.about != "site":
                raise TryLater(str(error), wait=pause, about="issue") from error
            raise _left_alone(desk, row, place, error, pause) from error
        except (TrackerUnreachable, NotAllowed) as error:
            pause = NOT_ALLOWED_PAUSE if isinstance(error, NotAllowed) else UNREACHABLE_PAUSE
            raise _left_alone(desk, row, place, error, pause) from error
    _told(desk, place, ())
    return {"id": ref.id, "url": ref.url}


def _left_alone(desk: Desk, row: IntentRow, place: str, error: EalError, pause: timedelta) -> Later:
    desk.away[place] = desk.now + pause
    _told(desk, place, [SetAside("pages", place, str(error))])
    return Later(desk.away[place], row.state)


def _told(desk: Desk, place: str, found: list[SetAside] | tuple[()]) -> None:
    """Where `status` shows it, until a page can be put there again."""
    with desk.store.write() as connection:
        work.set_aside(connection, "pages", desk.now, found, cleared=[place])

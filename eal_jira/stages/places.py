"""One document in every place where a team wants its pages; the tracker itself can be one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from eal_jira.model import Page
from eal_jira.outbox.intents import Described, PutPage, Ticket, want
from eal_jira.stages.house import House
from eal_jira.store import Connection, intents


def put(house: House, connection: Connection, places: Sequence[str], page: Page, label: str, now: datetime) -> int:
    """States the page in all of these places; in how many it says something new.

    In the tracker it is a ticket with this label: made once, its description kept up to date beside people's own words.
    """
    return sum(
        _ticket(house, connection, page, label, now)
        if place == house.settings.tracker.adapter
        else want(connection, page.team, PutPage(place, page), now)
        for place in places
    )


def _ticket(house: House, connection: Connection, page: Page, label: str, now: datetime) -> bool:
    part = house.settings.tracker
    # a description holds no pictures: what they show is said beside them
    words = tuple(figure.undrawn() for figure in page.figures)
    ticket = Ticket(
        page.key, part.learning_project, part.ticket_type, page.title, page.body, (label,), words, shared=True
    )
    known = intents.get(connection, ticket.key)
    # one that stands is not asked for again with other words; those are its description's business
    stated = (known is None or known.result is None) and want(connection, page.team, ticket, now)
    if not house.tracker.capabilities.descriptions:
        return stated
    return want(connection, page.team, Described(page.key, page.body, words), now) or stated

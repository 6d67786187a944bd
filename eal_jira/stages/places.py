"""One document in every place where a team wants its pages; the tracker itself can be one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from eal_jira.model import Figure, Page
from eal_jira.outbox.intents import Attached, Described, PutPage, Ticket, want
from eal_jira.stages import pictures
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


def want_png(house: House, places: Sequence[str]) -> bool:
    """Whether one of these places shows a chart as a file: to draw one takes time."""
    return any(
        house.tracker.capabilities.attachments
        if place == house.settings.tracker.adapter
        else house.pages[place].attaches_png
        for place in places
    )


def _ticket(house: House, connection: Connection, page: Page, label: str, now: datetime) -> bool:
    part, can = house.settings.tracker, house.tracker.capabilities
    # a description holds no pictures: what they show is said in it, and they lie beside it as files
    files = {figure.name: pictures.as_file(page.key, figure) for figure in page.figures if can.attachments}
    words = tuple(_in_words(figure, files.get(figure.name)) for figure in page.figures)
    ticket = Ticket(
        page.key, part.learning_project, part.ticket_type, page.title, page.body, (label,), words, shared=True
    )
    known = intents.get(connection, ticket.key)
    # one that stands is not asked for again with other words; those are its description's business
    stated = (known is None or known.result is None) and want(connection, page.team, ticket, now)
    if can.descriptions:
        stated = want(connection, page.team, Described(page.key, page.body, words), now) or stated
    for file in filter(None, files.values()):
        stated = want(connection, page.team, file, now) or stated
    return stated


def _in_words(figure: Figure, file: Attached | None) -> Figure:
    words = figure.undrawn()
    return words if file is None else replace(words, summary=f"{words.summary} Attached as {file.file_name}.")

"""Looks for what stands twice although every rule was kept: the search index was slower than anybody waited for, a
request took effect long after its connection had gone, or an earlier life of ours made it.

Over a quiet day it asks the tracker nothing: the mirror shows the tickets that no intent accounts for.
"""

from __future__ import annotations

from collections.abc import Sequence

from eal_jira.errors import Gone
from eal_jira.model import IssueRef
from eal_jira.outbox.desk import Desk
from eal_jira.outbox.duplicates import delete_extras, put_away
from eal_jira.store import intents, strays
from eal_jira.store.intents import IntentRow

LOOKS = 50
"""Tickets of ours that one sweep looks at: the rest waits for the next cycle."""


def sweep(desk: Desk, project: str, us: Sequence[str]) -> None:
    """`us`: our accounts in this tracker, as the mirror names them."""
    _watch(desk)
    if desk.tracker.capabilities.tickets:
        _strays(desk, project, us)


def _watch(desk: Desk) -> None:
    """What was sent again: has the first request taken effect after all?"""
    with desk.store.read() as connection:
        watched = intents.watched(connection, desk.now)
    if watched:
        desk.confirm()
    tickets = [row for row in watched if row.verb == "ticket"]
    if tickets:
        found = desk.tracker.tickets_by_search([row.payload["marker"] for row in tickets])
        for row in tickets:
            refs = {ref.id: ref for ref in found.get(row.payload["marker"], ())}
            _keep_lowest(desk, row, list(refs.values()))
    for row in watched:
        if row.verb == "comment" and row.result is not None:
            issue_id = row.result["issue"]
            delete_extras(desk, issue_id, desk.tracker.find_comments(issue_id, row.payload["marker"])[1:])


def _strays(desk: Desk, project: str, us: Sequence[str]) -> None:
    with desk.store.read() as connection:
        candidates = strays.candidates(connection, project, us, LOOKS)
    if not candidates:
        return
    desk.confirm()
    states = desk.tracker.looks([issue_id for issue_id, _ in candidates])
    for issue_id, key in candidates:
        state = states.get(issue_id)
        marker = None if state is None or state.property is None else state.property.get("marker")
        if state is None:
            continue
        if not isinstance(marker, str):
            _remember(desk, issue_id, key, "", strays.THEIRS)
            continue
        with desk.store.read() as connection:
            row = intents.get(connection, f"ticket:{marker}")
        if row is None:
            _remember(desk, issue_id, key, marker, strays.UNCLAIMED)
        elif row.result is not None:
            _keep_lowest(desk, row, [state.ref])


def _remember(desk: Desk, issue_id: str, key: str, marker: str, state: str) -> None:
    with desk.store.write() as connection:
        strays.put(connection, issue_id, key, marker, state, desk.now)


def _keep_lowest(desk: Desk, row: IntentRow, found: Sequence[IssueRef]) -> None:
    """Of these and the one that we know, the oldest is the ticket from now on."""
    result = row.result or {}
    known = IssueRef(str(result["id"]), str(result["key"]))
    every = sorted({known.id: known, **{ref.id: ref for ref in found}}.values(), key=lambda ref: (len(ref.id), ref.id))
    keep, extras = every[0], every[1:]
    if not extras:
        return
    try:
        desk.tracker.look(keep.id)
    except Gone:
        return
    if keep.id != known.id:
        with desk.store.write() as connection:
            intents.mark(connection, row.key, row.state, result={"id": keep.id, "key": keep.key})
    for extra in extras:
        put_away(desk, keep, extra, row.payload["marker"], row.payload["labels"])

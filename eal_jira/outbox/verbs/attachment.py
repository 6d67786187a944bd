"""A file is attached to an issue, once. The same name twice would be two files, so the name carries the content's hash:
a look at the names tells whether this very content is there. A newer picture of the same thing takes the older one's
place: it comes first, then the older one goes, so there is always one to see."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from eal_jira.errors import NotAllowed
from eal_jira.outbox.desk import Desk
from eal_jira.store.intents import IntentRow

log = structlog.get_logger()

_HASHED = re.compile(r"(?P<stem>.+)-[0-9a-f]{12}(?P<ending>\.[^.]*)?")


def attachment(desk: Desk, row: IntentRow) -> Mapping[str, Any]:
    want = row.payload
    issue_id = desk.target(want)
    name = want["name"]
    there = desk.tracker.attachments(issue_id)

    def find() -> Mapping[str, Any] | None:
        found = there.get(name)
        return {"issue": issue_id, "attachment": found[0], "name": name} if found else None

    def send() -> Mapping[str, Any]:
        made = desk.tracker.attach(issue_id, name, base64.b64decode(want["content"]))
        return {"issue": issue_id, "attachment": made, "name": name}

    done = desk.once(row, find, send, desk.bounds.settle)
    if want.get("replaces"):
        _take_away(desk, _older(there, name))
    return done


def _older(there: Mapping[str, tuple[str, ...]], name: str) -> Iterator[str]:
    """Files of ours with the same name and other content. What people attach has no such name."""
    ours = _parts(name)
    for other, ids in there.items():
        if other != name and _parts(other) == ours:
            yield from ids


def _parts(name: str) -> tuple[str, str | None] | None:
    parts = _HASHED.fullmatch(name)
    return None if parts is None else (parts["stem"], parts["ending"])


def _take_away(desk: Desk, files: Iterator[str]) -> None:
    for file in files:
        try:
            desk.tracker.detach(file)
        except NotAllowed as error:
            # the newer picture is there, and it is what counts: that an older one stays beside it is no harm
            log.info("an older picture stays", attachment=file, reason=str(error))
            return
        desk.wrote()

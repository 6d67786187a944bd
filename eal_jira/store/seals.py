"""A hash over the content of each intent, written with it and looked at before anything is sent (R9b).

A database file has no check sums of its own: bytes that change inside a value are noticed by nobody else
(facts/reliability.md M10).
"""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, select

from eal_jira.store import tables as t
from eal_jira.store.upsert import upsert

CONTENT = ("key", "team", "lane", "verb", "hash", "payload", "before", "result")
"""The columns that say what is written to the tracker, and where."""

_CONTENT = [t.intents.c[name] for name in CONTENT]


def put(connection: Connection, key: str) -> None:
    """Seals the intent as it is now: after every change of it, in the same transaction."""
    digest = _digest(connection, key)
    if digest is not None:
        upsert(connection, t.seals, [{"key": key, "digest": digest}])


def whole(connection: Connection, key: str) -> bool:
    """Whether the intent is what was sealed."""
    sealed = connection.execute(select(t.seals.c.digest).where(t.seals.c.key == key)).scalar()
    return sealed is not None and sealed == _digest(connection, key)


def _digest(connection: Connection, key: str) -> str | None:
    try:
        row = connection.execute(select(*_CONTENT).where(t.intents.c.key == key)).mappings().first()
    except ValueError:
        return None  # what stands there is no JSON any more
    return None if row is None else hashlib.sha256(json.dumps(dict(row), sort_keys=True).encode()).hexdigest()

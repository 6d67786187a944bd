"""Who delivers an intent: taken in one statement that looks at the lease, the intent and its state at once.

Looking first and taking then made 352 duplicates in 1,000 effects (facts/reliability.md M8).
"""

from __future__ import annotations

from sqlalchemy import Connection, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from eal_jira.store import intents
from eal_jira.store import tables as t
from eal_jira.store.database import Store
from eal_jira.store.fence import Fence, database_now
from eal_jira.store.intents import IntentRow
from eal_jira.store.tables import Unreadable


def claim(store: Store, row: IntentRow) -> None:
    """This intent, as it was read, is ours to deliver.

    Raises `StoreDamaged` when it is not what was once decided, and `LeaseLost` when it is no longer ours to write.
    Without a lease (by hand, on a database of our own) only the first is asked.
    """
    with store.write() as connection:
        # reading it looks at its seal
        if intents.get(connection, row.key) is None:
            raise Unreadable(f"the intent {row.key!r} is there no more")
        if store.fence is not None and not _taken(connection, row, store.fence):
            store.fence.lost()
            raise store.fence.over()


def _taken(connection: Connection, row: IntentRow, fence: Fence) -> bool:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    ours = select(t.intents.c.key, literal(fence.lease), literal(fence.epoch), database_now()).where(
        t.intents.c.key == row.key,
        t.intents.c.state == row.state,
        select(t.leases.c.name).where(fence.condition()).exists(),
    )
    statement = insert(t.claims).from_select(["key", "lease", "epoch", "at"], ours)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={name: statement.excluded[name] for name in ("lease", "epoch", "at")},
    )
    return connection.execute(statement.returning(t.claims.c.key)).first() is not None

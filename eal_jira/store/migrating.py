"""Brings the schema up to date: in one transaction, after a backup of what was there."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, event, inspect, text

from eal_jira import failpoints
from eal_jira.errors import StoreError
from eal_jira.store.copies import before_migration

if TYPE_CHECKING:
    from alembic.config import Config

    from eal_jira.store.database import Store


def migrations() -> Config:
    """Where Alembic finds the migration scripts."""
    from alembic.config import Config

    config = Config()
    folder = str(resources.files("eal_jira.store") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def head() -> str:
    """The newest schema that this program knows."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(migrations()).get_current_head())


def version(connection: Connection) -> str | None:
    """The schema's number; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def migrate(store: Store) -> None:
    """Whoever comes second, in another process, waits and finds it done. Raises `StoreError` for a newer schema."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = migrations()
    scripts = ScriptDirectory.from_config(config)
    newest = head()
    if _is_there(store):
        with store.read() as connection:
            # whoever only reads waits for nobody who writes
            if version(connection) == newest:
                return
    with store.write() as connection:
        known = version(connection)
        if known == newest:
            return
        if known is not None and known not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreError(
                f"The database {store.name} was written by a newer eal-jira (schema {known}).",
                refused="This version does not touch it.",
                remedy="Update eal-jira, or restore a backup made before the update.",
            )
        if known is not None:
            # inside the transaction: nobody can write between the copy and the change
            before_migration(store, known)
        config.attributes["connection"] = connection
        event.listen(connection, "before_cursor_execute", _migrating)
        command.upgrade(config, "head")


def _is_there(store: Store) -> bool:
    """Whether there is anything to read: a reader must not be the one who makes the file."""
    return not store.embedded or Path(str(store.url.database)).is_file()


def _migrating(*_statement: object) -> None:
    failpoints.reach("migrate", "a statement", "before")

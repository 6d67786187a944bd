"""Alembic's entry: migrates over the connection that the store hands in, inside its transaction."""

from alembic import context

from eal_jira.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

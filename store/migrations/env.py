"""Alembic's entry: migrations run on the connection that ``store.migrate`` hands over."""

from alembic import context

from store.tables import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()

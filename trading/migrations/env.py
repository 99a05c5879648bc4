"""Alembic's entry: it is handed an open connection and never opens one of its own."""

from alembic import context

from trading.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()

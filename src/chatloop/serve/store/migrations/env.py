"""Alembic's entry: the connection is the store's own, and the transaction is, too."""

from alembic import context

from chatloop.serve.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

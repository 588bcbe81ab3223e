"""How Alembic runs the revisions: on the connection, and in the transaction, of the caller."""

from alembic import context

from evosearch.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction is around all revisions
)
context.run_migrations()

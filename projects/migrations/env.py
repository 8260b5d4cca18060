"""Run the migrations on the connection that `projects.database` passes; that one holds the lock."""

from __future__ import annotations

from alembic import context

from projects.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=True,  # SQLite can; Alembic leaves it off because Python's driver used to get in the way
)
with context.begin_transaction():
    context.run_migrations()

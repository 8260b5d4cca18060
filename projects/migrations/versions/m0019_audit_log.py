"""The audit log, and when an API key stops working."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

REFUSED = "entries of the audit log are neither changed nor removed"


def upgrade() -> None:
    """Add the column and the table, which the database itself keeps append-only."""
    op.add_column("api_keys", sa.Column("expires_at", sa.DateTime(), nullable=True))
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(150), nullable=False),
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("project_id", sa.String(20), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_project_id", "audit_log", ["project_id"])
    if op.get_bind().dialect.name == "sqlite":
        for what in ("update", "delete"):
            op.execute(
                f"create trigger audit_log_no_{what} before {what} on audit_log "
                f"begin select raise(abort, '{REFUSED}'); end"
            )
    else:
        op.execute(
            "create function audit_log_refuse() returns trigger language plpgsql as "
            f"$$ begin raise exception '{REFUSED}'; end $$"
        )
        op.execute(
            "create trigger audit_log_append_only before update or delete or truncate on audit_log "
            "for each statement execute function audit_log_refuse()"
        )


def downgrade() -> None:
    """Drop the log; keys do not expire any more."""
    op.drop_table("audit_log")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("drop function audit_log_refuse()")
    with op.batch_alter_table("api_keys") as table:
        table.drop_column("expires_at")

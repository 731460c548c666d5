"""Requests of AI agents and bots to hand over"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.create_table(
        "handovers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.Text(), server_default="", nullable=False),
        sa.Column("asked", json, nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("tried", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("handoff_id", sa.Text(), server_default="", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("caller", "key"),
    )
    op.create_index("handovers_not_begun", "handovers", ["state", "id"], postgresql_where=sa.text("state <> 'begun'"))

"""When a ticket is to be looked at again without anything happening; its log; tickets by customer"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("log", postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("tickets", sa.Column("look_at", sa.DateTime(timezone=True)))
    op.add_column("tickets", sa.Column("look_version", sa.BigInteger()))
    op.add_column("tickets", sa.Column("requester_email", sa.Text(), server_default="", nullable=False))
    op.create_index("tickets_to_look_at", "tickets", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL"))
    op.create_index("tickets_by_look_version", "tickets", ["look_version"], postgresql_where=sa.text("look_version IS NOT NULL"))
    op.add_column("tickets", sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.create_index(
        "tickets_by_requester", "tickets", ["requester_email", "seen_at"], postgresql_where=sa.text("requester_email <> ''")
    )
    op.execute("UPDATE tickets SET requester_email = lower(coalesce(body #>> '{requester,email}', ''))")
    op.execute("UPDATE tickets SET look_version = -1 WHERE body ->> 'status' NOT IN ('solved', 'closed', 'deleted')")

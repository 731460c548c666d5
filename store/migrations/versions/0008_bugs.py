"""Bugs reported to engineering, and the tickets behind each"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True)


def _text(name: str, default: str | None = None, *, key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default, primary_key=key)


def upgrade() -> None:
    op.create_table(
        "bugs",
        _text("id", key=True),
        _text("tracker"),
        _text("fingerprint"),
        _text("state"),
        *(_text(name, "") for name in ("external_id", "key", "url")),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        _text("error", ""),
        sa.Column("body", JSON, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("state_at", MOMENT),
        _text("state_key", ""),
    )
    alive, filed = sa.text("state <> 'closed'"), sa.text("external_id <> ''")
    op.create_index("one_bug_per_fault", "bugs", ["tracker", "fingerprint"], unique=True, postgresql_where=alive)
    op.create_index("bugs_by_external_id", "bugs", ["tracker", "external_id"], unique=True, postgresql_where=filed)
    op.create_index("bugs_by_tracker", "bugs", ["tracker", "id"])
    op.create_index("bugs_by_state", "bugs", ["state", "id"])
    op.create_table(
        "bug_links",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=True),
        _text("bug_id"),
        _text("connection"),
        _text("ticket_id"),
        _text("handoff_id"),
        sa.Column("told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["bug_id"], ["bugs.id"]),
        sa.UniqueConstraint("bug_id", "connection", "ticket_id"),
    )
    op.create_index("bug_links_by_bug", "bug_links", ["bug_id", "id"])
    op.create_index("bug_links_by_ticket", "bug_links", ["connection", "ticket_id"])

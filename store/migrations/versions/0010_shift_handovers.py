"""Shift handovers: packets with their items, where they were posted, and when each person's shift ends"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _at(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "shift_packets",
        _text("id"),
        _text("key"),
        _text("outgoing"),
        _at("at"),
        _text("why"),
        _text("made_by"),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("shift_packets_by_agent", "shift_packets", ["outgoing", "id"])
    op.create_table(
        "shift_items",
        _text("packet"),
        _text("handoff_id"),
        _text("outgoing"),
        _text("asked"),
        _text("state"),
        sa.Column("body", JSONB(none_as_null=True), nullable=False),
        _at("added_at"),
        _at("changed_at"),
        sa.PrimaryKeyConstraint("packet", "handoff_id"),
        sa.ForeignKeyConstraint(["packet"], ["shift_packets.id"]),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"]),
    )
    waits = sa.text("state IN ('open', 'with_lead')")
    op.create_index("one_waiting_shift_item", "shift_items", ["handoff_id"], unique=True, postgresql_where=waits)
    op.create_index("waiting_shift_items", "shift_items", ["packet"], postgresql_where=waits)
    op.create_index("shift_items_asked", "shift_items", ["asked"], postgresql_where=waits)
    op.create_table(
        "shift_posts",
        _text("packet"),
        _text("agent"),
        _text("channel"),
        _text("ts"),
        _text("shown"),
        sa.PrimaryKeyConstraint("packet", "agent"),
        sa.ForeignKeyConstraint(["packet"], ["shift_packets.id"]),
    )
    op.create_table(
        "shift_ends",
        _text("agent"),
        _at("starts_at"),
        _at("ends_at"),
        _at("due_at"),
        sa.Column("roster_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent"),
    )
    op.create_index("shift_ends_due", "shift_ends", ["due_at"])

"""Which roster the running deadlines of a handoff were counted with, where another one could move them"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("handoffs", sa.Column("counted_with", sa.BigInteger(), nullable=True))
    op.create_index("handoffs_counted", "handoffs", ["counted_with"], postgresql_where=sa.text("counted_with IS NOT NULL"))

"""Who is shown as away by a helpdesk or the chat, beside people's own word"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("away", sa.Column("source", sa.Text(), server_default="", nullable=False))
    op.drop_constraint("away_pkey", "away")
    op.create_primary_key("away_pkey", "away", ["agent", "source"])

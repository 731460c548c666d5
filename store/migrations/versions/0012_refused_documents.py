"""An index of the versions of documents that are not taken: every process looks them up when it begins."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("CREATE INDEX refused_documents ON timeline (id) WHERE kind = 'document_refused'")


def downgrade() -> None:
    op.execute("DROP INDEX refused_documents")

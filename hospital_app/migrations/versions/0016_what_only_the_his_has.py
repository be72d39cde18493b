"""what the hospital information system has under numbers that are not ours

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("his_comparison", sa.Column("only_there", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("his_comparison", sa.Column("strangers", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("his_comparison", "strangers")
    op.drop_column("his_comparison", "only_there")

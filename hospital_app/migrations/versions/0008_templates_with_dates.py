"""templates hold from a day on and until a day

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("schedule_template", sa.Column("since", sa.Date(), nullable=True))
    op.add_column("schedule_template", sa.Column("until", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("schedule_template") as batch:
        batch.drop_column("until")
        batch.drop_column("since")

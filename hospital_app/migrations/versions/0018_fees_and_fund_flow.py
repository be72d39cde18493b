"""what a channel kept of a day, and what its fund-flow bill comes to

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SUMS = ("fee_fen", "flow_fen", "other_fen")


def upgrade() -> None:
    with op.batch_alter_table("reconciliation") as table:
        for name in SUMS:
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("flow_lines", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("reconciliation") as table:
        for name in (*SUMS, "flow_lines"):
            table.drop_column(name)

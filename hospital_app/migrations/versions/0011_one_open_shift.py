"""a clerk has one open shift at a time, by construction

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    open_of = "CASE WHEN closed_at IS NULL THEN staff_id ELSE NULL END"
    op.add_column("cashier_shift", sa.Column("open_of", sa.Integer(), sa.Computed(open_of, persisted=False)))
    op.create_index("uq_shift_open", "cashier_shift", ["open_of"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_shift_open", "cashier_shift")
    op.drop_column("cashier_shift", "open_of")

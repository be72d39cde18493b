"""what the lines of each closed day come to

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_total",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("department_code", sa.String(length=12), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("debit_fen", sa.BigInteger(), nullable=False),
        sa.Column("credit_fen", sa.BigInteger(), nullable=False),
        sa.Column("debits", sa.Integer(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("on", "department_code", "account"),
    )
    op.create_index("ix_ledger_total_department", "ledger_total", ["department_code", "on"])


def downgrade() -> None:
    op.drop_table("ledger_total")

"""a cashier's address may carry the whole signed order, as Alipay's does

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _resize(500, 2000)


def downgrade() -> None:
    op.execute("UPDATE payment SET cashier_url = '' WHERE LENGTH(cashier_url) > 500")
    _resize(2000, 500)


def _resize(before: int, after: int) -> None:
    if op.get_bind().dialect.name == "sqlite":  # cannot change a column's type; a batch would drop a referred table
        op.add_column("payment", sa.Column("resized", sa.String(length=after), nullable=False, server_default=""))
        op.execute("UPDATE payment SET resized = cashier_url")
        op.drop_column("payment", "cashier_url")
        op.execute("ALTER TABLE payment RENAME COLUMN resized TO cashier_url")
        return
    op.alter_column(
        "payment",
        "cashier_url",
        existing_type=sa.String(length=before),
        type_=sa.String(length=after),
        existing_nullable=False,
    )

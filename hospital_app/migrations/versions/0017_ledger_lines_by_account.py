"""lines of an account in the order in which they are shown, so that its newest are found without reading all of them

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NAME = "ix_ledger_line_account"


def upgrade() -> None:
    op.drop_index(NAME, "ledger_line")
    op.create_index(NAME, "ledger_line", ["account", "on", "entry_id"])


def downgrade() -> None:
    op.drop_index(NAME, "ledger_line")
    op.create_index(NAME, "ledger_line", ["account", "on"])

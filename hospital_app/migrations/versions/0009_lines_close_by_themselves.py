"""lines of the waitlist close by a comparison

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: 23:00 at the hospital on the evening before, as the rules had it until now; said to each database in its own words.
CLOSES = {
    "sqlite": "UPDATE waitlist_entry SET closes_at = strftime('%Y-%m-%d %H:%M:%S.000000', \"on\", '-9 hours')",
    "mysql": "UPDATE waitlist_entry SET closes_at = CAST(`on` AS DATETIME) - INTERVAL 9 HOUR",
}


def upgrade() -> None:
    closed = sa.Column("closes_at", sa.DateTime(), nullable=False, server_default="1970-01-01 00:00:00")
    op.add_column("waitlist_entry", closed)
    op.execute(CLOSES["sqlite" if op.get_bind().dialect.name == "sqlite" else "mysql"])
    op.drop_index("ix_waitlist_on", "waitlist_entry")
    op.create_index("ix_waitlist_closing", "waitlist_entry", ["status", "closes_at"])


def downgrade() -> None:
    op.create_index("ix_waitlist_on", "waitlist_entry", ["on", "status"])
    op.drop_index("ix_waitlist_closing", "waitlist_entry")
    op.drop_column("waitlist_entry", "closes_at")

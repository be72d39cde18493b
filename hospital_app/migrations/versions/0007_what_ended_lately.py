"""sessions and freezes by when: what ended in the last seconds is compared with Redis all the time

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_login_session_revoked", "login_session", ["revoked_at"])
    op.create_index("ix_account_freeze_at", "account_freeze", ["frozen_at"])


def downgrade() -> None:
    op.drop_index("ix_account_freeze_at", table_name="account_freeze")
    op.drop_index("ix_login_session_revoked", table_name="login_session")

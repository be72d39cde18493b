"""every way in, family, staff, freezing, the sealed audit trail

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rows that are there already get the server's defaults; later ones bring their own values.
    op.create_table(
        "audit_seal",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("entry_id"),
    )
    op.create_table(
        "ceremony",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("handle_hash"),
    )
    op.create_table(
        "photo",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=20), nullable=False),
        sa.Column("content", sa.LargeBinary(length=16777215), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "sign_in_guard",
        sa.Column("key", sa.String(length=90), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "account_freeze",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(), nullable=False),
        sa.Column("frozen_by", sa.String(length=60), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("appeal", sa.String(length=500), nullable=False),
        sa.Column("appealed_at", sa.DateTime(), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=300), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("lifted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_account_freeze_account", "account_freeze", ["account_id", "id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patient.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_consent_account", "consent", ["account_id", "kind"], unique=False)
    op.create_table(
        "linked_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_index", sa.String(length=64), nullable=False),
        sa.Column("linked_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "provider", name="uq_linked_identity_account"),
        sa.UniqueConstraint("provider", "subject_index", name="uq_linked_identity_subject"),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("credential_hash", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.String(length=80), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_hash"),
    )
    op.create_index("ix_passkey_account", "passkey", ["account_id"], unique=False)
    op.create_index("ix_passkey_staff", "passkey", ["staff_id"], unique=False)
    op.add_column("account", sa.Column("password_hash", sa.String(length=200), nullable=True))
    op.add_column("account", sa.Column("password_changed_at", sa.DateTime(), nullable=True))
    op.add_column("account", sa.Column("closed_at", sa.DateTime(), nullable=True))
    op.add_column("department", sa.Column("opening", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("doctor", sa.Column("photo", sa.String(length=64), nullable=True))
    op.add_column("login_session", sa.Column("method", sa.String(length=20), nullable=False, server_default="sms-code"))
    op.add_column("login_session", sa.Column("device", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("login_session", sa.Column("second_factor_at", sa.DateTime(), nullable=True))
    op.add_column("patient", sa.Column("insurance_region", sa.String(length=6), nullable=False, server_default=""))
    op.add_column("patient", sa.Column("insurance_verified_at", sa.DateTime(), nullable=True))
    op.add_column("staff", sa.Column("password_changed_at", sa.DateTime(), nullable=True))
    op.add_column("staff", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("staff", sa.Column("totp_confirmed_at", sa.DateTime(), nullable=True))
    op.add_column("staff", sa.Column("totp_step", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("staff", "totp_step")
    op.drop_column("staff", "totp_confirmed_at")
    op.drop_column("staff", "totp_secret")
    op.drop_column("staff", "password_changed_at")
    op.drop_column("patient", "insurance_verified_at")
    op.drop_column("patient", "insurance_region")
    op.drop_column("login_session", "second_factor_at")
    op.drop_column("login_session", "device")
    op.drop_column("login_session", "method")
    op.drop_column("doctor", "photo")
    op.drop_column("department", "opening")
    op.drop_column("account", "closed_at")
    op.drop_column("account", "password_changed_at")
    op.drop_column("account", "password_hash")
    op.drop_table("passkey")
    op.drop_table("linked_identity")
    op.drop_table("consent")
    op.drop_table("account_freeze")
    op.drop_table("sign_in_guard")
    op.drop_table("photo")
    op.drop_table("ceremony")
    op.drop_table("audit_seal")

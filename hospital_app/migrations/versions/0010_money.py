"""the two legs of a payment, insurance settlements, the ledger, reconciliation, shifts, invoices

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "subject", name="uq_ledger_event"),
    )
    op.create_index("ix_ledger_entry_on", "ledger_entry", ["on", "id"])
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("bill_lines", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("bill_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("our_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bill_refund_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("our_refund_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.CheckConstraint("status IN ('waiting','clean','differences','resolved')", name="ck_reconciliation_status"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "on", name="uq_reconciliation_day"),
    )
    op.create_index("ix_reconciliation_on", "reconciliation", ["on"])
    op.create_table(
        "ledger_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("department_code", sa.String(length=12), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ledger_line_account", "ledger_line", ["account", "on"])
    op.create_index("ix_ledger_line_entry", "ledger_line", ["entry_id"])
    op.create_index("ix_ledger_line_on", "ledger_line", ["on", "department_code"])
    op.create_table(
        "cashier_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("collected_fen", sa.Integer(), nullable=False),
        sa.Column("collected_count", sa.Integer(), nullable=False),
        sa.Column("refunded_fen", sa.Integer(), nullable=False),
        sa.Column("refunded_count", sa.Integer(), nullable=False),
        sa.Column("counted_fen", sa.Integer(), nullable=True),
        sa.Column("handed_to", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["handed_to"], ["staff.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shift_opened", "cashier_shift", ["opened_at"])
    op.create_index("ix_shift_staff", "cashier_shift", ["staff_id", "closed_at"])
    op.create_table(
        "ledger_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("balances", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("on"),
    )
    op.create_table(
        "reconciliation_difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reconciliation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("channel_number", sa.String(length=64), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("our_fen", sa.Integer(), nullable=True),
        sa.Column("their_fen", sa.Integer(), nullable=True),
        sa.Column("our_state", sa.String(length=20), nullable=False),
        sa.Column("their_state", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("resolution", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('missing-here','missing-there','amount','state','twice')", name="ck_difference_kind"
        ),
        sa.CheckConstraint("status IN ('open','repaired','resolved')", name="ck_difference_status"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["reconciliation_id"], ["reconciliation.id"]),
        sa.ForeignKeyConstraint(["resolved_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reconciliation_id", "subject", "number", "kind", name="uq_difference"),
    )
    op.create_index("ix_difference_number", "reconciliation_difference", ["number"])
    op.create_index("ix_difference_status", "reconciliation_difference", ["status", "id"])
    op.create_table(
        "insurance_settlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("person_no", sa.Text(), nullable=False),
        sa.Column("insured_region", sa.String(length=6), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("use_account", sa.Boolean(), nullable=False),
        sa.Column("visit_id", sa.String(length=40), nullable=False),
        sa.Column("batch_no", sa.String(length=40), nullable=False),
        sa.Column("settlement_id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("pay_order_id", sa.String(length=64), nullable=False),
        sa.Column("pay_token", sa.Text(), nullable=False),
        sa.Column("total_fen", sa.Integer(), nullable=False),
        sa.Column("fund_fen", sa.Integer(), nullable=False),
        sa.Column("account_fen", sa.Integer(), nullable=False),
        sa.Column("cash_fen", sa.Integer(), nullable=False),
        sa.Column("quoted_at", sa.DateTime(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("reversed_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.CheckConstraint("fund_fen >= 0 AND account_fen >= 0 AND cash_fen >= 0", name="ck_settlement_parts"),
        sa.CheckConstraint("total_fen = fund_fen + account_fen + cash_fen", name="ck_settlement_split"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("no"),
        sa.UniqueConstraint("payment_id"),
    )
    op.create_index("ix_settlement_appointment", "insurance_settlement", ["appointment_id"])
    op.create_index("ix_settlement_settled", "insurance_settlement", ["settled_at"])
    op.create_index("ix_settlement_status", "insurance_settlement", ["status", "id"])
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("batch_code", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("check_code", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=True),
        sa.Column("voided_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.CheckConstraint("status IN ('requested','issued','voided','failed')", name="ck_invoice_status"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("no"),
        sa.UniqueConstraint("payment_id"),
    )
    op.create_index("ix_invoice_appointment", "invoice", ["appointment_id"])
    op.create_index("ix_invoice_status", "invoice", ["status", "id"])
    op.add_column("payment", sa.Column("method", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("payment", sa.Column("prepay", sa.String(length=1000), nullable=False, server_default=""))
    op.add_column("payment", sa.Column("cash_captured_at", sa.DateTime(), nullable=True))
    op.add_column("payment", sa.Column("shift_id", sa.Integer(), nullable=True))
    op.create_index("ix_payment_channel_captured", "payment", ["channel", "captured_at"])
    op.create_index("ix_payment_shift", "payment", ["shift_id"])
    op.add_column("refund", sa.Column("leg", sa.String(length=10), nullable=False, server_default="cash"))
    op.add_column("refund", sa.Column("sent_at", sa.DateTime(), nullable=True))
    op.add_column("refund", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("refund", sa.Column("shift_id", sa.Integer(), nullable=True))
    op.create_index("ix_refund_shift", "refund", ["shift_id"])
    op.create_index("ix_refund_status", "refund", ["status", "id"])
    op.execute("UPDATE payment SET cash_captured_at = captured_at WHERE captured_at IS NOT NULL")
    op.execute("UPDATE refund SET sent_at = done_at WHERE done_at IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_refund_status", "refund")
    op.drop_index("ix_refund_shift", "refund")
    op.drop_column("refund", "shift_id")
    op.drop_column("refund", "attempts")
    op.drop_column("refund", "sent_at")
    op.drop_column("refund", "leg")
    op.drop_index("ix_payment_shift", "payment")
    op.drop_index("ix_payment_channel_captured", "payment")
    op.drop_column("payment", "shift_id")
    op.drop_column("payment", "cash_captured_at")
    op.drop_column("payment", "prepay")
    op.drop_column("payment", "method")
    op.drop_table("invoice")
    op.drop_table("insurance_settlement")
    op.drop_table("reconciliation_difference")
    op.drop_table("ledger_day")
    op.drop_table("cashier_shift")
    op.drop_table("ledger_line")
    op.drop_table("reconciliation")
    op.drop_table("ledger_entry")

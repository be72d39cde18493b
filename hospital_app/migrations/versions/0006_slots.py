"""channels, changes of schedules, displaced patients, the waitlist, rules with a date, scalping alerts

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = {
    "schedule": ("template_id",),
    "schedule_template": ("referral_percent", "onsite_percent"),
    "slot": ("channel", "opens_at"),
    "appointment": ("channel",),
    "department": ("release_time",),
}


def upgrade() -> None:
    op.add_column("schedule_template", sa.Column("referral_percent", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("schedule_template", sa.Column("onsite_percent", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("slot", sa.Column("channel", sa.String(length=10), nullable=False, server_default="online"))
    op.add_column("slot", sa.Column("opens_at", sa.DateTime(), nullable=True))
    op.add_column("appointment", sa.Column("channel", sa.String(length=10), nullable=False, server_default="online"))
    op.add_column("department", sa.Column("release_time", sa.Time(), nullable=True))
    op.add_column("schedule", sa.Column("template_id", sa.Integer(), nullable=True))
    op.create_table(
        "schedule_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("department_code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('suspend','adjust','overbook','quota')", name="ck_change_kind"),
        sa.CheckConstraint("status IN ('requested','approved','rejected','withdrawn')", name="ck_change_status"),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"]),
        sa.ForeignKeyConstraint(["requested_by"], ["staff.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_change_department_status", "schedule_change", ["department_code", "status", "id"])
    op.create_index("ix_change_schedule", "schedule_change", ["schedule_id", "id"])
    op.create_table(
        "displacement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("department_code", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("decide_until", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("priority_until", sa.DateTime(), nullable=False),
        sa.Column("priority_used_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("status IN ('open','moved','refunded')", name="ck_displacement_status"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["change_id"], ["schedule_change.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id"),
    )
    op.create_index("ix_displacement_account", "displacement", ["account_id", "id"])
    op.create_index("ix_displacement_patient", "displacement", ["patient_id", "priority_until"])
    op.create_index("ix_displacement_due", "displacement", ["status", "decide_until"])
    live = "CASE WHEN status IN ('waiting','offered') THEN 1 ELSE NULL END"
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("department_code", sa.String(length=12), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("offered_at", sa.DateTime(), nullable=True),
        sa.Column("offer_until", sa.DateTime(), nullable=True),
        sa.Column("appointment_no", sa.String(length=20), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("live", sa.Boolean(), sa.Computed(live, persisted=False), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting','offered','taken','lapsed','left','cleared')", name="ck_waitlist_status"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("patient_id", "provider", "on", "live", name="uq_waitlist_live"),
    )
    op.create_index("ix_waitlist_line", "waitlist_entry", ["provider", "on", "status", "precedence", "id"])
    op.create_index("ix_waitlist_account", "waitlist_entry", ["account_id", "status"])
    op.create_index("ix_waitlist_offer", "waitlist_entry", ["status", "offer_until"])
    op.create_index("ix_waitlist_on", "waitlist_entry", ["on", "status"])
    op.create_table(
        "rule_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rule_name_effective", "rule_change", ["name", "effective_at"])
    op.create_table(
        "scalping_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(), nullable=False),
        sa.Column("frozen_until", sa.DateTime(), nullable=True),
        sa.Column("handled_at", sa.DateTime(), nullable=True),
        sa.Column("handled_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["handled_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_scalping_open", "scalping_alert", ["handled_at", "id"])
    op.create_index("ix_scalping_account", "scalping_alert", ["account_id", "id"])


def downgrade() -> None:
    for table in ("scalping_alert", "rule_change", "waitlist_entry", "displacement", "schedule_change"):
        op.drop_table(table)
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)

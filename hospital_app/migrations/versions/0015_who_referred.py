"""which doctor referred a patient, so that they find what became of it

Revision ID: 0015
Revises: 0014
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referral",
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("referred_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"]),
        sa.PrimaryKeyConstraint("appointment_id"),
    )
    op.create_index("ix_referral_doctor", "referral", ["doctor_id", "appointment_id"])
    _take_from_the_trail()


def downgrade() -> None:
    op.drop_table("referral")


def _take_from_the_trail() -> None:
    """Until now only the audit trail knew who had sent somebody."""
    database = op.get_bind()
    said = database.execute(sa.text("SELECT subject, at, detail FROM audit_entry WHERE action = 'refer'")).all()
    numbers = {subject.removeprefix("appointment:"): (at, json.loads(detail)) for subject, at, detail in said}
    for no, (at, detail) in numbers.items():
        database.execute(
            sa.text(
                "INSERT INTO referral (appointment_id, doctor_id, referred_at)"
                " SELECT appointment.id, doctor.id, :at FROM appointment JOIN doctor ON doctor.id = :doctor"
                " WHERE appointment.no = :no"
            ),
            {"no": no, "doctor": detail.get("doctor"), "at": at},
        )

"""个人数据副本: everything the house keeps about an account, for its holder to take away.

Names and ID numbers of the list are given in full, since the account gave them. Of a person who stands in other lists
too there is nothing that only another account knows: no insurance number in full, no appointment of theirs.
"""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import local
from hospital_app.domain.masking import mask_id_number
from hospital_app.models.booking import Appointment
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import (
    Account,
    AccountFreeze,
    Consent,
    FamilyMember,
    LinkedIdentity,
    LoginSession,
    Message,
    Passkey,
    Patient,
)
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import sessions
from hospital_app.work import Work

Row = dict[str, Any]
FORMAT = "guahao-account-1"


def export(work: Work) -> Row:
    """One document, ready for JSON; times in the hospital's own zone. On the audit trail."""
    account_id = authority.check_holder(work.actor, Right.OWN_PRIVACY)
    sessions.check_proved_recently(work)
    account = work.session.get_one(Account, account_id)
    work.record("account.export", f"account:{account_id}")
    return {
        "format": FORMAT,
        "made_at": _at(work.now),
        "account": {
            "id": account_id,
            "phone": account.phone,
            "created_at": _at(account.created_at),
            "has_password": account.password_hash is not None,
            "frozen_until": _at(account.frozen_until),
            "booking_banned_until": _at(account.booking_banned_until),
        },
        "family": _family(work, account_id),
        "appointments": _appointments(work, account_id),
        "payments": _payments(work, account_id),
        "consents": _rows(work, Consent, account_id, "kind", "version", "patient_id", "given_at", "withdrawn_at"),
        "messages": _rows(work, Message, account_id, "kind", "appointment_no", "text", "created_at", "read_at"),
        "sessions": _rows(
            work, LoginSession, account_id, "created_at", "seen_at", "revoked_at", "address", "user_agent", "method"
        ),
        "sign_in_links": _rows(work, LinkedIdentity, account_id, "provider", "linked_at", "used_at"),
        "passkeys": _rows(work, Passkey, account_id, "label", "created_at", "used_at"),
        "freezes": _rows(
            work, AccountFreeze, account_id, "reason", "frozen_at", "until", "appeal", "answer", "lifted_at"
        ),
    }


def _family(work: Work, account_id: int) -> list[Row]:
    rows = work.session.execute(
        select(FamilyMember, Patient)
        .join(Patient, col(FamilyMember.patient_id) == col(Patient.id))
        .where(col(FamilyMember.account_id) == account_id)
        .order_by(col(FamilyMember.id))
    )
    return [
        {
            "id": patient.id,
            "relation": link.relation,
            "added_at": _at(link.created_at),
            "name": patient.name,
            "document_kind": patient.document_kind,
            "document_number": patient.document_number,
            "born_on": None if patient.born_on is None else patient.born_on.isoformat(),
            "gender": patient.gender,
            "insurance_number": mask_id_number(patient.insurance_number or ""),
            "insurance_region": patient.insurance_region,
            "insurance_verified_at": _at(patient.insurance_verified_at),
        }
        for link, patient in rows
    ]


def _appointments(work: Work, account_id: int) -> list[Row]:
    rows = work.session.execute(
        select(Appointment, col(Department.name), col(Doctor.name))
        .join(Department, col(Appointment.department_code) == col(Department.code))
        .outerjoin(Doctor, col(Appointment.doctor_id) == col(Doctor.id))
        .where(col(Appointment.account_id) == account_id)
        .order_by(col(Appointment.id))
    )
    return [
        {
            "no": row.no,
            "patient_id": row.patient_id,
            "department": department,
            "doctor": doctor,
            "starts_at": _at(row.starts_at),
            "seq": row.seq,
            "status": row.status,
            "cancel_reason": row.cancel_reason,
            "fee_fen": row.fee_fen,
            "created_at": _at(row.created_at),
            "checked_in_at": _at(row.checked_in_at),
            "fulfilled_at": _at(row.fulfilled_at),
        }
        for row, department, doctor in rows
    ]


def _payments(work: Work, account_id: int) -> list[Row]:
    rows = work.session.execute(
        select(Payment, col(Appointment.no))
        .join(Appointment, col(Payment.appointment_id) == col(Appointment.id))
        .where(col(Appointment.account_id) == account_id)
        .order_by(col(Payment.id))
    ).all()
    refunds: dict[int, list[Row]] = {}
    for refund in work.session.scalars(
        select(Refund)
        .join(Appointment, col(Refund.appointment_id) == col(Appointment.id))
        .where(col(Appointment.account_id) == account_id)
        .order_by(col(Refund.id))
    ):
        refunds.setdefault(refund.payment_id, []).append(
            {
                "no": refund.no,
                "status": refund.status,
                "amount_fen": refund.amount_fen,
                "created_at": _at(refund.created_at),
                "done_at": _at(refund.done_at),
            }
        )
    return [
        {
            "no": payment.no,
            "appointment_no": no,
            "channel": payment.channel,
            "status": payment.status,
            "amount_fen": payment.amount_fen,
            "fund_fen": payment.fund_fen,
            "insurance_account_fen": payment.insurance_account_fen,
            "cash_fen": payment.cash_fen,
            "captured_at": _at(payment.captured_at),
            "refunds": refunds.get(payment.id or 0, []),
        }
        for payment, no in rows
    ]


def _rows(work: Work, model: Any, account_id: int, *names: str) -> list[Row]:
    found = work.session.scalars(select(model).where(model.account_id == account_id).order_by(model.id))
    return [{name: _plain(getattr(row, name)) for name in names} for row in found]


def _plain(value: Any) -> Any:
    return _at(value) if hasattr(value, "astimezone") else value


def _at(instant: Any) -> str | None:
    return None if instant is None else local(instant).isoformat()

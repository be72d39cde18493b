"""一笔支付的来龙去脉: the payment, its settlement, its refunds, and everything that is on the trail of them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.actions import name_of
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Patient
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.operation import AuditEntry
from hospital_app.models.payment import Payment, Refund
from hospital_app.work import Work

LISTED = 200


@dataclass(frozen=True, slots=True)
class SettlementView:
    """医保结算. No number of the insured person."""

    no: str
    status: str
    settlement_id: str
    fund_fen: int
    account_fen: int
    cash_fen: int
    quoted_at: datetime
    settled_at: datetime | None
    reversed_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class RefundView:
    no: str
    leg: str
    status: str
    reason: str
    amount_fen: int
    channel_refund_id: str
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One entry of the trail: what callbacks, queries, workers and people did to it."""

    at: datetime
    actor: str
    role: str
    name: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """`patient` is masked."""

    no: str
    appointment_no: str
    appointment_status: str
    cancel_reason: str
    patient: str
    purpose: str
    channel: str
    method: str
    status: str
    amount_fen: int
    fund_fen: int
    insurance_account_fen: int
    cash_fen: int
    kept_fen: int
    transaction_id: str
    created_at: datetime
    expires_at: datetime
    cash_captured_at: datetime | None
    captured_at: datetime | None
    closed_at: datetime | None
    settlement: SettlementView | None
    refunds: tuple[RefundView, ...]
    trail: tuple[Trace, ...]


def history(work: Work, *, payment_no: str) -> History:
    authority.check(work.actor, Right.SEE_FINANCE)
    found = work.session.execute(
        select(Payment, Appointment, col(Patient.name_masked))
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(col(Payment.no) == payment_no)
    ).one_or_none()
    if found is None:
        raise not_found("这笔支付")
    payment, appointment, patient = found
    settlement = work.session.scalar(
        select(InsuranceSettlement).where(col(InsuranceSettlement.payment_id) == payment.id)
    )
    refunds = work.session.scalars(
        select(Refund).where(col(Refund.payment_id) == payment.id).order_by(col(Refund.id))
    ).all()
    subjects = [f"payment:{payment.no}", *(f"refund:{refund.no}" for refund in refunds)]
    if settlement is not None:
        subjects.append(f"settlement:{settlement.no}")
    return History(
        no=payment.no,
        appointment_no=appointment.no,
        appointment_status=appointment.status,
        cancel_reason=appointment.cancel_reason,
        patient=patient,
        purpose=payment.purpose,
        channel=payment.channel,
        method=payment.method,
        status=payment.status,
        amount_fen=payment.amount_fen,
        fund_fen=payment.fund_fen,
        insurance_account_fen=payment.insurance_account_fen,
        cash_fen=payment.cash_fen,
        kept_fen=payment.kept_fen,
        transaction_id=payment.transaction_id,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        cash_captured_at=payment.cash_captured_at,
        captured_at=payment.captured_at,
        closed_at=payment.closed_at,
        settlement=None if settlement is None else _settlement(settlement),
        refunds=tuple(map(_refund, refunds)),
        trail=tuple(_trail(work, [*subjects, f"appointment:{appointment.no}"])),
    )


def _trail(work: Work, subjects: list[str]) -> list[Trace]:
    query = select(AuditEntry).where(col(AuditEntry.subject).in_(subjects)).order_by(col(AuditEntry.id)).limit(LISTED)
    return [
        Trace(entry.at, entry.actor, entry.role, name_of(entry.action), entry.subject, json.loads(entry.detail))
        for entry in work.session.scalars(query)
    ]


def _settlement(row: InsuranceSettlement) -> SettlementView:
    return SettlementView(
        no=row.no,
        status=row.status,
        settlement_id=row.settlement_id,
        fund_fen=row.fund_fen,
        account_fen=row.account_fen,
        cash_fen=row.cash_fen,
        quoted_at=row.quoted_at,
        settled_at=row.settled_at,
        reversed_at=row.reversed_at,
        attempts=row.attempts,
        last_error=row.last_error,
    )


def _refund(row: Refund) -> RefundView:
    return RefundView(
        no=row.no,
        leg=row.leg,
        status=row.status,
        reason=row.reason,
        amount_fen=row.amount_fen,
        channel_refund_id=row.channel_refund_id,
        created_at=row.created_at,
        sent_at=row.sent_at,
        done_at=row.done_at,
        attempts=row.attempts,
        last_error=row.last_error,
    )

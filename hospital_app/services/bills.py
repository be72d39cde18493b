"""我的账单: what an account paid, what came back of it, and the invoice of each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.domain.payment import PaymentStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import Invoice
from hospital_app.models.hospital import Department
from hospital_app.models.identity import Patient
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import invoices
from hospital_app.services.invoices import InvoiceView
from hospital_app.work import Work

LISTED = 100


@dataclass(frozen=True, slots=True)
class BillRefund:
    no: str
    status: str
    leg: str
    amount_fen: int
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bill:
    """One payment that money came for. `patient`: masked."""

    payment_no: str
    appointment_no: str
    patient: str
    department: str
    visit_at: datetime
    channel: str
    status: str
    amount_fen: int
    fund_fen: int
    account_fen: int
    cash_fen: int
    kept_fen: int
    paid_at: datetime
    refunds: tuple[BillRefund, ...]
    invoice: InvoiceView | None


def listing(work: Work) -> list[Bill]:
    """One's own, the newest first."""
    account_id = authority.check_holder(work.actor, Right.SEE_APPOINTMENT)
    query = _paid().where(col(Appointment.account_id) == account_id)
    return _bills(work, list(work.session.execute(query.order_by(col(Payment.id).desc()).limit(LISTED))))


def one(work: Work, *, payment_no: str) -> Bill:
    authority.check(work.actor, Right.SEE_APPOINTMENT)
    row = work.session.execute(_paid().where(col(Payment.no) == payment_no)).one_or_none()
    if row is None or not authority.reaches_account(work.actor, Right.SEE_APPOINTMENT, row.Appointment.account_id):
        raise not_found("这笔账单")
    return _bills(work, [row])[0]


def _paid() -> Select[Payment, Appointment, str, str]:
    arrived = (col(Payment.status) == PaymentStatus.CAPTURED) | col(Payment.cash_captured_at).is_not(None)
    return (
        select(Payment, Appointment, col(Patient.name_masked), col(Department.name))
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .join(Department, col(Department.code) == col(Appointment.department_code))
        .where(arrived)
        .execution_options(populate_existing=True)
    )


def _bills(work: Work, rows: list[Row[Payment, Appointment, str, str]]) -> list[Bill]:
    ids = [row.Payment.id for row in rows]
    returned: dict[int, list[BillRefund]] = defaultdict(list)
    found = select(Refund).where(col(Refund.payment_id).in_(ids)).order_by(col(Refund.id))
    for each in work.session.scalars(found.execution_options(populate_existing=True)):
        told = BillRefund(each.no, each.status, each.leg, each.amount_fen, each.created_at, each.done_at)
        returned[each.payment_id].append(told)
    issued = work.session.scalars(
        select(Invoice).where(col(Invoice.payment_id).in_(ids)).execution_options(populate_existing=True)
    )
    by_payment = {invoice.payment_id: invoice for invoice in issued}
    return [_bill(row, tuple(returned[row.Payment.id]), by_payment.get(row.Payment.id)) for row in rows]


def _bill(row: Row[Payment, Appointment, str, str], returned: tuple[BillRefund, ...], invoice: Invoice | None) -> Bill:
    payment, appointment, patient, department = row
    return Bill(
        payment_no=payment.no,
        appointment_no=appointment.no,
        patient=patient,
        department=department,
        visit_at=appointment.starts_at,
        channel=payment.channel,
        status=payment.status,
        amount_fen=payment.amount_fen,
        fund_fen=payment.fund_fen,
        account_fen=payment.insurance_account_fen,
        cash_fen=payment.cash_fen,
        kept_fen=payment.kept_fen,
        paid_at=payment.captured_at or payment.cash_captured_at or payment.created_at,
        refunds=returned,
        invoice=invoices.view(invoice, payment.no) if invoice else None,
    )

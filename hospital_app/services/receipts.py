"""医疗收费电子票据 to print: what an issued invoice says, for the account that paid. It has the payer's full name."""

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.invoicing import InvoiceStatus, IssuedInvoice
from hospital_app.domain.money import Split
from hospital_app.domain.receipts import Receipt, split_of
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import Invoice
from hospital_app.models.hospital import Department
from hospital_app.models.identity import Patient
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment, Refund
from hospital_app.work import Work


def one(work: Work, *, payment_no: str) -> Receipt:
    """Of an own payment, by the account alone: staff see bills masked. Raises Refusal `invoice_pending`."""
    account_id = authority.check_holder(work.actor, Right.SEE_APPOINTMENT)
    row = work.session.execute(
        select(Invoice, Payment, Appointment, col(Patient.name), col(Department.name))
        .join(Payment, col(Payment.id) == col(Invoice.payment_id))
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .join(Department, col(Department.code) == col(Appointment.department_code))
        .where(col(Payment.no) == payment_no, col(Appointment.account_id) == account_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise not_found("这张票据")
    invoice, payment, appointment, payer, department = row
    if invoice.issued_at is None or not invoice.number:
        raise Refusal("invoice_pending", "票据还没有开好，请稍后再下载。", 409)
    settlement = work.session.scalar(
        select(InsuranceSettlement).where(col(InsuranceSettlement.payment_id) == payment.id)
    )
    split = _split(work, payment, invoice.amount_fen)
    insured = split.cash_fen != split.total_fen and settlement is not None
    return Receipt(
        invoice=IssuedInvoice(invoice.batch_code, invoice.number, invoice.check_code, invoice.url),
        issued_at=invoice.issued_at,
        red_lettered_at=invoice.voided_at if invoice.status == InvoiceStatus.VOIDED else None,
        payment_no=payment.no,
        appointment_no=appointment.no,
        payer=payer,
        department=department,
        visit_at=appointment.starts_at,
        channel=payment.channel,
        split=split,
        insurance_kind=settlement.kind if insured and settlement else "",
        insurance_settlement=settlement.settlement_id if insured and settlement else "",
    )


def _split(work: Work, payment: Payment, amount_fen: int) -> Split:
    whole = Split(payment.amount_fen, payment.fund_fen, payment.insurance_account_fen, payment.cash_fen)
    refunds = work.session.execute(
        select(col(Refund.leg), col(Refund.amount_fen))
        .where(col(Refund.payment_id) == payment.id)
        .order_by(col(Refund.id))
    )
    return split_of(whole, [(row.leg, row.amount_fen) for row in refunds], amount_fen=amount_fen)

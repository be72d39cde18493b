"""电子票据: one per payment, of what is kept of it. What it should be is read off the payment, every time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.invoicing import (
    INVOICE_MOVES,
    InvoiceAction,
    InvoiceOrder,
    InvoiceStatus,
    IssuedInvoice,
    generation_of,
    number_of,
)
from hospital_app.domain.payment import PaymentStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import Invoice
from hospital_app.models.hospital import Department
from hospital_app.models.identity import Patient
from hospital_app.models.payment import Payment
from hospital_app.work import Work

KIND = "invoice.follow"


@dataclass(frozen=True, slots=True)
class InvoiceView:
    payment_no: str
    status: str
    amount_fen: int
    batch_code: str
    number: str
    check_code: str
    url: str
    issued_at: datetime | None


@dataclass(frozen=True, slots=True)
class Errand:
    """What the platform is to be asked for next: to void what it has issued, or to issue."""

    void: IssuedInvoice | None = None
    issue: InvoiceOrder | None = None
    no: str = ""


def follow(work: Work, *, payment_no: str) -> None:
    """After money moved: the rule wants an invoice of each payment, or there is one that must follow."""
    if work.rules.invoice_automatic or _exists(work, payment_no):
        _owe(work, payment_no)


def request(work: Work, *, payment_no: str) -> InvoiceView:
    """The patient asks for it; asking again changes nothing. Raises Refusal `nothing_kept`."""
    payment, _ = _own(work, payment_no)
    work.session.refresh(payment, with_for_update=True)
    if payment.status != PaymentStatus.CAPTURED or payment.kept_fen <= 0:
        raise Refusal("nothing_kept", "这笔支付没有可开票的金额：未支付，或已全部退款。")
    invoice = _of(work, payment)
    if invoice is None or invoice.status in (InvoiceStatus.FAILED, InvoiceStatus.VOIDED):
        invoice = _ask(work, payment, invoice)
        work.record("invoice.requested", f"invoice:{invoice.no}", amount_fen=invoice.amount_fen)
    return view(invoice, payment_no)


def one(work: Work, *, payment_no: str) -> InvoiceView:
    """Of an own payment; not_found if there is none."""
    payment, _ = _own(work, payment_no)
    invoice = _of(work, payment)
    if invoice is None:
        raise not_found("这张票据")
    return view(invoice, payment_no)


def next_errand(work: Work, *, payment_no: str) -> Errand | None:
    """What is to be done so that the invoice is of what is kept now; None: it is."""
    payment = work.session.scalars(
        select(Payment).where(col(Payment.no) == payment_no).with_for_update().execution_options(populate_existing=True)
    ).one()
    kept = payment.kept_fen if payment.status == PaymentStatus.CAPTURED else 0
    invoice = _of(work, payment)
    if invoice is None:
        if not kept or not work.rules.invoice_automatic:
            return None
        invoice = _ask(work, payment, None)
    if invoice.status == InvoiceStatus.ISSUED and invoice.amount_fen != kept:
        issued = IssuedInvoice(invoice.batch_code, invoice.number, invoice.check_code, invoice.url)
        return Errand(void=issued, no=invoice.no)
    if invoice.status == InvoiceStatus.REQUESTED:
        if not kept and not invoice.attempts:
            _move(work, invoice.no, InvoiceAction.VOID, voided_at=work.now)
            return None
        invoice.attempts += 1
        return Errand(issue=_order(work, payment, invoice), no=invoice.no)
    return None


def issued(work: Work, *, no: str, answer: IssuedInvoice) -> None:
    values = {"batch_code": answer.batch_code, "number": answer.number, "check_code": answer.check_code}
    if _move(work, no, InvoiceAction.ISSUE, url=answer.url, issued_at=work.now, last_error="", **values):
        work.record("invoice.issued", f"invoice:{no}")


def voided(work: Work, *, no: str) -> None:
    """Red-lettered at the platform; what is still kept gets a new one."""
    if not _move(work, no, InvoiceAction.VOID, voided_at=work.now):
        return
    work.record("invoice.voided", f"invoice:{no}")
    invoice = work.session.scalars(
        select(Invoice).where(col(Invoice.no) == no).execution_options(populate_existing=True)
    ).one()
    payment = work.session.get_one(Payment, invoice.payment_id, populate_existing=True)
    if payment.kept_fen > 0:
        _ask(work, payment, invoice)


def refused(work: Work, *, no: str, error: str) -> None:
    """The platform will not issue it: the patient may ask again, finance sees why."""
    if _move(work, no, InvoiceAction.FAIL, last_error=error[:200]):
        work.record("invoice.failed", f"invoice:{no}")


def view(invoice: Invoice, payment_no: str) -> InvoiceView:
    return InvoiceView(
        payment_no,
        invoice.status,
        invoice.amount_fen,
        invoice.batch_code,
        invoice.number,
        invoice.check_code,
        invoice.url,
        invoice.issued_at,
    )


def _own(work: Work, payment_no: str) -> tuple[Payment, Appointment]:
    authority.check(work.actor, Right.SEE_APPOINTMENT)
    found = work.session.execute(
        select(Payment, Appointment)
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .where(col(Payment.no) == payment_no)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or not authority.reaches_account(work.actor, Right.SEE_APPOINTMENT, found[1].account_id):
        raise not_found("这笔支付")
    return found[0], found[1]


def _exists(work: Work, payment_no: str) -> bool:
    query = select(col(Invoice.id)).join(Payment, col(Payment.id) == col(Invoice.payment_id))
    return work.session.scalar(query.where(col(Payment.no) == payment_no)) is not None


def _of(work: Work, payment: Payment) -> Invoice | None:
    return work.session.scalar(
        select(Invoice).where(col(Invoice.payment_id) == payment.id).execution_options(populate_existing=True)
    )


def _ask(work: Work, payment: Payment, before: Invoice | None) -> Invoice:
    """A fresh number each time: the platform knows the earlier one as issued or refused."""
    if before is None:
        account_id = work.session.get_one(Appointment, payment.appointment_id).account_id
        before = Invoice(
            no=number_of(payment.no, 1),
            payment_id=payment.id or 0,
            appointment_id=payment.appointment_id,
            account_id=account_id,
            amount_fen=payment.kept_fen,
            requested_at=work.now,
        )
        work.session.add(before)
    else:
        before.no = number_of(payment.no, generation_of(before.no) + 1)
        before.status = INVOICE_MOVES[InvoiceAction.REISSUE].to
        before.amount_fen, before.requested_at, before.attempts = payment.kept_fen, work.now, 0
        before.batch_code = before.number = before.check_code = before.url = before.last_error = ""
        before.issued_at = before.voided_at = None
    work.session.flush()
    _owe(work, payment.no)
    return before


def _owe(work: Work, payment_no: str) -> None:
    work.later(KIND, lane=f"invoice:{payment_no}", payment_no=payment_no)


def _order(work: Work, payment: Payment, invoice: Invoice) -> InvoiceOrder:
    """As it was asked for: a repeated order is the same order, whatever was refunded meanwhile."""
    appointment = work.session.get_one(Appointment, payment.appointment_id)
    patient = work.session.get_one(Patient, appointment.patient_id)
    department = work.session.scalar(
        select(col(Department.name)).where(col(Department.code) == appointment.department_code)
    )
    return InvoiceOrder(
        no=invoice.no,
        payer=patient.name,
        amount_fen=invoice.amount_fen,
        appointment_no=appointment.no,
        department=department or appointment.department_code,
        paid_at=payment.captured_at or payment.created_at,
    )


def _move(work: Work, no: str, action: InvoiceAction, **values: object) -> bool:
    entry = INVOICE_MOVES[action]
    done = work.change(
        update(Invoice)
        .where(col(Invoice.no) == no, col(Invoice.status).in_([status.value for status in entry.sources]))
        .values(status=entry.to, **values)
    )
    return done == 1

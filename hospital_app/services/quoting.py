"""医保试算: what the bureau is asked about a visit, and the payment that its split becomes."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.documents import DocumentKind
from hospital_app.domain.errors import Refusal
from hospital_app.domain.insurance import CERT_TYPES
from hospital_app.domain.numbers import settlement_no
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import Channel, PaymentPurpose
from hospital_app.domain.settlement import BureauQuote, InsuredVisit
from hospital_app.models.booking import Appointment
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import FamilyMember, Patient
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment
from hospital_app.services import locked, on_behalf, payment_views, payments, releasing, settling
from hospital_app.services.appointments import own
from hospital_app.services.lottery import digits
from hospital_app.services.payment_views import PaymentView
from hospital_app.vault import vault
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Agreed:
    """The open payment of an appointment that insurance is part of, as it was shown to the payer."""

    payment_no: str
    use_account: bool
    channel: str
    method: str
    cash_fen: int


def visit(work: Work, *, no: str, use_account: bool) -> InsuredVisit:
    """What the bureau must know to compute. Raises Refusal `hold_expired`, `already_paid`, or `insurance_unknown` for
    a person whose insurance the bureau has not confirmed.
    """
    appointment = own(work, no=no)
    if payments.open_until(work, appointment) and appointment.next_slot_id is not None:
        raise Refusal("insurance_difference", "改签差价只能自费支付，请选择微信、支付宝或到窗口办理。", 422)
    return _visit(work, appointment, no=settlement_no(clinic_day(work.now), digits(10)), use_account=use_account)


def again(work: Work, *, payment_no: str) -> InsuredVisit:
    """The same visit under the same number, for an order that is placed anew."""
    appointment, settlement = work.session.execute(
        select(Appointment, InsuranceSettlement)
        .join(Payment, col(Payment.appointment_id) == col(Appointment.id))
        .join(InsuranceSettlement, col(InsuranceSettlement.payment_id) == col(Payment.id))
        .where(col(Payment.no) == payment_no)
    ).one()
    return _visit(work, appointment, no=settlement.no, use_account=settlement.use_account)


def named(work: Work, *, no: str, number: str) -> InsuredVisit:
    """The visit that was registered under this number, whatever became of its hold. Raises Refusal as `visit`."""
    return _visit(work, own(work, no=no), no=number, use_account=False)


def _visit(work: Work, appointment: Appointment, *, no: str, use_account: bool) -> InsuredVisit:
    patient = work.session.get_one(Patient, appointment.patient_id)
    if patient.insurance_number is None or patient.insurance_verified_at is None or patient.document_number is None:
        raise Refusal("insurance_unknown", "这位就诊人没有核验过的医保，请先在“就诊人”里填写医保号，或选择自费。", 422)
    department = work.session.get_one(Department, appointment.department_code)
    doctor = work.session.get(Doctor, appointment.doctor_id) if appointment.doctor_id is not None else None
    return InsuredVisit(
        no=no,
        name=patient.name,
        document_number=patient.document_number,
        psn_cert_type=CERT_TYPES[DocumentKind(patient.document_kind)],
        insurance_number=patient.insurance_number,
        insured_region=patient.insurance_region,
        department_code=department.code,
        department_name=department.name,
        doctor_no=f"D{appointment.doctor_id or 0:06d}",
        doctor_name=doctor.name if doctor else department.name,
        starts_at=appointment.starts_at,
        total_fen=appointment.fee_fen,
        use_account=use_account,
    )


def insured(work: Work, *, no: str) -> str:
    """ready, unverified or absent: whether insurance can pay for the person of an own appointment."""
    patient = work.session.get_one(Patient, own(work, no=no).patient_id)
    if patient.insurance_number is None:
        return "absent"
    return "unverified" if patient.insurance_verified_at is None or patient.document_number is None else "ready"


def of_relative(work: Work, *, no: str) -> bool:
    """Whether the account of an own appointment has it made for another person than its holder."""
    appointment = own(work, no=no)
    relation = work.session.scalar(
        select(col(FamilyMember.relation)).where(
            col(FamilyMember.account_id) == appointment.account_id,
            col(FamilyMember.patient_id) == appointment.patient_id,
        )
    )
    return relation is not None and relation != "self"


def standing(work: Work, *, no: str) -> Agreed | None:
    """The quote that is open, if there is one."""
    appointment = own(work, no=no)
    payment = payments.open_payment(work, appointment)
    if payment is None:
        return None
    use_account = work.session.scalar(
        select(col(InsuranceSettlement.use_account)).where(col(InsuranceSettlement.payment_id) == payment.id)
    )
    if use_account is None:
        return None
    return Agreed(payment.no, use_account, payment.channel, payment.method, payment.cash_fen)


def keep(
    work: Work,
    *,
    no: str,
    channel: str | None,
    method: str,
    asked: InsuredVisit,
    quote: BureauQuote,
    reason: Reason | None = None,
) -> PaymentView:
    """The split as it was computed becomes the open payment; what was open before is closed. Nothing is taken yet.

    Raises Refusal `cash_needed` if a part is the patient's own and no `channel` says how that is paid.
    """
    split = quote.split
    if split.cash_fen and channel is None:
        raise Refusal(
            "cash_needed",
            "还有一部分需要自付，请选择微信或支付宝。",
            422,
            extra={
                "fund_fen": split.fund_fen,
                "account_fen": split.insurance_account_fen,
                "cash_fen": split.cash_fen,
            },
        )
    appointment, until = payments.payable(work, no=no)
    if appointment.next_slot_id is not None or appointment.fee_fen != split.total_fen or appointment.id is None:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    on_behalf.note(work, right=Right.BOOK, act="payment.started", subject=f"appointment:{no}", reason=reason)
    releasing.close_open_payments(work, appointment_id=appointment.id)
    payment = payments.create(
        work,
        appointment=appointment,
        channel=channel if split.cash_fen and channel else Channel.INSURANCE,
        method=method if split.cash_fen else "",
        amount_fen=split.total_fen,
        purpose=PaymentPurpose.BOOKING,
        expires_at=until,
        split=split,
    )
    work.session.add(
        InsuranceSettlement(
            no=asked.no,
            payment_id=payment.id or 0,
            appointment_id=appointment.id,
            person_no=vault().encrypt(quote.person_no),
            insured_region=quote.insured_region,
            kind=quote.kind,
            use_account=asked.use_account,
            visit_id=quote.visit_id,
            batch_no=quote.batch_no,
            pay_order_id=quote.pay_order_id,
            pay_token=vault().encrypt(quote.pay_token) if quote.pay_token else "",
            total_fen=split.total_fen,
            fund_fen=split.fund_fen,
            account_fen=split.insurance_account_fen,
            cash_fen=split.cash_fen,
            quoted_at=work.now,
        )
    )
    work.record("settlement.quoted", f"settlement:{asked.no}", payment=payment.no)
    return payment_views.view(payment, no)


def agree(work: Work, *, no: str, payment_no: str) -> None:
    """The payer has seen that nothing is left to pay in cash: it is settled now."""
    appointment = own(work, no=no)
    if appointment.id is None:
        raise ValueError("unsaved appointment")
    held: Appointment = locked.appointment(work, appointment_id=appointment.id)
    payment = payments.open_payment(work, held)
    if payment is None or payment.no != payment_no or payment.cash_fen or payment.id is None:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    settling.await_insurance(work, payment_id=payment.id, appointment=held)
    work.record("payment.settling", f"payment:{payment_no}")
    work.hint(f"appointment:{no}")

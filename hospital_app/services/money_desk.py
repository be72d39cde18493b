"""财务台: what came in and goes back today, one payment found by a number, refunds that are in trouble."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import day_bounds
from hospital_app.domain.documents import compact
from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.domain.refund_pace import PACE, Way
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Patient
from hospital_app.models.payment import Payment, Refund
from hospital_app.services.unmasking import of_document, of_phone
from hospital_app.work import Work

LISTED = 50
INSURANCE = "insurance"


@dataclass(frozen=True, slots=True)
class Tally:
    """So many pieces of one kind (payment, refund), channel and state, and their sum."""

    kind: str
    channel: str
    status: str
    count: int
    fen: int


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment of a list. `patient` is masked."""

    no: str
    appointment_no: str
    patient: str
    channel: str
    status: str
    amount_fen: int
    kept_fen: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TroubledRefund:
    """A refund that somebody should look at."""

    no: str
    payment_no: str
    appointment_no: str
    patient: str
    leg: str
    channel: str
    status: str
    amount_fen: int
    created_at: datetime
    attempts: int
    last_error: str


def today(work: Work, *, on: date) -> list[Tally]:
    """What was captured and what came back on this day, what was tried in vain, and every refund that is still open."""
    authority.check(work.actor, Right.SEE_FINANCE)
    begins, ends = day_bounds(on)
    captured = and_(
        col(Payment.status) == PaymentStatus.CAPTURED,
        col(Payment.captured_at) >= begins,
        col(Payment.captured_at) < ends,
    )
    tried = and_(
        col(Payment.status) != PaymentStatus.CAPTURED,
        col(Payment.id) > _before(work, begins),
        col(Payment.created_at) >= begins,
        col(Payment.created_at) < ends,
    )
    returned = or_(
        and_(col(Refund.status) == RefundStatus.DONE, col(Refund.done_at) >= begins, col(Refund.done_at) < ends),
        col(Refund.status) != RefundStatus.DONE,
    )
    return [
        *_payments(work, captured),
        *_insured(work, captured),
        *_payments(work, tried),
        *_refunds(work, returned),
    ]


def search(work: Work, *, number: str) -> list[PaymentRow]:
    """The newest payments of a payment, refund or appointment number, or of the very phone or document; on record."""
    authority.check(work.actor, Right.SEE_FINANCE)
    given = compact(number)[:40]
    by, condition = _wanted(given)
    rows = work.session.execute(_rows().where(condition).order_by(col(Payment.id).desc()).limit(LISTED))
    found = [PaymentRow(*row) for row in rows]
    work.record("payment.find", "payment", by=by, found=len(found))
    return found


def troubled(work: Work) -> list[TroubledRefund]:
    """Refused by their channel, or under way for longer than the payer was told; the oldest first."""
    authority.check(work.actor, Right.SEE_FINANCE)
    query = (
        select(
            col(Refund.no),
            col(Payment.no),
            col(Appointment.no),
            col(Patient.name_masked),
            col(Refund.leg),
            col(Payment.channel),
            col(Refund.status),
            col(Refund.amount_fen),
            col(Refund.created_at),
            col(Refund.attempts),
            col(Refund.last_error),
        )
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .join(Appointment, col(Appointment.id) == col(Refund.appointment_id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(or_(col(Refund.status) == RefundStatus.FAILED, *_too_slow(work)))
        .order_by(col(Refund.id))
        .limit(LISTED)
    )
    return [TroubledRefund(*row) for row in work.session.execute(query)]


def _too_slow(work: Work) -> Iterator[ColumnElement[bool]]:
    for way, pace in PACE.items():
        if pace.stuck_after is None:
            continue
        its = (
            col(Refund.leg) == INSURANCE
            if way is Way.INSURANCE
            else and_(col(Refund.leg) != INSURANCE, col(Payment.channel) == way.value)
        )
        yield and_(
            its,
            col(Refund.status) == RefundStatus.PROCESSING,
            col(Refund.created_at) <= work.now - pace.stuck_after,
        )


def _before(work: Work, begins: datetime) -> int:
    """The id of a payment that is older than this moment: later ones are looked at, not the whole history."""
    query = (
        select(col(Payment.id))
        .where(col(Payment.captured_at) < begins)
        .order_by(col(Payment.captured_at).desc())
        .limit(1)
    )
    return work.session.scalar(query) or 0


def _payments(work: Work, condition: ColumnElement[bool]) -> list[Tally]:
    """The cash legs; what insurance settled stands beside them."""
    query = (
        select(col(Payment.channel), col(Payment.status), func.count(), func.sum(col(Payment.cash_fen)))
        .where(condition, or_(col(Payment.cash_fen) > 0, col(Payment.amount_fen) == 0))
        .group_by(col(Payment.channel), col(Payment.status))
        .order_by(col(Payment.channel), col(Payment.status))
    )
    return [
        Tally("payment", channel, status, count, int(fen or 0))
        for channel, status, count, fen in work.session.execute(query)
    ]


def _insured(work: Work, captured: ColumnElement[bool]) -> list[Tally]:
    settled = col(Payment.fund_fen) + col(Payment.insurance_account_fen)
    query = select(func.count(), func.coalesce(func.sum(settled), 0)).where(captured, settled > 0)
    count, fen = work.session.execute(query).one()
    return [Tally("payment", INSURANCE, PaymentStatus.CAPTURED.value, count, int(fen))] if count else []


def _refunds(work: Work, condition: ColumnElement[bool]) -> list[Tally]:
    channel = case((col(Refund.leg) == INSURANCE, INSURANCE), else_=col(Payment.channel)).label("way")
    query = (
        select(channel, col(Refund.status), func.count(), func.sum(col(Refund.amount_fen)))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(condition)
        .group_by(channel, col(Refund.status))
        .order_by(channel, col(Refund.status))
    )
    return [
        Tally("refund", channel, status, count, int(fen or 0))
        for channel, status, count, fen in work.session.execute(query)
    ]


def _wanted(given: str) -> tuple[str, ColumnElement[bool]]:
    """(what was looked by, for the trail; the condition)."""
    if given.startswith("GP"):
        return "payment", col(Payment.no) == given
    if given.startswith("GR"):
        return "refund", col(Payment.id).in_(select(col(Refund.payment_id)).where(col(Refund.no) == given))
    if given.startswith("GH"):
        return "appointment", col(Appointment.no) == given
    if len(given) == 11 and given.isdecimal():
        return "phone", col(Patient.id).in_(of_phone(given).with_only_columns(col(Patient.id)))
    return "document", col(Patient.id).in_(of_document(given).with_only_columns(col(Patient.id)))


def _rows() -> Select[str, str, str, str, str, int, int, datetime]:
    return (
        select(
            col(Payment.no),
            col(Appointment.no),
            col(Patient.name_masked),
            col(Payment.channel),
            col(Payment.status),
            col(Payment.amount_fen),
            col(Payment.kept_fen),
            col(Payment.created_at),
        )
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
    )

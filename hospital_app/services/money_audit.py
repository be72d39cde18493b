"""The invariants of money, by leg: captured = kept + given back + owed back, and the states of both legs fit."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlmodel import col

from hospital_app.domain.appointment import LIVE, Status
from hospital_app.domain.payment import Channel, Leg, PaymentStatus, RefundStatus
from hospital_app.domain.settlement import SettlementStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment, Refund
from hospital_app.work import Work

LISTED = 20  # broken rows named per invariant
_STANDING = [status.value for status in LIVE - {Status.PENDING}]
_INSURED = col(Payment.fund_fen) + col(Payment.insurance_account_fen)
_CAPTURED = col(Payment.status) == PaymentStatus.CAPTURED
_AT_THE_BUREAU = [s.value for s in (SettlementStatus.SETTLED, SettlementStatus.REVERSING, SettlementStatus.REVERSED)]


def captured_money_is_kept_or_refunded(work: Work) -> Iterator[str]:
    """captured = kept + refunds (done and open), for every payment and leg; the insurance leg goes back whole."""
    cash = case((or_(_CAPTURED, col(Payment.cash_captured_at).is_not(None)), col(Payment.cash_fen)), else_=0)
    insured = case((_CAPTURED, _INSURED), else_=0)
    cash_back, insured_back = _back(Leg.CASH), _back(Leg.INSURANCE)
    query = select(col(Payment.no)).where(
        or_(
            col(Payment.kept_fen) + cash_back + insured_back != cash + insured,
            cash_back > cash,
            and_(insured_back != 0, insured_back != insured),
            col(Payment.amount_fen) != _INSURED + col(Payment.cash_fen),
        )
    )
    yield from _each(work, query, "payment {} does not add up")


def booked_appointments_are_paid(work: Work) -> Iterator[str]:
    """What is kept for an appointment that stands is its fee, or it is due at the window (到院付); who never came to
    pay there has missed the visit.
    """
    kept = (
        select(func.coalesce(func.sum(col(Payment.kept_fen)), 0))
        .where(col(Payment.appointment_id) == col(Appointment.id))
        .scalar_subquery()
    )
    at_the_window = and_(
        col(Payment.appointment_id) == col(Appointment.id),
        col(Payment.channel) == Channel.ONSITE,
        col(Payment.amount_fen) == col(Appointment.fee_fen),
    )
    due = exists().where(at_the_window, col(Payment.status) == PaymentStatus.DUE)
    never_paid = exists().where(at_the_window, col(Payment.status) == PaymentStatus.CLOSED)
    unpaid_for_a_reason = and_(
        kept == 0,
        or_(
            and_(col(Appointment.status) == Status.BOOKED, due),
            and_(col(Appointment.status) == Status.NOSHOW, never_paid),
        ),
    )
    query = select(col(Appointment.no)).where(
        col(Appointment.status).in_(_STANDING), kept != col(Appointment.fee_fen), ~unpaid_for_a_reason
    )
    yield from _each(work, query, "appointment {} stands without its fee being kept")
    query = (
        select(col(Payment.no))
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .where(col(Payment.status) == PaymentStatus.DUE, col(Appointment.status) != Status.BOOKED)
    )
    yield from _each(work, query, "payment {} is due for an appointment that nobody can pay for")


def settlements_fit_their_payments(work: Work) -> Iterator[str]:
    """What the bureau has settled is captured here, what it has not is not; a reversal has its refund."""
    status, paying = col(InsuranceSettlement.status), col(Payment.status)
    refund = and_(col(Refund.payment_id) == col(Payment.id), col(Refund.leg) == Leg.INSURANCE)
    owed = exists().where(refund)
    done = exists().where(refund, col(Refund.status) == RefundStatus.DONE)
    fits = or_(
        and_(status == SettlementStatus.QUOTED, paying.in_(_values("pending", "failed", "settling"))),
        and_(status == SettlementStatus.SETTLING, paying.in_(_values("settling", "returned"))),
        and_(status == SettlementStatus.SETTLED, _CAPTURED, ~owed),
        and_(status == SettlementStatus.REVERSING, _CAPTURED, owed, ~done),
        and_(status == SettlementStatus.REVERSED, _CAPTURED, done),
        and_(status == SettlementStatus.FAILED, ~_CAPTURED, paying != PaymentStatus.SETTLING),
    )
    query = (
        select(col(InsuranceSettlement.no))
        .join(Payment, col(Payment.id) == col(InsuranceSettlement.payment_id))
        .where(
            or_(
                ~fits,
                col(InsuranceSettlement.total_fen) != col(Payment.amount_fen),
                col(InsuranceSettlement.fund_fen) != col(Payment.fund_fen),
                col(InsuranceSettlement.cash_fen) != col(Payment.cash_fen),
            )
        )
    )
    yield from _each(work, query, "settlement {} does not fit its payment")
    settled = exists().where(
        col(InsuranceSettlement.payment_id) == col(Payment.id), col(InsuranceSettlement.status).in_(_AT_THE_BUREAU)
    )
    query = select(col(Payment.no)).where(_CAPTURED, _INSURED > 0, ~settled)
    yield from _each(work, query, "payment {} is captured without the bureau having settled its part")


def refunds_go_through(work: Work) -> Iterator[str]:
    """A refund that was left to finance waits for a person."""
    query = select(col(Refund.no)).where(col(Refund.status) == RefundStatus.FAILED)
    yield from _each(work, query, "refund {} was left to finance: see its last_error")


def _back(leg: Leg) -> ColumnElement[int]:
    return (
        select(func.coalesce(func.sum(col(Refund.amount_fen)), 0))
        .where(col(Refund.payment_id) == col(Payment.id), col(Refund.leg) == leg)
        .scalar_subquery()
    )


def _values(*names: str) -> list[str]:
    return [PaymentStatus(name).value for name in names]


def _each(work: Work, query: Select[str], text: str) -> Iterator[str]:
    for found in work.session.scalars(query.limit(LISTED)):
        yield text.format(found)

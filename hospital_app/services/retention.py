"""保存期限: what is older than its period goes, a small batch a transaction, so that nobody has to wait for it.

Periods are Rules (`keep_*`). The audit trail has its own: nothing of it is deleted here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, or_, select, update
from sqlmodel import SQLModel, col

from hospital_app.domain.calendar import clinic_day
from hospital_app.models.booking import Appointment, BookingCount, Referral, Slip
from hospital_app.models.changing import Displacement
from hospital_app.models.finance import Difference, Invoice
from hospital_app.models.identity import (
    Consent,
    FamilyMember,
    LoginSession,
    Message,
    Patient,
    SignInGuard,
    SmsCode,
    SmsPhone,
)
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.operation import IdempotencyKey, OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.models.tables import table_of
from hospital_app.models.waiting import Ticket
from hospital_app.services import leaving
from hospital_app.work import Work

Sweep = Callable[[Work, int], int]
YEAR = timedelta(days=365.25)
#: What points to an appointment and goes with it, what points to others first.
HANGING: Sequence[type[SQLModel]] = (
    Invoice,
    InsuranceSettlement,
    Refund,
    Payment,
    Slip,
    Ticket,
    Referral,
    Displacement,
)


def sms_codes(work: Work, limit: int) -> int:
    before = work.now - timedelta(days=work.rules.keep_sms_code_days)
    return _delete(work, SmsCode, col(SmsCode.created_at) < before, limit)


def sms_phones(work: Work, limit: int) -> int:
    before = work.now - timedelta(days=work.rules.keep_sms_code_days)
    return _delete(work, SmsPhone, col(SmsPhone.asked_at) < before, limit)


def sign_in_failures(work: Work, limit: int) -> int:
    before = work.now - timedelta(days=work.rules.keep_sms_code_days)
    over = or_(col(SignInGuard.locked_until).is_(None), col(SignInGuard.locked_until) < work.now)
    return _delete(work, SignInGuard, and_(col(SignInGuard.failed_at) < before, over), limit)


def sessions(work: Work, limit: int) -> int:
    """Only those that have ended: revoked, or past their absolute limit."""
    before = work.now - timedelta(days=work.rules.keep_session_days)
    ended = or_(col(LoginSession.revoked_at).is_not(None), col(LoginSession.expires_at) < work.now)
    return _delete(work, LoginSession, and_(col(LoginSession.seen_at) < before, ended), limit)


def idempotency_keys(work: Work, limit: int) -> int:
    before = work.now - timedelta(days=work.rules.keep_idempotency_days)
    return _delete(work, IdempotencyKey, col(IdempotencyKey.created_at) < before, limit)


def booking_counts(work: Work, limit: int) -> int:
    before = clinic_day(work.now) - timedelta(days=work.rules.keep_idempotency_days)
    return _delete(work, BookingCount, col(BookingCount.on) < before, limit)


def done_effects(work: Work, limit: int) -> int:
    """What was given up stays until somebody has looked at it."""
    before = work.now - timedelta(days=work.rules.keep_outbox_days)
    return _delete(work, OutboxRow, col(OutboxRow.done_at) < before, limit)


def messages(work: Work, limit: int) -> int:
    before = work.now - timedelta(days=work.rules.keep_message_days)
    return _delete(work, Message, col(Message.created_at) < before, limit)


def ended_consents(work: Work, limit: int) -> int:
    """A consent that was taken back proves for so long what was done under it."""
    before = work.now - work.rules.keep_consent_years * YEAR
    return _delete(work, Consent, col(Consent.withdrawn_at) < before, limit)


def appointments(work: Work, limit: int) -> int:
    """With all that hangs on them (`HANGING`). The ledger stays, and a difference of the bills without its patient."""
    before = clinic_day(work.now - work.rules.keep_appointment_years * YEAR)
    query = select(col(Appointment.id)).where(col(Appointment.on) < before).order_by(col(Appointment.id))
    ids = [found for found in work.session.scalars(query.limit(limit)) if found is not None]
    if not ids:
        return 0
    work.change(update(Difference).where(col(Difference.appointment_id).in_(ids)).values(appointment_id=None))
    for model in HANGING:
        table = table_of(model)
        work.session.execute(delete(table).where(table.c.appointment_id.in_(ids)))
    return _rows(work, Appointment, col(Appointment.id).in_(ids))


def unneeded_persons(work: Work, limit: int) -> int:
    """Whom no list and no appointment points to any more."""
    query = (
        select(col(Patient.id))
        .where(
            col(Patient.created_at) < work.now - timedelta(days=1),
            ~exists().where(col(FamilyMember.patient_id) == col(Patient.id)),
            ~exists().where(col(Appointment.patient_id) == col(Patient.id)),
        )
        .order_by(col(Patient.id))
        .limit(limit)
    )
    ids = {found for found in work.session.scalars(query) if found is not None}
    return leaving.erase_unneeded(work, patient_ids=ids)


#: In this order: an appointment's end may make a person unneeded.
SWEEPS: Mapping[str, Sweep] = MappingProxyType(
    {
        "sms_code": sms_codes,
        "sms_phone": sms_phones,
        "sign_in_guard": sign_in_failures,
        "login_session": sessions,
        "idempotency_key": idempotency_keys,
        "booking_count": booking_counts,
        "outbox": done_effects,
        "message": messages,
        "consent": ended_consents,
        "appointment": appointments,
        "patient": unneeded_persons,
    }
)


def sweep(work: Work, *, name: str, limit: int) -> int:
    """One batch of one sweep; how many rows went. Personal data that goes is on the audit trail, by number."""
    gone = SWEEPS[name](work, limit)
    if gone and name in {"appointment", "patient", "consent"}:
        work.record("retention.erase", name, rows=gone)
    return gone


def _delete(work: Work, model: type[SQLModel], over: ColumnElement[bool], limit: int) -> int:
    """By key, so that a batch locks its own rows and no range."""
    (key,) = cast("Any", model).__table__.primary_key.columns
    ids: Sequence[Any] = work.session.scalars(select(key).where(over).order_by(key).limit(limit)).all()
    return _rows(work, model, and_(key.in_(ids), over)) if ids else 0


def _rows(work: Work, model: type[SQLModel], which: ColumnElement[bool]) -> int:
    gone = work.session.execute(delete(model).where(which).execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", gone).rowcount

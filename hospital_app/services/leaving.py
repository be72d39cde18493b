"""注销账号: what stands in its way, and what is left of it afterwards.

The account's row stays without a phone, because appointments point to it; so do the persons who have appointments,
until these run out (services/retention.py). Everything else of the account goes at once.
"""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, exists, insert, or_, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import LIVE, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal
from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.models.booking import Appointment, BookingCount
from hospital_app.models.identity import (
    Account,
    Ceremony,
    Consent,
    FamilyMember,
    LinkedIdentity,
    LoginSession,
    Message,
    Passkey,
    Patient,
)
from hospital_app.models.operation import IdempotencyKey
from hospital_app.models.payment import Payment, Refund
from hospital_app.services.sessions import check_proved_recently, holder_topic
from hospital_app.work import Work

#: Appointments that still lie ahead; a visit that took place or was missed is history.
OPEN = [status.value for status in LIVE - {Status.FULFILLED, Status.NOSHOW}]
NO_MORE_BOOKINGS = 1_000_000


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Why an account cannot be closed yet: numbers of appointments ahead, and of money on its way."""

    appointments: tuple[str, ...]
    payments: tuple[str, ...]
    refunds: tuple[str, ...]

    @property
    def none(self) -> bool:
        return not (self.appointments or self.payments or self.refunds)


def obstacles(work: Work) -> Obstacles:
    """What must be done with before the caller's account can be closed."""
    account_id = authority.check_holder(work.actor, Right.OWN_PRIVACY)
    mine = col(Appointment.account_id) == account_id
    ahead = select(col(Appointment.no)).where(mine, col(Appointment.status).in_(OPEN)).order_by(col(Appointment.id))
    paying = (
        select(col(Payment.no))
        .join(Appointment, col(Payment.appointment_id) == col(Appointment.id))
        .where(mine, col(Payment.status) == PaymentStatus.PENDING)
    )
    owed = (
        select(col(Refund.no))
        .join(Appointment, col(Refund.appointment_id) == col(Appointment.id))
        .where(mine, col(Refund.status) != RefundStatus.DONE)
    )
    return Obstacles(*(tuple(work.session.scalars(query)) for query in (ahead, paying, owed)))


def close(work: Work) -> None:
    """Close the caller's account for good. Raises Refusal `account_in_use` with what stands in the way."""
    account_id = authority.check_holder(work.actor, Right.OWN_PRIVACY)
    check_proved_recently(work)
    account = work.session.get_one(Account, account_id, populate_existing=True, with_for_update=True)
    _stop_bookings(work, account_id)
    found = obstacles(work)
    if not found.none:
        raise in_use(found)
    patient_ids = set(
        work.session.scalars(select(col(FamilyMember.patient_id)).where(col(FamilyMember.account_id) == account_id))
    )
    _forget(work, account_id)
    erase_unneeded(work, patient_ids=patient_ids)
    account.phone, account.phone_index = "", f"closed:{account_id}"
    account.password_hash = account.password_changed_at = None
    account.closed_at = work.now
    work.record("account.close", f"account:{account_id}", patients=len(patient_ids))


def in_use(found: Obstacles) -> Refusal:
    if found.appointments:
        words = "还有未完成的挂号，请先退号或就诊后再注销账号。"
    elif found.payments:
        words = "还有一笔付款正在确认，请过几分钟再注销账号。"
    else:
        words = "还有退款没有到账，到账后就能注销账号。"
    return Refusal(
        "account_in_use",
        words,
        extra={
            "appointments": list(found.appointments),
            "payments": list(found.payments),
            "refunds": list(found.refunds),
        },
    )


def erase_unneeded(work: Work, *, patient_ids: set[int]) -> int:
    """Erase those of these persons whom no list and no appointment needs any more; how many."""
    erased = 0
    for patient_id in sorted(patient_ids):
        needed = or_(
            exists().where(col(FamilyMember.patient_id) == patient_id),
            exists().where(col(Appointment.patient_id) == patient_id),
        )
        locked = select(col(Patient.id)).where(col(Patient.id) == patient_id, ~needed).with_for_update()
        if work.session.scalar(locked) is None:
            continue
        work.change(update(Consent).where(col(Consent.patient_id) == patient_id).values(patient_id=None))
        gone = work.session.execute(delete(Patient).where(col(Patient.id) == patient_id, ~needed))
        erased += cast("CursorResult[Any]", gone).rowcount
    return erased


def _stop_bookings(work: Work, account_id: int) -> None:
    """Holds count themselves on this row before they commit: one beside us is seen below, a later one is refused."""
    subject, today = f"a{account_id}", clinic_day(work.now)
    work.session.execute(
        insert(BookingCount)
        .prefix_with("IGNORE", dialect="mysql")
        .prefix_with("IGNORE", dialect="mariadb")
        .prefix_with("OR IGNORE", dialect="sqlite")
        .values(subject=subject, on=today, bookings=0, lapses=0)
    )
    work.change(
        update(BookingCount)
        .where(and_(col(BookingCount.subject) == subject, col(BookingCount.on) == today))
        .values(bookings=NO_MORE_BOOKINGS)
    )


def _forget(work: Work, account_id: int) -> None:
    """Sessions end, ways in and the list go; a consent stays as proof of what was done under it, and ends."""
    work.hint(holder_topic(account_id))
    for model in (FamilyMember, LinkedIdentity, Passkey, Ceremony, Message, IdempotencyKey):
        work.session.execute(
            delete(model)
            .where(model.account_id == account_id)  # type: ignore[arg-type]
            .execution_options(synchronize_session=False)
        )
    for table, ended in ((LoginSession, "revoked_at"), (Consent, "withdrawn_at")):
        work.change(
            update(table)
            .where(table.account_id == account_id, getattr(table, ended).is_(None))  # type: ignore[arg-type]
            .values({ended: work.now})
        )
    work.change(update(LoginSession).where(col(LoginSession.account_id) == account_id).values(user_agent="", device=""))

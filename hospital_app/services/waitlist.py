"""候补: joining the line of one provider and day, leaving it, and where one stands."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import CancelReason
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.machine import move
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.schedule import read_provider
from hospital_app.domain.waitlist import (
    ENTRY_MOVES,
    EntryAction,
    EntryStatus,
    check_joining,
    closes_at,
    shown_status,
)
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import WaitlistEntry
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import Account, Patient
from hospital_app.services import eligible, grid, pending, releasing, slots, waitlist_priority
from hospital_app.services.waitlist_ends import change
from hospital_app.work import Work

LISTED = 50
OPEN = (EntryStatus.WAITING, EntryStatus.OFFERED)
WITHOUT_NUMBER = (EntryStatus.LAPSED, EntryStatus.CLEARED)


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry. `ahead` are the people before it while it waits; `appointment_no` is the number held for it.

    A pooled clinic has no `doctor_name`.
    """

    id: int
    provider: str
    doctor_name: str
    doctor_title: str
    department: str
    on: date
    patient_id: int
    patient_name: str
    status: str
    ahead: int
    created_at: datetime
    closes_at: datetime
    offer_until: datetime | None
    appointment_no: str | None


def join(work: Work, *, provider: str, on: date, patient_id: int) -> EntryView:
    """Stand at the end of the line. Raises what holding does for the person, and Refusal not_sold_out, unreleased,
    waitlist_closed, duplicate_booking, already_waiting, waitlist_full.
    """
    account_id = authority.check_holder(work.actor, Right.BOOK)
    key = read_provider(provider).key
    _lock_account(work, account_id)
    eligible.check(work, account_id=account_id, patient_id=patient_id)
    department_code = _check_day(work, key, on)
    _check_once(work, key, on, patient_id)
    _check_room(work, account_id)
    entry = WaitlistEntry(
        account_id=account_id,
        patient_id=patient_id,
        provider=key,
        department_code=department_code,
        on=on,
        precedence=waitlist_priority.precedence(
            work, provider=key, department_code=department_code, patient_id=patient_id
        ),
        created_at=work.now,
        closes_at=closes_at(work.rules, on),
    )
    work.session.add(entry)
    work.session.flush()
    work.record("waitlist.join", f"waitlist:{entry.id}", provider=key, on=on.isoformat(), precedence=entry.precedence)
    _changed(work, entry)
    return _view(work, entry)


def leave(work: Work, *, entry_id: int) -> None:
    """Give up one's place, and the number if one is held already."""
    account_id = authority.check_holder(work.actor, Right.CANCEL)
    entry = work.session.get(WaitlistEntry, entry_id, populate_existing=True) if 0 < entry_id <= ID_MAX else None
    if entry is None or entry.account_id != account_id:
        raise not_found("这个候补")
    move(ENTRY_MOVES, EntryStatus(entry.status), EntryAction.LEAVE, work.actor.role)
    if entry.appointment_no is not None:
        held = work.session.scalar(select(col(Appointment.id)).where(col(Appointment.no) == entry.appointment_no))
        if held is not None and releasing.lapse(work, appointment_id=held, reason=CancelReason.RELEASED, deadline=None):
            return
    elif change(work, entry_id=entry_id, action=EntryAction.LEAVE, ended_at=work.now):
        _changed(work, entry)
        return
    raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")


def listing(work: Work) -> list[EntryView]:
    """The account's own that count, in the order of their days."""
    return [view for view in with_ended(work) if view.status in OPEN]


def with_ended(work: Work) -> list[EntryView]:
    """Also those that ended without a number, until their day is over."""
    account_id = authority.check_holder(work.actor, Right.SEE_APPOINTMENT)
    rows = work.session.scalars(
        select(WaitlistEntry)
        .where(
            col(WaitlistEntry.account_id) == account_id,
            col(WaitlistEntry.status).in_([each.value for each in (*OPEN, *WITHOUT_NUMBER)]),
            col(WaitlistEntry.on) >= clinic_day(work.now),
        )
        .order_by(col(WaitlistEntry.on), col(WaitlistEntry.id))
        .limit(LISTED)
    )
    return [_view(work, row) for row in rows]


def ahead(work: Work, *, provider: str, on: date) -> int:
    """How many wait in a line."""
    return _count(work, *waiting_in_line(work, read_provider(provider).key, on))


def _lock_account(work: Work, account_id: int) -> None:
    """What one account joins is counted one after the other."""
    work.session.execute(select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())


def _check_day(work: Work, provider: str, on: date) -> str:
    """The department of a day that is sold out. Numbers in the hands of others count as gone."""
    left = func.coalesce(grid.left_count(work), 0)
    found = work.session.execute(
        select(func.max(col(Schedule.department_code)), func.max(col(Schedule.released_at)), left)
        .join(Slot, col(Slot.schedule_id) == col(Schedule.id))
        .where(col(Schedule.provider) == provider, col(Schedule.on) == on, ~col(Schedule.suspended))
    ).one()
    department_code, released_at, count = found
    if department_code is None:
        raise not_found("这一天的门诊")
    check_joining(work.rules, now=work.now, on=on, released=released_at <= work.now, left=int(count))
    return str(department_code)


def _check_once(work: Work, provider: str, on: date, patient_id: int) -> None:
    if pending.live_with(work, patient_id=patient_id, provider=provider, on=on) is not None:
        raise Refusal("duplicate_booking", "这位就诊人当天已经约了这位医生，请在“我的挂号”里查看或改签。")
    waits = _count(work, *waiting_in_line(work, provider, on), col(WaitlistEntry.patient_id) == patient_id)
    if waits:
        raise already_waiting()


def already_waiting() -> Refusal:
    return Refusal("already_waiting", "这位就诊人已经在候补这一天，请在“我的挂号”里查看进度。")


def _check_room(work: Work, account_id: int) -> None:
    mine = _count(
        work,
        col(WaitlistEntry.account_id) == account_id,
        or_(
            and_(col(WaitlistEntry.status) == EntryStatus.WAITING, col(WaitlistEntry.closes_at) > work.now),
            and_(col(WaitlistEntry.status) == EntryStatus.OFFERED, col(WaitlistEntry.offer_until) > work.now),
        ),
    )
    if mine >= work.rules.waitlist_open:
        raise Refusal(
            "waitlist_full",
            "同时最多候补 {limit} 个。请先在“我的挂号”里退出一个，再来候补。",
            params={"limit": work.rules.waitlist_open},
        )


def waiting_in_line(work: Work, provider: str, on: date) -> tuple[ColumnElement[bool], ...]:
    """The entries that wait in a line as long as it is open."""
    return (
        col(WaitlistEntry.provider) == provider,
        col(WaitlistEntry.on) == on,
        col(WaitlistEntry.status) == EntryStatus.WAITING,
        col(WaitlistEntry.closes_at) > work.now,
    )


def _count(work: Work, *conditions: ColumnElement[bool]) -> int:
    return work.session.scalar(select(func.count(col(WaitlistEntry.id))).where(*conditions)) or 0


def _changed(work: Work, entry: WaitlistEntry) -> None:
    clinics = work.session.scalars(
        select(col(Schedule.id)).where(col(Schedule.provider) == entry.provider, col(Schedule.on) == entry.on)
    )
    work.hint(slots.FREED, f"account:{entry.account_id}", *(f"schedule:{clinic}" for clinic in clinics))


def _view(work: Work, entry: WaitlistEntry) -> EntryView:
    before = or_(
        col(WaitlistEntry.precedence) < entry.precedence,
        (col(WaitlistEntry.precedence) == entry.precedence) & (col(WaitlistEntry.id) < entry.id),
    )
    status = shown_status(entry.status, closes_at=entry.closes_at, offer_until=entry.offer_until, now=work.now)
    waiting = status is EntryStatus.WAITING
    name = work.session.scalar(select(col(Patient.name_masked)).where(col(Patient.id) == entry.patient_id))
    department = work.session.scalar(select(col(Department.name)).where(col(Department.code) == entry.department_code))
    doctor = work.session.execute(
        select(col(Doctor.name), col(Doctor.title)).where(col(Doctor.id) == read_provider(entry.provider).doctor_id)
    ).one_or_none()
    return EntryView(
        id=entry.id or 0,
        provider=entry.provider,
        doctor_name=doctor.name if doctor else "",
        doctor_title=doctor.title if doctor else "",
        department=department or "",
        on=entry.on,
        patient_id=entry.patient_id,
        patient_name=name or "",
        status=status.value,
        ahead=_count(work, *waiting_in_line(work, entry.provider, entry.on), before) if waiting else 0,
        created_at=entry.created_at,
        closes_at=entry.closes_at,
        offer_until=entry.offer_until,
        appointment_no=entry.appointment_no,
    )

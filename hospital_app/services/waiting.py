"""签到与候诊：a patient arrives, and asks how long it will take."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.appointment import MOVES, Action, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, malformed, not_found
from hospital_app.domain.machine import move
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.policy import check_in_window
from hospital_app.domain.ticket import GAP, IN_LINE, Place, TicketStatus, order_key
from hospital_app.models.booking import Appointment, Schedule
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.models.waiting import Ticket
from hospital_app.services import his_outbox, on_behalf, onsite
from hospital_app.services.appointments import own
from hospital_app.services.slips import read_qr
from hospital_app.services.waiting_line import Line, changed, lock_line, place_of, read_line
from hospital_app.work import Work

#: Whoever has not checked in yet stands behind everyone with the same key.
NOBODY_YET = 2**62


@dataclass(frozen=True, slots=True)
class Position:
    """候诊进度. `status`: the ticket's, or the appointment's while nobody has checked in.

    `ahead` and the minutes are those of somebody who checks in now, as long as `status` is "booked"; they are 0 for
    whoever is called, served or done. `current` is the number in the room, empty when nobody is there.
    """

    no: str
    status: str
    ticket_no: str
    ahead: int
    eta_minutes: int
    eta_low: int
    eta_high: int
    current: str
    room: str
    area_code: str
    area_name: str
    location: str
    department_name: str
    doctor_name: str
    doctor_title: str
    schedule_id: int
    starts_at: datetime
    ends_at: datetime
    check_in_opens_at: datetime
    checked_in_at: datetime | None
    called_at: datetime | None
    misses: int
    as_of: datetime


def check_in(
    work: Work,
    *,
    qr: str | None = None,
    code: str | None = None,
    no: str | None = None,
    area_code: str | None = None,
    reason: Reason | None = None,
) -> Position:
    """签到 by the slip's QR, by its 8 digits, or by `no` with the code shown in the area.

    Kiosks and clerks check in anybody, an account its own. `reason`: why a clerk does it without the patient's slip,
    which speaks for itself. Refusals: reason_needed (422), bad_qr (400), not_found (404), not_today, too_early,
    already_used, wrong_status, wrong_area (409).
    """
    authority.check(work.actor, Right.CHECK_IN)
    appointment = _presented(work, qr=qr, code=code, no=no, area_code=area_code)
    if appointment.id is None:
        raise ValueError("unsaved appointment")
    if not authority.reaches_account(work.actor, Right.CHECK_IN, appointment.account_id):
        raise not_found("这张挂号单")
    if no is not None:
        on_behalf.note(work, right=Right.CHECK_IN, act="check-in", subject=f"appointment:{no}", reason=reason)
    waiting = lock_line(work, schedule_id=appointment.schedule_id)
    _check(work, appointment, waiting.schedule)
    done = work.session.execute(
        update(Appointment)
        .where(
            col(Appointment.id) == appointment.id,
            col(Appointment.status) == Status.BOOKED,
            col(Appointment.version) == appointment.version,
        )
        .values(status=Status.CHECKED_IN, checked_in_at=work.now, version=col(Appointment.version) + 1)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Refusal("already_used", "这张挂号单刚刚已经签到，请看候诊屏等候叫号。")
    work.session.add(
        Ticket(
            appointment_id=appointment.id,
            schedule_id=appointment.schedule_id,
            area_code=waiting.schedule.area_code,
            room=waiting.schedule.room,
            on=appointment.on,
            label=str(appointment.seq),
            status=TicketStatus.WAITING,
            order_key=order_key(
                starts_at=appointment.starts_at,
                seq=appointment.seq,
                checked_in_at=work.now,
                ends_at=appointment.ends_at,
            ),
            checked_in_at=work.now,
        )
    )
    his_outbox.queue_appointment(work, appointment_id=appointment.id)
    work.record("check-in", f"appointment:{appointment.no}", seq=appointment.seq)
    changed(work, schedule=waiting.schedule, appointment_no=appointment.no)
    work.session.refresh(appointment)
    return _position(work, appointment, read_line(work, schedule_id=appointment.schedule_id))


def position(work: Work, *, no: str) -> Position:
    """How far it is for one's own appointment; another's is `not_found`."""
    appointment = own(work, no=no)
    return _position(work, appointment, read_line(work, schedule_id=appointment.schedule_id))


def _presented(work: Work, *, qr: str | None, code: str | None, no: str | None, area_code: str | None) -> Appointment:
    if qr is not None:
        number, version = read_qr(qr)
        found = _find(work, col(Appointment.no) == number)
        if found.status == Status.BOOKED and found.version != version:
            raise Refusal("bad_qr", "这张挂号单已经改签，请出示最新的二维码。", 400)
        return found
    if code is not None:
        digits = code.replace(" ", "")
        if not (len(digits) == 8 and digits.isascii() and digits.isdigit()):
            raise Refusal("bad_qr", "请输入挂号单上的 8 位数字，或出示二维码。", 400)
        return _find(work, col(Appointment.on) == clinic_day(work.now), col(Appointment.code) == digits)
    if no is None or area_code is None:
        raise malformed("签到信息")
    return _in_area(work, own(work, no=no), area_code)


def _in_area(work: Work, appointment: Appointment, area_code: str) -> Appointment:
    """The code on the wall proves that the patient stands in the right waiting area."""
    shown = work.session.scalar(
        select(col(Area.check_in_code))
        .join(Schedule, col(Schedule.area_code) == col(Area.code))
        .where(col(Schedule.id) == appointment.schedule_id)
    )
    if shown is None or area_code.strip().upper() != shown.upper():
        raise Refusal("wrong_area", "签到码不对，请到就诊的候诊区，输入那里显示的签到码。")
    return appointment


def _find(work: Work, *conditions: ColumnElement[bool]) -> Appointment:
    found = work.session.scalar(select(Appointment).where(*conditions).execution_options(populate_existing=True))
    if found is None:
        raise Refusal("not_found", "今天没有这个号码的预约，请核对后再输入，或到服务台询问。", 404)
    return found


def _check(work: Work, appointment: Appointment, schedule: Schedule) -> None:
    if appointment.status in {Status.CHECKED_IN, Status.FULFILLED}:
        raise Refusal("already_used", "这张挂号单已经签到，请看候诊屏等候叫号。", extra={"no": appointment.no})
    move(MOVES, Status(appointment.status), Action.CHECK_IN, work.actor.role)
    if schedule.suspended:
        raise Refusal("displaced", "这次门诊已停诊，请在挂号单里改到其他门诊，或全额退款。")
    if appointment.on != clinic_day(work.now):
        raise Refusal("not_today", "这张挂号单是 {on} 的，请当天再来签到。", params={"on": appointment.on.isoformat()})
    onsite.check_paid(work, appointment)
    check_in_window(work.rules, now=work.now, starts_at=appointment.starts_at, session_ends_at=schedule.ends_at)


def _position(work: Work, appointment: Appointment, waiting: Line) -> Position:
    schedule = waiting.schedule
    area = work.session.get_one(Area, schedule.area_code)
    department = work.session.get_one(Department, schedule.department_code)
    doctor = work.session.get(Doctor, schedule.doctor_id) if schedule.doctor_id is not None else None
    ticket = next((t for t in waiting.tickets if t.appointment_id == appointment.id), None)
    place = _place(work, appointment, ticket)
    ahead, low, middle, high = 0, 0, 0, 0
    if place is not None:
        ahead, eta = waiting.wait_of(place, now=work.now)
        low, middle, high = eta.low, eta.middle, eta.high
    current = waiting.current
    opens = appointment.starts_at - timedelta(minutes=work.rules.check_in_opens_minutes)
    return Position(
        no=appointment.no,
        status=ticket.status if ticket else appointment.status,
        ticket_no=ticket.label if ticket else str(appointment.seq),
        ahead=ahead,
        eta_minutes=middle,
        eta_low=low,
        eta_high=high,
        current=current.label if current else "",
        room=schedule.room,
        area_code=area.code,
        area_name=area.name,
        location=area.location,
        department_name=department.name,
        doctor_name=doctor.name if doctor else "",
        doctor_title=doctor.title if doctor else "",
        schedule_id=appointment.schedule_id,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        check_in_opens_at=opens,
        checked_in_at=appointment.checked_in_at,
        called_at=ticket.called_at if ticket else None,
        misses=ticket.misses if ticket else 0,
        as_of=work.now,
    )


def _place(work: Work, appointment: Appointment, ticket: Ticket | None) -> Place | None:
    """Where they stand, or would stand if they checked in now; None when there is nothing to wait for."""
    if ticket is not None:
        return place_of(ticket) if TicketStatus(ticket.status) in IN_LINE else None
    if appointment.status != Status.BOOKED:
        return None
    key = order_key(
        starts_at=appointment.starts_at,
        seq=appointment.seq,
        checked_in_at=work.now,
        ends_at=appointment.ends_at,
    )
    return Place(NOBODY_YET, TicketStatus.WAITING, 0, key + GAP // 2)

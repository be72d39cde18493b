"""停止出诊: clinics to come are closed, once nobody has a number in them any more."""

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.errors import Refusal
from hospital_app.models.booking import Appointment, Schedule, ScheduleTemplate, Slot
from hospital_app.work import Work


def vacate(work: Work, *, schedules: ColumnElement[bool], templates: ColumnElement[bool], who: str) -> None:
    """No more clinics that these conditions select. Raises Refusal `future_bookings` with their count.

    Numbers are closed before bookings are counted, so that nobody books in between.
    """
    coming = select(col(Schedule.id)).where(schedules, col(Schedule.ends_at) > work.now)
    ids = list(work.session.scalars(coming))
    if ids:
        work.change(update(Schedule).where(col(Schedule.id).in_(ids)).values(suspended=True))
        work.change(
            update(Slot)
            .where(col(Slot.schedule_id).in_(ids), col(Slot.status) == SlotStatus.FREE)
            .values(status=SlotStatus.BLOCKED, version=col(Slot.version) + 1)
        )
        _refuse_if_booked(work, ids, who)
    work.change(update(ScheduleTemplate).where(templates).values(active=False))
    work.hint(*(f"schedule:{schedule_id}" for schedule_id in ids))


def _refuse_if_booked(work: Work, schedule_ids: list[int | None], who: str) -> None:
    live = or_(
        col(Appointment.status).in_([Status.BOOKED, Status.CHECKED_IN]),
        (col(Appointment.status) == Status.PENDING) & (col(Appointment.held_until) > work.now),
    )
    query = select(func.count(col(Appointment.id))).where(col(Appointment.schedule_id).in_(schedule_ids), live)
    if count := work.session.scalar(query) or 0:
        raise Refusal(
            "future_bookings",
            "{who}还有 {count} 个已约或正在就诊的号，请先为这些患者退号或改签，再来操作。",
            409,
            params={"who": who, "count": count},
            extra={"bookings": count},
        )

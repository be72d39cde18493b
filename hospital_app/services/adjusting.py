"""调诊: another room, another time, another doctor, for everybody who has a number in one clinic, at once."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import change
from hospital_app.domain.appointment import LIVE, Status
from hospital_app.domain.calendar import clinic_day, local
from hospital_app.domain.change import ChangeKind, ChangeStatus, Wanted, read_wanted
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import provider_day
from hospital_app.domain.schedule import Provider
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.changing import ScheduleChange
from hospital_app.models.hospital import Doctor
from hospital_app.models.identity import Patient
from hospital_app.models.waiting import Ticket
from hospital_app.services import change_notices, his_outbox, slots
from hospital_app.services.waiting_line import Line, lock_line
from hospital_app.work import Work

_LIVE = [status.value for status in LIVE]
NAMED = 5


def adjust(work: Work, *, schedule_id: int, wanted: Wanted) -> int:
    """How many patients were told. Raises Refusal with the reason, and then nothing has changed."""
    numbers = work.session.scalars(select(col(Slot.id)).where(col(Slot.schedule_id) == schedule_id)).all()
    slots.lock(work, numbers)
    waiting = lock_line(work, schedule_id=schedule_id)
    check(work, waiting.schedule, wanted)
    if wanted.troubles and waiting.tickets:
        raise Refusal("clinic_begun", "已有患者签到，不能再改时间或医生，可以只换诊室。")
    before = waiting.schedule.starts_at
    if wanted.room is not None:
        _move_rooms(work, waiting, wanted.room)
    if wanted.starts_at is not None:
        _shift(work, waiting.schedule, wanted.starts_at - before)
    if wanted.substitute_id is not None:
        _hand_over(work, waiting.schedule, wanted.substitute_id)
    work.session.expire_all()
    told = _tell(work, schedule_id, wanted, shifted=(wanted.starts_at or before) - before)
    work.record("schedule.adjusted", f"schedule:{schedule_id}", told=told, wanted=wanted.text)
    work.hint(f"schedule:{schedule_id}", f"queue:{schedule_id}", f"area:{waiting.schedule.area_code}", "today")
    return told


def check(work: Work, schedule: Schedule, wanted: Wanted) -> None:
    """Everything that can be known before: the bounds of time, and whom the substitute would collide with."""
    change.check_ahead(now=work.now, ends_at=schedule.ends_at)
    if schedule.suspended:
        raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
    if wanted.room is None and not wanted.troubles:
        raise Refusal("nothing_wanted", "请填写新的诊室、时间或替诊医生，至少一项。", 422)
    if wanted.starts_at is not None:
        _check_time(work, schedule, wanted.starts_at)
    if wanted.substitute_id is not None:
        _check_substitute(work, schedule, wanted)


def leaves_free(work: Work, appointment: Appointment) -> bool:
    """Whether the clinic was given another time or doctor after this was booked: then leaving it costs nothing."""
    if appointment.booked_at is None:
        return False
    texts = work.session.scalars(
        select(col(ScheduleChange.wanted)).where(
            col(ScheduleChange.schedule_id) == appointment.schedule_id,
            col(ScheduleChange.kind) == ChangeKind.ADJUST,
            col(ScheduleChange.status) == ChangeStatus.APPROVED,
            col(ScheduleChange.decided_at) >= appointment.booked_at,
        )
    )
    return any(read_wanted(text).troubles for text in texts)


def _check_time(work: Work, schedule: Schedule, starts_at: datetime) -> None:
    shift = starts_at - schedule.starts_at
    ends_at = schedule.ends_at + shift
    same_day = clinic_day(starts_at) == clinic_day(ends_at - timedelta(seconds=1)) == schedule.on
    if not same_day or starts_at <= work.now or not shift or shift.seconds % 300:
        raise Refusal("bad_time", "新的时间须在同一天、晚于现在，并以 5 分钟为单位，请重新填写。", 422)
    _check_no_overlap(work, schedule, schedule.provider, starts_at, ends_at)


def _check_substitute(work: Work, schedule: Schedule, wanted: Wanted) -> None:
    doctor = work.session.get(Doctor, wanted.substitute_id)
    if doctor is None or not doctor.active or doctor.department_code != schedule.department_code:
        raise not_found("这位医生")
    if schedule.doctor_id is None or doctor.id == schedule.doctor_id:
        raise Refusal("bad_substitute", "请选择本科室另一位医生替诊；普通门诊不需要替诊。", 422)
    lost = work.session.get_one(Doctor, schedule.doctor_id)
    if change.title_rank(doctor.title) < change.title_rank(lost.title):
        raise Refusal("lesser_substitute", "替诊医生的职称须与原医生相同或更高，请另选一位，或申请停诊。", 422)
    shift = (wanted.starts_at or schedule.starts_at) - schedule.starts_at
    provider = Provider(doctor.id).key
    _check_no_overlap(work, schedule, provider, schedule.starts_at + shift, schedule.ends_at + shift)
    names = _who_has_both(work, schedule, provider)
    if names:
        raise Refusal(
            "patients_collide",
            "{names} 当天已另约了替诊医生，请先联系他们改约，或另选一位医生。",
            params={"names": "、".join(names)},
        )


def _check_no_overlap(work: Work, schedule: Schedule, provider: str, starts_at: datetime, ends_at: datetime) -> None:
    same_session = (col(Schedule.session) == schedule.session) & (provider != schedule.provider)
    other = work.session.scalar(
        select(Schedule)
        .where(
            col(Schedule.provider) == provider,
            col(Schedule.on) == schedule.on,
            col(Schedule.id) != schedule.id,
            same_session | ((col(Schedule.starts_at) < ends_at) & (col(Schedule.ends_at) > starts_at)),
        )
        .limit(1)
    )
    if other is not None:
        raise Refusal(
            "clinics_overlap",
            "这位医生当天 {at} 起已有门诊，时间冲突，请另选时间或医生。",
            params={"at": f"{local(other.starts_at):%H:%M}"},
        )


def _who_has_both(work: Work, schedule: Schedule, provider: str) -> list[str]:
    """Masked names of those who have a number with the substitute on that day as well."""
    here = select(col(Appointment.patient_id)).where(
        col(Appointment.schedule_id) == schedule.id, col(Appointment.status).in_(_LIVE)
    )
    query = (
        select(col(Patient.name_masked))
        .join(Appointment, col(Appointment.patient_id) == col(Patient.id))
        .where(
            col(Appointment.provider_day) == provider_day(provider, schedule.on),
            col(Appointment.schedule_id) != schedule.id,
            col(Appointment.status).in_(_LIVE),
            col(Appointment.patient_id).in_(here),
        )
        .limit(NAMED)
    )
    return list(work.session.scalars(query))


def _move_rooms(work: Work, waiting: Line, room: str) -> None:
    work.change(update(Schedule).where(col(Schedule.id) == waiting.schedule.id).values(room=room))
    work.change(update(Ticket).where(col(Ticket.schedule_id) == waiting.schedule.id).values(room=room))


def _shift(work: Work, schedule: Schedule, by: timedelta) -> None:
    """Every number of the clinic, those that nobody has as well; the last ones first when they go later."""
    begins = sorted(
        set(work.session.scalars(select(col(Slot.starts_at)).where(col(Slot.schedule_id) == schedule.id))),
        reverse=by > timedelta(),
    )
    for starts_at in begins:
        for table, more in ((Slot, {"version": col(Slot.version) + 1}), (Appointment, {})):
            ends_at = work.session.scalar(
                select(col(table.ends_at))
                .where(col(table.schedule_id) == schedule.id, col(table.starts_at) == starts_at)
                .limit(1)
            )
            if ends_at is not None:
                work.change(
                    update(table)
                    .where(col(table.schedule_id) == schedule.id, col(table.starts_at) == starts_at)
                    .values(starts_at=starts_at + by, ends_at=ends_at + by, **more)
                )
    work.change(
        update(Schedule)
        .where(col(Schedule.id) == schedule.id)
        .values(starts_at=schedule.starts_at + by, ends_at=schedule.ends_at + by)
    )


def _hand_over(work: Work, schedule: Schedule, doctor_id: int) -> None:
    provider = Provider(doctor_id).key
    work.change(update(Schedule).where(col(Schedule.id) == schedule.id).values(provider=provider, doctor_id=doctor_id))
    work.change(
        update(Appointment)
        .where(col(Appointment.schedule_id) == schedule.id, col(Appointment.status).in_(_LIVE))
        .values(provider_day=provider_day(provider, schedule.on), doctor_id=doctor_id)
    )


def _tell(work: Work, schedule_id: int, wanted: Wanted, *, shifted: timedelta) -> int:
    """Each of the live ones gets a new version (so a new slip), the HIS hears of it, who has paid is told."""
    live = list(
        work.session.scalars(
            select(Appointment)
            .where(col(Appointment.schedule_id) == schedule_id, col(Appointment.status).in_(_OPEN))
            .order_by(col(Appointment.id))
        )
    )
    doctor = work.session.get(Doctor, wanted.substitute_id) if wanted.substitute_id is not None else None
    for appointment in live:
        work.change(
            update(Appointment)
            .where(col(Appointment.id) == appointment.id)
            .values(version=col(Appointment.version) + 1)
        )
        his_outbox.queue_appointment(work, appointment_id=appointment.id or 0)
        work.hint(f"appointment:{appointment.no}")
        if appointment.status == Status.PENDING:
            continue
        work.later("slip.make", no=appointment.no)
        at = _written(appointment.starts_at)
        notices: list[tuple[str, dict[str, str]]] = []
        if shifted:
            notices.append(("adjusted-time", {"before": _written(appointment.starts_at - shifted), "at": at}))
        if wanted.room is not None:
            notices.append(("adjusted-room", {"at": at, "room": wanted.room}))
        if doctor is not None:
            notices.append(("adjusted-doctor", {"at": at, "doctor": doctor.name}))
        for kind, params in notices:
            change_notices.tell(
                work, account_id=appointment.account_id, kind=kind, appointment_no=appointment.no, **params
            )
    return sum(appointment.status != Status.PENDING for appointment in live)


_OPEN = [Status.PENDING.value, Status.BOOKED.value, Status.CHECKED_IN.value]


def _written(at: datetime) -> str:
    return f"{local(at):%m-%d %H:%M}"

"""停诊、调诊、加号、增减号的申请与审批: a doctor asks, the department's admin decides, and what was decided happens."""

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import authority, change
from hospital_app.domain.authority import Right, Scope
from hospital_app.domain.change import (
    CHANGE_MOVES,
    ChangeAction,
    ChangeKind,
    ChangeStatus,
    Wanted,
    read_wanted,
)
from hospital_app.domain.errors import Refusal, forbidden, malformed, not_found
from hospital_app.domain.machine import move
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.texts import one_line, plain
from hospital_app.models.booking import Schedule
from hospital_app.models.changing import ScheduleChange
from hospital_app.services import adjusting, overbooking, quotas, suspending
from hospital_app.services.change_views import is_short_notice
from hospital_app.work import Work

REASON_MIN, REASON_MAX, ROOM_MAX = 2, 200, 20
LISTED = 100


def request(work: Work, *, schedule_id: int, kind: str, wanted: Wanted, reason: str) -> int:
    """A doctor's wish for one of the own clinics, or an admin's; its id. What cannot be is refused at once."""
    schedule = _clinic(work, schedule_id)
    _check_asker(work, schedule)
    kind = _kind(kind)
    given = _reason(reason)
    wanted = _only(kind, wanted)
    _check_possible(work, schedule, kind, wanted)
    same = select(col(ScheduleChange.wanted)).where(
        col(ScheduleChange.schedule_id) == schedule_id,
        col(ScheduleChange.kind) == kind,
        col(ScheduleChange.status) == ChangeStatus.REQUESTED,
    )
    for text in work.session.scalars(same):
        if kind is not ChangeKind.OVERBOOK or read_wanted(text).patient_id == wanted.patient_id:
            raise Refusal("already_requested", "这次门诊已有同样的申请等待审批，请先撤回再重新申请。")
    row = ScheduleChange(
        schedule_id=schedule_id,
        department_code=schedule.department_code,
        kind=kind,
        status=ChangeStatus.REQUESTED,
        wanted=wanted.text,
        reason=given,
        requested_by=_staff(work),
        requested_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    if row.id is None:
        raise ValueError("flush gave no id")
    work.record("change.requested", f"change:{row.id}", kind=kind, schedule_id=schedule_id)
    work.hint("changes")
    return row.id


def withdraw(work: Work, *, change_id: int) -> None:
    """Taken back by whoever asked."""
    row = _row(work, change_id)
    authority.check(work.actor, Right.REQUEST_CHANGE)
    if row.requested_by != work.actor.staff_id:
        raise not_found("这个申请")
    _decide(work, row, ChangeAction.WITHDRAW, answer="")


def reject(work: Work, *, change_id: int, answer: str) -> None:
    row = _row(work, change_id)
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, row.department_code)
    _decide(work, row, ChangeAction.REJECT, answer=_reason(answer))


def approve(work: Work, *, change_id: int, answer: str = "") -> None:
    """And carried out in the same transaction: either everything happens or nothing.

    Raises Refusal `needs_hospital_admin` for a suspension asked for less than a day ahead, and whatever makes it
    impossible by now.
    """
    row = _row(work, change_id)
    authority.check_department(work.actor, Right.MANAGE_SCHEDULE, row.department_code)
    schedule = work.session.get_one(Schedule, row.schedule_id)
    if is_short_notice(work, row, schedule) and authority.check(work.actor, Right.MANAGE_SCHEDULE) is not Scope.ALL:
        raise Refusal(
            "needs_hospital_admin",
            "停诊须提前 {hours} 小时申请，这次须由医院管理员审批，请联系他们。",
            403,
            params={"hours": work.rules.suspend_ahead_hours},
        )
    _decide(work, row, ChangeAction.APPROVE, answer=plain(answer)[:REASON_MAX])
    wanted = read_wanted(row.wanted)
    match ChangeKind(row.kind):
        case ChangeKind.SUSPEND:
            suspending.suspend(work, schedule_id=row.schedule_id, change_id=row.id)
        case ChangeKind.ADJUST:
            adjusting.adjust(work, schedule_id=row.schedule_id, wanted=wanted)
        case ChangeKind.OVERBOOK:
            if wanted.patient_id is None or wanted.starts_at is None:
                raise ValueError("an overbooking without its patient")
            overbooking.tell(
                work,
                overbooking.overbook(
                    work, schedule_id=row.schedule_id, patient_id=wanted.patient_id, starts_at=wanted.starts_at
                ),
            )
        case ChangeKind.QUOTA:
            quotas.check(work, schedule, wanted)
            quotas.carry_out(work, schedule_id=row.schedule_id, wanted=wanted)


def _decide(work: Work, row: ScheduleChange, action: ChangeAction, *, answer: str) -> None:
    """Only one decision counts, whoever clicks at the same moment."""
    target = move(CHANGE_MOVES, ChangeStatus(row.status), action, work.actor.role)
    done = work.change(
        update(ScheduleChange)
        .where(col(ScheduleChange.id) == row.id, col(ScheduleChange.status) == row.status)
        .values(status=target, decided_by=work.actor.staff_id, decided_at=work.now, answer=answer)
    )
    if done != 1:
        raise Refusal("wrong_status", "当前状态已经改变，不能这样操作，请刷新后再看。")
    work.record(f"change.{target.value}", f"change:{row.id}", kind=row.kind, schedule_id=row.schedule_id)
    work.hint("changes")


def _check_asker(work: Work, schedule: Schedule) -> None:
    if authority.check(work.actor, Right.REQUEST_CHANGE) is Scope.OWN:
        if schedule.doctor_id is None or schedule.doctor_id != work.actor.doctor_id:
            raise not_found("这次门诊")
        return
    authority.check_department(work.actor, Right.REQUEST_CHANGE, schedule.department_code)


def _check_possible(work: Work, schedule: Schedule, kind: ChangeKind, wanted: Wanted) -> None:
    if kind is ChangeKind.SUSPEND:
        change.check_ahead(now=work.now, ends_at=schedule.ends_at)
        if schedule.suspended:
            raise Refusal("suspended", "这次门诊已停诊，请选择其他日期或医生。")
    elif kind is ChangeKind.ADJUST:
        adjusting.check(work, schedule, wanted)
    elif kind is ChangeKind.OVERBOOK:
        if wanted.patient_id is None or wanted.starts_at is None:
            raise Refusal("nothing_wanted", "请选择加号的患者和时段。", 422)
        overbooking.check(work, schedule, patient_id=wanted.patient_id, starts_at=wanted.starts_at)
    else:
        quotas.check(work, schedule, wanted)


def _only(kind: ChangeKind, wanted: Wanted) -> Wanted:
    """The fields of this kind; others that a client sent are left out."""
    match kind:
        case ChangeKind.SUSPEND:
            return Wanted()
        case ChangeKind.ADJUST:
            room = one_line(wanted.room or "") or None
            if room and len(room) > ROOM_MAX:
                raise Refusal("bad_room", "诊室最多 20 个字，请重新填写。", 422)
            return Wanted(room=room, starts_at=wanted.starts_at, substitute_id=wanted.substitute_id)
        case ChangeKind.OVERBOOK:
            return Wanted(patient_id=wanted.patient_id, starts_at=wanted.starts_at)
        case ChangeKind.QUOTA:
            return Wanted(per_period=wanted.per_period, on=wanted.on)


def _clinic(work: Work, schedule_id: int) -> Schedule:
    found = work.session.get(Schedule, min(schedule_id, ID_MAX))
    if found is None:
        raise not_found("这次门诊")
    return found


def _row(work: Work, change_id: int) -> ScheduleChange:
    authority.check(work.actor, Right.REQUEST_CHANGE)
    found = work.session.get(ScheduleChange, min(change_id, ID_MAX), populate_existing=True)
    if found is None:
        raise not_found("这个申请")
    return found


def _staff(work: Work) -> int:
    if work.actor.staff_id is None:
        raise forbidden()
    return work.actor.staff_id


def _kind(kind: str) -> ChangeKind:
    if kind not in set(ChangeKind):
        raise malformed("申请类型")
    return ChangeKind(kind)


def _reason(text: str) -> str:
    said = plain(text)
    if not REASON_MIN <= len(said) <= REASON_MAX:
        raise Refusal("reason_missing", "请写明原因，2 到 200 个字。", 422)
    return said
